"""Logging in with a card over real TLS: the handshake is signed by APDUs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.harness.clients.conftest import Line

from softeid.harness.clients.eid_client import EidClient
from softeid.harness.clients.tls_client import Computer, LoginFailed, Version, follow
from softeid.harness.clients.tls_key import NotSigned, TlsKey, Why
from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.leaf import Use
from softeid.harness.reader import DirectReader
from softeid.harness.registration.login_ticket import Hint, How
from softeid.harness.seed import Seed
from softeid.harness.web.login_host import LoginHost
from softeid.harness.web.tls import TLS, write_server

NEXT = "https://portal.localhost/login?ticket=TICKET"
TODAY = datetime.now(UTC)

both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


class Host:
    """A login host and where to find it."""

    def __init__(self, folder: Path) -> None:
        self.seen: list[bytes | None] = []
        self.tls = Authority(Seed("tls client tests"), Clock(TODAY), TLS)
        self._host = LoginHost(self._present, write_server(folder, self.tls), [])
        self.address = self._host.start()
        self.stop = self._host.stop

    def _present(self, link: str, certificate: bytes | None, how: How, hint: Hint) -> str:
        assert link == "LINK"
        self.seen.append(certificate)
        return NEXT

    def follow(
        self,
        key: TlsKey | None,
        version: Version = "1.3",
        *,
        name: str = "login.localhost",
        path: str = "/auth/mtls?session=LINK",
        computer: Computer | None = None,
    ) -> str:
        computer = computer or Computer([self.tls.root], TODAY)
        address = f"https://{name}:{self.address[1]}{path}"
        return follow(address, computer, key, connect=self.address, version=version)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(tmp_path_factory.mktemp("login"))
    yield host
    host.stop()


@pytest.fixture
def host(shared: Host) -> Host:
    shared.seen.clear()
    return shared


class Window:
    """Types what it was given, then is closed; remembers what it showed."""

    def __init__(self, *typed: str) -> None:
        self._typed = list(typed)
        self.shown: list[tuple[str, int]] = []

    def __call__(self, pin: str, left: int) -> str | None:
        self.shown.append((pin, left))
        return self._typed.pop(0) if self._typed else None


def failed(deed: Callable[[], object]) -> LoginFailed:
    with pytest.raises(LoginFailed) as caught:
        deed()
    return caught.value


def der(line: Line, use: Use) -> bytes:
    return line.issued.certificates[use].public_bytes(Encoding.DER)


@both_versions
@pytest.mark.parametrize("use", Use)
def test_the_card_signs_the_handshake(host: Host, line: Line, use: Use, version: Version) -> None:
    """With the signature key too, if somebody chooses that: the portal will say what it thinks of it."""
    window = Window("1234" if use is Use.AUTHENTICATION else "12345")
    assert host.follow(TlsKey(line.client, window, use), version) == NEXT
    assert host.seen == [der(line, use)]
    assert window.shown == [("PIN1" if use is Use.AUTHENTICATION else "PIN2", 3)]


@both_versions
def test_nothing_to_offer(host: Host, version: Version) -> None:
    assert host.follow(None, version) == NEXT
    assert host.seen == [None]


@both_versions
@pytest.mark.parametrize("state", ["expired", "not-yet-valid", "untrusted-issuer", "wrong-usage", "revoked"])
def test_cards_that_will_be_refused(
    host: Host, make_line: Callable[..., Line], state: str, version: Version
) -> None:
    line = make_line(state)
    assert host.follow(TlsKey(line.client, Window("1234")), version) == NEXT
    assert host.seen == [der(line, Use.AUTHENTICATION)]


@both_versions
@pytest.mark.parametrize(
    ("state", "typed", "shown", "why", "left"),
    [
        ("fresh", ["9999", "1234"], [3, 2], "", 3),
        ("fresh", [], [3], Why.CANCELLED, 3),
        ("fresh", ["9999"], [3, 2], Why.CANCELLED, 2),
        ("fresh", ["9999", "9998", "9997", "1234"], [3, 2, 1], Why.BLOCKED, 0),
        ("pin1-last-try", ["1234"], [1], "", 3),
        ("pin1-blocked", ["1234"], [], Why.BLOCKED, 0),
    ],
)
def test_pins(
    host: Host,
    make_line: Callable[..., Line],
    state: str,
    typed: Sequence[str],
    shown: list[int],
    why: str,
    left: int,
    version: Version,
) -> None:
    line, window = make_line(state), Window(*typed)
    key = TlsKey(line.client, window)
    if why:
        assert failed(lambda: host.follow(key, version)).why == why
        assert host.seen == []
    else:
        assert host.follow(key, version) == NEXT
    assert window.shown == [("PIN1", one) for one in shown]
    assert _left(line) == left


def _left(line: Line) -> int:
    return line.issued.permanent.pins["PIN1"].tries


@both_versions
@pytest.mark.parametrize("moment", ["prompt", "signature"])
@pytest.mark.covers("SID-LGN-006", "SID-LGN-007")
def test_a_card_that_is_pulled(host: Host, line: Line, moment: str, version: Version) -> None:
    reader = DirectReader()
    reader.insert(line.issued.card)

    def transmit(apdu: bytes) -> bytes:
        if moment == "signature" and apdu[1] == 0x20:  # VERIFY
            reader.remove()
        return reader.transmit(apdu)

    def prompt(pin: str, left: int) -> str:
        if moment == "prompt":
            reader.remove()
        return "1234"

    key = TlsKey(EidClient(transmit), prompt)
    assert failed(lambda: host.follow(key, version)).why == Why.CARD_REMOVED
    assert host.seen == []
    assert _left(line) == 3


@both_versions
def test_a_key_that_is_not_the_certificates(
    host: Host, make_line: Callable[..., Line], version: Version
) -> None:
    key = TlsKey(make_line("key-mismatch").client, Window("1234"))
    error = failed(lambda: host.follow(key, version))
    assert (error.why, error.detail) == ("alert", "decrypt_error")
    assert host.seen == []


@pytest.mark.parametrize("certificate", [b"", b"no certificate"])
def test_a_certificate_that_cannot_be_read(host: Host, line: Line, certificate: bytes) -> None:
    key = TlsKey(line.client, Window("1234"))
    key.certificate = certificate
    assert failed(lambda: host.follow(key)).why == "handshake"
    assert host.seen == []


def test_a_card_that_is_not_there() -> None:
    with pytest.raises(NotSigned) as caught:
        TlsKey(EidClient(DirectReader().transmit), Window())
    assert caught.value.why is Why.CARD_REMOVED


def test_a_card_that_cannot_be_read() -> None:
    with pytest.raises(NotSigned) as caught:
        TlsKey(EidClient(lambda apdu: b"\x6a\x82"), Window())
    assert caught.value.why is Why.CARD_REFUSED


# --- the server -------------------------------------------------------------------------------------------


@both_versions
@pytest.mark.parametrize("offered", [False, True])
@pytest.mark.covers("SID-TIM-003")
@pytest.mark.parametrize("days", [-3650, -2, 397, 3650])
def test_a_computer_whose_clock_is_wrong(
    host: Host, line: Line, days: int, offered: bool, version: Version
) -> None:
    """Nothing is signed; it is the computer's fault and not the portal's."""
    window = Window("1234")
    key = TlsKey(line.client, window) if offered else None
    computer = Computer([host.tls.root], TODAY + timedelta(days=days))
    assert failed(lambda: host.follow(key, version, computer=computer)).why == "TLS_CLOCK"
    assert (host.seen, window.shown) == ([], [])


@both_versions
@pytest.mark.covers("SID-SEC-003")
def test_a_server_that_is_not_the_one(host: Host, line: Line, version: Version) -> None:
    """Under a look-alike's name, or with an authority that nobody trusts: the card is not asked."""
    window = Window("1234")
    key = TlsKey(line.client, window)
    assert failed(lambda: host.follow(key, version, name="login.example")).why == "untrusted"
    stranger = Authority(Seed("stranger"), Clock(TODAY), TLS)
    for days in (0, 3650):
        computer = Computer([stranger.root], TODAY + timedelta(days=days))
        assert failed(lambda: host.follow(key, version, computer=computer)).why == "untrusted"  # noqa: B023
    assert (host.seen, window.shown) == ([], [])


