"""The card desk as browsers and the portal's script meet it: in process, no socket."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from softeid.harness.clients.json_client import Answered
from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.profile_file import load_profile
from softeid.harness.registration.web_eid_token import (
    parse,
    parsed_certificate,
    signature_holds,
    signed_digest,
)
from softeid.harness.seed import Seed
from softeid.harness.service.card_desk import CardDesk
from softeid.harness.service.card_prompt import Prompts
from softeid.harness.web.desk_site import desk_site
from softeid.harness.web.in_process import InProcess
from softeid.harness.web.lab_policy import LabPolicy
from softeid.harness.web.lab_window import Window
from softeid.harness.web.pages.mishap import DeskMishap
from softeid.harness.web.security import Guard

PORTAL = "http://localhost:8440"
DESK = "http://localhost:8442"
NONCE = base64.b64encode(bytes(32)).decode()
SEED = Seed("desk")
WRONG = "9999"


class Passing:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Person:
    """Somebody at a browser that keeps cookies, and a portal's page beside it."""

    def __init__(self) -> None:
        self.clock = Clock.real()
        authority = Authority(SEED, self.clock)

        def issue(person: str, state: str, number: int) -> IssuedCard:
            return issue_card(
                load_profile("esteid-2018"),
                persons()[person],
                authority,
                seed=SEED,
                clock=self.clock,
                state=state,
                number=number,
            )

        self.seconds = Passing()
        self.desk = CardDesk(issue, Prompts(self.seconds))
        policy = LabPolicy(DESK, lends=True)
        window = Window("desk", policy, lambda: self.clock.now, DeskMishap)
        self.faults: list[Exception] = []
        app = Guard(desk_site(self.desk, window, PORTAL), policy, self.faults.append)
        self._client = InProcess(app, {"Host": "localhost:8442"})
        self.cookies: dict[str, str] = {}
        self.page = ""
        self.extra: dict[str, str] = {}

    def get(self, path: str) -> Answered:
        return self._seen(self._client.exchange("GET", path, self._fields()))

    def post(self, path: str, **fields: str) -> Answered:
        """Send the form that the page shows, with its token."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.page)
        body = urlencode({"csrf": csrf[1] if csrf else "", **fields})
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null", **self.extra}
        return self._seen(self._client.exchange("POST", path, {**self._fields(), **form}, body.encode()))

    def follow(self, answer: Answered) -> Answered:
        """Go where a form leads."""
        assert answer.status == 303, answer
        return self.get(answer.fields["location"])

    def portal(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, origin: str = PORTAL
    ) -> Answered:
        """What the script on the portal's page asks."""
        fields = {"Origin": origin, "Content-Type": "application/json"}
        return self._client.exchange(method, path, fields, json.dumps(body or {}).encode())

    def asked(self, **body: str) -> str:
        """A prompt; its identifier."""
        answer = self.portal("POST", "/api/prompts", body)
        assert answer.status == 201, answer
        told = json.loads(answer.body)
        self.get(told["url"])
        return str(told["id"])

    def told(self, prompt: str) -> dict[str, Any]:
        """How the portal's page learns of it."""
        answer = self.portal("GET", f"/api/prompts/{prompt}")
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def state(self) -> tuple[str, str]:
        """`data-state` and `data-error` of the page."""
        found = re.search(r'data-state="([^"]*)" data-error="([^"]*)"', self.page)
        assert found, self.page
        return found[1], found[2]

    def _fields(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _seen(self, answer: Answered) -> Answered:
        if cookie := answer.fields.get("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if "text/html" in answer.fields.get("content-type", ""):
            self.page = answer.body.decode()
        return answer


@pytest.fixture
def person() -> Iterator[Person]:
    made = Person()
    made.desk.insert(made.desk.make("mari", "fresh").id)
    made.desk.make("jaak", "fresh")
    yield made
    assert not made.faults


def right(person: Person, pin: Any) -> str:
    card = person.desk.inserted
    assert card
    return card.digits(pin)


# --- the window that asks for a PIN ---------------------------------------------------------------


def test_a_login_is_signed_for_the_origin_that_the_browser_told(person: Person) -> None:
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    assert person.state() == ("PIN1_ASKED", "")
    assert PORTAL in person.page
    assert person.told(prompt) == {"state": "waiting"}

    person.follow(person.post(f"/prompts/{prompt}", pin=right(person, "PIN1")))

    assert person.state() == ("PROMPT_OVER", "")
    token = parse(json.dumps(person.told(prompt)["result"]))
    key = parsed_certificate(token.certificate).public_key()
    digest = signed_digest(token.algorithm, PORTAL, NONCE)
    assert signature_holds(key, token.algorithm, token.signature, digest)


def test_a_signature_by_the_certificate_that_was_shown(person: Person) -> None:
    first = person.asked(kind="certificate")
    assert person.state() == ("CERTIFICATE_ASKED", "")
    person.follow(person.post(f"/prompts/{first}", go="yes"))
    shown = person.told(first)["result"]
    digest = hashlib.sha384(b"application").digest()
    second = person.asked(
        kind="sign",
        certificate=shown["certificate"],
        hash=base64.b64encode(digest).decode(),
        hashFunction="SHA-384",
    )
    assert person.state() == ("PIN2_ASKED", "")
    assert digest.hex() in person.page
    person.follow(person.post(f"/prompts/{second}", pin=right(person, "PIN2")))
    result = person.told(second)["result"]
    assert result["signatureAlgorithm"] in shown["supportedSignatureAlgorithms"]
    assert len(base64.b64decode(result["signature"])) == 96


def test_a_wrong_pin_comes_again_and_after_the_third_the_window_stays(person: Person) -> None:
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    for left in (2, 1):
        assert person.post(f"/prompts/{prompt}", pin=WRONG).status == 400
        assert person.state() == ("PIN1_ASKED", "PIN_WRONG")
        assert f"{left}" in person.page
        assert person.told(prompt) == {"state": "waiting"}
    person.follow(person.post(f"/prompts/{prompt}", pin=WRONG))
    assert person.state() == ("PIN1_BLOCKED", "")
    assert 'href="/pins/PIN1/unblock"' in person.page
    assert person.told(prompt) == {"state": "waiting", "blocked": True}

    person.follow(person.post(f"/prompts/{prompt}", cancel="yes"))
    error = {"code": "ERR_WEBEID_USER_CANCELLED", "message": "The PIN is blocked"}
    assert person.told(prompt)["error"] == error


def test_a_blocked_pin2_waits_for_the_person_too(person: Person) -> None:
    first = person.asked(kind="certificate")
    person.post(f"/prompts/{first}", go="yes")
    certificate = person.told(first)["result"]["certificate"]
    digest = base64.b64encode(bytes(48)).decode()
    prompt = person.asked(kind="sign", certificate=certificate, hash=digest, hashFunction="SHA-384")
    for _ in range(3):
        answer = person.post(f"/prompts/{prompt}", pin="99999")
    person.follow(answer)
    assert person.state() == ("PIN2_BLOCKED", "")
    assert person.told(prompt) == {"state": "waiting", "blocked": True}


def test_a_pin_that_is_unblocked_in_the_window_goes_on_there(person: Person) -> None:
    person.desk.insert(person.desk.make("mari", "pin1-blocked").id)
    puk = right(person, "PUK")
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    person.get("/pins/PIN1/unblock")
    person.follow(person.post("/pins/PIN1/unblock", puk=puk, new="2580", again="2580"))
    assert person.state() == ("PIN1_ASKED", "")
    person.follow(person.post(f"/prompts/{prompt}", pin="2580"))
    assert person.told(prompt)["state"] == "done"


@pytest.mark.parametrize("typed", ["", "12", "abcd", "1234567890123", "１２３４"])
def test_what_is_no_pin_costs_no_try(person: Person, typed: str) -> None:
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    assert person.post(f"/prompts/{prompt}", pin=typed).status == 400
    assert person.state() == ("PIN1_ASKED", "BAD_REQUEST")
    assert person.desk.inserted
    assert person.desk.inserted.tries("PIN1") == 3


def test_a_typed_pin_is_in_no_page_and_no_address(person: Person) -> None:
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    answer = person.post(f"/prompts/{prompt}", pin="73519")
    assert "73519" not in person.page
    assert "73519" not in str(answer.fields)


def test_cancelling(person: Person) -> None:
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    form = person.page
    person.follow(person.post(f"/prompts/{prompt}", cancel="yes", pin=""))
    assert person.told(prompt)["error"]["code"] == "ERR_WEBEID_USER_CANCELLED"
    person.page = form
    assert person.post(f"/prompts/{prompt}", pin=right(person, "PIN1")).status == 303
    assert person.told(prompt)["state"] == "failed"


@pytest.mark.parametrize("by", ["prompt", "reader"])
def test_taking_the_card_out_ends_the_prompt(person: Person, by: str) -> None:
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    if by == "prompt":
        person.post(f"/prompts/{prompt}", remove="yes")
    else:
        person.post("/remove")
    told = {"code": "ERR_WEBEID_NATIVE_FATAL", "message": "The card was removed"}
    assert person.told(prompt)["error"] == told
    person.get(f"/prompts/{prompt}")
    assert person.state() == ("PROMPT_OVER", "")


def test_a_prompt_waits_for_a_card(person: Person) -> None:
    person.desk.remove()
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    assert person.state() == ("CARD_ASKED", "")
    person.follow(person.post("/insert", card="c2"))
    assert person.state() == ("PIN1_ASKED", "")
    person.post(f"/prompts/{prompt}", pin=right(person, "PIN1"))
    assert person.told(prompt)["state"] == "done"


def test_swapping_the_card_between_certificate_and_signature(person: Person) -> None:
    first = person.asked(kind="certificate")
    person.post(f"/prompts/{first}", go="yes")
    certificate = person.told(first)["result"]["certificate"]
    person.post("/insert", card="c2")
    digest = base64.b64encode(bytes(48)).decode()
    second = person.asked(kind="sign", certificate=certificate, hash=digest, hashFunction="SHA-384")
    person.follow(person.post(f"/prompts/{second}", pin=right(person, "PIN2")))
    assert person.told(second)["error"]["code"] == "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
    assert person.desk.inserted
    assert person.desk.inserted.tries("PIN2") == 3


def test_a_card_without_certificates_says_no(person: Person) -> None:
    person.desk.insert(person.desk.make("mari", "no-certificates").id)
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    assert person.post(f"/prompts/{prompt}", pin="1234").status == 400
    assert person.told(prompt) == {"state": "waiting"}


# --- who may ask ----------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://localhost:8441", "https://evil.test", "null"])
def test_nobody_but_the_portal_may_ask(person: Person, origin: str) -> None:
    body = {"kind": "authenticate", "challengeNonce": NONCE}
    answer = person.portal("POST", "/api/prompts", body, origin)
    assert answer.status == 403
    assert answer.fields["access-control-allow-origin"] == PORTAL
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    assert person.portal("GET", f"/api/prompts/{prompt}", origin=origin).status == 403
    assert person.portal("DELETE", f"/api/prompts/{prompt}", origin=origin).status == 403
    assert person.told(prompt) == {"state": "waiting"}


def test_the_preflight_names_the_portal_alone(person: Person) -> None:
    head = person.portal("OPTIONS", "/api/prompts", origin="https://evil.test").fields
    assert head["access-control-allow-origin"] == PORTAL
    assert head["access-control-allow-methods"] == "GET, POST, DELETE"
    assert "access-control-allow-credentials" not in head


def test_one_question_at_a_time(person: Person) -> None:
    person.asked(kind="authenticate", challengeNonce=NONCE)
    answer = person.portal("POST", "/api/prompts", {"kind": "certificate"})
    assert answer.status == 409
    assert json.loads(answer.body)["error"]["code"] == "ERR_WEBEID_ACTION_PENDING"


def test_a_page_that_is_gone_occupies_nobody(person: Person) -> None:
    person.asked(kind="authenticate", challengeNonce=NONCE)
    person.seconds.now += 21
    other = person.asked(kind="certificate")
    for _ in range(20):
        person.seconds.now += 10
        told = person.told(other)
    assert told["error"]["code"] == "ERR_WEBEID_USER_TIMEOUT"


def test_the_page_gives_up(person: Person) -> None:
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    assert person.portal("DELETE", f"/api/prompts/{prompt}").status == 204
    person.get(f"/prompts/{prompt}")
    assert person.state() == ("PROMPT_OVER", "")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "other"},
        {"kind": "authenticate"},
        {"kind": "authenticate", "challengeNonce": "short"},
        {"kind": "sign", "certificate": "AAAA", "hash": "AAAA", "hashFunction": "SHA-384"},
        {"kind": "sign", "certificate": "AAA", "hash": "AAAA", "hashFunction": "SHA-256"},
        {"kind": "sign", "certificate": "AAAA", "hash": "A" * 64, "hashFunction": "MD5"},
        {"kind": "authenticate", "challengeNonce": NONCE, "origin": "https://evil.test"},
    ],
)
def test_what_cannot_be_asked(person: Person, body: dict[str, str]) -> None:
    answer = person.portal("POST", "/api/prompts", body)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["code"] == "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"


