"""A lab that is up: everything made, started, ended in its order."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread
from time import monotonic

from softeid import __version__
from softeid.emulator.facts import Profile

from ..clock import Clock
from ..issuing import IssuedCard, issue_card
from ..person import persons
from ..pki.card_state import CARD_STATES, plan_card
from ..pki.error import StateError
from ..pki.home import authority_of, home_authority
from ..profile_file import load_profile
from ..registration.account_certificate import ACCOUNT_AUTHORITY
from ..registration.key_stock import KeyStock
from ..registration.phones import Phones
from ..registration.portal import Portal
from ..registration.refusal import Refused
from ..registration.store import Store
from ..registration.vocabulary import Code
from ..seed import Seed
from ..web.api import Behind
from ..web.tls import tls_authority, write_server
from .card_desk import CardDesk
from .card_prompt import Prompts
from .folder import LabFolder, LabRecord
from .house import House, Served
from .issuers import LabIssuers
from .lab_clock import RealTime, real_time
from .lab_world import LabWorld
from .plan import Plan
from .ports import check_free
from .process import ProcessId
from .records import Stores, furnish, keep_clock, make_core
from .story import Line, Story
from .turn import Around, Turn

Tell = Callable[[Sequence[Line]], None]
_TICK_S = 0.5
_KEYS_READY = 4  # of the accounts', so that two registrations need not wait for any


class Lab:
    """One lab.

    Attributes:
        plan: what was asked for.
        world: everything in it.
        went_on: whether it goes on with what an earlier one stored.
    """

    def __init__(
        self,
        plan: Plan,
        folder: LabFolder,
        environment: Mapping[str, str],
        tell: Tell,
        real: RealTime | None = None,
    ) -> None:
        """Bring it up; everything answers afterwards.

        Args:
            plan: what is asked for.
            folder: `taken`.
            environment: of the process: home folders.
            tell: what to do with the lines of what happens.
            real: the real time; by default the machine's.

        Raises:
            HarnessError: a port, the folder, a store, an authority or a card is not to be had.
        """
        self.plan = plan
        self._folder = folder
        self._environment = environment
        self._real = real or real_time()
        self._closing = ExitStack()
        self._over = Event()
        try:
            self._set_up(tell)
        except BaseException:
            self._closing.close()
            raise

    def _set_up(self, tell: Tell) -> None:
        plan, folder = self.plan, self._folder
        if plan.port:
            check_free(list(plan.ports.values()), self._environment)
        files = write_server(folder.path / "tls", tls_authority(Seed(), Clock.real(), self._environment))
        house = House(plan.ports, plan.https, files)
        self._closing.callback(house.close)
        if plan.fresh:
            folder.forget()
        self.went_on = bool(plan.store) or folder.database.exists()
        self._stores = Stores.opened(plan, folder)
        self._closing.callback(lambda: self._stores.close())
        self._clock = self._stores.clock(self._real)
        self._story = Story(self._clock, tell)
        self.world = self._made(house)
        house.answer_status(self.world.issuers.site)
        self._turn = Turn(Around(self._clock.look, self._story.begin_again, self._story.end))
        self._behind = Behind(self._in_order(), self._wake)
        token = secrets.token_urlsafe(32)
        issuers = [self.world.issuers.authority.issuer]
        self._served: Served = house.open(
            self.world, self._behind, issuers, token, self._reset, self._tell_fault
        )
        self.world.addresses = house.addresses
        self._behind.whole(lambda: furnish(self.world.core, self.world.portal.register.say))
        folder.publish(
            LabRecord(
                plan.name, ProcessId.own(), datetime.now(UTC), dict(house.addresses), token, __version__
            )
        )
        ticker = Thread(target=self._tick, name="ticker", daemon=True)
        self._closing.callback(ticker.join)
        self._closing.callback(self._over.set)
        ticker.start()

    def stop(self) -> None:
        """End it: no server answers afterwards, everything is stored."""
        self._over.set()
        self._closing.close()

    @contextmanager
    def keys_ready(self) -> Iterator[None]:
        """Make keys of accounts ahead, in the background, while the context lasts."""
        with self._stock.filled(self.plan.settings.key_bits, _KEYS_READY):
            yield

    # --- making -----------------------------------------------------------------------------------

    def _made(self, house: House) -> LabWorld:
        """The lab's world; cards and authorities, core and portal."""
        plan = self.plan
        cards = authority_of(Seed(plan.seed), self._clock, self._environment, kept=True)
        accounts = home_authority(self._clock, self._environment, ACCOUNT_AUTHORITY)
        issuers = LabIssuers(cards, accounts, self._let_pass)
        profile = load_profile(plan.profile)
        states = _states_of(profile, self._clock.now.date())
        desk = CardDesk(self._issue, Prompts(monotonic), states)
        self._accounts, self._stock = accounts, KeyStock()
        portal, phones = self._peopled(issuers, house.origins["portal"])
        world = LabWorld(
            plan.name, plan.seed or "", self._clock, portal, phones, issuers, desk, self._story.lab
        )
        self.world = world
        for handle in plan.people:
            desk.make(handle, plan.state)
        if desk.cards:
            desk.insert(next(iter(desk.cards)))
        return world

    def _peopled(self, issuers: LabIssuers, origin: str) -> tuple[Portal, Phones]:
        core = make_core(self._stores, self._clock, self.plan, self._story, self._accounts, self._stock)
        return Portal(core, origin, issuers.trusted(), issuers.fetch), Phones(core, self._stores.phones)

    def _issue(self, person: str, state: str, number: int) -> IssuedCard:
        return issue_card(
            load_profile(self.plan.profile),
            persons()[person],
            self.world.issuers.authority,
            seed=Seed(self.plan.seed),
            clock=self._clock,
            state=state,
            number=number,
            on_fault=self._tell_fault,
        )

    def _in_order(self) -> tuple[Store, Store, Store]:
        """The stores in the order in which a request opens them."""
        return self._turn, self._stores.phones, self._stores.core

    # --- while it is up -----------------------------------------------------------------------------

    def _wake(self) -> None:
        """What is due, at the beginning of each transaction."""
        self._story.begin_again()
        self.world.core.wake()
        keep_clock(self.world.core, self._clock)
        if told := self._clock.changed():
            self._story.lab(told)

    def _tick(self) -> None:
        """Let what falls due happen, though nobody asks for anything."""
        while not self._over.wait(_TICK_S):
            try:
                self._behind.whole(lambda: None)
            except Refused:
                continue  # the store does not answer; whoever asks for something is told
            except Exception as bug:  # noqa: BLE001  # the lab goes on without this tick
                self._tell_fault(bug)

    def _let_pass(self, time: timedelta) -> None:
        """A late OCSP answer takes its time on the lab's clock, and nobody's here."""
        self.world.core.move_clock(self._clock.now + time)

    def _reset(self) -> None:
        """Begin anew.

        Raises:
            Refused: BAD_REQUEST, the core's store is a database of somebody's.
        """
        if self.plan.store:
            raise Refused(Code.BAD_REQUEST, field="store")
        with self._turn.transaction():
            self._stores.close()
            self._folder.forget()
            self._stores = Stores.opened(self.plan, self._folder)
            world = self.world
            world.portal, world.phones = self._peopled(world.issuers, world.portal.origin)
            world.network = "well"
            world.issuers.ocsp = ""
            self._behind.stores = self._in_order()
            self._served.put(world)
            self._behind.whole(lambda: furnish(world.core, world.portal.register.say))
            world.say("everything is forgotten")

    def _tell_fault(self, bug: Exception) -> None:
        """A bug of ours: its class and place; what it says may hold what somebody typed."""
        trace, frame = bug.__traceback__, None
        while trace:
            frame, trace = trace.tb_frame, trace.tb_next
        where = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}" if frame else "nowhere"
        self._story.fault(f"a fault of ours, please report it: {type(bug).__name__} in {where}")


def _states_of(profile: Profile, today: date) -> Sequence[str]:
    """The lives that a card of a profile can be made with."""
    anybody = next(iter(persons().values()))

    def possible(state: str) -> bool:
        try:
            plan_card(profile, anybody, today, state)
        except StateError:
            return False
        return True

    return tuple(filter(possible, CARD_STATES))
