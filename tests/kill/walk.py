"""A person who registers, whatever is killed meanwhile: what was not answered is asked again.

A browser loads its page anew, or sends the very same request once more; so does an app, whose person types a
PIN again. What a server once told is remembered: nothing may ever be taken back.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.kill.people import ORIGIN, PIN1, PIN2, Citizen

from softeid.harness.clients.json_client import Answered, JsonClient, Unexpected, insist, label
from softeid.harness.registration.app_life import APP_LIFE
from softeid.harness.registration.portal_life import PORTAL_LIFE
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import AppState, Code, PortalState
from softeid.harness.web.api import WHO

WRONG_PIN, WRONG_CODE = "1111", "000 000 000"
KEYS = ("authentication", "signature")
_STALE = frozenset({Code.WRONG_STEP, Code.CSRF, Code.APP_BAD_STATE, Code.NONCE_UNKNOWN})
"""What may be answered to a request that was sent once more, or in a session whose new name got lost."""
_CHOOSING: Mapping[AppState, tuple[str, Mapping[str, Any]]] = {
    AppState.HOME: ("register", {}),
    AppState.COUNTRY: ("country", {"country": "EE"}),
    AppState.METHOD: ("method", {"method": "id-card"}),
    AppState.TERMS: ("terms", {"accepted": True, "scrolled": True}),
    AppState.PIN1_SET: ("pins", {"pin1": PIN1, "pin2": PIN2, "pin1_repeat": PIN1, "pin2_repeat": PIN2}),
    AppState.PIN2_SET: ("retry", {}),
}
_PAUSE = 0.02  # seconds, before somebody tries again
_HOST = urlsplit(ORIGIN).netloc


def reachable(table: Mapping[tuple[Any, Any], Any]) -> dict[Any, frozenset[Any]]:
    """What may become of each state of a life, itself included."""
    states = {state for state, _ in table} | set(table.values())
    after = {state: {state} for state in states}
    for _ in states:
        for (state, _event), then in table.items():
            after[state] |= after[then]
    return {state: frozenset(found) for state, found in after.items()}


APP_AFTER, PORTAL_AFTER = reachable(APP_LIFE), reachable(PORTAL_LIFE)


class Told(NamedTuple):
    """The last that a person was told: nothing that is true later may come before it."""

    device: str = ""
    app: AppState = AppState.HOME
    session: str = ""
    page: PortalState = PortalState.ANON
    document: str = ""


class Doors:
    """One thread's connections to the servers."""

    def __init__(self, portals: Sequence[int], phones: int, dice: Random) -> None:
        """Nothing is sent yet.

        Args:
            portals: the ports of portals that share their records; any of them will do.
            phones: the port of the phones.
            dice: chooses among portals.
        """
        self._portals = [JsonClient("127.0.0.1", port, {"X-Forwarded-Proto": "https"}) for port in portals]
        self._phones = JsonClient("127.0.0.1", phones, {"X-Forwarded-Proto": "https"})
        self._dice = dice

    def ask(
        self, side: str, method: str, path: str, fields: Mapping[str, str], body: object
    ) -> tuple[Answered, Any]:
        """One request; as `JsonClient.json`."""
        client = self._phones if side == "phone" else self._dice.choice(self._portals)
        given: Any = body
        answered, read = client.json(method, path, fields, given)
        insist(method, path, answered, read)
        return answered, read

    def close(self) -> None:
        """Hang up."""
        for client in (self._phones, *self._portals):
            client.close()


class Post(NamedTuple):
    """Something that was asked for, and perhaps not answered."""

    side: str
    path: str
    body: Mapping[str, object]


