"""A lab's records: the core's store and the phones', with everything that lives in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..person import persons
from ..pki.authority import Authority
from ..registration.core import Core
from ..registration.key_share import Primes
from ..registration.model import FACTS, MESSAGES, Fact
from ..registration.outbox import Outbox
from ..registration.population_register import Entry, Guardian
from ..registration.store import Table
from ..seed import Seed
from ..store import SqlStore
from .folder import LabFolder
from .lab_clock import LabClock, RealTime
from .plan import Plan
from .story import Story, ToldMessages

_CLOCK, _FURNISHED = "lab clock", "lab furnished"
_GUARDIANS = {"kadri": ("mari",)}
"""Who may sign for whom, of the persons: the register knows it from the lab's first day on."""


@dataclass
class Stores:
    """The databases.

    Attributes:
        core: of the core, wherever that is.
        phones: of the phones, in the lab's folder.
    """

    core: SqlStore
    phones: SqlStore

    @classmethod
    def opened(cls, plan: Plan, folder: LabFolder) -> Stores:
        """Open both, and bring them up to this version.

        Raises:
            StoreError: one cannot be used.
        """
        core = SqlStore(plan.store or f"sqlite:///{folder.database}")
        try:
            phones = SqlStore(f"sqlite:///{folder.phones}")
            for store in (core, phones):
                store.migrate()
        except BaseException:
            core.close()
            raise
        return cls(core, phones)

    def close(self) -> None:
        """Close every connection."""
        self.phones.close()
        self.core.close()

    def clock(self, real: RealTime) -> LabClock:
        """The lab's clock, as it goes on."""
        facts: Table[Fact] = self.core.table(FACTS)
        with self.core.transaction():
            kept = facts.get(_CLOCK)
            return LabClock(real, kept.value if kept else "")


def make_core(
    stores: Stores,
    clock: LabClock,
    plan: Plan,
    story: Story,
    accounts: Authority,
    primes: Callable[[int], Primes],
) -> Core:
    """The account server over a store; whatever it draws is new in every process.

    Args:
        stores: the databases.
        clock: the lab's.
        plan: with the settings.
        story: hears of everything.
        accounts: issues the certificates of accounts.
        primes: gives keys.
    """
    core = Core(
        clock,
        Seed(),
        plan.settings,
        primes=primes,
        observer=story,
        store=stores.core,
        authority=accounts,
    )
    told = ToldMessages(stores.core.table(MESSAGES), story.wrote)
    core.outbox = Outbox(told, Seed().stream("messages"))  # type: ignore[arg-type]  # all that an outbox uses
    return core


def keep_clock(core: Core, clock: LabClock) -> None:
    """Remember how the clock goes; inside a transaction."""
    kept = clock.kept
    fact = core.fact(_CLOCK, lambda: kept)
    if fact.value != kept:
        fact.value = kept


def furnish(core: Core, say: Callable[[Entry], None]) -> None:
    """Say once what the population register knows of the persons; inside a transaction."""
    if core.fact(_FURNISHED, lambda: "no").value == "yes":
        return
    core.fact(_FURNISHED, lambda: "no").value = "yes"
    for handle, guardians in _GUARDIANS.items():
        known = [persons()[name] for name in guardians]
        names = tuple(Guardian(one.serial_number, one.name) for one in known)
        say(Entry(persons()[handle].serial_number, guardians=names))
