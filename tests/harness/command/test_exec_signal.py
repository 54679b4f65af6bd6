"""Signals to `softeid exec` are the command's, once each; and nothing is left behind whatever ends it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.foreign.terminal import terminal
from tests.foreign.user import User

pytestmark = pytest.mark.pcsc

_LIMIT_MS = 60_000  # for processes to end that must

# Says where its card is, then names each signal; SIGUSR2 ends it with 7.
NAMES_SIGNALS = """
import os, signal, sys
heard = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}
signal.pthread_sigmask(signal.SIG_BLOCK, heard)
print(os.environ["PCSCLITE_CSOCK_NAME"], flush=True)
number = 0
while number != signal.SIGUSR2:
    number = signal.sigwait(heard)
    print(signal.Signals(number).name, flush=True)
sys.exit(7)
"""
SAYS_WHERE = ("sh", "-c", 'printf "%s\\n" "$PCSCLITE_CSOCK_NAME"; read line')


@contextmanager
def running(user: User, *command: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """`softeid exec` with a command that says where its card is: the process, and that folder."""
    with user.start(*user.softeid, "exec", "--", *command) as process:
        try:
            yield process, Path(line(process)).parent
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that the command prints."""
    assert process.stdout
    return process.stdout.readline().strip()


def test_signals_are_handed_on(user: User) -> None:
    with running(user, sys.executable, "-c", NAMES_SIGNALS) as (process, _):
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGTERM", "SIGUSR2"):
            process.send_signal(signal.Signals[name])
            assert line(process) == name
        assert process.wait() == 7


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"])
def test_a_command_that_dies_of_a_signal(user: User, name: str) -> None:
    with running(user, *SAYS_WHERE) as (process, folder):
        process.send_signal(signal.Signals[name])
        assert process.wait() == 128 + signal.Signals[name]
        assert not folder.exists()


def test_ctrl_c_reaches_the_command_once(user: User) -> None:
    """The terminal sends it to the whole group: what softeid got must not be handed on again."""
    command = (*user.softeid, "exec", "--", sys.executable, "-c", NAMES_SIGNALS)
    with terminal(user, *command) as window:
        window.expect("pcscd.comm\r\n")
        for key, name in (("\x03", "SIGINT"), ("\x1c", "SIGQUIT"), ("\x03", "SIGINT")):
            window.type(key)
            window.expect(f"{name}\r\n")
            os.kill(window.process.pid, signal.SIGUSR1)
            between = window.expect("SIGUSR1\r\n")
            assert "SIGINT" not in between
            assert "SIGQUIT" not in between
        os.kill(window.process.pid, signal.SIGUSR2)
        window.rest()
    assert window.process.returncode == 7


def test_the_terminal_is_the_commands(user: User) -> None:
    with terminal(
        user, *user.softeid, "exec", "--", "sh", "-c", "read line; stty size; tty; echo got $line"
    ) as window:
        window.expect("in reader Virtual PCD 00 00\r\n")
        window.type("typed\n")
        told = window.rest()
    assert "got typed" in told
    assert "not a tty" not in told


def family(pid: int) -> dict[int, int]:
    """All that descends from a process: pid -> pidfd."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found: dict[int, int] = {}
    ask = [pid]
    while ask:
        children = parents.get(ask.pop(), [])
        ask += children
        found |= {child: os.pidfd_open(child) for child in children}
    return found


def gone(descriptors: dict[int, int]) -> bool:
    """Wait until all of these processes have ended."""
    poll = select.poll()
    for descriptor in descriptors.values():
        poll.register(descriptor, select.POLLIN)
    left = set(descriptors.values())
    while left:
        ended = poll.poll(_LIMIT_MS)
        if not ended:
            return False
        for descriptor, _ in ended:
            poll.unregister(descriptor)
            left.discard(descriptor)
            os.close(descriptor)
    return True


@pytest.mark.parametrize("way", ["the command ends", "SIGTERM", "SIGKILL", "SIGKILL of both"])
def test_nothing_is_left_behind(user: User, way: str) -> None:
    """No process of ours and no folder. A softeid that is killed cannot end its command: that is not ours."""
    with running(user, *SAYS_WHERE) as (process, folder):
        processes = family(process.pid)
        names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in processes}
        assert {"pcscd", "sh"} <= set(names.values())
        assert len(processes) == 4, "nursery, keeper, pcscd and the command"
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o700
        command = next(pid for pid, name in names.items() if name == "sh")
        match way:
            case "the command ends":
                assert process.stdin
                process.stdin.close()
            case "SIGTERM":
                process.terminate()
            case "SIGKILL":
                process.kill()
                os.kill(command, signal.SIGTERM)
            case _:
                process.kill()
                os.kill(command, signal.SIGKILL)
        assert gone(processes)
        process.wait()
        assert not folder.exists()


def test_a_signal_before_the_command_runs_is_not_lost(user: User) -> None:
    """The line on stderr comes first; a signal right behind it is kept for the command."""
    with user.start(*user.softeid, "exec", "--", "cat") as process:
        assert process.stderr
        assert process.stderr.readline().startswith("softeid: esteid-2018")
        process.terminate()
        assert process.wait() == 128 + signal.SIGTERM
        assert process.stderr.read() == ""