def test_a_prompt_that_nobody_has(person: Person) -> None:
    assert person.portal("GET", "/api/prompts/nothing").status == 404
    person.get("/prompts/nothing")
    assert person.state() == ("PROMPT_OVER", "")


# --- the desk -------------------------------------------------------------------------------------


def test_the_reader_shows_the_card_and_whether_somebody_asks(person: Person) -> None:
    person.get("/")
    assert person.state() == ("CARD_INSERTED", "")
    before = json.loads(person.get("/mark").body)
    prompt = person.asked(kind="authenticate", challengeNonce=NONCE)
    assert json.loads(person.get("/mark").body) != before
    person.get("/")
    assert person.state() == ("PIN1_ASKED", "")
    assert f"/prompts/{prompt}" in person.page


def test_cards_come_and_go(person: Person) -> None:
    person.get("/")
    person.follow(person.post("/remove"))
    assert person.state() == ("READER_EMPTY", "")
    person.get("/cards")
    person.follow(person.post("/cards", person="kadri", state="pin1-last-try"))
    assert person.state() == ("CARD_INSERTED", "")
    assert "KADRI TESTNUMBER" in person.page
    assert person.desk.inserted
    assert person.desk.inserted.tries("PIN1") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"person": "nobody", "state": "fresh"},
        {"person": "mari", "state": "immortal"},
        {"person": "mari", "state": "transport-pin"},
    ],
)
def test_a_card_that_cannot_be_made(person: Person, fields: dict[str, str]) -> None:
    person.get("/cards")
    assert person.post("/cards", **fields).status == 400
    assert person.state() == ("CARDS", "BAD_REQUEST")
    assert len(person.desk.cards) == 2