@dataclass
class Walk:
    """A registration under way, of one person on one phone.

    Attributes:
        citizen: who.
        dice: what the person does when there is no answer.
        address: of their network.
        wrong_pin: whether PIN1 is typed wrong first.
        wrong_code: whether the registration code is.
        told: what they know.
        answered: requests with an answer.
        unanswered: those without.
        signatures: that the account's keys made of the phone's identifier.
    """

    citizen: Citizen
    dice: Random
    address: str
    wrong_pin: bool = False
    wrong_code: bool = False
    told: Told = field(default_factory=Told)
    answered: int = 0
    unanswered: int = 0
    signatures: dict[str, bytes] = field(default_factory=dict)
    code: str = ""
    _doors: Doors = field(init=False, repr=False)
    _open: Post | None = None
    _resent: bool = False
    _unseen: str = ""
    _screen: dict[str, Any] = field(default_factory=dict)
    _page: dict[str, Any] = field(default_factory=dict)
    _cookie: str = ""
    _csrf: str = ""

    @property
    def done(self) -> bool:
        """Whether the account is there, the page says so, and both keys have signed."""
        return len(self.signatures) == len(KEYS)

    def step(self, doors: Doors) -> bool:
        """Do the next thing.

        Returns:
            Whether there was an answer.

        Raises:
            AssertionError: something was taken back.
            Refused: nobody expected that.
        """
        self._doors = doors
        try:
            if self._unseen:
                self._look(self._unseen)
            elif self._open:
                self._again()
            else:
                self._next()
        except Unexpected:
            self.unanswered += 1
            return False
        return True

    # --- what comes next ----------------------------------------------------------------------------

    def _next(self) -> None:
        if not self.told.device:
            self._post("phone", "/app/devices", name="Phone")
        elif self.told.app in _CHOOSING:
            path, body = _CHOOSING[self.told.app]
            self._app(path, **body)
        elif self.told.page not in (PortalState.CONFIRMED, PortalState.DONE):
            self._browse()
        elif self.told.app is AppState.ACTIVE:
            self._finish()
        else:
            self._confirm()

    def _browse(self) -> None:
        """The next step in the browser."""
        state, post = self.told.page, self._portal
        if not self._csrf:
            self._look("portal")
        elif state is PortalState.ANON:
            nonce = self._ask("portal", "GET", "/auth/challenge", None)["nonce"]
            post("/auth/login", authToken=json.loads(self.citizen.token(nonce)))
        elif state is PortalState.QUESTIONS:
            post("/api/portal/answers", email=f"{self.citizen.handle}@example.test", consent=True)
        elif state is PortalState.CODE_ENTRY:
            wrong = self.wrong_code and self._page.get("attempts_left") == 3
            self.code = self._screen["code"]
            post("/api/portal/code", code=WRONG_CODE if wrong else self.code)
        elif state is PortalState.REVIEW:
            post("/api/portal/application", hashFunction="SHA-384")
        else:
            assert state is PortalState.SIGNING, state
            made = self._ask("portal", "POST", "/api/portal/application", {"hashFunction": "SHA-384"})
            digest = base64.b64decode(made["digest"])
            certificate, signature, algorithm = self.citizen.signature(digest, made["hashFunction"])
            post(
                "/api/portal/signature",
                certificate=base64.b64encode(certificate).decode(),
                signature=base64.b64encode(signature).decode(),
                signatureAlgorithm=algorithm,
            )

    def _confirm(self) -> None:
        """The next step on the phone, once the computer is not needed any more."""
        state = self.told.app
        if state is AppState.IDENTITY_CHECK:
            self._app("identity", accept=True)
        elif state is AppState.PIN1_CONFIRM:
            wrong = self.wrong_pin and self._screen["attempts_left"] == 3
            self._app("pin", pin1=WRONG_PIN if wrong else PIN1)
        elif state is AppState.PIN2_CONFIRM:
            self._app("pin", pin2=PIN2)
        else:
            self._look("phone")

    def _finish(self) -> None:
        """See the page that says so, then use both keys."""
        if self.told.page is not PortalState.DONE:
            self._look("portal")
            return
        key = next(one for one in KEYS if one not in self.signatures)
        pin = PIN1 if key == KEYS[0] else PIN2
        content = base64.b64encode(self.told.device.encode()).decode()
        self._app("account/key", key=key, pin=pin, content=content)

    # --- asking, and asking again -------------------------------------------------------------------

    def _app(self, what: str, **body: object) -> None:
        self._post("phone", f"/app/{self.told.device}/{what}", **body)

    def _portal(self, path: str, **body: object) -> None:
        self._post("portal", path, **body)

    def _post(self, side: str, path: str, **body: object) -> None:
        self._send(Post(side, path, body))

    def _again(self) -> None:
        """What was asked got no answer: send it once more, or look what came of it."""
        post = self._open
        assert post
        resend = self.dice.random() < 0.5 and post.body.get("code") != WRONG_CODE  # it would count twice
        if resend or post.path == "/app/devices":
            self._resent = True
            self._send(post)
        else:
            self._unseen, self._open = post.side, None
            self._look(post.side)

    def _send(self, post: Post) -> None:
        self._open = post
        try:
            read = self._ask(post.side, "POST", post.path, post.body)
        except Refused as refusal:
            if not self._expected(post, refusal.code):
                raise
            self._unseen = post.side
        else:
            self._take(post, read)
        self._open, self._resent = None, False
        if self._unseen:
            self._look(self._unseen)

    def _expected(self, post: Post, code: Code) -> bool:
        """Whether a refusal is what somebody in this walk must be ready for."""
        if code is Code.PIN_WRONG:
            return post.body.get("pin1") == WRONG_PIN
        if code is Code.RC_WRONG:
            return post.body.get("code") == WRONG_CODE
        return self._resent and code in _STALE

    def _look(self, side: str) -> None:
        """Load the page anew, or bring the app up to date."""
        if side == "portal":
            self._see_page(self._ask("portal", "GET", "/api/portal/session", None))
        elif self.told.device:
            self._see_screen(self._ask("phone", "GET", f"/app/{self.told.device}/screen", None))
        self._unseen = ""

    def _ask(self, side: str, method: str, path: str, body: object) -> Any:
        who = label(self.citizen.handle, "thing")
        fields = {"Host": _HOST, WHO: who, "X-Forwarded-For": self.address}
        if side == "portal":
            if self._cookie:
                fields["Cookie"] = self._cookie
            if method == "POST":
                fields["X-CSRF-Token"] = self._csrf
        try:
            answered, read = self._doors.ask(side, method, path, fields, body)
        except Refused as refusal:
            if refusal.code is Code.CORE_UNAVAILABLE:
                raise Unexpected(f"{method} {path}: {refusal.code}") from refusal
            self.answered += 1
            raise
        self.answered += 1
        if made := answered.fields.get("set-cookie"):
            self._cookie = made.partition(";")[0]
        return read

    # --- what is told -------------------------------------------------------------------------------

    def _take(self, post: Post, read: Any) -> None:
        if post.path == "/app/devices":
            self.told = self.told._replace(device=read["device_id"])
            self._unseen = post.side
        elif post.path.endswith("/account/key"):
            self.signatures[str(post.body["key"])] = base64.b64decode(read["signature"])
        elif post.side == "phone":
            self._see_screen(read)
        elif "state" in read:
            self._see_page(read)
        else:
            self._unseen = post.side

    def _see_screen(self, screen: dict[str, Any]) -> None:
        state = AppState(screen["state"])
        assert state in APP_AFTER[self.told.app], f"{self.told} became {state}"
        assert not self.told.document or screen["document_number"] == self.told.document
        self._screen = screen
        self.told = self.told._replace(app=state, document=screen["document_number"])

    def _see_page(self, page: dict[str, Any]) -> None:
        state, session = PortalState(page["state"]), self._cookie.partition("=")[2]
        assert state in PORTAL_AFTER[self.told.page], f"{self.told} became {state}"
        self._page, self._csrf = page, page["csrf"]
        self.told = self.told._replace(page=state, session=session)


def walk_all(walks: Sequence[Walk], doors: Doors, dice: Random, over: Callable[[], bool]) -> None:
    """Let people go on, in any order, until all are done or `over` says so."""
    under_way = list(walks)
    while under_way and not over():
        walk = dice.choice(under_way)
        if not walk.step(doors):
            time.sleep(_PAUSE)
        if walk.done:
            under_way.remove(walk)
    doors.close()
