"""The portal's JSON API: what each endpoint takes, answers and refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from tests.harness.registration.conftest import ORIGIN, PIN1, PIN2
from tests.harness.web.api_lab import JSON, ApiLab, Tab, log_in, to_code_entry

from softeid.harness.registration.vocabulary import HTTP_STATUS, Code
from softeid.harness.web.messages import messages
from softeid.harness.web.problem import MEDIA_TYPE, STANDARD, problem


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> ApiLab:
    return make_api_lab()


# --- the story ------------------------------------------------------------------------------------


def test_a_person_walks_through_all_of_it(lab: ApiLab, tab: Tab) -> None:
    app, card = lab.to_code(lab.app()), lab.card()
    nonce = tab.get("/auth/challenge")["nonce"]
    token = lab.web_eid(card).authenticate(ORIGIN, nonce, lambda *_: card.pins["PIN1"])
    shown = tab.post("/auth/login", {"authToken": json.loads(token)})
    assert (shown["state"], shown["identity"]["given_name"]) == ("QUESTIONS", "JAAK-KRISTJAN")
    shown = tab.post("/api/portal/answers", {"email": "jaak@example.test", "consent": True})
    assert shown["state"] == "CODE_ENTRY"
    shown = tab.post("/api/portal/code", {"code": app.device.code})
    assert (shown["state"], shown["device"], shown["country"]) == ("REVIEW", "Phone", "EE")
    to_sign = tab.post("/api/portal/application")
    assert to_sign["hashFunction"] == "SHA-384"
    web_eid = lab.web_eid(card)
    certificate = web_eid.signing_certificate()
    digest = base64.b64decode(to_sign["digest"])
    signed = web_eid.sign(certificate, digest, "SHA-384", lambda *_: card.pins["PIN2"])
    shown = tab.post(
        "/api/portal/signature",
        {
            "certificate": base64.b64encode(certificate).decode(),
            "signature": base64.b64encode(signed.octets).decode(),
            "signatureAlgorithm": signed.algorithm,
        },
    )
    assert shown["state"] == "CONFIRMED"
    app = lab.phones.app(app.device.phone_id) or app
    app.accept_identity()
    app.confirm_pin(1, PIN1)
    app.confirm_pin(2, PIN2)
    assert tab.get("/api/portal/session")["state"] == "DONE"


def test_a_browser_that_is_not_known_begins_a_visit(tab: Tab) -> None:
    assert tab.cookie.startswith("__Host-softeid=")
    shown = tab.get("/api/portal/session")
    assert shown["state"] == "ANON"
    assert shown["server_time"] == "2026-03-02T09:00:00Z"
    assert "set-cookie" not in tab.last.fields


def test_whoever_begins_again_after_the_end_gets_another_visit(lab: ApiLab, tab: Tab) -> None:
    log_in(lab, tab)
    assert tab.post("/api/portal/logout")["state"] == "CLOSED"
    before = tab.cookie
    assert tab.get("/api/portal/session")["state"] == "CLOSED"
    tab.get("/auth/challenge")
    assert tab.cookie != before
    assert tab.get("/api/portal/session")["state"] == "ANON"


# --- refusals -------------------------------------------------------------------------------------


def test_a_refusal_is_a_problem_with_its_details_as_members(lab: ApiLab, tab: Tab) -> None:
    to_code_entry(lab, tab)
    told = tab.post("/api/portal/code", {"code": "000000000"})
    assert tab.last.status == 404
    assert tab.last.fields["content-type"] == MEDIA_TYPE
    assert told == {
        "type": "about:blank",
        "status": 404,
        "title": messages("en")["error.RC_WRONG.title"].replace("**", ""),
        "detail": messages("en")["error.RC_WRONG.todo"].replace("**", ""),
        "instance": "/api/portal/code",
        "code": "RC_WRONG",
        "docs": "/help/RC_WRONG",
        "attempts_left": 2,
    }


@pytest.mark.parametrize("code", [code for code in Code if code in HTTP_STATUS])
def test_every_code_has_an_answer(code: Code) -> None:
    answer = problem(code, "/x", {"attempts_left": 1})
    members = json.loads(bytes(answer.body))
    assert set(members) == STANDARD | {"attempts_left"}
    assert answer.status_code == members["status"] == HTTP_STATUS[code]
    assert members["title"]
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


def test_a_cooldown_says_when_to_come_again() -> None:
    assert problem(Code.RC_COOLDOWN, "/", {"retry_after": 12.3}).headers["retry-after"] == "13"


@pytest.mark.covers("SID-RCD-022")
def test_wrong_used_and_unknown_codes_are_answered_octet_by_octet_alike(lab: ApiLab) -> None:
    used = lab.to_code(lab.app("mari")).device.code
    first = Tab(lab.portal_app)
    first.get("/api/portal/session")
    to_code_entry(lab, first)
    first.post("/api/portal/code", {"code": used})
    answers = []
    for code in (used, "000000000"):
        tab = Tab(lab.portal_app)
        tab.get("/api/portal/session")
        to_code_entry(lab, tab)
        tab.post("/api/portal/code", {"code": code})
        answers.append((tab.last.status, tab.last.fields, tab.last.body))
    assert answers[0] == answers[1]


# --- tokens and codes of strangers ------------------------------------------------------------------


@pytest.mark.covers("SID-LGN-025")
def test_a_token_is_good_once(lab: ApiLab, tab: Tab) -> None:
    card = lab.card()
    nonce = tab.get("/auth/challenge")["nonce"]
    token = json.loads(lab.web_eid(card).authenticate(ORIGIN, nonce, lambda *_: card.pins["PIN1"]))
    assert tab.post("/auth/login", {"authToken": token})["state"] == "QUESTIONS"
    tab.post("/api/portal/logout")
    tab.get("/auth/challenge")
    assert tab.post("/auth/login", {"authToken": token})["code"] == "TOKEN_SIGNATURE"


@pytest.mark.covers("SID-LGN-026")
def test_a_token_of_another_browser_is_not_known(lab: ApiLab, tab: Tab) -> None:
    card, other = lab.card(), Tab(lab.portal_app)
    other.get("/api/portal/session")
    nonce = tab.get("/auth/challenge")["nonce"]
    token = json.loads(lab.web_eid(card).authenticate(ORIGIN, nonce, lambda *_: card.pins["PIN1"]))
    assert other.post("/auth/login", {"authToken": token})["code"] == "NONCE_UNKNOWN"


@pytest.mark.parametrize("origin", [ORIGIN + "/", ORIGIN + ":8443", "https://portal.softeid.test.evil.test"])
def test_a_token_for_another_origin_proves_nothing(lab: ApiLab, tab: Tab, origin: str) -> None:
    card = lab.card()
    nonce = tab.get("/auth/challenge")["nonce"]
    token = json.loads(lab.web_eid(card).authenticate(origin, nonce, lambda *_: card.pins["PIN1"]))
    assert tab.post("/auth/login", {"authToken": token})["code"] == "TOKEN_SIGNATURE"


def test_a_thousand_wrong_codes(make_api_lab: Callable[..., ApiLab]) -> None:
    """Three a login, nine a person and day, then nothing more until tomorrow: none of them is a fault."""
    lab = make_api_lab()
    right = lab.to_code(lab.app()).device.code
    tab = Tab(lab.portal_app)
    tab.get("/api/portal/session")
    to_code_entry(lab, tab)
    told: list[str] = []
    for number in range(1000):
        code = f"{number:09d}"
        if code == right:
            continue
        told.append(tab.post("/api/portal/code", {"code": code})["code"])
        if told[-1] == "RC_TOO_MANY":
            to_code_entry(lab, tab)
    assert told[:9] == ["RC_WRONG", "RC_WRONG", "RC_TOO_MANY"] * 3
    assert set(told[9:]) == {"RC_COOLDOWN"}
    lab.after(timedelta(hours=25))


@pytest.mark.covers("SID-RCD-019")
def test_one_code_in_two_browsers_at_the_same_instant(lab: ApiLab) -> None:
    app = lab.to_code(lab.app())
    tabs = []
    for _ in range(2):
        tab = Tab(lab.portal_app)
        tab.get("/api/portal/session")
        to_code_entry(lab, tab)
        tabs.append(tab)
    code, told = app.device.code, {}
    ready = Barrier(2)

    def enter(number: int) -> None:
        ready.wait()
        told[number] = tabs[number].post("/api/portal/code", {"code": code})

    threads = [Thread(target=enter, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.get("code", one.get("state")) for one in told.values()) == ["RC_WRONG", "REVIEW"]
    rejected = [event for event in lab.watched.events if event.name == "code.rejected"]
    assert [event.data["why"] for event in rejected] == ["RC_USED"]


# --- what cannot be read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field"),
    {
        "{": None,
        "[]": None,
        '"x"': None,
        "{}": "email",
        '{"email": 1, "consent": true}': "email",
        '{"email": "a@b.test", "consent": "yes"}': "consent",
        '{"email": "a@b.test", "consent": true, "admin": true}': "admin",
        '{"email": "a\\u0000@b.test", "consent": true}': "email",
        '{"email": "\\ud800@b.test", "consent": true}': "email",
        '{"email": "%s", "consent": true}' % ("a" * 2000): "email",
        "[" * 5000: None,
        '{"email": %s, "consent": true}' % ("9" * 5000): None,
        '{"email": NaN, "consent": true}': "email",
        "\xff\xfe": None,
    }.items(),
)
def test_a_body_that_is_not_as_described(tab: Tab, body: str, field: str | None) -> None:
    sent = {"Cookie": tab.cookie, "X-CSRF-Token": tab.csrf, **JSON}
    told = tab.send("POST", "/api/portal/answers", sent, body.encode("latin-1"))
    assert (told["status"], told["code"], told.get("field")) == (400, "BAD_REQUEST", field)
    assert "a" * 100 not in json.dumps(told)


TYPES = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
]


@pytest.mark.parametrize("type_", TYPES)
def test_another_type_than_json_is_not_read(tab: Tab, type_: str) -> None:
    sent = {"Cookie": tab.cookie, "X-CSRF-Token": tab.csrf} | ({"Content-Type": type_} if type_ else {})
    told = tab.send("POST", "/api/portal/logout", sent, b"{}")
    assert (told["status"], told["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_may_have_64_kib(tab: Tab) -> None:
    filled = json.dumps({"authToken": "x" * 20_000}).encode()
    sent = {"Cookie": tab.cookie, "X-CSRF-Token": tab.csrf, **JSON}
    told = tab.send("POST", "/auth/login", sent, filled + b" " * (64 * 1024 - len(filled)))
    assert told["code"] == "TOKEN_PARSE"
    told = tab.send("POST", "/auth/login", sent, filled + b" " * (64 * 1024 - len(filled) + 1))
    assert (told["status"], told["code"]) == (413, "CONTENT_TOO_LARGE")


def test_what_is_not_there_and_what_cannot_be_done(tab: Tab) -> None:
    assert tab.get("/nothing/here")["code"] == "NOT_FOUND"
    assert tab.get("/api/portal/code")["code"] == "METHOD_NOT_ALLOWED"
    assert tab.last.fields["allow"] == "POST"
    assert tab.get("/docs")["code"] == "NOT_FOUND"
    assert tab.get("/api/portal/session/")["code"] == "NOT_FOUND"
