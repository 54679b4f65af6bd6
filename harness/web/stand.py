"""Portal, app and login host of one process, for one world after the other: what `run --over http` stands on.

Portal and app speak plain HTTP, as behind a server of ours that ends TLS; so a run does not wait for
handshakes, and the portal still acts as one that is reached by https. The login host, whose business the
handshake is, speaks TLS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from ..clients.app_client import RemotePhones
from ..clients.json_client import Answered, JsonClient, label
from ..clients.login_client import LoginHost
from ..clients.portal_client import RemotePortal, RemoteVisit
from ..front import Heard
from ..registration.phones import Phones
from ..registration.portal import Portal
from ..registration.store import Store
from ..registration.visit import Visit
from ..store import SqlStore
from .api import WHO, Behind
from .app_api import Shop, app_api
from .in_process import LOGIN
from .portal_card import TICKET_PATH, present
from .portal_site import portal_site
from .portal_window import PortalDress
from .security import Policy
from .server import Server
from .session import Site
from .stand_login import LoginByTls, LoginHosts


class Stand:
    """The servers, and what stands behind them.

    Attributes:
        login: the login hosts.
    """

    def __init__(self, origin: str, folder: Path) -> None:
        """Start them.

        Args:
            origin: the portal's, as browsers see it.
            folder: for databases and the login host's certificate.
        """
        self._folder = folder
        self._behind = Behind(labelled=True)
        self._site = Site(Policy(origin, proxied=True), self._behind)
        self._shop = Shop(Policy(proxied=True), self._behind)
        self._portal, self._app = Server(), Server()
        self._portal.start(portal_site(self._site, PortalDress(login=LOGIN)), self._site.policy)
        self._app.start(app_api(self._shop), self._shop.policy)
        self.login = LoginHosts(present(self._site), folder / "tls")
        self._worlds = 0
        self._empty = folder / "empty.db"  # migrations once, and not for each world
        empty = SqlStore(f"sqlite:///{self._empty}")
        empty.migrate()
        empty.close()

    def stop(self) -> None:
        """Stop them."""
        self.login.stop()
        self._portal.stop()
        self._app.stop()

    @contextmanager
    def room(self) -> Iterator[HttpRoom]:
        """A place for one world, with a database of its own."""
        self._worlds += 1
        path = self._folder / f"{self._worlds}.db"
        copyfile(self._empty, path)
        store = SqlStore(f"sqlite:///{path}")
        room = HttpRoom(self._site, self._shop, self._behind, store, (self._portal, self._app), self.login)
        try:
            yield room
        finally:
            room.leave()
            store.close()
            for file in self._folder.glob(f"{path.name}*"):
                file.unlink()


class HttpRoom:
    """One world behind the servers.

    Attributes:
        store: for its core.
    """

    def __init__(
        self,
        site: Site,
        shop: Shop,
        behind: Behind,
        store: Store,
        servers: tuple[Server, Server],
        login: LoginHosts,
    ) -> None:
        """Nothing is served yet."""
        self.store = store
        self._site = site
        self._shop = shop
        self._behind = behind
        self._servers = servers
        self._login = login
        self._clients: list[JsonClient] = []

    def listen(self, heard: Heard) -> None:
        """Tell of what browsers and phones exchange with the servers."""
        self._heard = heard

    def portal(self, portal: Portal) -> Portal:
        """Serve a portal; what browsers see of it."""
        self._site.portal = portal
        self._behind.wake = portal.core.wake
        host = urlsplit(portal.origin).netloc
        fields = {"Host": host, "X-Forwarded-Proto": "https"}
        return RemotePortal(portal, partial(self._client, self._servers[0], fields))

    def phones(self, phones: Phones) -> Phones:
        """Serve phones; what their owners have in hand."""
        self._shop.phones = phones
        self._behind.stores = (phones.store, self.store)
        return RemotePhones(phones, partial(self._client, self._servers[1], {}))

    def login(
        self, portal: Portal, origin: str, now: Callable[[], datetime], random: Callable[[int], bytes]
    ) -> LoginHost:
        """The real one, which has a time and randomness of its own."""
        resumes = portal.core.settings.login_resumption
        return LoginByTls(self._login, origin, f"{portal.origin}{TICKET_PATH}", self._heard, resumes=resumes)

    def open(self, visit: Visit, path: str, scheme: str = "https", session: str | None = None) -> Answered:
        """Open a page of the portal, over the browser's own connection."""
        assert isinstance(visit, RemoteVisit)
        return visit.open(path, scheme, session)

    def forge(self, visit: Visit, path: str) -> Answered:
        """Send a forged request, over the browser's own connection."""
        assert isinstance(visit, RemoteVisit)
        return visit.forge(path)

    def leave(self) -> None:
        """The world ends."""
        for client in self._clients:
            client.close()
        with self.store.transaction():  # who is still at work is done first
            self._site.portal = self._shop.phones = None

    def _client(
        self, server: Server, fields: dict[str, str], owner: str, thing: str, address: str
    ) -> JsonClient:
        fields = {**fields, WHO: label(owner, thing), "X-Forwarded-For": address}
        client = JsonClient(server.host, server.port, fields, partial(self._heard, owner))
        self._clients.append(client)
        return client


@contextmanager
def standing(origin: str) -> Iterator[Stand]:
    """The servers, until the context ends."""
    with TemporaryDirectory(prefix="softeid-") as folder:
        stand = Stand(origin, Path(folder))
        try:
            yield stand
        finally:
            stand.stop()
