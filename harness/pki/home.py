"""The home authority: made at first use, kept in the user's data folder, trusted tomorrow as today.

    $XDG_DATA_HOME/softeid/authority/esteid2018/     (by default under ~/.local/share)
        root.pem  issuer.pem  issuer.key.pem

The root's key is not kept: it has signed all that it will ever sign.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from errno import ELOOP, ENOENT
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ..clock import Clock
from ..seed import Seed
from .authority import Authority, Chain, make_chain
from .error import HomeError, NameRefused
from .name import check_ours
from .shape import ESTEID2018, AuthorityShape

_ROOT, _ISSUER, _KEY = "root.pem", "issuer.pem", "issuer.key.pem"
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
            _check_folder(place)
        chain = _read(folder)
    except OSError as error:
        no_folder = isinstance(error, FileExistsError | NotADirectoryError)
        found = "something that is no folder" if no_folder else f"{error.strerror or error}"
        raise HomeError(
            str(error.filename or folder),
            "a folder to keep the authority in",
            found,
            "set XDG_DATA_HOME to a folder of yours, or use --seed, which keeps nothing",
        ) from None
    _check_chain(folder, chain, shape)
    return Authority(Seed(), clock, shape, chain=chain)


def authority_of(seed: Seed, clock: Clock) -> Authority:
    """The authority that a seed stands for; without a text of its own, the home authority.

    Raises:
        HomeError: the home authority cannot be had.
    """
    return Authority(seed, clock) if seed.repeats else home_authority(clock)


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


def _make(folder: Path, chain: Chain) -> None:
    """Write aside, then rename: whoever comes first wins, and nobody ever sees half of it."""
    for place in (folder.parent.parent.parent, folder.parent.parent, folder.parent):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in (folder.parent.parent, folder.parent):
        _check_folder(place)
    aside = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # 0700
    key = chain.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        _write(aside / _KEY, key)
        _write(aside / _ROOT, chain.root.public_bytes(Encoding.PEM))
        _write(aside / _ISSUER, chain.issuer.public_bytes(Encoding.PEM))
        _sync(aside)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.exists():
                raise
        _sync(folder.parent)
    finally:
        rmtree(aside, ignore_errors=True)


def _write(path: Path, octets: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_folder(folder: Path) -> None:
    """Refuse a folder in which somebody else can put things."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise HomeError(str(folder), "a folder", stat.filemode(found.st_mode), "move it away")
    _check_owner(folder, found, 0o022, "chmod 700")


def _check_owner(path: Path, found: os.stat_result, forbidden: int, remedy: str) -> None:
    """Refuse what belongs to another user, or has one of the forbidden mode bits."""
    if found.st_uid != os.getuid():
        advice = "set XDG_DATA_HOME to a folder of yours"
        raise HomeError(str(path), f"the owner {os.getuid()}", f"{found.st_uid}", advice)
    if found.st_mode & forbidden:
        mode = stat.filemode(found.st_mode)
        advice = f"if nobody was there whom you do not trust: {remedy} {path}"
        raise HomeError(str(path), "a place that is yours alone", mode, advice)


def _read(folder: Path) -> Chain:
    root, issuer = (_certificate(folder / name) for name in (_ROOT, _ISSUER))
    path = folder / _KEY
    try:
        key = load_pem_private_key(_octets(path, 0o077), None)
    except (ValueError, TypeError) as error:
        raise _corrupted(path, "a private key in PEM", "octets that are none") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _corrupted(path, "an elliptic curve key", "another kind of key")
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
        _check_owner(path, found, forbidden, "chmod 600")
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