def test_a_pin_is_changed_and_unblocked(person: Person) -> None:
    person.get("/pins/PIN1/change")
    old, puk = right(person, "PIN1"), right(person, "PUK")
    person.follow(person.post("/pins/PIN1/change", old=old, new="2580", again="2580"))
    assert right(person, "PIN1") == "2580"
    for _ in range(3):
        person.get("/pins/PIN1/change")
        person.post("/pins/PIN1/change", old=old, new="1357", again="1357")
    assert person.state() == ("PIN_CHANGE", "PIN_WRONG")
    person.get("/pins/PIN1/unblock")
    assert person.post("/pins/PIN1/unblock", puk="00000000", new="1357", again="1357").status == 400
    assert person.state() == ("PIN_UNBLOCK", "PIN_WRONG")
    person.follow(person.post("/pins/PIN1/unblock", puk=puk, new="1357", again="1357"))
    assert right(person, "PIN1") == "1357"
    assert person.desk.inserted
    assert person.desk.inserted.tries("PIN1") == 3


def test_two_entries_that_differ_change_nothing(person: Person) -> None:
    person.get("/pins/PIN2/change")
    old = right(person, "PIN2")
    assert person.post("/pins/PIN2/change", old=old, new="24680", again="24681").status == 400
    assert right(person, "PIN2") == old


