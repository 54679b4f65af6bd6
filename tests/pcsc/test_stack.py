"""A private stack with a real pcscd and vsmartcard's driver: cards come and go, pcscd too, nothing stays."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import softeid
from softeid.vpcd import states
from softeid.vpcd.errors import PcscdFailed, StackError
from softeid.vpcd.installation import Installation, find
from softeid.vpcd.line import KeeperLine
from softeid.vpcd.orders import Birth
from softeid.vpcd.pcscd import PrivateStack

pytestmark = pytest.mark.pcsc

SELECT = bytes.fromhex("00A4000C")
SUCCESS = 0
NO_SMARTCARD = 0x8010000C  # SCARD_E_NO_SMARTCARD
GONE = {0x80100069, 0x80100016}  # SCARD_W_REMOVED_CARD, SCARD_E_NOT_TRANSACTED
SOURCES = str(Path(softeid.__file__).parents[1])


class Echo:
    """A card that answers a command with what it is made to: T=1, and an own historical octet."""

    def __init__(self, name: int = 0, process: Callable[[bytes], bytes] = lambda apdu: b"\x90\x00") -> None:
        self.atr = bytes.fromhex("3B8180 01") + bytes([name])
        self.atr += bytes([0x81 ^ 0x80 ^ 0x01 ^ name])  # TCK, ISO/IEC 7816-3, 8.2.5
        self.powered = 0
        self.process = process

    def power_on(self) -> None:
        self.powered += 1

    def power_off(self) -> None:
        pass

    def reset(self) -> None:
        pass


def cards(stack: PrivateStack) -> dict[str, bytes]:
    """What a client sees: readers and the ATRs of the cards in them."""
    eye = states.ReaderStates(stack.socket)
    try:
        return {reader.name: reader.atr for reader in eye.now().values()}
    finally:
        eye.close()


def test_a_card_is_seen_answers_and_is_seen_gone(stack: PrivateStack, client: Any) -> None:
    assert list(cards(stack)) == list(stack.readers) == ["Virtual PCD 00 00", "Virtual PCD 00 01"]
    card = Echo()
    slot = stack.insert(card)
    assert cards(stack)[slot.reader] == card.atr
    program = client(stack.socket)
    assert program.connect(slot.reader) == SUCCESS
    assert program.transmit(SELECT) == (SUCCESS, b"\x90\x00")
    assert card.powered
    slot.remove()
    assert cards(stack)[slot.reader] == b""
    assert program.transmit(SELECT)[0] in GONE
    program.disconnect()
    assert program.connect(slot.reader) == NO_SMARTCARD


def test_the_socket_is_the_owners_alone_and_gone_with_the_stack(stack: PrivateStack) -> None:
    folder = Path(stack.socket).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stack.env == {"PCSCLITE_CSOCK_NAME": stack.socket}
    stack.__exit__()
    assert not folder.exists()


def test_the_same_card_goes_in_again_and_another_takes_its_place(stack: PrivateStack) -> None:
    first, second = Echo(1), Echo(2)
    for card in (first, first, second, first):
        slot = stack.insert(card)
        assert cards(stack)[slot.reader] == card.atr
        slot.remove()
        slot.remove()  # nothing to do
        assert cards(stack)[slot.reader] == b""


def test_each_slot_has_its_own_card() -> None:
    with PrivateStack(readers=3) as stack:
        assert len(stack.readers) == 4
        inserted = {number: Echo(number) for number in (3, 0, 2)}
        slots = {number: stack.insert(card, slot=number) for number, card in inserted.items()}
        for number, slot in slots.items():
            assert (slot.number, slot.reader) == (number, stack.readers[number])
        assert list(cards(stack).values()) == [inserted[0].atr, b"", inserted[2].atr, inserted[3].atr]
        slots[2].remove()
        assert list(cards(stack).values()) == [inserted[0].atr, b"", b"", inserted[3].atr]


def test_a_slot_takes_one_card_and_must_exist(stack: PrivateStack) -> None:
    stack.insert(Echo())
    with pytest.raises(ValueError, match="slot 0 has a card in it"):
        stack.insert(Echo())
    with pytest.raises(ValueError, match="no slot 2: the stack has 0 to 1"):
        stack.insert(Echo(), slot=2)


@pytest.mark.parametrize("size", [0, 300, 65533])
def test_answers_of_every_size_arrive(size: int, stack: PrivateStack, client: Any) -> None:
    answer = bytes(octet & 0xFF for octet in range(size)) + b"\x90\x00"
    slot = stack.insert(Echo(process=lambda apdu: answer))
    program = client(stack.socket)
    assert program.connect(slot.reader) == SUCCESS
    assert program.transmit(bytes.fromhex("00B0000000")) == (SUCCESS, answer)


def test_a_long_command_arrives_whole(stack: PrivateStack, client: Any) -> None:
    command = bytes.fromhex("00D60000 00 FFF4") + bytes(range(256)) * 255 + bytes(244)
    slot = stack.insert(Echo(process=lambda apdu: apdu[-300:] + len(apdu).to_bytes(2, "big") + b"\x90\x00"))
    program = client(stack.socket)
    assert program.connect(slot.reader) == SUCCESS
    assert program.transmit(command) == (
        SUCCESS,
        command[-300:] + len(command).to_bytes(2, "big") + b"\x90\x00",
    )


def test_a_card_that_raises_answers_6f00_and_goes_on(stack: PrivateStack, client: Any) -> None:
    def buggy(apdu: bytes) -> bytes:
        raise KeyError("a bug")

    faults: list[Exception] = []
    slot = stack.insert(Echo(process=buggy), on_fault=faults.append)
    program = client(stack.socket)
    assert program.connect(slot.reader) == SUCCESS
    for told in (1, 2):
        assert program.transmit(SELECT) == (SUCCESS, bytes.fromhex("6F00"))
        assert len(faults) == told


def test_a_card_torn_out_by_its_own_command(stack: PrivateStack, client: Any) -> None:
    def torn(apdu: bytes) -> bytes:
        slot.pull()
        return b"\x90\x00"

    slot = stack.insert(Echo(process=torn))
    program = client(stack.socket)
    assert program.connect(slot.reader) == SUCCESS
    code, response = program.transmit(SELECT)
    assert response == b""  # vsmartcard 3.3 calls this a success: its length check is signed
    assert code == SUCCESS or code in GONE
    slot.remove()
    program.disconnect()
    slot = stack.insert(Echo())
    assert program.connect(slot.reader) == SUCCESS
    assert program.transmit(SELECT) == (SUCCESS, b"\x90\x00")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_cards_survive_the_end_of_pcscd(how: signal.Signals, stack: PrivateStack, client: Any) -> None:
    card = Echo()
    slot = stack.insert(card, slot=1)
    for _ in range(3):
        program = client(stack.socket)
        assert program.connect(slot.reader) == SUCCESS
        assert stack.kill(how) == (-how if how == signal.SIGKILL else 0)
        with pytest.raises((EOFError, ConnectionError)):
            program.transmit(SELECT)
        stack.restart()
        assert cards(stack)[slot.reader] == card.atr
    program = client(stack.socket)
    assert program.connect(slot.reader) == SUCCESS
    assert program.transmit(SELECT) == (SUCCESS, b"\x90\x00")
    slot.remove()


def test_a_client_that_comes_while_pcscd_is_down_waits(stack: PrivateStack, client: Any) -> None:
    slot = stack.insert(Echo())
    stack.kill()
    connected: list[int] = []
    waiting = threading.Thread(target=lambda: connected.append(client(stack.socket).connect(slot.reader)))
    waiting.start()
    stack.restart()
    waiting.join()
    assert connected in ([SUCCESS], [NO_SMARTCARD])  # served; the card may have come after it asked


def test_what_needs_pcscd_says_that_it_is_down(stack: PrivateStack) -> None:
    slot = stack.insert(Echo())
    stack.kill()
    with pytest.raises(PcscdFailed, match=r"pcscd was lost while a card came out: .* \(exit status -9\)"):
        slot.remove()
    with pytest.raises(PcscdFailed, match=r"pcscd takes no card: .* refused"):
        stack.insert(Echo())
    stack.restart()
    stack.insert(Echo())


@pytest.mark.covers("SID-HAR-005")
def test_two_stacks_see_only_their_own_card(stack: PrivateStack, client: Any) -> None:
    with PrivateStack() as other:
        ours, theirs = Echo(1), Echo(2)
        slot = stack.insert(ours)
        other.insert(theirs)
        assert cards(stack)[slot.reader] == ours.atr
        assert cards(other)[slot.reader] == theirs.atr
        slot.remove()
        assert cards(stack)[slot.reader] == b""
        assert cards(other)[slot.reader] == theirs.atr


def test_cards_go_in_from_several_threads(stack: PrivateStack) -> None:
    def cycle(number: int) -> None:
        for _ in range(20):
            stack.insert(Echo(number), slot=number).remove()

    threads = [threading.Thread(target=cycle, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(cards(stack).values()) == {b""}


def test_a_pcscd_that_does_not_start_is_told() -> None:
    found = find()

    def broken() -> Installation:
        return found._replace(pcscd="/bin/false")

    with (
        pytest.raises(PcscdFailed, match=r"pcscd ended \(exit status 1\)") as failure,
        PrivateStack(find=broken),
    ):
        pass
    assert failure.value.advice == "pcscd said: nothing"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="No such file") as failure, PrivateStack(folder="/tmp/not/there"):
        pass
    assert "folder must exist" in failure.value.advice


def test_what_lies_where_a_folder_should_be_is_told() -> None:
    """Clearing up fails there too, and must not hide why."""
    with (
        tempfile.NamedTemporaryFile() as file,  # whose path is short: a socket's has 107 octets
        pytest.raises(StackError, match="cannot be set up"),
        PrivateStack(folder=file.name),
    ):
        pass


def test_the_log_is_kept_where_it_is_wanted(tmp_path: Path, client: Any) -> None:
    log = tmp_path / "pcscd.log"
    with PrivateStack(log=str(log)) as stack:
        client(stack.socket).connect(stack.insert(Echo()).reader)
    assert "Virtual PCD" in log.read_text()


OWNER = """
import os, sys, threading
from softeid.vpcd.pcscd import PrivateStack

