"""A login host with what belongs to it, certificates to visit it with, and a browser that is not ours."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from softeid.harness.clock import Clock
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.certificate_state import recipe_named
from softeid.harness.pki.leaf import RECIPES, Use
from softeid.harness.registration.login_ticket import Hint, How
from softeid.harness.seed import Seed
from softeid.harness.web.tls import TLS, ServerFiles, write_server

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
NAME = "login.localhost"
TARGET = "/auth/mtls?session=LINK"
NEXT = "https://portal.localhost/login?ticket=TICKET"

Address = tuple[str, int]

_PATIENCE = 30  # seconds; nobody waits that long but for a hanging server


@dataclass(frozen=True)
class Holder:
    """A certificate and its key, as a browser without a card has them."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    file: Path

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass
class LoginLab:
    """Cards live in 2031, the server's certificate in the machine's time."""

    folder: Path
    seen: list[tuple[str, bytes | None]] = field(default_factory=list)
    how: list[How] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = Clock(datetime(2031, 3, 2, 9, tzinfo=UTC))
        self.authority = Authority(Seed("login host tests"), self.clock)
        self.tls = Authority(Seed("login host tests"), Clock(datetime.now(UTC)), TLS)
        self.files: ServerFiles = write_server(self.folder / "tls", self.tls)

    def present(self, link: str, certificate: bytes | None, how: How, hint: Hint) -> str:
        self.seen.append((link, certificate))
        self.how.append(how)
        self.hints.append(hint)
        return NEXT

    def forget(self) -> None:
        """Nobody was seen yet."""
        for kept in (self.seen, self.how, self.hints):
            kept.clear()

    def holder(self, state: str = "valid", use: Use = Use.AUTHENTICATION, bits: int = 0) -> Holder:
        """A certificate in a state; with an RSA key of so many bits, if any."""
        key = rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP384R1())
        years = (self.clock.now.replace(year=year) for year in (2030, 2035))
        leaf = RECIPES[use](persons()["jaak"], key.public_key(), *years)
        certificate = recipe_named(state)(self.authority, leaf)
        file = self.folder / f"{state}-{use}-{bits}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
        return Holder(certificate, key, file)

    def browse(
        self,
        address: tuple[str, int],
        holder: Holder | None = None,
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        target: str = TARGET,
    ) -> Seen:
        """One GET request."""
        return self.send(address, f"GET {target} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode(), holder, version)

    def send(
        self,
        address: tuple[str, int],
        octets: bytes,
        holder: Holder | None = None,
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ) -> Seen:
        """Send something over TLS and read to the end."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.files.trust)
        context.minimum_version = context.maximum_version = version
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # so that weak certificates can be shown
        if holder:
            context.load_cert_chain(holder.file)
        answer = b""
        with (
            socket.create_connection(address, _PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as connection,
        ):
            connection.sendall(octets)
            while octets := connection.recv(65536):
                answer += octets
        return Seen.of(answer)


@dataclass(frozen=True)
class Seen:
    """A response."""

    status: int
    headers: dict[str, str]
    body: str

    @classmethod
    def of(cls, octets: bytes) -> Seen:
        head, _, body = octets.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        return cls(int(line.split()[1]), headers, body.decode())


def read_to_end(plain: socket.socket) -> bytes:
    """What still comes until the other side hangs up."""
    octets = b""
    with suppress(ConnectionError):
        while more := plain.recv(65536):
            octets += more
    return octets
