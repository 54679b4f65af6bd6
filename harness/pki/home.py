"""The home authority: made at first use, kept in the user's data folder, trusted tomorrow as today.

    $XDG_DATA_HOME/softeid/authority/esteid2018/     (by default under ~/.local/share)
        root.pem  issuer.pem  issuer.key.pem
        status.sqlite                               (from the first certificate on)
    $XDG_DATA_HOME/softeid/status/
        esteid2018-DIGEST.sqlite                    of a seed's authority, once `ca serve` has served it

The root's key is not kept: it has signed all that it will ever sign. A seed's authority is kept nowhere, only
what it said of its certificates.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from errno import ELOOP, ENOENT
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ..clock import Clock
from ..durable import sync_folder
from ..seed import Seed
from .authority import Authority
from .chain import Chain, make_chain
from .error import HomeError, NameRefused
from .name import check_ours
from .own_file import check_folder, check_owner
from .shape import ESTEID2018, AuthorityShape
from .status_file import StatusFile

_ROOT, _ISSUER, _KEY, _STATUS = "root.pem", "issuer.pem", "issuer.key.pem", "status.sqlite"
_MAX_OCTETS = 1 << 16  # of one file; a certificate has about 1000


def home_authority(
    clock: Clock, environment: Mapping[str, str] | None = None, shape: AuthorityShape = ESTEID2018
) -> Authority:
    """The authority of this user, made now if there is none yet.

    Args:
        clock: the real one (`Clock.real()`).
        environment: XDG_DATA_HOME and HOME; by default the process's own.
        shape: which authority; each has a folder of its own.

    Raises:
        HomeError: the folder cannot be used, or does not hold what it should; nothing was changed.
    """
    folder = data_folder(os.environ if environment is None else environment) / "authority" / shape.path
    try:
        if not os.path.lexists(folder):
            _make(folder, make_chain(Seed(), shape))
        for place in (folder.parent.parent, folder.parent, folder):
            check_folder(place)
        chain = _read(folder)
    except OSError as error:
        raise _no_folder(folder, "the authority", error) from None
    _check_chain(folder, chain, shape)
    return Authority(Seed(), clock, shape, chain=chain, register=StatusFile(folder / _STATUS))


def authority_of(
    seed: Seed, clock: Clock, environment: Mapping[str, str] | None = None, *, kept: bool = False
) -> Authority:
    """The authority that a seed stands for; without a text of its own, the home authority.

    Args:
        seed: whose authority.
        clock: as for `home_authority`.
        environment: likewise.
        kept: from now on keep what a seed's authority says of its certificates. What was asked once holds for
            every later call; until then nothing is written.

    Raises:
        HomeError: the home authority cannot be had, or the place for the statuses not be used.
    """
    if not seed.repeats:
        return home_authority(clock, environment)
    authority = Authority(seed, clock)
    try:
        register = register_of(seed, environment)
    except HomeError:
        if kept:
            raise
        return authority
    folder = register.path.parent
    try:
        if kept:
            _own_folder(folder)
            register.make()
        if register.made:
            check_folder(folder)
            authority.register = register
    except OSError as error:
        raise _no_folder(folder, "statuses", error) from None
    return authority


def register_of(
    seed: Seed, environment: Mapping[str, str] | None = None, shape: AuthorityShape = ESTEID2018
) -> StatusFile:
    """Where the authority of a seed, or the home authority, keeps what it says of certificates, if it does.

    Neither the authority nor the file is made.

    Raises:
        HomeError: there is no data folder.
    """
    data = data_folder(os.environ if environment is None else environment)
    if seed.text is None:
        return StatusFile(data / "authority" / shape.path / _STATUS)
    digest = sha256(seed.text.encode()).hexdigest()[:32]
    return StatusFile(data / "status" / f"{shape.path}-{digest}.sqlite")


def data_folder(environment: Mapping[str, str]) -> Path:
    """Where softeid keeps what must last: the XDG Base Directory Specification's data folder.

    Raises:
        HomeError: the environment names neither XDG_DATA_HOME nor HOME.
    """
    # "All paths must be absolute; a relative one is to be ignored."
    for name, below in (("XDG_DATA_HOME", ()), ("HOME", (".local", "share"))):
        base = environment.get(name, "")
        if base.startswith("/"):
            return Path(base, *below, "softeid")
    raise HomeError("XDG_DATA_HOME and HOME", "an absolute path in one of them", "none", "set one of them")


def export(authority: Authority) -> str:
    """Root and issuing certificate as PEM: what others need to trust the cards.

    Nothing stands between the two: not every reader of PEM skips explanations.
    """
    chain = (authority.root, authority.issuer)
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in chain)


def _no_folder(folder: Path, what: str, error: OSError) -> HomeError:
    no_folder = isinstance(error, FileExistsError | NotADirectoryError)
    return HomeError(
        str(error.filename or folder),
        f"a folder to keep {what} in",
        "something that is no folder" if no_folder else f"{error.strerror or error}",
        "set XDG_DATA_HOME to a folder of yours, or use --seed, which keeps nothing",
    )


def _make(folder: Path, chain: Chain) -> None:
    """Write aside, then rename: whoever comes first wins, and nobody ever sees half of it."""
    _own_folder(folder.parent)
    aside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # 0700
    key = chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        _write(aside / _KEY, key)
        _write(aside / _ROOT, chain.root.public_bytes(Encoding.PEM))
        _write(aside / _ISSUER, chain.issuer.public_bytes(Encoding.PEM))
        sync_folder(aside)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.exists():
                raise
        sync_folder(folder.parent)
    finally:
        rmtree(aside, ignore_errors=True)


def _own_folder(folder: Path) -> None:
    """Have a folder below softeid's own for us alone."""
    for place in (folder.parent.parent, folder.parent, folder):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in (folder.parent, folder):
        check_folder(place)


