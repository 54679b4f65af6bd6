"""The login host over real TLS: every certificate comes through, and nothing else does."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from OpenSSL import SSL
from tests.harness.web.login_lab import NAME, NEXT, TARGET, VERSIONS, Address, Holder, LoginLab

from softeid.harness.pki.leaf import Use
from softeid.harness.pki.ocsp import Responder
from softeid.harness.registration.certificate_check import CertificateCheck, Trust
from softeid.harness.registration.login_ticket import (
    LOGIN_LINKS,
    LOGIN_TICKETS,
    Hint,
    How,
    TicketBook,
    UnknownLink,
)
from softeid.harness.registration.memory import MemoryStore
from softeid.harness.registration.ocsp_check import OcspCheck
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.web_eid_token import parsed_certificate
from softeid.harness.web.login_host import LoginHost
from softeid.harness.web.tls import ServerFiles, write_server

pytestmark = pytest.mark.usefixtures("forgotten")
both_versions = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> LoginLab:
    return LoginLab(tmp_path_factory.mktemp("login"))


# --- certificates -----------------------------------------------------------------------------------------

STATES = ("valid", "expired", "not-yet-valid", "untrusted-issuer", "wrong-usage", "revoked")


@both_versions
@pytest.mark.parametrize("state", STATES)
@pytest.mark.covers("SID-TIM-007")
def test_every_certificate_comes_through(
    lab: LoginLab, address: Address, state: str, version: ssl.TLSVersion
) -> None:
    """Also those of another decade: the server's own certificate follows the machine's clock meanwhile."""
    holder = lab.holder(state)
    seen = lab.browse(address, holder, version)
    assert (seen.status, seen.headers["Location"], seen.body) == (303, NEXT, "")
    assert lab.seen == [("LINK", holder.der)]


@both_versions
@pytest.mark.parametrize("bits", [1024, 2048])
def test_rsa_keys_weak_ones_too(lab: LoginLab, address: Address, bits: int, version: ssl.TLSVersion) -> None:
    holder = lab.holder(bits=bits)
    assert lab.browse(address, holder, version).status == 303
    assert lab.seen == [("LINK", holder.der)]


@both_versions
def test_the_signature_certificate(lab: LoginLab, address: Address, version: ssl.TLSVersion) -> None:
    holder = lab.holder(use=Use.SIGNATURE)
    assert lab.browse(address, holder, version).status == 303
    assert lab.seen == [("LINK", holder.der)]


@both_versions
def test_no_certificate(lab: LoginLab, address: Address, version: ssl.TLSVersion) -> None:
    assert lab.browse(address, None, version).status == 303
    assert lab.seen == [("LINK", None)]


@pytest.mark.parametrize(
    ("state", "use", "told"),
    [
        ("valid", Use.AUTHENTICATION, ""),
        ("expired", Use.AUTHENTICATION, "CERT_EXPIRED"),
        ("not-yet-valid", Use.AUTHENTICATION, "CERT_NOT_YET_VALID"),
        ("untrusted-issuer", Use.AUTHENTICATION, "CERT_UNTRUSTED"),
        ("wrong-usage", Use.AUTHENTICATION, "CERT_WRONG_PURPOSE"),
        ("valid", Use.SIGNATURE, "CERT_WRONG_PURPOSE"),
        ("revoked", Use.AUTHENTICATION, "CERT_REVOKED"),
        ("suspended", Use.AUTHENTICATION, "CERT_SUSPENDED"),
        (None, Use.AUTHENTICATION, "NO_CLIENT_CERT"),
    ],
)
def test_with_a_ticket_the_portal_tells_each_apart(
    lab: LoginLab, state: str | None, use: Use, told: str
) -> None:
    """Host, book and the portal's check together, on the clock of the cards."""
    now = lab.clock.now
    store, random = MemoryStore(), lab.authority.seed.stream("tickets")
    book = TicketBook(random, store.table(LOGIN_LINKS), store.table(LOGIN_TICKETS))
    responder = Responder(lab.authority, lab.clock)
    ocsp = OcspCheck(lambda url, request: responder.answer(request), Settings(), random)
    check = CertificateCheck(Trust([lab.authority.issuer]), ocsp)

    def present(link: str, certificate: bytes | None, how: How, hint: Hint) -> str:
        return f"https://portal.localhost/login?ticket={book.present(link, certificate, how, now, hint)}"

    host = LoginHost(present, lab.files, [lab.authority.issuer])
    address = host.start()
    try:
        target = f"/auth/mtls?session={book.invite('session', now)}"
        seen = lab.browse(address, lab.holder(state, use) if state else None, target=target)
        assert lab.browse(address, target=target).status == 403
    finally:
        host.stop()
    ticket = seen.headers["Location"].partition("?ticket=")[2]
    try:
        check.check(parsed_certificate(book.redeem(ticket, "session", now)), Use.AUTHENTICATION, now)
        code = ""
    except Refused as refusal:
        code = str(refusal.code)
    assert code == told


