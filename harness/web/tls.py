"""The lab's own TLS: an authority that browsers can be told to trust, and certificates for its servers.

It lives in real time, since browsers do; cards and accounts live on the scenario's clock (SID-TIM-007).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..clock import Clock
from ..pki.authority import Authority
from ..pki.home import export, home_authority
from ..pki.key_usage import key_usage
from ..pki.leaf import Leaf
from ..pki.name import OURS
from ..pki.shape import AuthorityShape
from ..registration.client_handshake import SERVER_LIFE, SERVER_SINCE
from ..seed import Seed

TLS = AuthorityShape(
    root=f"{OURS} TLS root",
    issuer=f"{OURS} TLS servers",
    curve=ec.SECP256R1(),
    digest=hashes.SHA256(),
    path="tls",
)

# RFC 6761: `localhost` (6.3) and `test` (6.2) belong to nobody. Browsers that know no wildcard directly
# below `localhost` find the lab's hosts by name.
NAMES = (
    "localhost",
    "*.localhost",
    *(f"{host}.localhost" for host in ("portal", "login", "phone", "desk", "ocsp", "lab")),
    *(f"{host}.softeid.test" for host in ("portal", "login", "phone", "desk", "ocsp", "lab")),
    "127.0.0.1",
    "::1",
)


@dataclass(frozen=True)
class ServerFiles:
    """What a TLS server is started with, as paths of PEM files.

    Attributes:
        certificate: the server's certificate, then its issuer's.
        key: the server's private key; its owner alone can read it.
        trust: the authority's certificates, for clients.
    """

    certificate: Path
    key: Path
    trust: Path


def tls_authority(seed: Seed, clock: Clock, environment: Mapping[str, str] | None = None) -> Authority:
    """The authority behind the lab's servers: that of a seed, or the one kept in the user's data folder.

    Args:
        seed: one with a text gives the same authority again; one without takes the kept one, made at first
            use, so that a browser which was told to trust it need not be told again.
        clock: the real one (`Clock.real()`), never a scenario's.
        environment: XDG_DATA_HOME and HOME; by default the process's own.

    Raises:
        HomeError: the data folder cannot be used.
    """
    return Authority(seed, clock, TLS) if seed.repeats else home_authority(clock, environment, TLS)


def issue_server(
    authority: Authority, names: Sequence[str] = NAMES
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A key and a certificate for a server, valid from yesterday for 397 days of the authority's clock.

    Args:
        authority: of `tls_authority`.
        names: host names and IP addresses; the first is the subject's common name too.
    """
    key = authority.seed.ec_key(ec.SECP256R1(), "tls server", *names)
    now = authority.clock.now.replace(microsecond=0)
    not_before = max(now - SERVER_SINCE, authority.shape.not_before)
    not_after = min(not_before + SERVER_LIFE, authority.shape.not_after)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([_general_name(name) for name in names]), False),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    leaf = Leaf(
        subject,
        key.public_key(),
        not_before,
        not_after,
        tuple(x509.Extension(value.oid, critical, value) for value, critical in extensions),
        access=False,
    )
    return key, authority.issue(leaf)


def write_server(folder: Path, authority: Authority, names: Sequence[str] = NAMES) -> ServerFiles:
    """Issue a server's certificate and leave what the server needs in a folder, readable by its owner alone.

    What lay there under the same names is replaced, each file as a whole.

    Args:
        folder: made if it is not there.
        authority: of `tls_authority`.
        names: as for `issue_server`.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, certificate = issue_server(authority, names)
    files = ServerFiles(folder / "server.pem", folder / "server.key.pem", folder / "trust.pem")
    chain = certificate.public_bytes(Encoding.PEM) + authority.issuer.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for path, octets in (
        (files.key, private),
        (files.certificate, chain),
        (files.trust, export(authority).encode()),
    ):
        _replace(path, octets)
    return files


def _general_name(name: str) -> x509.GeneralName:
    address: IPv4Address | IPv6Address | None = None
    with suppress(ValueError):
        address = ip_address(name)
    return x509.IPAddress(address) if address else x509.DNSName(name)


def _replace(path: Path, octets: bytes) -> None:
    """Write a file aside, in a folder that is ours alone, and put it in its place."""
    aside = Path(mkdtemp(prefix=f".{path.name}-", dir=path.parent))  # 0700
    try:
        descriptor = os.open(aside / path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
        (aside / path.name).replace(path)
    finally:
        with suppress(FileNotFoundError):
            (aside / path.name).unlink()
        aside.rmdir()
