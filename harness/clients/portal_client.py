"""A browser at the portal, over its JSON API: what `registration.visit` offers, with sockets in between."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

from pydantic import TypeAdapter

from ..registration.application import HASH_FUNCTION, Application
from ..registration.identity import Identity
from ..registration.login_ticket import Hint
from ..registration.observer import Machine
from ..registration.portal import Portal
from ..registration.store import Store
from ..registration.visit import Visit
from ..registration.visit_record import SESSIONS, VISITS, Page, VisitRecord
from ..registration.vocabulary import Code, PortalState
from .json_client import Answered, JsonClient, insist

_SESSION = re.compile(r"(__Host-)?softeid(-[0-9]+)?")
_PAGE = TypeAdapter(Page)
_IDENTITY = TypeAdapter(Identity)


class RemotePortal(Portal):
    """The site as browsers reach it.

    A test shows that nothing which a person does is inherited: it all travels. What tests and scenarios look
    at behind the site (`core`, a visit's `record`) is the real one, in this process.
    """

    def __init__(self, portal: Portal, connect: Callable[[str, str, str], JsonClient]) -> None:
        """Nothing is sent yet.

        Args:
            portal: what is served.
            connect: a client of the API for a person, a browser and its address.
        """
        self.core = portal.core
        self.origin = portal.origin
        self._connect = connect

    def visit(self, owner: str, browser: str, *, address: str = "", cookies: bool = True) -> Visit:
        """A browser comes to the site."""
        client = self._connect(owner, browser, address)
        return RemoteVisit(client, Machine("portal", owner, browser), self.core.store, cookies=cookies)


class RemoteVisit(Visit):
    """A browser's session with the portal, which remembers nothing but a cookie and a token.

    Attributes:
        session_id: what the cookie says; set by the portal.
    """

    def __init__(self, client: JsonClient, machine: Machine, store: Store, *, cookies: bool = True) -> None:
        """Open the portal's first page.

        Args:
            client: of the portal's API.
            machine: how observers know the browser.
            store: of the core behind it, to look at what came of it.
            cookies: whether the browser keeps any.
        """
        self.machine = machine
        self.session_id = ""
        self._store = store
        self._client = client
        self._cookies = cookies
        self._cookie = ""
        self._csrf = ""
        self._get("/api/portal/session")

    @property
    def record(self) -> VisitRecord:  # type: ignore[override]  # looked up each time
        """What the portal remembers of it just now, for looking only."""
        with self._store.transaction():
            visit_id = self._store.table(SESSIONS)[self.session_id].visit_id
            record: VisitRecord = self._store.table(VISITS)[visit_id]
            return record

    @property
    def state(self) -> PortalState:
        """Where the visit stands."""
        return self.record.state

    def page(self) -> Page:
        """Look at the page."""
        return _PAGE.validate_python(self._get("/api/portal/session"))

    def challenge(self) -> str:
        """A nonce for the Web eID application."""
        return str(self._get("/auth/challenge")["nonce"])

    def log_in(self, token: str) -> Identity:
        """Log in with a Web eID authentication token."""
        return _IDENTITY.validate_python(self._post("/auth/login", authToken=_parsed(token))["identity"])

    def invite(self) -> str:
        """The secret part of a link to the login host."""
        return str(self._post("/auth/invite")["link"])

    def redeem(self, ticket: str) -> Identity:
        """Log in with what the login host saw."""
        return _IDENTITY.validate_python(self._post("/auth/ticket", ticket=ticket)["identity"])

    def abort_login(
        self, code: Code = Code.LOGIN_CANCELLED, *, why: str = "", hint: Hint | None = None
    ) -> None:
        """No login came about."""
        self._post("/auth/abort", code=code, why=why, hint=hint or "")

    def open_link(self, link: str) -> None:
        """Come by a link that a minor gave."""
        self._post("/api/guardian", link=link)

    def answer(self, email: str, phone: str = "", *, consent: bool = True) -> None:
        """Answer the questions."""
        self._post("/api/portal/answers", email=email, phone=phone, consent=consent)

    def enter_code(self, typed: str) -> None:
        """Type the code that the phone shows."""
        self._post("/api/portal/code", code=typed)

    def step_up(self, code: str) -> None:
        """Type the further code."""
        self._post("/api/portal/step-up", code=code)

    def click(self) -> None:
        """Confirm without a signature."""
        self._post("/api/portal/click")

    def confirm(self, hash_function: str = HASH_FUNCTION) -> Application:
        """Confirm what the review page shows."""
        made = self._post("/api/portal/application", hashFunction=hash_function)
        return Application(made["text"], base64.b64decode(made["digest"]), made["hashFunction"])

    def sign(self, certificate: bytes, signature: bytes, algorithm: str) -> None:
        """Hand in the application's signature by the card."""
        self._post(
            "/api/portal/signature",
            certificate=base64.b64encode(certificate).decode(),
            signature=base64.b64encode(signature).decode(),
            signatureAlgorithm=algorithm,
        )

    def abort_signing(self, why: str = "cancelled") -> None:
        """No signature came about."""
        self._post("/api/portal/signature/abort", why=why)

    def cancel(self) -> None:
        """Say no on the review page."""
        self._post("/api/portal/cancel")

    def report(self) -> None:
        """Say that this is fraud."""
        self._post("/api/portal/report")

    def delete_account(self, document: str, typed: str) -> None:
        """End one of one's accounts."""
        self._post("/api/portal/accounts/delete", document=document, typed=typed)

    def presence(self, there: bool) -> None:
        """The page says whether the card is still in the reader."""
        self._post("/api/portal/presence", there=there)

    def log_out(self) -> None:
        """Leave."""
        self._post("/api/portal/logout")

    # --- how it travels ---------------------------------------------------------------------------

    def open(self, path: str, scheme: str = "https", session: str | None = None) -> Answered:
        """Open any page of the site.

        Args:
            path: with its query.
            scheme: http or https.
            session: what the cookie says, if not what it says by now; its answer's cookies are not kept.
        """
        fields = {**self._fields(), "X-Forwarded-Proto": scheme}
        if session is not None:
            fields["Cookie"] = f"{self._cookie.partition('=')[0]}={session}"
        answered = self._client.exchange("GET", path, fields)
        if session is None:
            self._keep(answered)
        return answered

    def forge(self, path: str) -> Answered:
        """Send what a page of another site can: the cookie goes along, the token does not.

        Args:
            path: of the API.
        """
        return self._client.forge(path, self._fields())

    def _get(self, path: str) -> Any:
        return self._asked("GET", path, None)

    def _post(self, path: str, **body: object) -> Any:
        return self._asked("POST", path, body)

    def _asked(self, method: str, path: str, body: dict[str, object] | None) -> Any:
        token = {} if body is None else {"X-CSRF-Token": self._csrf}
        answered, read = self._client.json(method, path, {**self._fields(), **token}, body)
        self._keep(answered)
        insist(method, path, answered, read)
        self._csrf = read.pop("csrf", self._csrf)
        read.pop("server_time", None)
        return read

    def _fields(self) -> dict[str, str]:
        return {"Cookie": self._cookie} if self._cookie and self._cookies else {}

    def _keep(self, answered: Answered) -> None:
        """Take the cookie of an answer; a browser that keeps none shows its first page for ever."""
        if self.session_id and not self._cookies:
            return
        for name, morsel in SimpleCookie(answered.fields.get("set-cookie", "")).items():
            if not _SESSION.fullmatch(name):  # a choice of language
                continue
            self.session_id = morsel.value
            self._cookie = f"{name}={morsel.value}"


def _parsed(token: str) -> object:
    """A token as the extension hands it over, an object, where nothing is lost by that; else the text."""
    try:
        read = json.loads(token)
    except ValueError:
        return token
    same = isinstance(read, dict) and json.dumps(read, separators=(",", ":")) == token
    return read if same else token