class Card:
    atr = bytes.fromhex("3B80800101")
    def power_on(self): pass
    power_off = reset = power_on
    def process(self, apdu): return b"\\x90\\x00"

with PrivateStack() as stack:
    stack.insert(Card())
    print(stack.socket, os.geteuid(), flush=True)
    sys.stdin.read()
"""


def owner(*command: str, sources: str = SOURCES) -> subprocess.Popen[str]:
    """Another process with a stack and a card in it; it stays until its standard input is closed."""
    return subprocess.Popen(
        [*(command or (sys.executable,)), "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": sources},
    )


def children(pid: int) -> list[int]:
    """Processes whose parent is this one."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def descendants(pid: int) -> list[int]:
    """Processes below this one."""
    return [each for child in children(pid) for each in (child, *descendants(child))]


def nursery() -> int:
    """The process of this test run that makes keepers."""
    ours = children(os.getpid())
    return next(pid for pid in ours if b"vpcd.nursery" in Path(f"/proc/{pid}/cmdline").read_bytes())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_an_owner_that_dies(how: signal.Signals) -> None:
    process = owner()
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin, process.stdout:
        path = Path(process.stdout.readline().split()[0])
        below = [os.pidfd_open(pid) for pid in descendants(process.pid)]
        assert len(below) == 3  # nursery, keeper, pcscd
        process.send_signal(how)
        for descriptor in below:
            assert select.select([descriptor], [], [], 20)[0]
            os.close(descriptor)
    assert not path.parent.exists()


