"""A toy registration for the tests of the language: one object of state for each card, phone and browser.

Nothing in it is the product's: no cryptography, a card that knows VERIFY only. What matters is its surface,
the protocol of `softeid.harness.scenario.stage`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from softeid.harness.scenario.answer import Answer
from softeid.harness.scenario.language import Language
from softeid.harness.scenario.outcome import Happening, Seen
from softeid.harness.scenario.people import PersonSpec, PhoneSpec
from softeid.harness.scenario.reading import Who
from softeid.harness.scenario.scenario import Scenario
from softeid.harness.scenario.stage import Exchange, Stuck, Worlds
from softeid.harness.scenario.step import Step, step
from softeid.harness.scenario.timeline import Timeline
from softeid.harness.scenario.words import RIGHT, Moment, Octets, Typed, instant_text
from softeid.harness.seed import Seed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRIES = 3
REFERENCES = {"pin1": 0x01, "pin2": 0x85}
VISIBLE: Mapping[str, type] = {
    "card.pin1.tries": int,
    "card.pin2.tries": int,
    "phone.state": str,
    "portal.state": str,
    "portal.attempts": int,
}


class Refusal(Exception):
    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = {key: str(value) for key, value in detail.items()}


@dataclass
class Card:
    person: str
    log: list[Exchange]
    pins: dict[str, str] = field(default_factory=lambda: {"pin1": "1234", "pin2": "12345"})
    tries: dict[str, int] = field(default_factory=lambda: {"pin1": TRIES, "pin2": TRIES})

    def process(self, apdu: bytes) -> bytes:
        answer = self._answer(apdu)
        data = "••••" if apdu[1:2] == b"\x20" and len(apdu) > 5 else apdu[5:].hex(" ").upper()
        header = apdu[:5].hex(" ").upper()
        line = f"> {header} {data}".rstrip() + f"   < {answer.hex(' ').upper()}"
        self.log.append(Exchange(line, (line,)))
        return answer

    def _answer(self, apdu: bytes) -> bytes:
        if apdu[1:2] != b"\x20":
            return b"\x90\x00" if apdu[1:2] == b"\xa4" else b"\x6d\x00"
        pin = next(name for name, reference in REFERENCES.items() if reference == apdu[3])
        if self.tries[pin] and apdu[5:] == self.pins[pin].encode():
            self.tries[pin] = TRIES
            return b"\x90\x00"
        self.tries[pin] = max(0, self.tries[pin] - 1)
        return bytes([0x63, 0xC0 | self.tries[pin]]) if self.tries[pin] else b"\x69\x83"

    def verify(self, pin: str, typed: str) -> Answer:
        digits = {"right": self.pins[pin], "wrong": "9" * len(self.pins[pin])}.get(typed, typed).encode()
        return Answer.of(self.process(bytes([0, 0x20, 0, REFERENCES[pin], len(digits)]) + digits))

    def prompt(self, pin: str, typed: Typed) -> bool:
        return any(not self.verify(pin, one).refused for one in typed.tries)


@dataclass
class Phone:
    owner: str
    spec: PhoneSpec
    place: str
    state: str = "HOME"
    code: str = ""
    issued: datetime = START
    identity: str | None = None


@dataclass
class Browser:
    owner: str
    place: str
    state: str = "ANON"
    attempts: int = TRIES
    person: str = ""
    phone: Phone | None = None


class Actor:
    def __init__(self, name: str, spec: PersonSpec, log: list[Exchange]) -> None:
        self.name = name
        self.phones = {
            one.name: Phone(name, one, _place(name, "phone", one.name, len(spec.phone))) for one in spec.phone
        }
        self.browsers = {
            one.name: Browser(name, _place(name, "portal", one.name, len(spec.browser)))
            for one in spec.browser
        }
        self.own = Card(spec.card.person or name, log) if spec.card else None
        self.reader = self.own
        self.happened: dict[str, datetime] = {}

    def states(self) -> list[Happening]:
        machines: list[Browser | Phone] = [*self.browsers.values(), *self.phones.values()]
        return [Happening("state", one.state, self.name, {}, one.place) for one in machines]


def _place(owner: str, kind: str, name: str, count: int) -> str:
    return f"{owner}.{kind}.state" if count == 1 else f"{owner}.{name}.{kind}.state"


class ToyWorld:
    def __init__(self, scenario: Scenario, seed: Seed) -> None:
        self._timeline = Timeline(lambda: self._now)
        self.start = self._now = scenario.at.utc if scenario.at else START
        self.t_code = scenario.settings.t_code
        self._seed = seed
        self._log: list[Exchange] = []
        self._entered: list[Happening] = []
        self._events: list[Happening] = []
        self.actors = {name: Actor(name, spec, self._log) for name, spec in scenario.people.items()}

    @property
    def people(self) -> Container[str]:
        return self.actors

    @property
    def refusal(self) -> type[Exception]:
        return Refusal

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._log

    @property
    def timeline(self) -> Timeline:
        return self._timeline

    def moment(self, moment: Moment, who: str) -> datetime:
        if moment.instant:
            return moment.instant.utc
        base = {"start": self.start, "now": self._now}.get(moment.after)
        if base is None:
            owner = self.actors[moment.who or who]
            if moment.after not in owner.happened:
                raise Stuck(f"`{moment}`: there was no `{moment.after}` yet")
            base = owner.happened[moment.after]
        return base + moment.offset

    def move_to(self, instant: datetime) -> None:
        if instant < self._now:
            raise Stuck(f"the clock stands at {instant_text(self._now)} and never goes back")
        self._now = instant
        for phone in self.phones():
            if phone.state == "CODE_SHOWN" and instant >= phone.issued + self.t_code:
                self.enter(phone, "EXPIRED")

    def given(self, who: str, kind: str, chosen: str | None) -> object:
        actor = self.actors[who]
        if kind == "me":
            return actor
        if kind == "card":
            if actor.reader is None:
                raise Stuck(f"there is no card in {who}'s reader")
            return actor.reader
        having: Mapping[str, object] = actor.phones if kind == "phone" else actor.browsers
        return having[chosen] if chosen else next(iter(having.values()))

    def seen(self, who: str, refusal: Exception | None) -> Seen:
        held = {name: actor.states() for name, actor in self.actors.items()}
        others = [state for name, states in held.items() if name != who for state in states]
        code = Happening("code", refusal.code, who, refusal.detail) if isinstance(refusal, Refusal) else None
        seen = Seen(who, code, (*self._entered,), (*held[who],), (*self._events,), (*others,))
        self._entered.clear()
        self._events.clear()
        return seen

    def view(self) -> Mapping[str, object]:
        out: dict[str, object] = {}
        for name, actor in self.actors.items():
            if actor.own:
                out |= {f"{name}.card.{pin}.tries": tries for pin, tries in actor.own.tries.items()}
            for phone in actor.phones.values():
                out[phone.place] = phone.state
            for browser in actor.browsers.values():
                out[browser.place] = browser.state
                out[browser.place.replace("state", "attempts")] = browser.attempts
        return out

    def path(self, who: str, path: str, chosen: Mapping[str, str]) -> str:
        head, _, rest = path.partition(".")
        if head not in self.actors:
            head, rest = who, path
        kind = rest.partition(".")[0]
        actor = self.actors[head]
        names = list(actor.phones) if kind == "phone" else list(actor.browsers) if kind == "portal" else []
        if len(names) < 2:
            return f"{head}.{rest}"
        name = chosen.get({"phone": "phone", "portal": "browser"}[kind]) or names[0]
        return f"{head}.{name}.{rest}"

    # --- what steps use ---------------------------------------------------------------------------

    def enter(self, machine: Phone | Browser, state: str, **detail: str) -> None:
        machine.state = state
        self._entered.append(Happening("state", state, machine.owner, detail, machine.place))

    def tell(self, event: str, who: str, **detail: str) -> None:
        self._events.append(Happening("event", event, who, detail))

    def phones(self) -> Iterator[Phone]:
        for actor in self.actors.values():
            yield from actor.phones.values()

    def new_code(self, phone: Phone) -> str:
        return f"{self._seed.number(10**9, 'code', phone.place, instant_text(self._now)):09d}"


# --- the steps -------------------------------------------------------------------------------------

TOY_STEPS: dict[str, Step] = {}


@step("start registration", expect="CODE_SHOWN & code.issued", into=TOY_STEPS)
def start_registration(world: ToyWorld, me: Actor, phone: Phone) -> None:
    """Have a code shown at once."""
    phone.code, phone.issued = world.new_code(phone), world.now
    me.happened["code"] = world.now
    world.tell("code.issued", phone.owner)
    world.enter(phone, "CODE_SHOWN")


@dataclass(frozen=True)
class Screen:
    state: str
    identity: str | None = None


@step("phone shows", into=TOY_STEPS)
def phone_shows(world: ToyWorld, phone: Phone) -> Screen:
    """Look at the phone."""
    return Screen(phone.state, phone.identity)


@step("peeping phone shows", into=TOY_STEPS)
def peeping_phone_shows(world: ToyWorld, phone: Phone) -> Screen:
    """Look at the phone, which a look must not change; this one does."""
    phone.state = "HOME"
    return Screen("HOME")


@step("log in", expect="CODE_ENTRY & portal.login.ok", harm="try", into=TOY_STEPS)
def log_in(
    world: ToyWorld,
    me: Actor,
    card: Card,
    browser: Browser,
    *,
    by: Literal["web-eid", "mutual-tls"] = "web-eid",
    pin1: Typed = RIGHT,
) -> None:
    """Log in with the card.

    Args:
        by: how.
        pin1: what is typed at the card's prompt.
    """
    if not card.prompt("pin1", pin1):
        world.tell("portal.login.aborted", browser.owner)
        raise Refusal("LOGIN_CANCELLED")
    browser.person, browser.attempts = card.person, TRIES
    me.happened["login"] = world.now
    world.tell("portal.login.ok", browser.owner, method=by)
    world.enter(browser, "AUTHENTICATED")
    world.enter(browser, "CODE_ENTRY")


@step("enter code", expect="REVIEW & BOUND", into=TOY_STEPS)
def enter_code(
    world: ToyWorld, me: Actor, browser: Browser, *, of: Who | None = None, code: str = "right"
) -> None:
    """Type a code.

    Args:
        of: whose phone shows it.
        code: right, or what is typed.
    """
    if browser.state != "CODE_ENTRY":
        raise Refusal("WRONG_STEP")
    phone = next(iter(world.actors[of or me.name].phones.values()))
    if code != "right":
        browser.attempts -= 1
        if not browser.attempts:
            world.enter(browser, "CLOSED", reason="RC_TOO_MANY")
            raise Refusal("RC_TOO_MANY")
        raise Refusal("RC_WRONG", attempts_left=browser.attempts)
    if phone.state == "EXPIRED":
        raise Refusal("RC_EXPIRED")
    browser.phone, phone.identity = phone, browser.person
    world.enter(phone, "BOUND")
    world.enter(browser, "REVIEW")


@step("spoil everything", expect="BAD_REQUEST", into=TOY_STEPS)
def spoil_everything(world: ToyWorld, me: Actor) -> None:
    """A refusal that has an effect on everybody's phone."""
    for phone in world.phones():
        world.enter(phone, "TERMINATED")
    raise Refusal("BAD_REQUEST")


