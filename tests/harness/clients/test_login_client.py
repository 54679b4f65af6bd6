"""A browser's way to the login host, as the model in this process has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.harness.registration.conftest import Lab

from softeid.harness.clients.eid_client import EidClient
from softeid.harness.clients.login_client import Arrival, HandshakeModel, NoTicket, Why
from softeid.harness.clients.tls_key import TlsKey
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings

ORIGIN = "https://login.softeid.test"


class Computer:
    """A browser at a portal, with the way to its login host."""

    def __init__(self, pool: Path, **changed: object) -> None:
        self.lab = Lab(Settings(key_bits=2048, **changed), pool)  # type: ignore[arg-type]  # the tests name fields
        random = self.lab.seed.stream("login host")
        self.host = HandshakeModel(self.lab.portal, ORIGIN, lambda: self.lab.clock.now, random)
        self.visit = self.lab.visit()

    def key(self, **state: object) -> TlsKey:
        card = self.lab.card(**state)  # type: ignore[arg-type]  # a card's state
        return TlsKey(EidClient(card.card.process), lambda *_: card.pins["PIN1"])

    def ticket(self, key: TlsKey, off: timedelta = timedelta(), through: str = "") -> str:
        return self.host.ticket(Arrival("jaak", self.visit.invite(), off, key, through=through))


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def test_a_ticket_for_who_holds_the_key(computer: Computer) -> None:
    ticket = computer.ticket(computer.key())
    assert computer.visit.redeem(ticket).personal_code == "38001085718"


def test_no_ticket_for_who_does_not(computer: Computer) -> None:
    with pytest.raises(NoTicket) as failed:
        computer.ticket(computer.key(state="key-mismatch"))
    assert failed.value.why is Why.HANDSHAKE


def test_no_ticket_for_who_stands_between(computer: Computer) -> None:
    key = computer.key()
    with pytest.raises(NoTicket) as failed:
        computer.ticket(key, through="https://login.softeid.example")
    assert failed.value.why is Why.RELAYED


@pytest.mark.parametrize(
    ("off", "fails"),
    [(0, False), (1, False), (-1, False), (96_000, True), (-96_000, True)],
)
def test_a_computer_whose_clock_is_off(computer: Computer, off: int, fails: bool) -> None:
    fast = timedelta(hours=off)
    deeds: list[Callable[[], object]] = [
        lambda: computer.host.reach(fast),
        lambda: computer.ticket(computer.key(), fast),
    ]
    for deed in deeds:
        if fails:
            with pytest.raises(NoTicket) as failed:
                deed()
            assert failed.value.why is Why.CLOCK
        else:
            deed()


@pytest.mark.parametrize(
    ("resumes", "detail"), [(True, {"why": "not_signed"}), (False, {"hint": "check_card"})]
)
def test_a_session_of_before(tmp_path: Path, resumes: bool, detail: dict[str, str]) -> None:
    computer = Computer(tmp_path, login_resumption=resumes)
    key = computer.key()
    computer.visit.redeem(computer.ticket(key))
    visit = computer.lab.visit("mari")
    ticket = computer.host.ticket(Arrival("mari", visit.invite(), timedelta(), key, again=True))
    with pytest.raises(Refused) as refused:
        visit.redeem(ticket)
    assert refused.value.detail == detail