@pytest.fixture
def public_sources() -> Iterator[str]:
    """A copy of the package that everybody may read: a clone may lie in root's own folder."""
    with tempfile.TemporaryDirectory(prefix="softeid-sources-", dir="/tmp") as folder:
        package = Path(softeid.__file__).parent
        shutil.copytree(package / "vpcd", f"{folder}/softeid/vpcd")
        shutil.copy(package / "__init__.py", f"{folder}/softeid")
        os.chmod(folder, 0o755)
        yield folder


def test_an_ordinary_user_has_it_too(public_sources: str) -> None:
    """As root we become nobody, with a Python that nobody may run; else we are an ordinary user."""
    us = os.geteuid()
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3")
    process = owner(*nobody, sources=public_sources) if us == 0 else owner()
    out, _ = process.communicate()
    path, user = out.split()
    assert (process.returncode, user) == (0, str(us or 65534))
    assert not Path(path).exists()


def test_an_owner_that_blocks_signals_does_not_make_pcscd_deaf() -> None:
    """`exec` waits for signals with sigwait, and a blocked signal stays blocked in what it starts."""
    block = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())"
    kill = "print(stack.kill(signal.SIGTERM))"
    done = subprocess.run(
        [sys.executable, "-c", OWNER.replace("import os", f"{block}\nimport os") + f"    {kill}\n"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=True,
    )
    assert done.stdout.splitlines()[1] == "0"  # -9: it had not heard, and was killed


def test_forbidden_namespaces_are_told_with_the_switch() -> None:
    """In a user namespace of our own we may forbid further ones, and so meet the kernel's refusal."""
    forbidden = 'echo 0 >/proc/sys/user/max_mnt_namespaces && exec "$@"'
    done = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-root-user",
            "sh",
            "-c",
            forbidden,
            "sh",
            sys.executable,
            "-c",
            FORBIDDEN,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=True,
    )
    what, advice = done.stdout.splitlines()
    step = "unshare mount and network namespaces"
    assert what == f"namespaces are forbidden here: {step}: No space left on device (ENOSPC)"
    assert advice.startswith("To allow them, let root run: sysctl -w user.max_mnt_namespaces=10000; or ")
    assert done.stderr == ""


