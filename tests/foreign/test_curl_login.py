"""curl logs in by mutual TLS: OpenSC's PKCS#11 module lets the card sign, in a private pcscd."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.foreign.user import Ended, User

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.registration.login_ticket import LOGIN_LINKS, LOGIN_TICKETS, Hint, How, TicketBook
from softeid.harness.registration.memory import MemoryStore
from softeid.harness.seed import Seed
from softeid.harness.web.login_host import LoginHost
from softeid.harness.web.tls import TLS, ServerFiles, write_server
from softeid.vpcd.doctor import OPENSC_MODULE

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc, pytest.mark.curl]

NOW = datetime(2031, 3, 2, 9, tzinfo=UTC)  # the portal's; curl and the card have the machine's
NAME = "login.localhost"
RIGHT, WRONG = "1234", "4321"

both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@dataclass
class Portal:
    """A login host, and the tickets that it brings about."""

    port: int
    files: ServerFiles
    book: TicketBook
    issued: list[str] = field(default_factory=list)

    def address(self) -> str:
        return f"https://{NAME}:{self.port}/auth/mtls?session={self.book.invite('session', NOW)}"

    def redeem(self, ended: Ended) -> bytes:
        """The certificate behind the ticket that curl was sent on with."""
        found = re.search(r"^HTTP/1.1 303 .*^Location: (\S+)", ended.out, re.MULTILINE | re.DOTALL)
        assert found, ended
        return self.book.redeem(found[1].partition("?ticket=")[2], "session", NOW)


@contextmanager
def portal(folder: Path, authorities: list[x509.Certificate]) -> Iterator[Portal]:
    files = write_server(folder, Authority(Seed("curl"), Clock(datetime.now(UTC)), TLS))
    store = MemoryStore()
    book = TicketBook(os.urandom, store.table(LOGIN_LINKS), store.table(LOGIN_TICKETS))

    def present(link: str, certificate: bytes | None, how: How, hint: Hint) -> str:
        ticket = book.present(link, certificate, how, NOW, hint)
        here.issued.append(ticket)
        return f"https://portal.localhost/login?ticket={ticket}"

    host = LoginHost(present, files, authorities)
    here = Portal(host.start()[1], files, book)
    try:
        yield here
    finally:
        host.stop()


@dataclass(frozen=True)
class Desk:
    """Somebody with a card in the reader, and the portal that they go to."""

    reader: User
    portal: Portal

    def curl(self, pin: str, version: str) -> Ended:
        """Log in; the PIN stands in a file, since everybody can read the arguments of a program.

        Of OpenSC's two tokens the one with the authentication key is taken: OpenSSL's engine logs in to
        neither where both would do.
        """
        (self.reader.home / "pin").write_text(pin)
        told = self.reader.did("pkcs11-tool", "--list-token-slots")
        label = re.search(r"token label +: (.*\(PIN1\))", told)
        assert label, told
        token = f"pkcs11:token={quote(label[1])};id=%01"
        module = next(str(path) for pattern in OPENSC_MODULE for path in Path("/").glob(pattern[1:]))
        return self.reader.run(
            *("env", f"PKCS11_MODULE_PATH={module}", "curl", "--silent", "--show-error", "--include"),
            *("--resolve", f"{NAME}:{self.portal.port}:127.0.0.1", "--cacert", self.portal.files.trust),
            *(f"--tlsv{version}", "--tls-max", version, "--engine", "pkcs11"),
            *("--cert-type", "ENG", "--cert", f"{token};type=cert", "--key-type", "ENG"),
            *("--key", f"{token};type=private?pin-source=file:{self.reader.home / 'pin'}"),
            self.portal.address(),
        )

    def certificate(self, number: str) -> bytes:
        self.reader.did("pkcs15-tool", "--read-certificate", number, "-o", "read.crt")
        read = x509.load_pem_x509_certificate((self.reader.home / "read.crt").read_bytes())
        return read.public_bytes(Encoding.DER)

    def flags(self) -> set[str]:
        """What the first token says of its PIN's counter."""
        told = re.findall(r"token flags +: (.*)", self.reader.did("pkcs11-tool", "-L"))[0].split(", ")
        return set(told) & {"user PIN count low", "final user PIN try", "user PIN locked"}


@contextmanager
def desk(user: User, *options: str) -> Iterator[Desk]:
    exported = user.call("ca", "export", "--format", "pem")
    _, issuer = x509.load_pem_x509_certificates(exported.out.encode())
    with portal(user.home / "tls", [issuer]) as here, user.card(*options) as reader:
        yield Desk(reader, here)


@both_versions
def test_the_right_pin_logs_in(user: User, version: str) -> None:
    with desk(user) as here:
        ended = here.curl(RIGHT, version)
        assert ended.code == 0, ended
        assert here.portal.redeem(ended) == here.certificate("01")
        assert here.flags() == set()


@both_versions
def test_a_wrong_pin_does_not_and_costs_a_try(user: User, version: str) -> None:
    with desk(user) as here:
        for left, flag in ((2, "user PIN count low"), (1, "final user PIN try"), (0, "user PIN locked")):
            ended = here.curl(WRONG, version)
            assert (ended.code, ended.out) == (58, ""), ended
            assert here.flags() == {flag}, left
        assert here.curl(RIGHT, version).code == 58
        assert here.portal.issued == []


def test_the_right_pin_after_a_wrong_one(user: User) -> None:
    with desk(user) as here:
        assert here.curl(WRONG, "1.3").code == 58
        assert here.portal.redeem(here.curl(RIGHT, "1.3")) == here.certificate("01")
        assert here.flags() == set()


@pytest.mark.parametrize("state", ["expired", "not-yet-valid", "untrusted-issuer", "wrong-usage"])
def test_every_certificate_gets_a_ticket(user: User, state: str) -> None:
    """What is wrong with it the portal says, when the ticket comes."""
    with desk(user, "--state", state) as here:
        ended = here.curl(RIGHT, "1.3")
        assert here.portal.redeem(ended) == here.certificate("01")
