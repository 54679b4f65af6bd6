"""Fronts: what stands between people and the sessions. The same scenario must end the same way on each.

`session` is nothing: a step calls the sessions. `http` is the real portal and app over sockets, and the real
login host over TLS. Either way a
browser has a `Visit` and a phone an `App`, so a step does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Protocol

from .clients.json_client import Answered
from .clients.login_client import HandshakeModel, LoginHost
from .registration.memory import MemoryStore
from .registration.phones import Phones
from .registration.portal import Portal
from .registration.store import Store
from .registration.visit import Visit

if TYPE_CHECKING:
    from .web.in_process import Pages


Heard = Callable[[str, str, str, int], None]
"""Is told of each HTTP exchange: whose it was, method, path with its query, status."""


class Room(Protocol):
    """One world's place behind a front."""

    @property
    def store(self) -> Store:
        """For its core."""

    def listen(self, heard: Heard) -> None:
        """Tell of HTTP exchanges; said before portal and phones are reached."""

    def portal(self, portal: Portal) -> Portal:
        """Let people in to a portal; what browsers see of it."""

    def phones(self, phones: Phones) -> Phones:
        """Hand phones out; what their owners have in hand."""

    def login(
        self, portal: Portal, origin: str, now: Callable[[], datetime], random: Callable[[int], bytes]
    ) -> LoginHost:
        """The login host, as browsers reach it.

        Args:
            portal: redeems its tickets.
            origin: whom its certificate names.
            now: the scenario's time of day.
            random: gives so many octets.
        """

    def open(self, visit: Visit, path: str, scheme: str = "https", session: str | None = None) -> Answered:
        """Open a page of the portal, as a browser shows it.

        Args:
            visit: of the browser.
            path: with its query.
            scheme: http or https.
            session: what the cookie says, if not the name by which the portal knows the visit now.
        """

    def forge(self, visit: Visit, path: str) -> Answered:
        """Send the portal's API what a page of another site can: the cookie, and not the token.

        Args:
            visit: of the browser.
            path: of the API.
        """


class House(Protocol):
    """A front that is open, for one world after the other."""

    def room(self) -> AbstractContextManager[Room]:
        """A place for one world."""


class Front(Protocol):
    """A way to the sessions. It is sent to worker processes, so it pickles."""

    name: ClassVar[str]
    has: ClassVar[frozenset[str]]  # what scenarios may need, and only this front has

    def open(self, origin: str) -> AbstractContextManager[House]:
        """Get ready.

        Args:
            origin: the portal's, as browsers see it.

        Raises:
            HarnessError: this machine lacks something.
        """


@dataclass
class OpenRoom:
    """Nothing stands in between."""

    store: Store = field(default_factory=MemoryStore)

    def listen(self, heard: Heard) -> None:
        """Tell of pages that are opened."""
        self._heard = heard

    def portal(self, portal: Portal) -> Portal:
        """The portal itself."""
        self._portal = portal
        return portal

    def phones(self, phones: Phones) -> Phones:
        """The phones themselves."""
        self._phones = phones
        return phones

    def login(
        self, portal: Portal, origin: str, now: Callable[[], datetime], random: Callable[[int], bytes]
    ) -> LoginHost:
        """A model of it."""
        return HandshakeModel(portal, origin, now, random)

    def open(self, visit: Visit, path: str, scheme: str = "https", session: str | None = None) -> Answered:
        """Open a page: the portal's application is called in this process."""
        answered = self._pages.open(visit, path, scheme, session)
        self._heard(visit.machine.owner, "GET", path, answered.status)
        return answered

    def forge(self, visit: Visit, path: str) -> Answered:
        """Send a forged request: the portal's application is called in this process."""
        answered = self._pages.forge(visit, path)
        self._heard(visit.machine.owner, "POST", path, answered.status)
        return answered

    @cached_property
    def _pages(self) -> Pages:
        from .web.in_process import Pages

        return Pages(self._portal, self._phones)


@dataclass(frozen=True)
class Session:
    """Steps call the sessions in this process."""

    name: ClassVar[str] = "session"
    has: ClassVar[frozenset[str]] = frozenset()

    @contextmanager
    def open(self, origin: str) -> Iterator[House]:
        yield self

    @contextmanager
    def room(self) -> Iterator[Room]:
        yield OpenRoom()


@dataclass(frozen=True)
class Http:
    """Portal, app and login host behind servers of this process; the core's records lie in a database."""

    name: ClassVar[str] = "http"
    has: ClassVar[frozenset[str]] = frozenset({"http"})

    @contextmanager
    def open(self, origin: str) -> Iterator[House]:
        from .web.stand import standing

        with standing(origin) as stand:
            yield stand


FRONTS: Mapping[str, Front] = {front.name: front for front in (Session(), Http())}


_LAB = (
    "fastapi",
    "uvicorn",
    "jinja2",
    "sqlalchemy",
    "alembic",
    "cattrs",
    "cheroot",
    "OpenSSL",
    "tlslite",
)


def lab_installed() -> bool:
    """Whether the extra `lab` is there, which web servers need."""
    return all(find_spec(name) for name in _LAB)
