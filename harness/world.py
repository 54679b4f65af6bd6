"""The world of one scenario: people with cards, phones and browsers, a portal, authorities, and a clock."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from softeid.emulator import Trace
from softeid.emulator.trace import answered, explain, redacted

from .actor import Actor, Browser, Desk, OwnCard, Phone, PinName, Use, names
from .clients.login_client import LoginHost
from .clock import Clock
from .draws import Draws
from .front import OpenRoom, Room
from .issuers import Issuers
from .issuing import CertificateState, issue_card
from .pki import certificate_state
from .pki.error import PkiError
from .profile_file import load_profile
from .reader import Reader
from .registration.app import App
from .registration.core import Core
from .registration.key_pool import KeyPool
from .registration.observer import Machine
from .registration.phones import Phones
from .registration.portal import Portal
from .registration.refusal import Refused
from .registration.vocabulary import KeyState
from .scenario import people
from .scenario.outcome import Seen
from .scenario.scenario import Scenario
from .scenario.stage import Exchange, Stuck, View
from .scenario.timeline import Timeline
from .scenario.words import Moment, instant_text
from .seed import Seed
from .witness import Witness

KEY_BITS: Final = 2048  # of account keys: no scenario looks at their size, and larger ones are slow
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
"""Where the clock starts if a scenario does not say: nine o'clock in Tallinn on a Monday."""
ORIGIN = "https://portal.softeid.test"
LOGIN_ORIGIN = "https://login.softeid.test"
PINS: tuple[PinName, ...] = ("pin1", "pin2", "puk")
USES: Mapping[Use, str] = {"auth": "authentication", "sign": "signature"}
SMART_ID_PINS: Mapping[str, str] = {"pin1": "authentication", "pin2": "signature"}

VISIBLE: Mapping[str, type] = {
    **{f"card.{pin}.tries": int for pin in PINS},
    "card.auth": str,
    "card.sign": str,
    "phone.state": str,
    "phone.pin1.tries": int,
    "phone.pin1.key": str,
    "phone.pin2.tries": int,
    "phone.pin2.key": str,
    "portal.state": str,
    "portal.attempts": int,
    "accounts": int,
    "messages": int,
}
"""What scenarios may name under `changes:`, as the one who acts would call it."""


