"""The registration tests' lab with its applications in front of it, called in process or over sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp
from tests.harness.registration.conftest import ORIGIN, Lab

from softeid.harness.clients.json_client import Answered, JsonClient, label
from softeid.harness.issuers import Issuers
from softeid.harness.registration.settings import Settings
from softeid.harness.web.api import WHO, Behind
from softeid.harness.web.app_api import Shop, app_api
from softeid.harness.web.in_process import InProcess
from softeid.harness.web.lab_api import Bench, World, lab_api
from softeid.harness.web.portal_api import portal_api
from softeid.harness.web.security import Guard, Policy
from softeid.harness.web.session import Site

HOST = ORIGIN.removeprefix("https://")
BY_HTTPS = {"Host": HOST, "X-Forwarded-Proto": "https"}
JSON = {"Content-Type": "application/json"}


class ApiLab(Lab):
    """A lab that is reached by HTTP.

    Attributes:
        faults: what an application failed with; a test that leaves one fails.
        resets: how often the lab was told to begin anew.
        paces: how fast its clock was told to go.
    """

    def __init__(self, settings: Settings, pool: Path) -> None:
        super().__init__(settings, pool)
        self.faults: list[Exception] = []
        self.resets = 0
        self.paces: list[float] = []
        self.behind = Behind((self.phones.store, self.core.store), self.core.wake, labelled=True)
        self.issuers = Issuers(self.seed, self.clock, lambda time: None)
        self.site = Site(Policy(ORIGIN, proxied=True), self.behind, self.portal)
        self.shop = Shop(Policy(proxied=True), self.behind, self.phones)
        world = World(self.portal, self.phones, self.issuers, self._reset, self.paces.append)
        self.bench = Bench(Policy(), self.behind, world)
        self.portal_app = self.guarded(portal_api(self.site), self.site.policy)
        self.app_app = self.guarded(app_api(self.shop), self.shop.policy)
        self.lab_app = self.guarded(lab_api(self.bench), self.bench.policy)

    def guarded(self, app: ASGIApp, policy: Policy) -> Guard:
        return Guard(app, policy, self.faults.append)

    def connect(self, owner: str, thing: str, address: str) -> JsonClient:
        """A client of the portal's application."""
        return InProcess(self.portal_app, {**BY_HTTPS, WHO: label(owner, thing), "X-Forwarded-For": address})

    def connect_phone(self, owner: str, thing: str, address: str) -> JsonClient:
        """A client of the app's application."""
        return InProcess(self.app_app, {WHO: label(owner, thing), "X-Forwarded-For": address})

    def _reset(self) -> None:
        self.resets += 1


class Tab:
    """A browser that shows everything that it sends and gets."""

    def __init__(self, app: ASGIApp, cookie: str = "", **fields: str) -> None:
        self._client = InProcess(app, {**BY_HTTPS, **fields})
        self.cookie = cookie
        self.csrf = ""
        self.last = Answered(0, {}, b"")

    def get(self, path: str) -> Any:
        return self.send("GET", path, self._cookies())

    def post(self, path: str, body: object = None, **fields: str) -> Any:
        sent = {**self._cookies(), **JSON, "X-CSRF-Token": self.csrf, **fields}
        return self.send("POST", path, sent, json.dumps(body or {}).encode())

    def send(self, method: str, path: str, fields: dict[str, str], body: bytes | None = None) -> Any:
        self.last = self._client.exchange(method, path, fields, body)
        if given := self.last.fields.get("set-cookie"):
            self.cookie = given.partition(";")[0]
        read = json.loads(self.last.body) if self.last.body else None
        if isinstance(read, dict):
            self.csrf = read.get("csrf", self.csrf)
        return read

    def _cookies(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}


def log_in(lab: ApiLab, tab: Tab, person: str = "jaak") -> Any:
    """Log in at the portal with a person's card."""
    card = lab.card(person)
    nonce = tab.get("/auth/challenge")["nonce"]
    token = lab.web_eid(card).authenticate(ORIGIN, nonce, lambda *_: card.pins["PIN1"])
    return tab.post("/auth/login", {"authToken": json.loads(token)})


def to_code_entry(lab: ApiLab, tab: Tab) -> Any:
    """Go on until the portal asks for the code."""
    log_in(lab, tab)
    return tab.post("/api/portal/answers", {"email": "jaak@example.test", "consent": True})