@step("verify pin", expect="9000", harm="try", into=TOY_STEPS)
def verify_pin(world: ToyWorld, card: Card, *, pin: Literal["pin1", "pin2"], value: str = "right") -> Answer:
    """Send VERIFY.

    Args:
        pin: which.
        value: right, wrong or the digits.
    """
    return card.verify(pin, value)


@step("apdu", expect="9000", harm="write", into=TOY_STEPS)
def apdu(world: ToyWorld, card: Card, *, send: Octets) -> Answer:
    """Send anything.

    Args:
        send: in hex.
    """
    return Answer.of(card.process(send.octets))


@step("remove card", into=TOY_STEPS)
def remove_card(world: ToyWorld, me: Actor) -> None:
    """Take the card out."""
    me.reader = None


@step("sleep", into=TOY_STEPS)
def sleep(world: ToyWorld, me: Actor) -> None:
    """Never come back by itself."""
    while True:
        time.sleep(60)


@step("hang", into=TOY_STEPS)
def hang(world: ToyWorld, me: Actor) -> None:
    """Never come back, and hear no alarm, as a C library may."""
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    while True:
        time.sleep(60)


@step("die", into=TOY_STEPS)
def die(world: ToyWorld, me: Actor) -> None:
    """Take the whole process along."""
    os._exit(7)


@step("stumble", into=TOY_STEPS)
def stumble(world: ToyWorld, me: Actor) -> None:
    """Have a bug."""
    raise ZeroDivisionError("of ours")


# --- the stage -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ToyStage:
    """Pickles; finds its language where it arrives."""

    closed: bool = False

    @property
    def language(self) -> Language:
        return Language(TOY_STEPS, VISIBLE)

    def lacking(self, scenario: Scenario) -> tuple[str, ...]:
        return scenario.needs

    @contextmanager
    def open(self, readers: int) -> Iterator[Worlds]:
        if self.closed:
            raise ConnectionError("this stage does not open")
        yield _worlds


@contextmanager
def _worlds(scenario: Scenario, seed: Seed) -> Iterator[ToyWorld]:
    if any(person.card and person.card.state == "puk-blocked" for person in scenario.people.values()):
        raise Stuck("this world has no such card")
    yield ToyWorld(scenario, seed)
