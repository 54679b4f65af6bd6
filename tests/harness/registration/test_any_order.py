"""Whatever people do in whatever order: only refusals are raised, and a refused deed changes no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.harness.registration.conftest import ORIGIN, PIN1, PIN2, Lab, at

from softeid.harness.issuing import IssuedCard
from softeid.harness.registration.app import App
from softeid.harness.registration.app_life import APP_ENDS, APP_LIFE
from softeid.harness.registration.portal_life import PORTAL_ENDS, PORTAL_LIFE
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import AppState, Code, PortalState

POOL: list[Path] = []
REACHED: set[str] = set()
WHO = st.sampled_from([0, 1])
PINS = st.sampled_from([PIN1, PIN2, "1234", "", "0"])

# Refusals that stand for a change: they end something, or lead back to the review page.
ENDING = {Code.PIN_WRONG, Code.RC_TOO_MANY, Code.KEY_DESTROYED, Code.TERMS_OUTDATED}
BACK = {Code.SIGN_ABORTED, Code.SIGN_INVALID, Code.SIGNER_MISMATCH}
APP_STEPS = {(before, after) for (before, _), after in APP_LIFE.items()}
PORTAL_STEPS = {(before, after) for (before, _), after in PORTAL_LIFE.items()}


def refusal(deed: Callable[[], object]) -> Code | None:
    """The code with which a deed is refused."""
    try:
        deed()
    except Refused as refused:
        return refused.code
    return None


def delete_accounts(visit: Visit) -> None:
    """Be rid of all accounts, in self-service."""
    for one in visit.page().accounts:
        visit.delete_account(one.document_number, "OK")


class AnyOrder(RuleBasedStateMachine):
    """Two people, each with a phone, a browser and a card, at one portal."""

    allowed = ENDING
    """Refusals that may stand for a change on the phone."""

    def __init__(self) -> None:
        super().__init__()
        self.lab = Lab(Settings(key_bits=2048, on_three="lock"), POOL[0])
        people = ("jaak", "mari")
        self.apps = [self.lab.app(name) for name in people]
        self.visits = [self.lab.visit(name) for name in people]
        self.cards = [self.lab.card(name) for name in people]
        self.told: dict[tuple[str, str, str], str] = {}
        self.broken: set[str] = set()  # whose phone may miss a state
        self.seen = 0

    def do(self, deed: Callable[[], object]) -> None:
        self.lab.core.wake()
        before = self.states()
        code = refusal(deed)
        assert code is None or code in self.allowed | BACK or self.states() == before, code

    def states(self) -> list[str]:
        return [*map(at, self.apps), *map(at, self.visits)]

    @rule(who=WHO)
    def register(self, who: int) -> None:
        self.do(self.apps[who].register)

    @rule(who=WHO, country=st.sampled_from(["EE", "LV", "FI", "ee"]))
    def country(self, who: int, country: str) -> None:
        self.do(lambda: self.apps[who].choose_country(country))

    @rule(who=WHO, steps=st.integers(1, 12))
    def advance(self, who: int, steps: int) -> None:
        """Some steps of the honest way, which chance alone seldom finds."""
        for _ in range(steps):
            self.revisit(who)
            self.do(self.honest(self.apps[who], self.visits[who], self.cards[who]))

    def honest(self, app: App, visit: Visit, card: IssuedCard) -> Callable[[], object]:
        """What somebody would do next who wants an account."""
        on_phone: Mapping[str, Callable[[], object]] = {
            "HOME": app.register,
            "COUNTRY": lambda: app.choose_country("EE"),
            "METHOD": app.choose_method,
            "TERMS": app.accept_terms,
            "PIN1_SET": lambda: app.choose_pins(PIN1, PIN2),
            "PIN2_SET": lambda: app.choose_pin2(PIN2),
            "IDENTITY_CHECK": app.accept_identity,
            "PIN1_CONFIRM": lambda: app.confirm_pin(1, PIN1),
            "PIN2_CONFIRM": lambda: app.confirm_pin(2, PIN2),
        }
        on_portal: Mapping[str, Callable[[], object]] = {
            "ANON": lambda: self.lab.log_in(visit, card),
            "QUESTIONS": lambda: visit.answer("a@example.test"),
            "CODE_ENTRY": lambda: visit.enter_code(app.device.code),
            "REVIEW": lambda: self.lab.sign(visit, card),
            "SIGNING": lambda: self.lab.sign(visit, card),
        }
        if at(app) in {str(end) for end in APP_ENDS} - {"ACTIVE"}:
            return app.register
        return on_phone.get(at(app)) or on_portal.get(at(visit), app.foreground)

    @rule(who=WHO, scrolled=st.booleans())
    def terms(self, who: int, scrolled: bool) -> None:
        self.do(lambda: self.apps[who].accept_terms(scrolled=scrolled))

    @rule(
        who=WHO, deed=st.sampled_from([App.decline_terms, App.back, App.foreground, App.restart, App.delete])
    )
    def other_things_on_the_phone(self, who: int, deed: Callable[[App], None]) -> None:
        self.do(lambda: deed(self.apps[who]))

    @rule(who=WHO, pin1=PINS, pin2=PINS)
    def pins(self, who: int, pin1: str, pin2: str) -> None:
        self.do(lambda: self.apps[who].choose_pins(pin1, pin2))

    @rule(who=WHO, pin=PINS)
    def pin1(self, who: int, pin: str) -> None:
        self.do(lambda: self.apps[who].choose_pin1(pin))

    @rule(who=WHO, card=WHO, origin=st.sampled_from([ORIGIN, ORIGIN, "https://evil.test"]))
    def log_in(self, who: int, card: int, origin: str) -> None:
        self.revisit(who)
        self.do(lambda: self.lab.log_in(self.visits[who], self.cards[card], origin=origin))

    @rule(
        who=WHO,
        email=st.sampled_from(["a@example.test", "", "a"]),
        consent=st.sampled_from([True] * 5 + [False]),
    )
    def answer(self, who: int, email: str, consent: bool) -> None:
        self.do(lambda: self.visits[who].answer(email, consent=consent))

    @rule(who=WHO, of=WHO)
    def code(self, who: int, of: int) -> None:
        self.do(lambda: self.visits[who].enter_code(self.apps[of].device.code or "123456789"))

    @rule(who=WHO, card=WHO)
    def sign(self, who: int, card: int) -> None:
        self.do(lambda: self.lab.sign(self.visits[who], self.cards[card]))

    @rule(
        who=WHO,
        deed=st.sampled_from(
            [
                Visit.confirm,
                Visit.abort_signing,
                Visit.cancel,
                Visit.report,
                Visit.log_out,
                Visit.click,
                Visit.invite,
                lambda visit: visit.open_link("x" * 27),
                lambda visit: visit.step_up("123456"),
                lambda visit: visit.redeem("x" * 43),
                lambda visit: visit.presence(there=False),
                delete_accounts,
            ]
        ),
    )
    def other_things_on_the_portal(self, who: int, deed: Callable[[Visit], object]) -> None:
        self.do(lambda: deed(self.visits[who]))

    @rule(who=WHO, yes=st.sampled_from([True, True, True, False]))
    def identity(self, who: int, yes: bool) -> None:
        self.do(self.apps[who].accept_identity if yes else self.apps[who].reject_identity)

    @rule(who=WHO, number=st.sampled_from([1, 2]), pin=PINS)
    def confirm(self, who: int, number: int, pin: str) -> None:
        self.do(lambda: self.apps[who].confirm_pin(1 if number == 1 else 2, pin))

    @rule(seconds=st.sampled_from([0.001, 1.0, 60.0, 299.999, 300.0, 899.999, 10_800.0]))
    def wait(self, seconds: float) -> None:
        self.lab.core.move_clock(self.lab.clock.now + timedelta(seconds=seconds))

    @rule(answers=st.sampled_from([True, True, False]))
    def authority(self, answers: bool) -> None:
        self.lab.core.authority_answers = answers

    def revisit(self, who: int) -> None:
        if self.visits[who].state in PORTAL_ENDS:
            self.visits[who] = self.lab.visit(("jaak", "mari")[who])

    @invariant()
    def every_step_is_a_row_of_a_table(self) -> None:
        for machine, (owner, state, _) in self.new():
            before = self.told.get(machine)
            fresh = "HOME" if machine[0] == "app" else "ANON"
            steps: set[tuple[str, str]] = {
                (str(a), str(b)) for a, b in (APP_STEPS if machine[0] == "app" else PORTAL_STEPS)
            }
            ends = {str(end) for end in (APP_ENDS if machine[0] == "app" else PORTAL_ENDS)}
            begins = fresh if before is None or before in ends else before
            unseen = machine[0] == "app" and owner in self.broken
            assert unseen or (begins, state) in steps, (owner, before, state)
            self.told[machine] = state

    def new(self) -> list[tuple[tuple[str, str, str], tuple[str, str, object]]]:
        states = self.lab.watched.states[self.seen :]
        self.seen = len(self.lab.watched.states)
        apps, portal = {str(one) for one in AppState}, {str(one) for one in PortalState}
        assert not apps & portal
        return [
            (("app" if state in apps else "portal", owner, ""), (owner, state, detail))
            for owner, state, detail in states
        ]

    def teardown(self) -> None:
        REACHED.update(state for _, state, _ in self.lab.watched.states)

    @invariant()
    def the_trail_is_whole(self) -> None:
        assert self.lab.core.audit.whole()

    @invariant()
    def the_screens_can_be_looked_at(self) -> None:
        for app in self.apps:
            assert app.screen().state is app.state
        for visit in self.visits:
            assert visit.page().state is visit.state

    @invariant()
    def the_cards_had_no_fault(self) -> None:
        assert not any(card.faults for card in self.cards)


def test_any_order(pool: Path) -> None:
    POOL[:] = [pool]
    AnyOrder.TestCase.settings = settings(
        max_examples=60,
        stateful_step_count=60,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    AnyOrder.TestCase("runTest").debug()
    assert {"ACTIVE", "DONE", "CLOSED"} <= REACHED  # else the rules lead nowhere