def client_context(version: int) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    return context


@contextmanager
def connected(
    address: Address, context: SSL.Context, holder: Holder | None = None, session: SSL.Session | None = None
) -> Iterator[SSL.Connection]:
    """A client's connection after its handshake."""
    with socket.create_connection(address) as plain:
        connection = SSL.Connection(context, plain)
        connection.set_connect_state()
        connection.set_tlsext_host_name(NAME.encode())
        if holder:
            connection.use_certificate(holder.certificate)
            connection.use_privatekey(holder.key)
        if session:
            connection.set_session(session)
        connection.do_handshake()
        yield connection


def asked(connection: SSL.Connection, *targets: str) -> bytes:
    connection.sendall("".join(f"GET {one} HTTP/1.1\r\nHost: {NAME}\r\n\r\n" for one in targets).encode())
    octets = b""
    while True:
        try:
            octets += connection.recv(65536)
        except (SSL.ZeroReturnError, SSL.SysCallError):
            return octets


library_versions = pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])


@library_versions
def test_the_authorities_are_named(lab: LoginLab, address: Address, version: int) -> None:
    """Without them browsers offer nothing."""
    with connected(address, client_context(version)) as connection:
        names = connection.get_client_ca_list(as_cryptography=True)
    assert names == [lab.authority.issuer.subject]


@library_versions
@pytest.mark.covers("SID-LGN-034")
def test_a_session_is_never_taken_up_again(lab: LoginLab, address: Address, version: int) -> None:
    """A browser that comes back with the session of a login, and does not sign, is nobody."""
    holder, context = lab.holder(), client_context(version)
    with connected(address, context, holder) as connection:
        asked(connection, TARGET)
        session = connection.get_session()
    with connected(address, context, None, session) as connection:
        asked(connection, TARGET)
    assert [certificate for _, certificate in lab.seen] == [holder.der, None]
    assert lab.how == [How.SIGNED, How.WITHOUT]


@library_versions
@pytest.mark.covers("SID-LGN-034")
def test_a_careless_host_knows_what_was_not_signed(lab: LoginLab, version: int) -> None:
    """It takes up a session, and with it a certificate whose key nobody used now."""
    host = LoginHost(lab.present, lab.files, [lab.authority.issuer], resumes=True)
    address, holder, context = host.start(), lab.holder(), client_context(version)
    try:
        with connected(address, context, holder) as connection:
            asked(connection, TARGET)
            session = connection.get_session()
        with connected(address, context, None, session) as connection:
            asked(connection, TARGET)
        with connected(address, context) as connection:
            asked(connection, TARGET)
    finally:
        host.stop()
    assert [certificate for _, certificate in lab.seen] == [holder.der, holder.der, None]
    assert lab.how == [How.SIGNED, How.RESUMED, How.WITHOUT]


def test_a_client_may_say_why_it_has_no_certificate(lab: LoginLab, address: Address) -> None:
    for asked_for in ("", "&hint=insert_card"):
        assert lab.browse(address, target=TARGET + asked_for).status == 303
    assert lab.hints == [Hint.CHECK_CARD, Hint.INSERT_CARD]


