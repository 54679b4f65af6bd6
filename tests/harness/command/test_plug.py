"""`softeid plug`: a card in somebody's vpcd slot, through what happens to a pcscd."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.foreign.user import User
from tests.harness.command.conftest import Slot

ATR = bytes.fromhex("3BDB960080B1FE451F830012233F536549440F9000F1")
SELECT_MF = bytes.fromhex("00A4000C")
WRONG_PIN1 = bytes.fromhex("002000010C393939" + "FF" * 9)
DONE = b"\x90\x00"


@contextmanager
def plugged(user: User, slot: Slot, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`softeid plug` for a slot, after its first line; stopped at the end."""
    with user.start(*user.softeid, "plug", "--port", slot.port, *options) as process:
        try:
            first = said(process)
            assert first.startswith("softeid: esteid-2018")
            assert f"PIN1 1234, PIN2 12345, PUK 12345678, for vpcd at 127.0.0.1 port {slot.port}" in first
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """The next line on stderr."""
    assert process.stderr
    return process.stderr.readline()


def stopped(
    process: subprocess.Popen[str], slot: Slot | None, number: signal.Signals = signal.SIGTERM
) -> tuple[int, str, str]:
    """Ask it to stop, and see the card leave its slot: exit code, standard output and what else it said."""
    process.send_signal(number)
    assert slot is None or slot.sees_the_card_go()
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_card_comes_serves_and_goes(user: User, slot: Slot, number: signal.Signals) -> None:
    slot.listen()
    with plugged(user, slot) as process:
        slot.accept()
        waiting = f"softeid: connected to 127.0.0.1 port {slot.port}; waiting for its reader"
        assert said(process) == f"{waiting} (is another card in it? The next slot is one port further)\n"
        assert slot.power_on() == ATR
        assert said(process) == "softeid: the card is in\n"
        assert slot.ask(SELECT_MF) == DONE
        assert stopped(process, slot, number) == (0, "", "")


def test_it_stays_through_a_restart_of_pcscd(user: User, slot: Slot) -> None:
    slot.listen()
    with plugged(user, slot) as process:
        for round_ in range(3):
            slot.accept()
            assert "connected" in said(process)
            assert slot.power_on() == ATR
            assert "the card is in" in said(process)
            assert slot.ask(WRONG_PIN1) == [b"\x63\xc2", b"\x63\xc1", b"\x69\x83"][round_]
            slot.link.close()
            assert said(process) == "softeid: the card is out: the connection was closed; trying again\n"
        assert stopped(process, None)[:2] == (0, "")


def test_it_waits_for_somebody_to_listen_and_says_so_once(user: User, slot: Slot) -> None:
    with plugged(user, slot) as process:
        told = said(process)
        assert f"cannot reach 127.0.0.1 port {slot.port}: Connection refused" in told
        assert "softeid doctor" in told
        slot.listen()
        slot.accept()
        assert "connected" in said(process)
        assert slot.power_on() == ATR
        assert stopped(process, slot)[0] == 0


def test_it_can_be_stopped_while_it_waits(user: User, slot: Slot) -> None:
    with plugged(user, slot) as process:
        assert "cannot reach" in said(process)
        assert stopped(process, None) == (0, "", "")


@pytest.mark.parametrize(
    "greeting",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x00",
        b"\x00\x01\x07",
        b"\xff" * 65536,
    ],
    ids=["hangs up", "SSH", "HTTP", "an empty frame", "an unknown control code", "noise"],
)
def test_a_port_of_something_else(user: User, slot: Slot, greeting: bytes) -> None:
    """It is said once what is odd, and the card comes when the slot is there after all."""
    slot.listen()
    with plugged(user, slot) as process:
        for _ in range(4):
            slot.accept()
            slot.link.sendall(greeting)
            slot.link.close()
        assert "connected" in said(process)
        told = said(process)
        assert f"127.0.0.1 port {slot.port} let go without asking for the card; is that vpcd?" in told
        slot.accept()
        assert slot.power_on() == ATR
        assert said(process) == "softeid: the card is in\n"
        assert stopped(process, slot)[0] == 0


def test_noise_amid_a_conversation_ends_the_connection_only(user: User, slot: Slot) -> None:
    slot.listen()
    with plugged(user, slot) as process:
        slot.accept()
        slot.power_on()
        said(process)
        said(process)
        slot.link.sendall(b"\x00\x00")
        assert slot.sees_the_card_go()
        assert (
            said(process)
            == "softeid: the card is out: the connection was closed (a frame of length 0); trying again\n"
        )
        slot.accept()
        assert slot.power_on() == ATR
        assert stopped(process, slot)[0] == 0


def test_nobody_reads_what_it_says(user: User, slot: Slot) -> None:
    """As with `softeid plug 2>&1 | head -1`: the card is served all the same."""
    slot.listen()
    with plugged(user, slot) as process:
        assert process.stderr
        process.stderr.close()
        for _ in range(2):
            slot.accept()
            assert slot.power_on() == ATR
            assert slot.ask(SELECT_MF) == DONE
            slot.link.close()


def test_a_trace_is_written_as_it_happens(user: User, slot: Slot) -> None:
    slot.listen()
    trace = user.home / "trace"
    with plugged(user, slot, "--trace", str(trace)) as process:
        slot.accept()
        slot.power_on()
        slot.ask(WRONG_PIN1)
        written = trace.read_text()
        assert "> 00 20 00 01 0C ••" in written
        assert "63 C2" in written
        assert "39 39" not in written
        assert stopped(process, slot)[0] == 0


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--profile", "esteid-2019"), 3, "did you mean esteid-2018?"),
        (("--person", "mary-ann"), 3, "expected aadu, jaak,"),
        (("--state", "pin1-blockd"), 3, "did you mean pin1-blocked?"),
        (("--trace", "/nonexistent/trace"), 3, "--trace: expected a file that can be written"),
        (("--port", "0"), 2, "expected a port from 1 to 65535, found '0'"),
        (("--port", "65536"), 2, "expected a port from 1 to 65535, found '65536'"),
        (("--port", "vpcd"), 2, "expected a port from 1 to 65535, found 'vpcd'"),
        (("--readers", "2"), 2, "unrecognized arguments: --readers 2"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_with_the_options(user: User, options: tuple[str, ...], code: int, told: str) -> None:
    ended = user.call("plug", *options)
    assert ended.code == code, ended
    assert told in ended.err
    assert ended.out == ""
