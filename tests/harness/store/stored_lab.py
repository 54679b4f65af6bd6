"""The registration tests' lab with its records in databases: each thing that happens is a transaction."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, TypeVar, cast

from tests.harness.registration.conftest import ORIGIN, PIN1, PIN2, START, Lab, Watched

from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.ocsp import Responder
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY
from softeid.harness.registration.app import App
from softeid.harness.registration.certificate_check import Trust
from softeid.harness.registration.core import Core
from softeid.harness.registration.key_pool import KeyPool
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.portal import Portal
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.visit_record import VISITS
from softeid.harness.seed import Seed
from softeid.harness.store import SqlStore, run

T = TypeVar("T")


class Afresh:
    """Stands for something that is opened anew, in a transaction, whenever it is used."""

    def __init__(self, act: Callable[[Callable[[], Any]], Any], opened: Callable[[], Any]) -> None:
        self._act = act
        self._opened = opened

    def __getattr__(self, name: str) -> Any:
        value = self._act(lambda: getattr(self._opened(), name))
        if not callable(value):
            return value
        return lambda *given, **named: self._act(lambda: getattr(self._opened(), name)(*given, **named))


class StoredLab(Lab):
    """A lab whose core and phones keep their records in two databases."""

    def __init__(self, settings: Settings, pool: Path, urls: tuple[str, str]) -> None:
        """Begin, or go on with what the databases have.

        Args:
            settings: the rules.
            pool: folder of primes.
            urls: of the core's database and the phones'.
        """
        self.settings = settings
        self.clock = Clock(START)
        self.seed = Seed()  # a seeded one would draw the same names again after a restart
        self.watched = Watched()
        self.authority = Authority(self.seed, self.clock)
        self.accounts = Authority(self.seed, self.clock, ACCOUNT_AUTHORITY)
        self.responder = Responder(self.authority, self.clock)
        self.fetch: Callable[[str, bytes], bytes] = lambda url, request: self.responder.answer(request)
        self._pool, self._urls = pool, urls
        self.start()

    def beside(self) -> StoredLab:
        """Another process of the same lab: the same clock, people and databases."""
        other = copy(self)
        other.start()
        return other

    def start(self) -> None:
        """Start core, portal and phones on what the databases have."""
        core_url, phones_url = self._urls
        self.core_store, self.phone_store = SqlStore(core_url), SqlStore(phones_url)
        self.core_store.migrate()
        self.phone_store.migrate()
        self.core = Core(
            self.clock,
            self.seed,
            self.settings,
            primes=KeyPool(self._pool),
            observer=self.watched,
            authority=self.accounts,
            store=self.core_store,
        )
        self.phones = Phones(self.core, self.phone_store)
        trusted = Trust([self.authority.issuer])
        self.portal = Portal(self.core, ORIGIN, trusted, lambda url, request: self.fetch(url, request))

    def restart(self) -> None:
        """Stop everything between two things that happen, and start it again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Close the databases."""
        self.core_store.close()
        self.phone_store.close()

    def act(self, what: Callable[[], T]) -> T:
        """Something happens."""
        return run(what, self.phone_store, self.core_store)

    def app(self, owner: str = "jaak", name: str = "Phone") -> App:
        """A phone; it may be used over a restart."""
        installed = self.act(lambda: self.phones.install(owner, name).device)
        return self.opened(installed.phone_id)

    def opened(self, phone_id: str) -> App:
        """The app on a phone that is there; it may be used over a restart."""
        return cast(App, Afresh(self.act, lambda: self.phones.app(phone_id)))

    def visit(self, owner: str = "jaak") -> Visit:
        """A visit; it may be used over a restart."""
        key = self.act(lambda: self.portal.visit(owner, "Browser").record.visit_id)
        return cast(Visit, Afresh(self.act, lambda: Visit(self.portal, self.core_store.table(VISITS)[key])))

    def after(self, code_age: Any) -> None:
        """Move on; what falls due happens on the way."""
        self.act(lambda: self.core.move_clock(START + code_age))

    def to_active(self) -> tuple[App, Visit, IssuedCard]:
        """A whole registration."""
        app, visit, card = self.to_confirm()
        app.confirm_pin(1, PIN1)
        app.confirm_pin(2, PIN2)
        return app, visit, card