FORBIDDEN = """
from softeid.vpcd.errors import NamespacesForbidden
from softeid.vpcd.pcscd import PrivateStack

try:
    with PrivateStack():
        pass
except NamespacesForbidden as refusal:
    print(refusal)
    print(refusal.advice)
"""


def test_a_keeper_that_is_killed_takes_pcscd_along(stack: PrivateStack) -> None:
    slot = stack.insert(Echo())
    keeper, pcscd = descendants(nursery())
    ended = os.pidfd_open(pcscd)
    os.kill(keeper, signal.SIGKILL)
    assert select.select([ended], [], [], 20)[0]
    os.close(ended)
    with pytest.raises(StackError):
        slot.remove()
    with pytest.raises(StackError):
        stack.restart()
    stack.__exit__()
    assert not Path(stack.socket).parent.exists()


def test_a_nursery_that_is_killed_has_a_successor(stack: PrivateStack) -> None:
    os.kill(nursery(), signal.SIGKILL)
    stack.insert(Echo(1)).remove()
    with PrivateStack() as other:
        other.insert(Echo(2)).remove()


def test_a_keeper_without_a_driver_tries_the_recipe() -> None:
    log = os.open(os.devnull, os.O_WRONLY)
    line = KeeperLine(Birth(f"/tmp/softeid-{os.getpid()}", 0, "", "/nowhere", "", ""), log)
    line.ready()
    line.hang_up()
    os.close(log)
    assert not Path(f"/tmp/softeid-{os.getpid()}").exists()


@pytest.mark.opensc
def test_the_examples_of_the_readme(capfd: pytest.CaptureFixture[str]) -> None:
    page = (Path(softeid.__file__).parent / "vpcd" / "README.md").read_text()
    stack_example, plug_example = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    card = Echo(7)
    exec(stack_example, {"card": card, "os": os, "subprocess": subprocess})
    assert capfd.readouterr().out.strip() == card.atr.hex(":")
    compile(plug_example, "README.md", "exec")