@pytest.mark.covers("SID-LGN-034")
def test_a_connection_logs_in_once(lab: LoginLab, address: Address) -> None:
    holder = lab.holder()
    with connected(address, client_context(SSL.TLS1_3_VERSION), holder) as connection:
        answer = asked(connection, "/auth/mtls?session=MINE", "/auth/mtls?session=ANOTHERS")
    assert answer.count(b"HTTP/1.1") == 1
    assert lab.seen == [("MINE", holder.der)]


def test_nobody_negotiates_anew(lab: LoginLab, address: Address) -> None:
    with connected(address, client_context(SSL.TLS1_2_VERSION), lab.holder()) as connection:
        connection.renegotiate()
        with pytest.raises(SSL.Error, match="no renegotiation"):
            connection.do_handshake()
    assert lab.seen == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_are_refused(lab: LoginLab, address: Address, version: ssl.TLSVersion) -> None:
    with pytest.raises(ssl.SSLError):
        lab.browse(address, lab.holder(), version)
    assert lab.seen == []


# --- refusing in the handshake ----------------------------------------------------------------------------


@pytest.fixture
def strict(lab: LoginLab) -> Iterator[Callable[[bool], tuple[Address, list[bytes]]]]:
    """Strict hosts whose judge always says the same."""
    hosts = []

    def make(good: bool) -> tuple[Address, list[bytes]]:
        judged: list[bytes] = []

        def judge(certificate: bytes) -> bool:
            judged.append(certificate)
            return good

        hosts.append(LoginHost(lab.present, lab.files, [lab.authority.issuer], strict=judge))
        return hosts[-1].start(), judged

    yield make
    for host in hosts:
        host.stop()


@both_versions
def test_a_strict_host_asks_its_judge(
    lab: LoginLab, strict: Callable[[bool], tuple[Address, list[bytes]]], version: ssl.TLSVersion
) -> None:
    holder = lab.holder("expired")
    address, judged = strict(True)
    assert lab.browse(address, holder, version).status == 303
    assert (lab.seen, judged) == ([("LINK", holder.der)], [holder.der])
    address, judged = strict(False)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        lab.browse(address, holder, version)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        lab.browse(address, None, version)
    assert (len(lab.seen), judged) == (1, [holder.der])


# --- the rest of the world --------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [UnknownLink(), RuntimeError("SECRET")])
def test_when_the_portal_has_no_ticket(lab: LoginLab, fault: Exception) -> None:
    faults: list[Exception] = []

    def present(link: str, certificate: bytes | None, how: How, hint: Hint) -> str:
        raise fault

    host = LoginHost(present, lab.files, [], on_fault=faults.append)
    address = host.start()
    try:
        seen = lab.browse(address)
    finally:
        host.stop()
    assert "SECRET" not in seen.body
    assert "Location" not in seen.headers
    if isinstance(fault, UnknownLink):
        assert (seen.status, faults) == (403, [])
    else:
        assert (seen.status, faults) == (500, [fault])


def test_a_host_that_was_stopped_is_gone(lab: LoginLab) -> None:
    host = LoginHost(lab.present, lab.files, [])
    address = host.start()
    host.stop()
    with pytest.raises(ConnectionRefusedError):
        lab.browse(address)
    again = LoginHost(lab.present, lab.files, [], port=address[1])
    assert again.start() == address
    again.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "localhost", ""])
def test_only_loopback(lab: LoginLab, host: str) -> None:
    with pytest.raises(ValueError):
        LoginHost(lab.present, lab.files, [], host=host)


def test_files_that_do_not_belong_together(lab: LoginLab, tmp_path: Path) -> None:
    other = write_server(tmp_path, lab.tls, ["other.localhost"])
    with pytest.raises(SSL.Error):
        LoginHost(lab.present, ServerFiles(lab.files.certificate, other.key, lab.files.trust), [])