# --- strangers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/insert", "/remove", "/cards", "/pins/PIN1/change", "/pins/PIN1/unblock"])
def test_a_form_of_another_page_is_refused(person: Person, path: str) -> None:
    person.get("/")
    mine, person.page = person.page, ""
    answer = person.post(path, csrf="0" * 64, card="c2", person="mari", state="fresh")
    assert answer.status == 403
    assert person.state() == ("ERROR", "CSRF")
    person.page, person.extra = mine, {"Sec-Fetch-Site": "same-site"}
    assert person.post(path, card="c2").status == 403
    person.page, person.cookies, person.extra = mine, {}, {}
    assert person.post(path, card="c2").status == 403
    assert person.desk.inserted
    assert person.desk.inserted.id == "c1"


def test_what_is_not_there_is_a_page(person: Person) -> None:
    assert person.get("/nothing").status == 404
    assert person.state() == ("ERROR", "NOT_FOUND")
    assert person.get("/pins/PIN9/change").status == 404
    person.get("/")
    assert person.post("/insert", card="c99").status == 400


def test_its_script_and_window_may_be_used_by_the_portal_alone(person: Person) -> None:
    head = person.get("/").fields
    assert head["cross-origin-opener-policy"] == "unsafe-none"
    assert head["cross-origin-resource-policy"] == "same-site"
    assert "access-control-allow-origin" not in head
    portal = dict(LabPolicy(PORTAL, scripts=(DESK,)).headers())
    assert portal["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert f"script-src 'self' {DESK};" in portal["Content-Security-Policy"]
    assert portal["Content-Security-Policy"].endswith(f"connect-src 'self' {DESK}")
