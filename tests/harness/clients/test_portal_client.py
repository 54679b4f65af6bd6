"""A browser over the portal's API behaves as the visit itself does."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.harness.web.api_lab import ApiLab

from softeid.harness.clients.json_client import Answered, JsonClient, Unexpected, insist
from softeid.harness.clients.portal_client import RemotePortal, RemoteVisit, _parsed
from softeid.harness.registration.login_ticket import How
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import Code

BY_ITSELF = {"ring", "forget", "follow"}  # what happens to a visit without its browser


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> ApiLab:
    return make_api_lab()


@pytest.fixture
def visit(lab: ApiLab) -> Visit:
    return RemotePortal(lab.portal, lab.connect).visit("jaak", "Browser", address="192.0.2.5")


def deeds(of: type) -> set[str]:
    return {name for one in of.__mro__ for name in vars(one) if not name.startswith("_")} - set(dir(object))


def test_everything_that_a_person_does_travels() -> None:
    inherited = {name for name in deeds(Visit) if name not in vars(RemoteVisit)}
    assert inherited == BY_ITSELF
    assert deeds(RemotePortal) - set(vars(RemotePortal)) >= {"found", "rename"}


def test_the_whole_story(lab: ApiLab, visit: Visit) -> None:
    app, card = lab.to_code(lab.app()), lab.card()
    lab.to_code_entry(visit, card)
    visit.enter_code(app.device.code)
    page = visit.page()
    assert (page.state, page.device, page.country) == ("REVIEW", "Phone", "EE")
    assert page == lab.portal.found(visit.record.session_id).page()  # type: ignore[union-attr]  # it is there
    lab.sign(visit, card)
    assert str(visit.state) == "CONFIRMED"
    visit.log_out()
    assert (visit.record.owner, visit.record.browser, visit.record.address) == (
        "jaak",
        "Browser",
        "192.0.2.5",
    )


def test_a_login_by_ticket(lab: ApiLab, visit: Visit) -> None:
    link = visit.invite()
    with pytest.raises(Refused, match="NO_CLIENT_CERT"):
        visit.redeem(lab.portal.present(link, None, How.WITHOUT))
    certificate = lab.card().certificates["authentication"]
    ticket = lab.portal.present(visit.invite(), certificate.public_bytes(Encoding.DER), How.SIGNED)
    assert visit.redeem(ticket).semantics_id == "PNOEE-38001085718"


def test_refusals_arrive_as_they_were_raised(lab: ApiLab, visit: Visit) -> None:
    other = lab.visit("mari")
    acts: tuple[Callable[[Visit], object], ...] = (
        lambda one: one.confirm(),
        lambda one: one.log_in("{"),
        lambda one: one.log_in("x" * 10_001),
        lambda one: one.abort_login(why="cancelled"),
        lambda one: one.answer("a@example.test"),
        lambda one: one.open_link("nowhere"),
        lambda one: one.redeem("nothing"),
    )
    for act in acts:
        told = []
        for one in (other, visit):
            with pytest.raises(Refused) as refused:
                act(one)
            told.append((refused.value.code, {k: str(v) for k, v in refused.value.detail.items()}))
        assert told[0] == told[1]


def test_a_browser_without_cookies(lab: ApiLab) -> None:
    visit = RemotePortal(lab.portal, lab.connect).visit("jaak", "Browser", cookies=False)
    with pytest.raises(Refused, match="COOKIES_REQUIRED"):
        visit.challenge()
    assert str(visit.state) == "ANON"


def test_a_token_travels_as_an_object_where_that_is_the_same() -> None:
    assert _parsed('{"a":1}') == {"a": 1}
    for text in ('{"a": 1}', "[1]", "{", '{"a":1,"a":2}', '"x"'):
        assert _parsed(text) == text


def test_pages_open_in_the_session(visit: Visit) -> None:
    assert isinstance(visit, RemoteVisit)
    assert json.loads(visit.open("/api/portal/session").body)["state"] == "ANON"
    assert visit.open("/nothing").status == 404


def test_what_no_session_says_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(Unexpected, match="GET /x: 500 INTERNAL_ERROR"):
        insist("GET", "/x", Answered(500, {}, b""), {"code": "INTERNAL_ERROR"})
    with pytest.raises(Refused, match=r"RC_WRONG\(attempts_left=2\)"):
        insist("GET", "/x", Answered(404, {}, b""), {"code": str(Code.RC_WRONG), "attempts_left": 2})


def test_a_server_that_does_not_answer() -> None:
    client = JsonClient("127.0.0.1", 1, {})
    with pytest.raises(Unexpected, match="no answer"):
        client.json("GET", "/", {})
    client.close()