def _write(path: Path, octets: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())


def _read(folder: Path) -> Chain:
    root, issuer = (_certificate(folder / name) for name in (_ROOT, _ISSUER))
    path = folder / _KEY
    try:
        key = load_pem_private_key(_octets(path, 0o077), None)
    except (ValueError, TypeError) as error:
        raise _corrupted(path, "a private key in PEM", "octets that are none") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _corrupted(path, "an elliptic curve or RSA key", "another kind of key")
    return Chain(root, issuer, key)


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_octets(path, 0o022))
    except ValueError as error:
        raise _corrupted(path, "a certificate in PEM", "octets that are none") from error


def _octets(path: Path, forbidden: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == ENOENT:
            raise _corrupted(path, "a file", "nothing") from None
        if error.errno == ELOOP:
            raise _corrupted(path, "a file", "a link") from None
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _corrupted(path, "a file", stat.filemode(found.st_mode))
        check_owner(path, found, forbidden, "chmod 600")
        return os.read(descriptor, _MAX_OCTETS)
    finally:
        os.close(descriptor)


def _check_chain(folder: Path, chain: Chain, shape: AuthorityShape) -> None:
    """Refuse what this program would not have written: other names, or parts that do not belong together."""
    for path, certificate, name in ((_ROOT, chain.root, shape.root), (_ISSUER, chain.issuer, shape.issuer)):
        try:
            check_ours(certificate.subject)
            certificate.verify_directly_issued_by(chain.root)
        except NameRefused as error:
            raise _corrupted(folder / path, error.expected, error.found) from error
        except (ValueError, TypeError, InvalidSignature) as error:
            raise _corrupted(
                folder / path, f"a certificate signed by {_ROOT}", "another signature"
            ) from error
        if f"CN={name}" not in certificate.subject.rfc4514_string().split(","):
            raise _corrupted(folder / path, name, certificate.subject.rfc4514_string())
    if chain.issuer.public_key() != chain.key.public_key():
        raise _corrupted(folder / _KEY, f"the key of {_ISSUER}", "another key")


def _corrupted(path: Path, expected: str, found: str) -> HomeError:
    advice = (
        f"put the file back, or move {path.parent} away: a new authority is made then, and whoever trusted "
        "the old one must trust the new"
    )
    return HomeError(str(path), expected, found, advice)
