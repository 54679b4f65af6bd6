"""`softeid exec`: a command that sees the card, and nothing else that it would notice."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.foreign.user import User

pytestmark = pytest.mark.pcsc

NO_PROFILE = Path(__file__).parents[2] / "emulator" / "broken_profiles.yaml"
INTRODUCTION = re.compile(
    r"softeid: esteid-2018 of JAAK-KRISTJAN JÕEORG, document ZZ\d{7}, "
    r"PIN1 1234, PIN2 12345, PUK 12345678, in reader Virtual PCD 00 00\n"
)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("true",), 0),
        (("false",), 1),
        (("sh", "-c", "exit 2"), 2),
        (("sh", "-c", "exit 125"), 125),
        (("sh", "-c", "exit 255"), 255),
        (("sh", "-c", "kill -TERM $$"), 128 + 15),
        (("sh", "-c", "kill -KILL $$"), 128 + 9),
        (("sh", "-c", "ulimit -c 0; kill -SEGV $$"), 128 + 11),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_commands_exit_code(user: User, command: tuple[str, ...], code: int) -> None:
    ended = user.call("exec", "--", *command)
    assert (ended.code, ended.out) == (code, "")
    assert INTRODUCTION.fullmatch(ended.err)


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("#!/bin/sh\n", 0o600, "Permission denied"),
        ("#!/nonexistent/interpreter\n", 0o700, "what its first line names is missing"),
        ("neither a script nor a binary", 0o700, "Exec format error"),
        (None, 0o700, "Permission denied"),
    ],
    ids=["not executable", "no interpreter", "no program", "a folder"],
)
def test_what_cannot_be_executed(user: User, content: str | None, mode: int, why: str) -> None:
    path = user.home / "program"
    if content is None:
        path.mkdir()
    else:
        path.write_text(content)
    path.chmod(mode)
    ended = user.call("exec", "--", path)
    assert (ended.code, ended.out) == (126, ""), ended
    assert ended.err.splitlines()[1:] == [f"softeid: {path}: it cannot be executed: {why}"]


@pytest.mark.parametrize("name", ["no-such-command", "/nonexistent/command", "/dev/null/command", ""])
def test_a_command_that_is_not_there(user: User, name: str) -> None:
    ended = user.call("exec", "--", name, "argument")
    assert (ended.code, ended.out) == (127, "")
    assert ended.err.splitlines()[1:] == [f"softeid: {name!r}: there is no such command"]


def test_the_line_names_a_state_that_is_not_the_usual_one(user: User) -> None:
    ended = user.call("exec", "--state", "expired", "--", "true")
    assert ended.err.startswith("softeid: esteid-2018 of JAAK-KRISTJAN JÕEORG, expired, document ")


def test_a_command_of_opensc_that_is_not_there(user: User) -> None:
    ended = replace(user, extra={"PATH": "/nonexistent"}).call("exec", "--", "pkcs11-tool", "-L")
    assert ended.code in {125, 127}
    assert ended.err.endswith("Install it: apt-get install opensc opensc-pkcs11.\n")


def test_what_stands_behind_the_dashes_is_the_commands(user: User) -> None:
    arguments = ["--help", "--seed", "s", "--", "--version", "-h", "exec", "", "a b", "$HOME", "*", "õ"]
    code = "import sys; print(sys.argv[1:])"
    ended = user.call("exec", "--person", "jaak", "--", sys.executable, "-c", code, *arguments)
    assert ended.out == f"{arguments}\n"
    assert ended.code == 0


def test_standard_streams_are_the_commands(user: User) -> None:
    ended = user.call("exec", "--", "sh", "-c", "cat; echo complaint >&2", typed="from the keyboard\n")
    assert ended.out == "from the keyboard\n"
    introduction, complaint = ended.err.splitlines(keepends=True)
    assert INTRODUCTION.fullmatch(introduction)
    assert complaint == "complaint\n"


def test_much_passes_through(user: User) -> None:
    much = "0123456789abcdef" * 65536
    assert user.call("exec", "--", "cat", typed=much).out == much


def test_the_environment_is_the_users_and_where_the_card_is(user: User) -> None:
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    own = json.loads(user.run(sys.executable, "-c", code).out)
    seen = json.loads(user.call("exec", "--", sys.executable, "-c", code).out)
    socket = seen.pop("PCSCLITE_CSOCK_NAME")
    assert seen == own
    assert os.path.isabs(socket)


def ordinary(line: str) -> set[int]:
    """The signals of a line of /proc/PID/status, without the two real-time ones of glibc's own."""
    bits = int(line.split()[1], 16)
    return {number for number in range(1, 32) if bits >> number - 1 & 1}