class World:
    """Everything that one scenario can touch.

    Attributes:
        clock: the only now there is.
        authority: issues the people's ID cards.
        core: the account server.
        portal: the registration portal.
        actors: the people by name.
        pool: where primes come from.
        draws: what registration codes are drawn from.
        issuers: of the people's ID cards, with their responders.
        timeline: everything that happened.
        login_host: where a browser shows a client certificate.
    """

    def __init__(
        self, scenario: Scenario, seed: Seed, readers: Sequence[Reader], room: Room | None = None
    ) -> None:
        """Set up a scenario.

        Args:
            scenario: whose people, clock and settings these are.
            seed: what everything random is drawn from.
            readers: empty; at least one for each reader of each person.
            room: how people reach portal and phones; by default nothing stands in between.

        Raises:
            PkiError: the authority or a card cannot be as the scenario wants it.
        """
        self.clock = Clock(scenario.at.utc if scenario.at else START)
        self._start = self.clock.now
        self._seed = seed
        self._exchanges: list[Exchange] = []
        self._faults: list[Exception] = []
        self._bounds: list[tuple[OwnCard, Use, people.CertificateState, str]] = []
        self.timeline = Timeline(lambda: self.clock.now)
        self._witness = Witness(self.clock, self._place, self._bind, self.timeline)
        self.issuers = Issuers(seed, self.clock, self._let_pass)
        self.authority = self.issuers.authority
        self.room: Room = room or OpenRoom()
        self.room.listen(self.timeline.http)
        self.pool = KeyPool()
        self.draws = Draws(seed.stream("registration codes"))
        self.core = Core(
            self.clock,
            seed,
            replace(scenario.settings, key_bits=KEY_BITS),
            primes=self.pool,
            observer=self._witness,
            store=self.room.store,
            code_draws=self.draws,
        )
        self.portal = Portal(self.core, ORIGIN, self.issuers.trusted(), self.fetch)
        self.login_host: LoginHost = self.room.login(
            self.portal, LOGIN_ORIGIN, lambda: self.clock.now, seed.stream("login host")
        )
        self.phones = Phones(self.core)
        self._site, self._shop = self.room.portal(self.portal), self.room.phones(self.phones)
        free = iter(readers)
        self.actors: dict[str, Actor] = {}
        for number, (name, spec) in enumerate(scenario.people.items()):
            self.actors[name] = self._actor(name, number, spec, free)

    # --- setting up -----------------------------------------------------------------------------

    def _actor(self, name: str, number: int, spec: people.PersonSpec, free: Iterator[Reader]) -> Actor:
        phones = {one.name: Phone(name, one, self._shop, self._installed(name, one)) for one in spec.phone}
        browsers: dict[str, Browser] = {}
        for one in spec.browser:
            if one.tab_of and one.tab_of not in browsers:
                raise Stuck(f"{name} has no browser named {one.tab_of} before {one.name}")
            browsers[one.name] = Browser(name, one, self._site, browsers.get(one.tab_of))
        desks = {one.name: Desk(next(free)) for one in spec.reader}
        first = next(iter(desks.values()))
        own = self._card(name, number, spec.card, first.reader) if spec.card else None
        if own:
            first.insert(own)
        return Actor(name, own, desks, phones, browsers)

    def _installed(self, name: str, spec: people.PhoneSpec) -> App:
        return self._shop.install(
            name,
            spec.name,
            app_version=spec.app_version,
            rooted=spec.rooted,
            address=spec.address,
            language=spec.language,
        )

    def _card(self, name: str, number: int, spec: people.CardSpec, reader: Reader) -> OwnCard:
        wanted: dict[Use, people.CertificateState | None] = {"auth": spec.auth, "sign": spec.sign}
        states = {use: self._at_first(state, name) for use, state in wanted.items()}
        issued = issue_card(
            load_profile(spec.profile).switched(spec.switches),
            spec.holder,
            self.authority,
            seed=self._seed,
            clock=self.clock,
            state=spec.state,
            auth=states["auth"],
            sign=states["sign"],
            number=number,
            on_fault=self._faults.append,
        )
        shown = Trace(reader.body(issued), partial(self._exchanged, name))
        own = OwnCard(issued, shown)
        for use, state in wanted.items():
            if state and state.bound and states[use] is None:
                self._bounds.append((own, use, state, name))
        return own

    def _at_first(self, state: people.CertificateState | None, who: str) -> CertificateState | None:
        """A certificate's state as it is issued; None where its bound is not known yet."""
        if state is None or not state.bound:
            return state.name if state else None
        if state.bound.instant or state.bound.after in ("start", "now"):
            return self._bounded(state, self.moment(state.bound, who))
        return None

    def _bounded(self, state: people.CertificateState, instant: datetime) -> CertificateState:
        make = certificate_state.until if state.name == "until" else certificate_state.since
        try:
            return make(instant)
        except PkiError as impossible:
            raise Stuck(str(impossible)) from impossible

    def _bind(self) -> None:
        """Something happened: certificates whose bound counts from it are issued anew."""
        left = []
        for own, use, state, who in self._bounds:
            assert state.bound
            if self._known(state.bound, who):
                own.issued.reissue(USES[use], self._bounded(state, self.moment(state.bound, who)))
            else:
                left.append((own, use, state, who))
        self._bounds = left

    def fetch(self, url: str, request: bytes) -> bytes:
        """How OCSP travels: a call in this process."""
        return self.issuers.fetch(url, request)

    def _let_pass(self, time: timedelta) -> None:
        self.core.move_clock(self.clock.now + time)

    def look_at_readers(self) -> None:
        """Each page that saw a card says whether it is still there, where the portal wants to know."""
        if not self.core.settings.require_card_presence:
            return
        for actor in self.actors.values():
            there = [desk.card for desk in actor.desks.values() if desk.connected]
            for browser in actor.browsers.values():
                if browser.card and browser.card not in there:
                    browser.visit.presence(there=False)

    # --- what the language asks -------------------------------------------------------------------

    @property
    def people(self) -> Container[str]:
        """Who takes part."""
        return self.actors

    @property
    def refusal(self) -> type[Exception]:
        """What app, portal and core raise."""
        return Refused

    @property
    def now(self) -> datetime:
        """The scenario's clock."""
        return self.clock.now

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What went to the cards and came back, secrets redacted."""
        return self._exchanges

    def moment(self, moment: Moment, who: str) -> datetime:
        """The instant that a moment means for somebody.

        Raises:
            Stuck: what it counts from did not happen, or to several other people.
        """
        if moment.instant:
            return moment.instant.utc
        if moment.after in ("start", "now"):
            return (self._start if moment.after == "start" else self.clock.now) + moment.offset
        happened = self._witness.happened.get(moment.after, {})
        if moment.who or who in happened or len(happened) != 1:
            owner = moment.who or who
        else:
            (owner,) = happened
        if owner in happened:
            return happened[owner] + moment.offset
        if len(happened) > 1 and not moment.who:
            having = " and ".join(happened)
            raise Stuck(f"`{moment}`: whose? {having} have one, write {next(iter(happened))}.{moment}")
        raise Stuck(f"`{moment}`: there was no `{moment.after}` yet")

    def _known(self, moment: Moment, who: str) -> bool:
        return (moment.who or who) in self._witness.happened.get(moment.after, {})

    def move_to(self, instant: datetime) -> None:
        """Move the clock, and let what falls due on the way happen at its own instant.

        Raises:
            Stuck: the instant is in the past.
        """
        if instant < self.clock.now:
            now, then = instant_text(self.clock.now), instant_text(instant)
            raise Stuck(f"the clock stands at {now} and never goes back to {then}")
        with self.records():
            self.core.move_clock(instant)

    @contextmanager
    def records(self) -> Iterator[None]:
        """Where what lies in the stores is looked at or changed, past browser and phone.

        Nothing is asked of a browser or a phone inside: over HTTP it would wait for this to end.
        """
        with self.phones.store.transaction(), self.core.store.transaction():
            yield

    def given(self, who: str, kind: str, chosen: str | None) -> object:
        """What somebody has of a kind; Stuck if it is a card and there is none in the reader."""
        return self.actors[who].thing(kind, chosen)

    def seen(self, who: str, refusal: Exception | None) -> Seen:
        """What happened since the last time, from somebody's point of view.

        Raises:
            Exception: a bug of ours in a card, which the reader saw as 6F00.
        """
        if self._faults:
            raise self._faults.pop()
        with self.records():
            for actor in self.actors.values():
                for phone in actor.phones.values():
                    phone.look()
            held = {name: tuple(actor.states()) for name, actor in self.actors.items()}
        return self._witness.seen(who, refusal, held)

    def view(self) -> View:
        """Everything that a refusal must leave alone."""
        with self.records():
            return self._view()

    def _view(self) -> View:
        out: dict[str, object] = {"messages": len(self.core.outbox.messages)}
        for name, actor in self.actors.items():
            if own := actor.own:
                out |= {f"{name}.card.{pin}.tries": own.tries(pin) for pin in PINS}
                out |= {f"{name}.card.{use}": self._status(own, use) for use in USES}
                out[f"{name}.accounts"] = self._accounts(own)
            for place, phone in zip(names(actor.phones, name, "phone"), actor.phones.values(), strict=True):
                out[f"{place}.state"] = str(phone.app.state)
                out |= self._keys(place, phone)
            for place, browser in zip(
                names(actor.browsers, name, "portal"), actor.browsers.values(), strict=True
            ):
                out[f"{place}.state"] = str(browser.visit.state)
                out[f"{place}.attempts"] = browser.visit.record.attempts_shown or 0
        return out

    def path(self, who: str, path: str, chosen: Mapping[str, str]) -> str:
        """The full path of what somebody calls by a short one, on the thing that they chose."""
        if path == "messages":
            return path
        head, _, rest = path.partition(".")
        owner, plain = (head, rest) if head in self.actors else (who, path)
        kind, _, field = plain.partition(".")
        actor = self.actors[owner]
        own: Mapping[str, object] = {"phone": actor.phones, "portal": actor.browsers}.get(kind, {})
        if len(own) < 2:
            return f"{owner}.{plain}"
        name = chosen.get("phone" if kind == "phone" else "browser") or next(iter(own))
        return f"{owner}.{name}.{kind}.{field}"

    # --- inside -------------------------------------------------------------------------------------

    def _exchanged(self, who: str, apdu: bytes, answer: bytes) -> None:
        lines = f"> {redacted(apdu)}", f"< {answered(apdu, answer)}"
        exchange = Exchange(explain(apdu, answer), lines)
        self._exchanges.append(exchange)
        self.timeline.add("apdu", who, exchange.text, lines=lines)

    def _place(self, machine: Machine) -> str:
        kind = "phone" if machine.kind == "app" else "portal"
        actor = self.actors[machine.owner]
        own: Mapping[str, object] = actor.phones if machine.kind == "app" else actor.browsers
        return dict(zip(own, names(own, machine.owner, kind), strict=True))[machine.name]

    def _status(self, own: OwnCard, use: Use) -> str:
        serial = own.issued.certificates[USES[use]].serial_number
        return str(self.authority.register.get(serial) or "unknown")

    def _accounts(self, own: OwnCard) -> int:
        """How many accounts there are in the name of the card's holder."""
        code = own.issued.person.code
        accounts = self.core.accounts.values()
        return sum(
            one.status(self.clock.now) == "ACTIVE" and one.identity.personal_code == code for one in accounts
        )

    def _keys(self, place: str, phone: Phone) -> Iterator[tuple[str, object]]:
        """Counters and states of the two account keys."""
        registered = phone.app.device.registration
        keys = self.core.registration(registered).keys if registered else {}
        by_use = {str(use): key for use, key in keys.items()}
        for pin, use in SMART_ID_PINS.items():
            key = by_use.get(use)
            yield f"{place}.{pin}.tries", key.attempts_left() if key else 0
            yield f"{place}.{pin}.key", str(key.state(self.clock.steady) if key else KeyState.IN_PREPARATION)
