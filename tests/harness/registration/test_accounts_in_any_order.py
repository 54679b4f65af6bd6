"""Accounts, broken networks, kills and copies in any order: what must hold whatever people do."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from tests.harness.registration import test_any_order
from tests.harness.registration.conftest import PIN1, PIN2, at
from tests.harness.registration.test_any_order import ENDING, WHO, AnyOrder

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.app import App
from softeid.harness.registration.key_server import LOCK_3
from softeid.harness.registration.line import Line
from softeid.harness.registration.vocabulary import Code

USES = st.sampled_from(list(Use))
CONTENTS = st.sampled_from([b"a", b"b"])
PINS = {Use.AUTHENTICATION: PIN1, Use.SIGNATURE: PIN2}
HAPPENED: set[str] = set()

# What may stand for a change beside what may without networks: nobody knows what the core did.
UNHEARD = {Code.CORE_UNAVAILABLE}


class AccountsInAnyOrder(AnyOrder):
    """Jaak has an account already, and somebody may get a copy of his phone."""

    allowed = ENDING | UNHEARD

    def __init__(self) -> None:
        super().__init__()
        self.copy: App | None = None

    @initialize()
    def jaak_registers(self) -> None:
        self.advance(0, 20)
        assert at(self.apps[0]) == "ACTIVE"

    def line(self, who: int) -> Line:
        return self.lab.phones.memory(self.apps[who].device).line

    @rule(who=WHO, lost=st.sampled_from(["everything", "request", "answer"]))
    def network_breaks(self, who: int, lost: Literal["everything", "request", "answer"]) -> None:
        line = self.line(who)
        line.up, line.lost = lost != "everything", "" if lost == "everything" else lost
        self.broken.add(("jaak", "mari")[who])

    @rule(who=WHO, again=st.booleans())
    def network_returns(self, who: int, again: bool) -> None:
        self.line(who).mend()
        if again:
            self.do(self.apps[who].try_again)

    @rule(who=WHO)
    def kill(self, who: int) -> None:
        self.do(self.apps[who].restart)

    @rule(
        who=WHO, use=USES, right=st.sampled_from([True, True, False]), content=st.sampled_from([b"a", b"b"])
    )
    def use_key(self, who: int, use: Use, right: bool, content: bytes) -> None:
        pin = PINS[use] if right else "999999"
        self.do(lambda: self.apps[who].account.use_key(use, pin, content))

    @rule(use=USES, times=st.integers(2, 4))
    def somebody_guesses(self, use: Use, times: int) -> None:
        self.line(0).mend()
        for _ in range(times):
            self.use_key(0, use, False, b"a")

    @rule(who=WHO, use=USES)
    def refresh(self, who: int, use: Use) -> None:
        self.do(lambda: self.apps[who].account.refresh_key(use))

    @rule(who=WHO, typed=st.sampled_from(["ok"] * 5 + ["OK"]))
    def delete_account(self, who: int, typed: str) -> None:
        self.do(lambda: self.apps[who].account.delete(typed))

    @rule(used=st.booleans(), use=USES)
    def somebody_copies_the_phone(self, used: bool, use: Use) -> None:
        if self.copy is None:
            onto = self.lab.phones.install("thief", "Copy")
            self.copy = self.lab.phones.copied(self.apps[0].device, onto.device)
            self.broken.add("thief")
        if used:
            self.line(0).mend()
            self.use_key(0, use, True, b"a")
            self.the_copy_is_used(use, True)

    @rule(use=USES, right=st.sampled_from([True, True, False]))
    def the_copy_is_used(self, use: Use, right: bool) -> None:
        if self.copy:
            copy, pin = self.copy, PINS[use] if right else "999999"
            self.do(lambda: copy.account.use_key(use, pin, b"a"))

    @invariant()
    def no_key_is_used_after_its_end(self) -> None:
        over: dict[str, set[str]] = defaultdict(set)
        for event in self.lab.core.audit.events:
            key = event.data.get("key", "")
            if event.name in ("key.destroyed", "security.clone"):
                over[event.about].add(key)
            elif event.name in ("account.closed", "registration.abandoned"):
                over[event.about] |= set(Use)
            elif event.name in ("key.used", "key.refreshed"):
                assert key not in over[event.about], event

    @invariant()
    def an_active_account_has_both_certificates(self) -> None:
        for account in self.lab.core.accounts.values():
            assert set(account.certificates) == set(Use)
            states = {key.destroyed for key in self.lab.core.registration(account.registration).keys.values()}
            assert states == {bool(account.closed_by)}

    @invariant()
    def nobody_guesses_more_than_nine_times(self) -> None:
        for registration in self.lab.core._registrations.values():
            assert all(key.attempts <= LOCK_3 for key in registration.keys.values())

    @invariant()
    def nothing_that_is_stored_depends_on_a_pin(self) -> None:
        for app in self.apps:
            memory = self.lab.phones.memory(app.device)
            if memory.unanswered:
                assert str(memory.unanswered.request.app_part) not in repr(app.device)

    @invariant()
    def where_there_is_a_network_phone_and_core_agree(self) -> None:
        for who, app in enumerate(self.apps):
            if self.line(who).carries and app.device.registration:
                app.screen()
                assert app.state is self.lab.core.registration(app.device.registration).state

    @invariant()
    def whoever_was_never_copied_is_taken_for_no_copy(self) -> None:
        if self.copy is None:
            assert "security.clone" not in self.lab.watched.names

    def teardown(self) -> None:
        super().teardown()
        HAPPENED.update(self.lab.watched.names)


def test_accounts_in_any_order(pool: Path) -> None:
    test_any_order.POOL[:] = [pool]
    AccountsInAnyOrder.TestCase.settings = settings(
        max_examples=40,
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    AccountsInAnyOrder.TestCase("runTest").debug()
    assert {"key.used", "key.refreshed", "key.locked", "security.clone", "account.closed"} <= HAPPENED
