"""The processes that are killed: the portal, and the one where the phones are; they share the core's records.

Each is a process of its own. The core is no process but what its database says: the portal's process and
the phones' both work on it. The phones' one hears nothing from the portal's: as with a push that is not
delivered, a phone learns what happened when somebody looks at it (SID-NET-011).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Literal

from tests.kill.people import ORIGIN, Again, kept_authority

from softeid.harness.pki.ocsp import Responder
from softeid.harness.pki.shape import ESTEID2018
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY
from softeid.harness.registration.certificate_check import Trust
from softeid.harness.registration.core import Core
from softeid.harness.registration.key_share import Primes
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.portal import Portal
from softeid.harness.registration.settings import Settings
from softeid.harness.seed import Seed
from softeid.harness.store import SqlStore
from softeid.harness.web.api import Behind
from softeid.harness.web.app_api import Shop, app_api
from softeid.harness.web.app_api import routes as phone_routes
from softeid.harness.web.portal_api import portal_api
from softeid.harness.web.security import Policy
from softeid.harness.web.server import AddressError, Server
from softeid.harness.web.session import Site

Role = Literal["portal", "phones", "both"]
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.kill.service"])  # so that a restart takes milliseconds


@dataclass(frozen=True)
class Plan:
    """What every process of one lab is told.

    Attributes:
        core: the database of the core, a URL.
        phones: that of the phones.
        serials: of the certificates on people's cards.
        keys: that phones take.
        settings: the rules.
    """

    core: str
    phones: str
    serials: tuple[int, ...]
    keys: tuple[Primes, ...]
    settings: Settings


def lab(plan: Plan) -> tuple[SqlStore, Core, Portal]:
    """Core and portal on what the database has."""
    store = SqlStore(plan.core)
    store.migrate()
    cards = kept_authority(ESTEID2018)
    for serial in plan.serials:
        cards.register.enter(serial)
    core = Core(
        cards.clock,
        Seed(),
        plan.settings,
        primes=Again(plan.keys),
        store=store,
        authority=kept_authority(ACCOUNT_AUTHORITY),
    )
    responder = Responder(cards, cards.clock)
    return store, core, Portal(core, ORIGIN, Trust([cards.issuer]), lambda _, asked: responder.answer(asked))


def serve(plan: Plan, role: Role, port: int, told: Connection) -> None:
    """Be one of the processes, or both in one, until the other end of `told` is closed."""
    store, core, portal = lab(plan)
    server = _server(port)
    behind, policy, shop = Behind((store,), core.wake, labelled=True), Policy(ORIGIN, proxied=True), None
    if role != "portal":
        kept = SqlStore(plan.phones)
        kept.migrate()
        behind.stores = (kept, store)
        shop = Shop(policy, behind, Phones(core, kept))
    if role == "phones":
        assert shop
        server.start(app_api(shop), policy)
    else:
        app = portal_api(Site(policy, behind, portal), *((phone_routes,) if shop else ()))
        app.state.shop = shop
        server.start(app, policy)
    told.send(server.port)
    with suppress(EOFError, OSError):
        told.recv()


def _server(port: int) -> Server:
    """A server on a port that was ours a moment ago, and that somebody's connection may have taken."""
    for _ in range(100):
        with suppress(AddressError):
            return Server(port=port)
        time.sleep(0.1)
    return Server(port=port)


class Victim:
    """A process that can be killed and started again, on the same port.

    Attributes:
        port: where it serves.
    """

    def __init__(self, plan: Plan, role: Role) -> None:
        """Start it, and wait until it serves."""
        self.port = 0
        self._start = partial(CONTEXT.Process, target=serve, daemon=True)
        self._given = plan, role
        self.start()
        self.wait()

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process.pid
        return self._process.pid

    def start(self) -> None:
        """Start it; `wait` says when it serves."""
        self._ours, theirs = CONTEXT.Pipe()
        self._process = self._start(args=(*self._given, self.port, theirs))
        self._process.start()
        theirs.close()

    def wait(self) -> None:
        """Wait until it serves."""
        assert self._ours.poll(60), "it does not serve"
        self.port = self._ours.recv()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.join()
        self._ours.close()

    def stop(self) -> None:
        """Let it end."""
        self._ours.close()
        self._process.join(10)
        self._process.kill()


@contextmanager
def running(plan: Plan, *roles: Role) -> Iterator[list[Victim]]:
    """Processes for as long as this lasts."""
    victims: list[Victim] = []
    try:
        for role in roles:
            victims.append(Victim(plan, role))
        yield victims
    finally:
        for victim in victims:
            victim.stop()
