"""An authority's certificates in the forms that other people's systems trust from. No key is ever in one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)
from cryptography.x509.oid import NameOID

from softeid.vpcd.installation import advice_to_install

from .authority import Authority
from .error import PkiError

PASSWORD = "changeit"  # noqa: S105  # what Java's own trust store has: there is nothing to protect
TRUSTED = "CT,C,C"
"""Trust in an NSS database: for servers (C) and clients (T) of TLS, for mail and for objects."""

_LIMIT = 60  # seconds for one call of certutil


class TrustStoreError(PkiError):
    """A trust store cannot be written."""


def pkcs12(authority: Authority) -> bytes:
    """Root and issuing certificate as a PKCS #12 trust store, as Java's keytool makes it; see `PASSWORD`."""
    entries = [
        PKCS12Certificate(certificate, name.encode()) for name, certificate in _certificates(authority)
    ]
    return serialize_java_truststore(entries, BestAvailableEncryption(PASSWORD.encode()))


def add_to_nss(authority: Authority, folder: Path) -> None:
    """Make the certificates trusted in an NSS database, as Chromium and Firefox have one.

    Args:
        folder: the database's; made if it is missing, with an empty password. What is in it stays.

    Raises:
        TrustStoreError: certutil is missing, or cannot do it.
    """
    if not which("certutil"):
        advice = advice_to_install("libnss3-tools")
        raise TrustStoreError("--format nssdb", "NSS's program certutil", "none on the PATH", advice)
    database = f"sql:{folder}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise TrustStoreError(str(folder), "a folder", error.strerror or str(error)) from None
    if not (folder / "cert9.db").exists():
        _certutil(folder, "-N", "-d", database, "--empty-password")
    with TemporaryDirectory(prefix="softeid-") as aside:
        password = Path(aside, "password")
        password.write_text("\n", "ascii")
        for name, certificate in _certificates(authority):
            file = Path(aside, "certificate.der")
            file.write_bytes(certificate.public_bytes(Encoding.DER))
            _certutil(folder, "-A", "-d", database, "-f", password, "-n", name, "-t", TRUSTED, "-i", file)


def _certutil(folder: Path, *arguments: str | Path) -> None:
    """Call certutil without a terminal: it must not ask for a password."""
    try:
        done = subprocess.run(  # noqa: S603  # arguments of ours
            ["certutil", *map(str, arguments)],  # noqa: S607  # wherever the user has it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TrustStoreError("certutil", "a program that runs", str(error)) from None
    if done.returncode:
        told = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        advice = "a database with a password of its own cannot be written: take another folder"
        raise TrustStoreError(str(folder), "an NSS database", told[-1] if told else "a failure", advice)


def _certificates(authority: Authority) -> Iterator[tuple[str, x509.Certificate]]:
    """Root first, each with the name that people see."""
    for certificate in (authority.root, authority.issuer):
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        yield str(name.value), certificate


def write_whole(path: Path, octets: bytes) -> None:
    """Write a file so that nobody ever sees half of it; one that is there is replaced.

    Raises:
        TrustStoreError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe: nothing to replace
            path.write_bytes(octets)
            return
        aside = path.with_name(f".{path.name}.new")
        try:
            aside.write_bytes(octets)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise TrustStoreError(str(path), "a file that can be written", error.strerror or str(error)) from None
