"""Portal, phones, card desk and login host on real sockets, with one small world after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from starlette.types import ASGIApp
from tests.harness.registration.conftest import Lab

from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard
from softeid.harness.pki.ocsp_fault import faulty
from softeid.harness.registration.certificate_check import Trust
from softeid.harness.registration.settings import Settings
from softeid.harness.seed import Seed
from softeid.harness.service.card_desk import CardDesk, DeskCard
from softeid.harness.service.card_prompt import Prompts
from softeid.harness.service.house import LabPortal
from softeid.harness.web.api import Behind
from softeid.harness.web.app_api import Shop
from softeid.harness.web.desk_site import desk_site
from softeid.harness.web.lab_policy import LabPolicy
from softeid.harness.web.lab_window import Window
from softeid.harness.web.login_host import PATH as LOGIN_PATH
from softeid.harness.web.login_host import LoginHost
from softeid.harness.web.pages.mishap import DeskMishap
from softeid.harness.web.phone_pad import Pockets
from softeid.harness.web.phone_site import phone_site
from softeid.harness.web.phone_view import Bench
from softeid.harness.web.portal_card import present
from softeid.harness.web.portal_site import portal_site
from softeid.harness.web.portal_window import PortalDress
from softeid.harness.web.server import Server
from softeid.harness.web.site import STATIC_PATH
from softeid.harness.web.tls import tls_authority, write_server

SERVERS = ("portal", "phones", "desk")
CARD_PINS = {"PIN1": "73058214", "PIN2": "83914027", "PUK": "59204718"}
"""Longer than any digits that stand on a page by chance."""


class BrowserLab(Lab):
    """The registration tests' world, with its issuers' whole trust list and cards in a reader.

    Attributes:
        desk: where the cards lie.
    """

    def __init__(self, settings: Settings, pool: Path, origin: str) -> None:
        super().__init__(settings, pool)
        self.portal.origin = origin
        own = self.authority
        listed = [own.issuer, own.expired_issuer.issuer]
        unlisted = [own.root, own.unlisted_issuer.issuer]
        self.portal.certificates.trust = Trust(listed, [own.revoked_issuer.issuer], unlisted)
        self.desk = CardDesk(
            lambda person, state, number: self._made(person, number, state=state), _prompts()
        )

    def lay(self, person: str = "jaak", **states: object) -> DeskCard:
        """Put a new card into the reader."""
        number = len(self.desk.cards)
        issued = self._made(person, number, **states)
        laid = DeskCard(f"c{number + 1}", issued, str(states.get("state", "fresh")))
        self.desk.cards[laid.id] = laid
        self.desk.insert(laid.id)
        return laid

    def spoil(self, fault: str) -> None:
        """From now on OCSP answers wrongly."""
        self.fetch = faulty(fault, self.responder, self._pass)

    def _issue(self, person: str, state: str, number: int) -> IssuedCard:
        return self._made(person, number, state=state)

    def _made(self, person: str, number: int, **states: object) -> IssuedCard:
        return self.card(person, number=number, pins=CARD_PINS, **states)

    def _pass(self, time: timedelta) -> None:
        self.core.move_clock(self.clock.now + time)


def _prompts() -> Prompts:
    return Prompts(monotonic)


class Stage:
    """The servers.

    Attributes:
        origins: of each, by name.
        faults: what an application failed with; a test that leaves one fails.
    """

    def __init__(self, folder: Path, pool: Path) -> None:
        self._pool = pool
        self._closing = ExitStack()
        self._servers = {name: self._closing.enter_context(Server()) for name in SERVERS}
        self.origins = {name: f"http://localhost:{one.port}" for name, one in self._servers.items()}
        self.faults: list[Exception] = []
        self.lab: BrowserLab | None = None
        self._behind = Behind()
        self._open(folder)

    @property
    def cookie(self) -> str:
        """Name of the portal's."""
        return self.site.cookie

    def close(self) -> None:
        """Nobody answers afterwards."""
        self._closing.close()

    def put(self, settings: Settings) -> BrowserLab:
        """Serve a new world from now on."""
        lab = BrowserLab(settings, self._pool, self.origins["portal"])
        self.lab, self.site.portal, self.shop.phones = lab, lab.portal, lab.phones
        self._behind.stores, self._behind.wake = (lab.phones.store, lab.core.store), lab.core.wake
        self._phones.state.pockets, self._desk.state.desk = Pockets(), lab.desk
        self.faults.clear()
        return lab

    @contextmanager
    def still(self) -> Iterator[BrowserLab]:
        """The world while no request is served."""
        assert self.lab
        with self.lab.phones.store.transaction(), self.lab.core.store.transaction(), self.lab.desk.turn:
            yield self.lab

    def _now(self) -> datetime:
        return self.lab.clock.now if self.lab else datetime.now(UTC)

    def _open(self, folder: Path) -> None:
        portal, phones, desk = (self.origins[name] for name in SERVERS)
        policies = {
            "portal": LabPolicy(portal, scripts=(desk,)),
            "phones": LabPolicy(phones),
            "desk": LabPolicy(desk, lends=True),
        }
        self.site = LabPortal(policies["portal"], self._behind)
        self.shop = Shop(policies["phones"], self._behind)
        self._phones = phone_site(self.shop, Bench(portal.partition("://")[2]))
        window = Window("desk", policies["desk"], self._now, DeskMishap)
        self._desk = desk_site(CardDesk(_no_card, _prompts()), window, portal)
        script = f"{desk}{STATIC_PATH}/desk-extension.js"
        dress = PortalDress(scripts=(script,), login=self._login(folder))
        apps: dict[str, ASGIApp] = {
            "portal": portal_site(self.site, dress),
            "phones": self._phones,
            "desk": self._desk,
        }
        for name, app in apps.items():
            self._servers[name].start(app, policies[name], self.faults.append)

    def _login(self, folder: Path) -> str:
        """Start the login host; its address."""
        files = write_server(folder, tls_authority(Seed("login host of the tests"), Clock.real()))
        host = LoginHost(present(self.site), files, [], on_fault=self.faults.append)
        _, port = host.start()
        self._closing.callback(host.stop)
        return f"https://localhost:{port}{LOGIN_PATH}"


def _no_card(person: str, state: str, number: int) -> IssuedCard:
    raise AssertionError("there is no world yet")


Deed = Callable[[BrowserLab], object]
"""Something that befalls the world."""