def test_the_command_inherits_nothing_else(user: User) -> None:
    """No descriptor beyond the standard three, no blocked and no ignored signal; the folder stays."""
    look = "ls /proc/self/fd; grep -E '^Sig(Blk|Ign)' /proc/self/status; pwd"
    ended = user.call("exec", "--trace", "trace", "--", "sh", "-c", look)
    *descriptors, blocked, ignored, folder = ended.out.split("\n")[:-1]
    assert descriptors == ["0", "1", "2", "3"], "3 is the folder that ls reads"
    assert ordinary(blocked) == ordinary(ignored) == set()
    assert folder == str(user.home)


def test_an_ignored_signal_stays_ignored(user: User) -> None:
    """As with nohup."""
    ignore = 'trap "" HUP; exec "$@"'
    look = ("grep", "-E", "^SigIgn", "/proc/self/status")
    ended = user.run("sh", "-c", ignore, "sh", *user.softeid, "exec", "--", *look)
    assert ordinary(ended.out) == {signal.SIGHUP}


def test_it_ends_though_its_parent_ignores_sigchld(user: User) -> None:
    """Some service managers do; then the kernel tells of no child's end unless it is asked to."""
    ignore = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    ended = user.run(sys.executable, "-c", ignore, *user.softeid, "exec", "--", "sh", "-c", "exit 5")
    assert ended.code == 5


def test_a_card_within_a_card(user: User) -> None:
    """A command that calls softeid again gets a world of its own."""
    show = 'printf "%s\\n" "$PCSCLITE_CSOCK_NAME"'
    within = f'{show}; exec "$@"'
    inner = (*user.softeid, "exec", "--", "sh", "-c", show)
    ended = user.call("exec", "--", "sh", "-c", within, "sh", *inner)
    assert ended.code == 0
    assert len(set(ended.out.split())) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--profile", "esteid-2019"),
            "--profile: expected esteid-2018 or esteid-2018x, found 'esteid-2019'; did you",
        ),
        (("--profile", ""), "--profile: expected esteid-2018 or esteid-2018x, found ''"),
        (("--person", "jak"), "did you mean jaak?"),
        (("--state", "pin1-blokked"), "did you mean pin1-blocked?"),
        (("--profile", "none.yaml"), "none.yaml: No such file or directory"),
        (("--profile", str(NO_PROFILE)), f"{NO_PROFILE}:"),
        (("--switch", "ef-dir=perhaps"), "switch ef-dir: expected absent or present, found perhaps"),
        (("--switch", "ef-dirs=present"), "expected signature-consumes-pin, root-aid-logs-out"),
        (("--switch", "ef-dir"), "expected NAME=CHOICE, found 'ef-dir'"),
        (
            ("--state", "transport-pin"),
            "expected a card generation with transport PINs, found profile esteid-2018",
        ),
        (("--via", "direct"), "invalid choice: 'direct'"),
        (("--no-such-option",), "unrecognized arguments: --no-such-option"),
        (("--seed",), "expected one argument"),
        (("--seed", "\udcff"), r"expected printable text in UTF-8, found '\udcff'"),
        (
            ("--trace", "/nonexistent/trace"),
            "--trace: expected a file that can be written, found '/nonexistent/trace'",
        ),
        (("--trace", "/"), "--trace: expected a file that can be written, found '/'"),
    ],
    ids=lambda value: " ".join(value).encode(errors="replace").decode() if isinstance(value, tuple) else "",
)
def test_what_is_wrong_with_the_options(user: User, options: tuple[str, ...], told: str) -> None:
    """125, what was meant, and the command was not run."""
    ended = user.call("exec", *options, "--", "touch", "ran")
    assert (ended.code, ended.out) == (125, "")
    assert told in ended.err
    assert not (user.home / "ran").exists()


@pytest.mark.parametrize(
    "call", [(), ("--",), ("--seed", "s"), ("--seed", "s", "--"), ("true",)], ids=" ".join
)
def test_no_command(user: User, call: tuple[str, ...]) -> None:
    ended = user.call("exec", *call)
    assert (ended.code, ended.out) == (125, "")
    assert "usage: softeid exec [options] -- COMMAND [ARGUMENT ...]" in ended.err
    assert list(user.home.iterdir()) == []


@pytest.mark.parametrize(
    ("prepare", "told", "advice"),
    [
        (
            "mount -t tmpfs none /usr/sbin",
            "no pcscd at /usr/sbin/pcscd",
            "apt-get install pcscd vsmartcard-vpcd",
        ),
        ("mount -t tmpfs none /usr/lib/pcsc", "no vsmartcard driver at", "apt-get install vsmartcard-vpcd"),
        (
            "echo 0 > /proc/sys/user/max_net_namespaces",
            "namespaces are forbidden here",
            "user.max_net_namespaces=10000",
        ),
        (
            "echo 0 > /proc/sys/user/max_mnt_namespaces",
            "namespaces are forbidden here",
            "user.max_mnt_namespaces=10000",
        ),
    ],
    ids=["no pcscd", "no driver", "no network namespaces", "no mount namespaces"],
)
def test_what_the_machine_lacks(user: User, prepare: str, told: str, advice: str) -> None:
    """Really lacking: within namespaces of the test's own, where it may take things away."""
    lacking = ("unshare", "-rm", "sh", "-c", f'{prepare} && exec "$@"', "sh")
    ended = user.run(*lacking, *user.softeid, "exec", "--", "touch", "ran")
    assert (ended.code, ended.out) == (125, ""), ended
    what, remedy = ended.err.splitlines()
    assert told in what
    assert advice in remedy
    assert not (user.home / "ran").exists()


