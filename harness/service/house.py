"""A lab's servers: each on a port of its own and so on an origin of its own, all of loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..command.ca_server import StatusServer
from ..pki.ocsp_http import StatusSite
from ..web.api import Behind
from ..web.app_api import Shop
from ..web.desk_site import desk_site
from ..web.lab_api import Bench as LabBench
from ..web.lab_policy import LabPolicy
from ..web.lab_site import LabSite, bench_of, lab_site
from ..web.lab_window import Window
from ..web.login_host import PATH as LOGIN_PATH
from ..web.login_host import LoginHost
from ..web.pages.mishap import DeskMishap, LabMishap
from ..web.phone_site import phone_site
from ..web.phone_view import Bench
from ..web.portal_card import present
from ..web.portal_site import portal_site
from ..web.portal_window import PortalDress
from ..web.security import Policy
from ..web.server import Server
from ..web.session import Site
from ..web.site import STATIC_PATH
from ..web.tls import ServerFiles
from .error import LabError
from .lab_world import LabWorld
from .ports import HOST, HOST_IPV6, hold_ipv6

NAME = "localhost"
"""By which browsers reach every server: a secure context even by plain HTTP (W3C, Secure Contexts, 3.1)."""
_TLS = ("portal", "phones", "desk")
_TRIES = 20  # for a port that is free at both addresses


class LabPortal(Site):
    """The portal of one lab of several on the same host."""

    @property
    def cookie(self) -> str:
        """Its name has the port in it: a cookie is sent to every port of a host."""
        return f"{super().cookie}-{self.policy.origin.rpartition(':')[2]}"


@dataclass(frozen=True)
class Served:
    """Where the applications find the lab; after a reset, another one."""

    site: Site
    shop: Shop
    bench: LabBench

    def put(self, world: LabWorld) -> None:
        """Serve a lab from now on; in its turn."""
        self.site.portal, self.shop.phones = world.portal, world.phones
        if self.bench.world:
            self.bench.world.portal, self.bench.world.phones = world.portal, world.phones


class House:
    """The servers, listening from the beginning; they answer once they are opened.

    Attributes:
        origins: of each server, by name.
    """

    def __init__(self, ports: Mapping[str, int], https: bool, files: ServerFiles) -> None:
        """Take the ports.

        Args:
            ports: by name of the server; 0 for any that is free.
            https: whether people reach portal, phones and desk over TLS.
            files: certificate and key of every server that speaks TLS.

        Raises:
            AddressError, LabError: one is taken.
        """
        self._files = files
        self._login_port = ports["login"]
        self._ocsp_port = ports["ocsp"]
        self._closing = ExitStack()
        self._servers: dict[str, Server] = {}
        self.origins: dict[str, str] = {}
        try:
            for name, port in ports.items():
                if name not in ("login", "ocsp"):
                    tls = files if https and name in _TLS else None
                    server = self._listening(port, tls)
                    self._servers[name] = server
                    self.origins[name] = f"{'https' if tls else 'http'}://{NAME}:{server.port}"
        except BaseException:
            self.close()
            raise

    def _listening(self, port: int, tls: ServerFiles | None) -> Server:
        """A server on a port that nobody else has at the other address of loopback."""
        for _ in range(1 if port else _TRIES):
            server = self._closing.enter_context(Server(HOST, port, files=tls))
            with suppress(OSError):
                self._hold(server.port)
                return server
        raise LabError(f"port {port or '0'}: somebody has it at {HOST_IPV6}, where browsers look for {NAME}")

    def _hold(self, port: int) -> None:
        if held := hold_ipv6(port):
            self._closing.callback(held.close)

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where people and programs find each of them."""
        return {
            **{name: f"{origin}/" for name, origin in self.origins.items() if name != "login"},
            "login": f"{self.origins['login']}{LOGIN_PATH}",
        }

    def answer_status(self, site: StatusSite) -> None:
        """Answer OCSP, CRL and certificates.

        Raises:
            LabError: nobody can listen there.
        """
        try:
            server = StatusServer(site, HOST, self._ocsp_port)
        except OSError as error:
            raise LabError(f"port {self._ocsp_port}: {error.strerror or error}") from None
        self._closing.callback(server.close)
        _, _, port = server.address.rpartition(":")
        self.origins["ocsp"] = f"http://{NAME}:{port}"
        with suppress(OSError):  # it answers what anybody may know
            self._hold(int(port))

    def open(
        self,
        world: LabWorld,
        behind: Behind,
        authorities: Sequence[x509.Certificate],
        token: str,
        reset: Callable[[], None],
        fault: Callable[[Exception], None],
    ) -> Served:
        """Answer from now on.

        Args:
            world: the lab.
            behind: its stores and timers.
            authorities: issuers of ID cards, named to browsers.
            token: lets programs in to the lab's API.
            reset: begins anew.
            fault: is told of bugs of ours.

        Returns:
            What another lab can be put into.

        Raises:
            LabError, OSError: the login host cannot listen.
        """
        desk = self.origins["desk"]
        policies = {
            "portal": LabPolicy(self.origins["portal"], scripts=(desk,)),
            "phones": LabPolicy(self.origins["phones"]),
            "desk": LabPolicy(desk, lends=True),
            "lab": LabPolicy(self.origins["lab"]),
        }
        site = LabPortal(policies["portal"], behind, world.portal)
        self._open_login(site, world.portal.core.settings.login_resumption, authorities, fault)
        dress = PortalDress(
            scripts=(f"{desk}{STATIC_PATH}/desk-extension.js",), login=f"{self.origins['login']}{LOGIN_PATH}"
        )
        shop = Shop(policies["phones"], behind, world.phones)

        def now() -> datetime:
            return world.clock.now

        desk_window = Window("desk", policies["desk"], now, DeskMishap)
        lab_window = Window("lab", policies["lab"], now, LabMishap)
        bench = bench_of(world, behind, lab_window, reset)
        phones_bench = Bench(self.origins["portal"].partition("://")[2], lambda: bool(world.clock.pace))
        apps: dict[str, ASGIApp] = {
            "portal": portal_site(site, dress),
            "phones": phone_site(shop, phones_bench),
            "desk": desk_site(world.desk, desk_window, self.origins["portal"]),
            "lab": lab_site(LabSite(world, behind, lab_window, token), bench),
        }
        for name, app in apps.items():
            self._servers[name].start(app, policies[name], fault)
        if "plain" in self._servers:
            self._servers["plain"].start(_sends_to(self.origins["portal"]), Policy())
        return Served(site, shop, bench)

    def close(self) -> None:
        """Stop them all, and give the ports back."""
        self._closing.close()

    def _open_login(
        self,
        site: Site,
        resumes: bool,
        authorities: Sequence[x509.Certificate],
        fault: Callable[[Exception], None],
    ) -> None:
        host = LoginHost(
            present(site),
            self._files,
            authorities,
            resumes=resumes,
            on_fault=fault,
            host=HOST,
            port=self._login_port,
        )
        try:
            _, port = host.start()
        except OSError as error:
            raise LabError(f"port {self._login_port}: {error.strerror or error}") from None
        self._closing.callback(host.stop)
        self.origins["login"] = f"https://{NAME}:{port}"
        with suppress(OSError):  # nobody else has its certificate
            self._hold(port)


def _sends_to(origin: str) -> ASGIApp:
    """Sends every request on to the same path of another origin."""

    async def redirect(scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b"/"
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        path = (raw.partition(b"?")[0] + query).decode("ascii", "replace").lstrip("/")
        await RedirectResponse(f"{origin}/{path}", 308)(scope, receive, send)

    return redirect
