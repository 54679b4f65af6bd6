"""The login host of a stand, and how the browsers of one world after the other come there: by real TLS.

It lives in real time and has a certificate of an authority that the stand's computers trust; how far a
computer's clock is off is what it is off in real time too. It names no authorities of ID cards: each world
has its own, and this client looks at none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from ..clients import tls_client
from ..clients.json_client import Unexpected
from ..clients.login_client import Arrival, NoTicket, Why
from ..clients.tls_client import Computer, LoginFailed, Memory
from ..clients.tls_key import NotSigned
from ..clock import Clock
from ..front import Heard
from ..registration.client_handshake import Key
from ..registration.vocabulary import Code
from ..scenario.stage import Stuck
from ..seed import Seed
from .login_host import PATH, LoginHost, Present
from .look_alike import LookAlike
from .tls import tls_authority, write_server

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ORIGIN = re.compile(rf"https://(?P<name>{_LABEL}(?:\.{_LABEL})*)(?::[0-9]+)?/?")
_LONGEST_NAME = 63  # of a whole name, so that each label has its length (RFC 1035, 2.3.4)


class LoginHosts:
    """The servers: the lab's own, and, once a world wants it, one that takes up TLS sessions (SID-LGN-034).

    Attributes:
        authority: of TLS servers, that every computer of the stand trusts.
        faults: what the portal failed with.
    """

    def __init__(self, present: Present, folder: Path) -> None:
        """Start the first.

        Args:
            present: as for `LoginHost`.
            folder: for certificate and key.
        """
        self.authority = tls_authority(Seed("login host of a stand"), Clock.real())
        self.faults: list[Exception] = []
        self._present = present
        self._files = write_server(folder, self.authority)
        self._started: dict[bool, tuple[LoginHost, tuple[str, int]]] = {}
        self.address(resumes=False)

    def address(self, *, resumes: bool) -> tuple[str, int]:
        """Where the one of the two listens, which is started if it is not there."""
        if resumes not in self._started:
            host = LoginHost(self._present, self._files, [], resumes=resumes, on_fault=self.faults.append)
            self._started[resumes] = host, host.start()
        return self._started[resumes][1]

    def stop(self) -> None:
        """Stop them."""
        while self._started:
            _, (host, _) = self._started.popitem()
            host.stop()


class LoginByTls:
    """The login host as the computers of one world reach it."""

    def __init__(self, hosts: LoginHosts, origin: str, back: str, heard: Heard, *, resumes: bool) -> None:
        """Nothing is sent yet.

        Args:
            hosts: who serve.
            origin: by which name browsers go there.
            back: where they come back to the portal, without the ticket.
            heard: is told of each request.
            resumes: whether to go to the host that takes up sessions.
        """
        self._hosts = hosts
        self._origin = origin
        self._back = back
        self._heard = heard
        self._address = hosts.address(resumes=resumes)
        self._memory = Memory()

    def reach(self, off: timedelta) -> None:
        """Shake hands with no card: the portal's certificate would be as long valid as this host's."""
        with self._told():
            tls_client.reach(self._origin, self._computer(off), connect=self._address)

    def ticket(self, arrival: Arrival) -> str:
        """Go there and come back with a ticket."""
        asked = {"session": arrival.link}
        if not arrival.key:
            asked["hint"] = arrival.hint
        path = f"{PATH}?{urlencode(asked)}"
        address = f"{self._origin}{path}"
        computer = self._computer(arrival.off)
        if arrival.through and arrival.through != self._origin:
            location = self._relayed(address, arrival.through, computer, arrival.key)
        else:
            memory = self._memory if arrival.again else replace(self._memory, session=None)
            key = None if arrival.again else arrival.key
            with self._told():
                location = tls_client.follow(address, computer, key, connect=self._address, memory=memory)
            self._memory = memory
        self._heard(arrival.who, "GET", path, 303)
        back, _, query = location.partition("?")
        if back != self._back:
            raise Unexpected(f"the login host leads to {back}, not to {self._back}")
        return parse_qs(query)["ticket"][0]

    def _relayed(self, address: str, through: str, computer: Computer, key: Key | None) -> str:
        """Go to a look-alike, which goes to the host; it trusts whom it should and has the right time."""
        found = _ORIGIN.fullmatch(through)
        if not found or len(found["name"]) > _LONGEST_NAME:
            raise Stuck(f"a look-alike is an origin such as https://portal.softeid.example, not {through!r}")
        name = found["name"]
        target = urlunsplit(urlsplit(address)._replace(netloc=name))
        hand_on = partial(tls_client.follow, address, self._computer(timedelta()), connect=self._address)
        with LookAlike(name, self._hosts.authority, hand_on) as between, self._told(between):
            return tls_client.follow(target, computer, key, connect=between.address)

    def _computer(self, off: timedelta) -> Computer:
        return Computer([self._hosts.authority.root], datetime.now(UTC) + off)

    @contextmanager
    def _told(self, between: LookAlike | None = None) -> Iterator[None]:
        """Say of a login that did not come about whose doing that was.

        Raises:
            NotSigned: the card's, or that of whoever sits before it.
            NoTicket: as for `LoginHost`.
            Unexpected: ours.
        """
        try:
            yield
        except OSError as nobody:
            raise Unexpected(f"{self._origin}: no answer ({type(nobody).__name__})") from nobody
        except LoginFailed as failed:
            if isinstance(failed.__cause__, NotSigned):
                raise failed.__cause__ from None
            if failed.why == Code.TLS_CLOCK:
                raise NoTicket(Why.CLOCK) from failed
            told = between.failed if between and between.failed else failed
            if isinstance(told, LoginFailed) and told.why in ("alert", "handshake"):
                raise NoTicket(Why.RELAYED if between else Why.HANDSHAKE) from told
            if self._hosts.faults:
                raise self._hosts.faults.pop() from None
            raise Unexpected(f"{self._origin}: {told}") from told
