"""The command line as a whole: help, version, and what is wrong with a call."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.foreign.user import User

from softeid import __version__
from softeid.harness.pki.card_state import CARD_STATES

ROOT = Path(__file__).parents[3]
COMMANDS = (
    "run",
    "exec",
    "card",
    "plug",
    "up",
    "ps",
    "down",
    "clock",
    "ca",
    "steps",
    "requirements",
    "compare",
    "doctor",
)
ACTIONS = {
    "ca": ("export", "serve", "set-status"),
    "card": ("new", "show", "set", "change-pin", "unblock-pin"),
}
CALLS = [
    (),
    *((command,) for command in COMMANDS),
    *((command, action) for command, actions in ACTIONS.items() for action in actions),
]


def test_version(user: User) -> None:
    assert user.call("--version") == (0, f"softeid {__version__}\n", "")


def test_the_installed_command_is_the_same(user: User) -> None:
    installed = Path(sys.executable).with_name("softeid")
    assert user.run(installed, "--version").out == user.call("--version").out
    assert user.run(installed, "exec", "--").code == 125


def test_help_names_every_command(user: User) -> None:
    told = user.call("--help").out
    assert re.findall(r"^    (\w+)\b", told, re.MULTILINE) == list(COMMANDS)
    assert "Exit codes: 0 all held" in told


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_help(user: User, call: tuple[str, ...]) -> None:
    ended = user.call(*call, "--help")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith(f"usage: softeid {' '.join(call)}".rstrip())


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_an_unknown_option_is_refused(user: User, call: tuple[str, ...]) -> None:
    paths = ("somewhere",) if call == ("run",) else ()
    ended = user.call(*call, *paths, "--no-such-option")
    assert ended.code == (125 if call == ("exec",) else 2), ended
    assert ended.out == ""
    assert ended.err.startswith("usage: softeid")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("exce",), "invalid choice: 'exce'"),
        (("ca",), "the following arguments are required: ACTION"),
        (("ca", "export", "--format", "der"), "invalid choice: 'der'"),
        (("ca", "export", "--seed", "\udcff"), r"expected printable text in UTF-8, found '\udcff'"),
        (("ca", "export", "--seed"), "expected one argument"),
        (("doctor", "everything"), "unrecognized arguments: everything"),
        (("run",), "the following arguments are required: PATH"),
        (("run", "x", "-j", "0"), "expected a number from 1 to 64, found '0'"),
        (("run", "x", "-j", "many"), "expected a number from 1 to 64, found 'many'"),
        (("run", "x", "-j", "²"), "expected a number from 1 to 64, found '²'"),
        (("run", "x", "--via", "usb"), "expected direct, vpcd or reader:NAME, found 'usb'"),
    ],
    ids=lambda value: " ".join(value).encode(errors="replace").decode() if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_named(user: User, call: tuple[str, ...], told: str) -> None:
    ended = user.call(*call)
    assert ended.code == 2, ended
    assert ended.out == ""
    assert told in ended.err


WRITERS = [("--help",), ("--version",), ("steps",), ("steps", "--schema"), ("ca", "export"), ("doctor",)]


@pytest.mark.parametrize("call", WRITERS, ids=" ".join)
def test_nobody_reads_the_output(user: User, call: tuple[str, ...]) -> None:
    """As with `softeid steps | head -1`: no word about it."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with user.start(*user.softeid, *call, stdout=writer) as process:
            assert process.stderr
            assert process.stderr.read() == ""
            assert process.wait() == 128 + signal.SIGPIPE
    finally:
        os.close(writer)


@pytest.mark.parametrize("call", WRITERS, ids=" ".join)
def test_there_is_no_output(user: User, call: tuple[str, ...]) -> None:
    """A caller may have closed it."""
    ended = user.run("sh", "-c", 'exec "$@" >&-', "sh", *user.softeid, *call)
    assert ended.code in {0, 3}, ended
    assert "Traceback" not in ended.err


def test_nothing_is_imported_before_it_is_needed() -> None:
    """`exec` and `--version` start fast: a command's module comes when it is called."""
    code = (
        "import sys; from softeid.harness import cli\n"
        "try: cli.main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(*(name for name in ('cryptography', 'yaml', 'rich', 'smartcard') if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == f"softeid {__version__}\n\n"


@pytest.mark.parametrize(
    ("call", "code"), [(("steps",), 2), (("--help",), 2), (("ca", "export"), 2), (("exec", "--help"), 125)]
)
def test_the_disk_is_full(user: User, call: tuple[str, ...], code: int) -> None:
    ended = user.run("sh", "-c", 'exec "$@" >/dev/full', "sh", *user.softeid, *call)
    told = "softeid: the output cannot be written: No space left on device\n"
    assert ended == (code, "", told)


def test_nobody_hears_why_it_failed(user: User) -> None:
    ended = user.run(
        "sh", "-c", 'exec "$@" 2>/dev/full', "sh", *user.softeid, "exec", "--profile", "x", "--", "true"
    )
    assert ended == (125, "", "")


def test_what_standard_error_would_say_does_not_go_to_standard_output(user: User) -> None:
    ended = user.run("sh", "-c", 'exec "$@" 2>&-', "sh", *user.softeid, "run", "nowhere")
    assert ended == (2, "", "")


def test_standard_output_knows_few_characters(user: User) -> None:
    one = replace(user, extra={"PYTHONIOENCODING": "ascii:strict"})
    ended = one.call("steps")
    assert (ended.code, ended.err) == (0, "")
    assert "\\u2026" in ended.out


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("exec", ("esteid-2018x", "mari", "short-read=9000|6282")),
        ("plug", ("esteid-2018x", "mari", "short-read=9000|6282")),
        ("card new", ("esteid-2018x", "mari", "short-read=9000|6282")),
        ("card set", ("short-read=9000|6282",)),
        ("up", ("esteid-2018x", "mari", "t_portal_idle")),
    ],
)
def test_help_lists_what_a_card_can_be(user: User, command: str, more: tuple[str, ...]) -> None:
    told = user.call(*command.split(), "--help").out
    for word in more:
        assert word in told
    assert ("mari" in told) == ("mari" in more)
    for state in CARD_STATES:
        assert re.search(rf"^  {state} +\w.{{10}}", told, re.MULTILINE), state


def test_a_report_that_cannot_be_written_is_told_before_the_run(user: User) -> None:
    ended = user.call("run", ROOT / "scenarios/pin", "--junit", "/nonexistent/report.xml")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "softeid: --junit: expected a file that can be written, found '/nonexistent/report.xml': "
        "No such file or directory\n"
    )
