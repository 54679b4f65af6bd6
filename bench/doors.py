"""What a person's requests go through: sockets, or the sessions of this process; each request is timed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from random import Random
from time import perf_counter
from typing import Any

from tests.kill.walk import Doors

from softeid.harness.clients.json_client import Answered
from softeid.harness.registration.app import App
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.portal import Portal
from softeid.harness.registration.screen import Screen
from softeid.harness.registration.visit import Visit
from softeid.harness.web.api import Behind
from softeid.harness.web.forgery import csrf_token

Asked = tuple[Answered, Any]
_COOKIE = "session"
_DEEDS: Mapping[str, Callable[[App, Mapping[str, Any]], object]] = {
    "screen": lambda app, body: None,
    "register": lambda app, body: app.register(),
    "country": lambda app, body: app.choose_country(body["country"]),
    "method": lambda app, body: app.choose_method(body["method"]),
    "terms": lambda app, body: app.accept_terms(scrolled=body["scrolled"]),
    "pins": lambda app, body: app.choose_pins(*body.values()),
    "identity": lambda app, body: app.accept_identity(),
    "pin": lambda app, body: app.confirm_pin(1 if "pin1" in body else 2, *body.values()),
}
_VISITS: Mapping[str, Callable[[Visit, Mapping[str, Any]], object]] = {
    "/api/portal/session": lambda visit, body: None,
    "/auth/challenge": lambda visit, body: visit.challenge(),
    "/auth/login": lambda visit, body: visit.log_in(_compact(body["authToken"])),
    "/api/portal/answers": lambda visit, body: visit.answer(body["email"]),
    "/api/portal/code": lambda visit, body: visit.enter_code(body["code"]),
    "/api/portal/application": lambda visit, body: visit.confirm(body["hashFunction"]),
    "/api/portal/signature": lambda visit, body: visit.sign(
        base64.b64decode(body["certificate"]), base64.b64decode(body["signature"]), body["signatureAlgorithm"]
    ),
}


class Timed(Doors):
    """Doors with a clock.

    Attributes:
        took: seconds of each request so far.
    """

    took: list[float]

    def ask(self, side: str, method: str, path: str, fields: Mapping[str, str], body: object) -> Asked:
        """One request, timed."""
        begin = perf_counter()
        try:
            return self._ask(side, method, path, fields, body)
        finally:
            self.took.append(perf_counter() - begin)

    def _ask(self, side: str, method: str, path: str, fields: Mapping[str, str], body: object) -> Asked:
        return super().ask(side, method, path, fields, body)


class Sessions(Timed):
    """Doors to the sessions of this process: each request one transaction, as with the servers."""

    def __init__(self, behind: Behind, portal: Portal, phones: Phones) -> None:
        """Nothing is asked yet."""
        self.took = []
        self._behind, self._portal, self._sold = behind, portal, phones

    def close(self) -> None:
        """Nothing is open."""

    def _ask(self, side: str, method: str, path: str, fields: Mapping[str, str], body: Any) -> Asked:
        read, session = self._behind.whole(
            lambda: (
                (self._on_phone(path, body or {}), "")
                if side == "phone"
                else self._on_portal(path, fields, body or {})
            )
        )
        return Answered(200, {"set-cookie": f"{_COOKIE}={session}"} if session else {}, b""), read

    def _on_phone(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if path == "/app/devices":
            return {"device_id": self._sold.install("citizen", body["name"]).device.phone_id}
        found = re.fullmatch("/app/([0-9a-f]+)/([a-z]+)", path)
        assert found
        app = self._sold.app(found[1])
        assert app
        _DEEDS[found[2]](app, body)
        shown: Screen = app.screen()
        return asdict(shown)

    def _on_portal(
        self, path: str, fields: Mapping[str, str], body: Mapping[str, Any]
    ) -> tuple[dict[str, Any], str]:
        known = self._portal.found(fields.get("Cookie", "").partition("=")[2])
        visit = known or self._portal.visit("citizen", "browser")
        done: Any = _VISITS[path](visit, body)
        session = visit.record.session_id
        if path == "/auth/challenge":
            return {"nonce": done}, session
        if path == "/api/portal/application":
            digest = base64.b64encode(done.digest).decode()
            return {"digest": digest, "hashFunction": done.hash_function}, session
        page = visit.page()
        shown = {"state": page.state, "attempts_left": page.attempts_left}
        return {**shown, "csrf": csrf_token(session)}, session


def over_sockets(port: int) -> Timed:
    """Doors to one server that has portal and phones."""
    doors = Timed([port], port, Random(0))
    doors.took = []
    return doors


def _compact(token: object) -> str:
    return json.dumps(token, separators=(",", ":"))