def test_by_address(host: Host) -> None:
    assert host.follow(None, name="127.0.0.1") == NEXT


def test_another_answer_than_a_way_on(host: Host) -> None:
    error = failed(lambda: host.follow(None, path="/"))
    assert (error.why, error.detail) == ("answer", "HTTP/1.1 404 Not Found")


def test_nobody_listens(host: Host, tmp_path: Path) -> None:
    other = Host(tmp_path)
    other.stop()
    with pytest.raises(OSError):
        other.follow(None)


# --- liars ------------------------------------------------------------------------------------------------


@both_versions
def test_the_certificate_of_somebody_else(
    host: Host, make_line: Callable[..., Line], version: Version
) -> None:
    """Who shows a certificate without having its key gets no ticket."""
    key = TlsKey(make_line().client, Window("1234"))
    key.certificate = der(make_line(person="mari"), Use.AUTHENTICATION)
    assert failed(lambda: host.follow(key, version)).detail == "decrypt_error"
    assert host.seen == []


@both_versions
@pytest.mark.parametrize("bent", ["signature", "nothing"])
def test_a_signature_that_was_changed(host: Host, line: Line, version: Version, bent: str) -> None:
    class Bent(TlsKey):
        def sign(self, digest: bytes) -> bytes:
            right = super().sign(digest)
            return right[:-1] + bytes([right[-1] ^ (bent == "signature")])

    key = Bent(line.client, Window("1234"))
    if bent == "nothing":
        assert host.follow(key, version) == NEXT
        return
    assert failed(lambda: host.follow(key, version)).detail == "decrypt_error"
    assert host.seen == []