@pytest.mark.opensc
def test_a_trace_repeats_by_its_seed_and_holds_no_pin(user: User, tmp_path: Path) -> None:
    """Byte for byte, signatures included; in two homes, so that OpenSC keeps nothing from the first."""
    script = (
        "head -c 48 /dev/zero > message; "
        "pkcs11-tool -s -m ECDSA --id 01 -l --pin 1234 -i message -o signature; "
        "pkcs15-tool --change-pin --auth-id 02 --pin 12345 --new-pin 654321; "
        "pkcs15-tool --unblock-pin --auth-id 01 --puk 12345678 --new-pin 987654"
    )
    traces = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        home = User(tmp_path / name)
        assert home.call("exec", "--seed", "s", "--trace", "trace", "--", "sh", "-c", script).code == 0
        traces.append((home.home / "trace").read_text())
    assert traces[0] == traces[1]
    for text in ("VERIFY   < 90 00", "CHANGE REFERENCE DATA   < 90 00", "RESET RETRY COUNTER   < 90 00"):
        assert text in traces[0]
    for digits in ("1234", "12345", "12345678", "654321", "987654"):
        assert digits.encode().hex(" ") not in traces[0].lower()
        assert digits.encode().hex() not in traces[0].lower()
    another = User(tmp_path / "another")
    another.home.mkdir()
    another.call("exec", "--seed", "t", "--trace", "trace", "--", "sh", "-c", script)
    assert (another.home / "trace").read_text() != traces[0]


def test_seeds_and_cards(user: User) -> None:
    """A seed gives the same document; without one each card is a new one."""
    numbers = []
    for options in (("--seed", "s"), ("--seed", "s"), ("--seed", "t"), ("--seed", ""), (), ()):
        told = re.search(r"document (ZZ\d{7})", user.call("exec", *options, "--", "true").err)
        assert told
        numbers.append(told[1])
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 5


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--profile", "esteid-2018x", "--person", "mari"), "esteid-2018x of MARI-LIIS MÄNNIK"),
        (("--person", "mary"), "esteid-2018 of MARY ÄNN O’CONNEŽ-ŠUSLIK TESTNUMBER"),
    ],
)
def test_one_line_says_whose_card_is_in(user: User, options: tuple[str, ...], told: str) -> None:
    ended = user.call("exec", *options, "--", "true")
    assert ended.err.startswith(f"softeid: {told}, document ZZ")
    assert ended.err.count("\n") == 1


def test_it_works_in_a_terminal_without_utf_8(user: User) -> None:
    ascii_only = User(user.home, extra={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    ended = ascii_only.call("exec", "--", "true")
    assert ended.code == 0
    assert "JAAK-KRISTJAN" in ended.err


@pytest.mark.parametrize("closing", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_it_ends_though_its_standard_streams_are_closed(user: User, closing: str) -> None:
    """Their numbers are those of our next sockets, which nobody else may hold then."""
    ended = user.run("sh", "-c", f'exec "$@" {closing}', "sh", *user.softeid, "exec", "--", "echo", "heard")
    assert ended == (0, "heard\n" if closing == "2>&-" else "", "")


def test_a_trace_that_nobody_reads_is_not_waited_for(user: User, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    ended = user.call("exec", "--trace", tmp_path / "fifo", "--", "true")
    assert ended.code == 125
    assert "found '" in ended.err
    assert ended.err.endswith("fifo': No such device or address\n")


def test_a_disk_that_gets_full_ends_the_trace_alone(user: User) -> None:
    ended = user.call("exec", "--trace", "/dev/full", "--", "sh", "-c", "exit 7")
    assert ended.code == 7
    assert ended.err.count("'/dev/full': No space left on device; it ends here\n") == 1


def test_few_descriptors(user: User) -> None:
    ended = user.run("sh", "-c", 'ulimit -n 10; exec "$@"', "sh", *user.softeid, "exec", "--", "true")
    assert (ended.code, "Traceback" in ended.err) == (125, False), ended.err


@pytest.mark.parametrize(("state", "told"), [("revoked", 1), ("suspended", 1), ("expired", 0), ("fresh", 0)])
def test_what_only_ocsp_would_tell_is_told(user: User, state: str, told: int) -> None:
    ended = user.call("exec", "--state", state, "--", "true")
    assert ended.code == 0
    assert ended.err.count("softeid: a certificate is revoked or suspended") == told
