"""One-time tickets between the login host and the portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from softeid.harness.registration.login_ticket import (
    LOGIN_LINKS,
    LOGIN_TICKETS,
    Hint,
    How,
    TicketBook,
    UnknownLink,
)
from softeid.harness.registration.memory import MemoryStore
from softeid.harness.registration.refusal import Refused
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
CERTIFICATE = b"certificate"


class Desk:
    """A book and the store behind it."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.random = Seed("ticket tests").stream("tickets")
        self.book = self.reopened()

    def reopened(self) -> TicketBook:
        return TicketBook(self.random, self.store.table(LOGIN_LINKS), self.store.table(LOGIN_TICKETS))

    def ticket(
        self, certificate: bytes | None = CERTIFICATE, how: How = How.SIGNED, hint: Hint = Hint.CHECK_CARD
    ) -> str:
        return self.book.present(self.book.invite("mine", NOW), certificate, how, NOW, hint)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refused(deed: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(Refused) as caught:
        deed()
    assert caught.value.code == "NO_CLIENT_CERT"
    return dict(caught.value.detail)


def test_a_ticket_brings_the_certificate(desk: Desk) -> None:
    assert desk.book.redeem(desk.ticket(), "mine", NOW) == CERTIFICATE


def test_a_ticket_is_good_once(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.book.redeem(ticket, "mine", NOW)
    assert refused(lambda: desk.book.redeem(ticket, "mine", NOW)) == {"why": "ticket_used"}
    assert refused(lambda: desk.book.redeem(ticket, "other", NOW)) == {"why": "ticket_used"}


@pytest.mark.parametrize(("age", "good"), [(0, True), (30, False), (31, False), (86400, False)])
def test_a_ticket_lives_thirty_seconds(desk: Desk, age: int, good: bool) -> None:
    ticket, then = desk.ticket(), NOW + timedelta(seconds=age)
    if good:
        assert desk.book.redeem(ticket, "mine", then) == CERTIFICATE
        return
    assert refused(lambda: desk.book.redeem(ticket, "mine", then)) == {"why": "ticket_expired"}
    assert refused(lambda: desk.book.redeem(ticket, "mine", NOW)) == {"why": "ticket_used"}


def test_the_last_moment_of_a_ticket(desk: Desk) -> None:
    assert desk.book.redeem(desk.ticket(), "mine", NOW + timedelta(seconds=30) - MOMENT) == CERTIFICATE


@pytest.mark.covers("SID-LGN-034")
def test_a_ticket_is_good_in_its_session_only(desk: Desk) -> None:
    """Taken to another session it is worth nothing there, and nothing afterwards."""
    ticket = desk.ticket()
    assert refused(lambda: desk.book.redeem(ticket, "other", NOW)) == {"why": "ticket_foreign"}
    assert refused(lambda: desk.book.redeem(ticket, "mine", NOW)) == {"why": "ticket_used"}


@pytest.mark.parametrize("ticket", ["", "x", "A" * 43, "\udcff", "ä" * 10000])
def test_an_invented_ticket(desk: Desk, ticket: str) -> None:
    desk.ticket()
    assert refused(lambda: desk.book.redeem(ticket, "mine", NOW)) == {"why": "ticket_unknown"}


@pytest.mark.parametrize("hint", Hint)
def test_who_had_no_certificate_is_told_what_to_do(desk: Desk, hint: Hint) -> None:
    ticket = desk.ticket(None, How.WITHOUT, hint)
    assert refused(lambda: desk.book.redeem(ticket, "mine", NOW)) == {"hint": hint}


@pytest.mark.covers("SID-LGN-034")
def test_a_certificate_for_which_nothing_was_signed(desk: Desk) -> None:
    ticket = desk.ticket(CERTIFICATE, How.RESUMED)
    assert refused(lambda: desk.book.redeem(ticket, "mine", NOW)) == {"why": "not_signed"}


def test_a_link_is_good_once(desk: Desk) -> None:
    link = desk.book.invite("mine", NOW)
    desk.book.present(link, None, How.WITHOUT, NOW)
    with pytest.raises(UnknownLink):
        desk.book.present(link, CERTIFICATE, How.SIGNED, NOW)


@pytest.mark.parametrize("link", ["", "A" * 43, "\udcff"])
def test_an_invented_link(desk: Desk, link: str) -> None:
    desk.book.invite("mine", NOW)
    with pytest.raises(UnknownLink):
        desk.book.present(link, CERTIFICATE, How.SIGNED, NOW)


def test_a_link_lives_five_minutes(desk: Desk) -> None:
    early, late = desk.book.invite("mine", NOW), desk.book.invite("mine", NOW)
    end = NOW + timedelta(minutes=5)
    assert desk.book.present(early, None, How.WITHOUT, end - MOMENT)
    with pytest.raises(UnknownLink):
        desk.book.present(late, None, How.WITHOUT, end)


def test_links_and_tickets_of_two_sessions(desk: Desk) -> None:
    mine, other = (desk.book.invite(session, NOW) for session in ("mine", "other"))
    for_other = desk.book.present(other, b"other", How.SIGNED, NOW)
    for_me = desk.book.present(mine, b"mine", How.SIGNED, NOW)
    assert desk.book.redeem(for_me, "mine", NOW) == b"mine"
    assert desk.book.redeem(for_other, "other", NOW) == b"other"


def test_another_process_goes_on_with_the_book(desk: Desk) -> None:
    ticket = desk.ticket()
    assert desk.reopened().redeem(ticket, "mine", NOW) == CERTIFICATE
    assert refused(lambda: desk.reopened().redeem(ticket, "mine", NOW)) == {"why": "ticket_used"}


def test_what_is_kept_lets_nobody_in(desk: Desk) -> None:
    link = desk.book.invite("mine", NOW)
    ticket = desk.book.present(link, CERTIFICATE, How.SIGNED, NOW)
    assert (len(link), len(ticket), link != ticket) == (43, 43, True)
    for kind in (LOGIN_LINKS, LOGIN_TICKETS):
        for record in desk.store.table(kind).values():
            assert link not in str(asdict(record))
            assert ticket not in str(asdict(record))
