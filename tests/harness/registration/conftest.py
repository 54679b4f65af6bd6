"""A small world for registrations: clock, authority, core, portal, and people who know what to type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from softeid.harness.clients.eid_client import EidClient
from softeid.harness.clients.web_eid import Prompt, WebEid
from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.ocsp import Responder
from softeid.harness.profile_file import load_profile
from softeid.harness.registration.app import App
from softeid.harness.registration.audit import Event
from softeid.harness.registration.certificate_check import Trust
from softeid.harness.registration.core import Core
from softeid.harness.registration.key_pool import KeyPool
from softeid.harness.registration.observer import Machine
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.portal import Portal
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.visit import Visit
from softeid.harness.seed import Seed

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORIGIN = "https://portal.softeid.test"
PIN1, PIN2 = "4271", "58362"


@dataclass
class Watched:
    """Remembers what an observer is told."""

    states: list[tuple[str, str, Mapping[str, object]]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def entered(self, machine: Machine, state: str, detail: Mapping[str, object]) -> None:
        self.states.append((machine.owner, str(state), detail))

    def told(self, event: Event) -> None:
        self.events.append(event)

    @property
    def names(self) -> list[str]:
        return [str(event.name) for event in self.events]


def at(machine: App | Visit) -> str:
    """Where an app or a visit stands."""
    return str(machine.state)


class Lab:
    """Everything that a registration needs, in process."""

    def __init__(self, settings: Settings, pool: Path) -> None:
        self.settings = settings
        self.clock = Clock(START)
        self.seed = Seed("registration tests")
        self.watched = Watched()
        self.authority = Authority(self.seed, self.clock)
        self.responder = Responder(self.authority, self.clock)
        self.fetch: Callable[[str, bytes], bytes] = lambda url, request: self.responder.answer(request)
        keys = KeyPool(pool)
        self.core = Core(self.clock, self.seed, settings, primes=keys, observer=self.watched)
        self.phones = Phones(self.core)
        trusted = Trust([self.authority.issuer])
        self.portal = Portal(self.core, ORIGIN, trusted, lambda url, request: self.fetch(url, request))

    # --- people's things ------------------------------------------------------------------------

    def card(self, person: str = "jaak", **states: object) -> IssuedCard:
        return issue_card(
            load_profile("esteid-2018"),
            persons()[person],
            self.authority,
            seed=self.seed,
            clock=self.clock,
            **states,  # type: ignore[arg-type]  # the tests name the states
        )

    def app(self, owner: str = "jaak", name: str = "Phone") -> App:
        return self.phones.install(owner, name)

    def visit(self, owner: str = "jaak") -> Visit:
        return self.portal.visit(owner, "Browser")

    def web_eid(self, card: IssuedCard) -> WebEid:
        return WebEid(EidClient(card.card.process))

    def after(self, code_age: timedelta) -> None:
        """Move on; what falls due happens on the way."""
        self.core.move_clock(START + code_age)

    # --- the story, by the shortest honest way ----------------------------------------------------

    def to_pins(self, app: App, country: str = "EE") -> App:
        app.register()
        app.choose_country(country)
        app.choose_method()
        app.accept_terms()
        return app

    def to_code(self, app: App, country: str = "EE") -> App:
        self.to_pins(app, country).choose_pins(PIN1, PIN2)
        return app

    def to_code_entry(self, visit: Visit, card: IssuedCard) -> Visit:
        self.log_in(visit, card)
        visit.answer("jaak@example.test")
        return visit

    def log_in(
        self, visit: Visit, card: IssuedCard, prompt: Prompt | None = None, origin: str = ORIGIN
    ) -> None:
        nonce = visit.challenge()
        visit.log_in(self.web_eid(card).authenticate(origin, nonce, prompt or (lambda *_: card.pins["PIN1"])))

    def sign(self, visit: Visit, card: IssuedCard) -> None:
        application = visit.confirm()
        web_eid = self.web_eid(card)
        certificate = web_eid.signing_certificate()
        signed = web_eid.sign(
            certificate, application.digest, application.hash_function, lambda *_: card.pins["PIN2"]
        )
        visit.sign(certificate, signed.octets, signed.algorithm)

    def to_review(self) -> tuple[App, Visit, IssuedCard]:
        app, card = self.to_code(self.app()), self.card()
        visit = self.to_code_entry(self.visit(), card)
        visit.enter_code(app.device.code)
        return app, visit, card

    def to_identity(self) -> tuple[App, Visit, IssuedCard]:
        app, visit, card = self.to_review()
        self.sign(visit, card)
        return app, visit, card

    def to_confirm(self) -> tuple[App, Visit, IssuedCard]:
        app, visit, card = self.to_identity()
        app.accept_identity()
        return app, visit, card


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for primes, warm after the first test."""
    return tmp_path_factory.mktemp("rsa")


@pytest.fixture
def make_lab(pool: Path) -> Callable[..., Lab]:
    """Labs with settings of one's own."""

    def make(**changed: object) -> Lab:
        return Lab(replace(Settings(key_bits=2048), **changed), pool)  # type: ignore[arg-type]

    return make


@pytest.fixture
def lab(make_lab: Callable[..., Lab]) -> Lab:
    """A lab with the default settings and short keys."""
    return make_lab()
