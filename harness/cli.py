"""The command line. Only what parses options is imported here; a command's module comes when it is called."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from . import options, stream
from .exit_code import ExitCode

_EPILOG = (
    "softeid COMMAND --help tells more. "
    "Exit codes: 0 all held, 1 a difference, 2 a file is wrong, 3 no route, 5 nothing matched."
)

_INTERRUPTED = 128 + signal.SIGINT
_NOBODY_READS = 128 + signal.SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; by default those of the process.

    Returns:
        An exit code, `ExitCode` or that of the command that `exec` ran.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    stream.mend()
    try:
        try:
            return _called(given)
        finally:  # after help too
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever reads our output has heard enough, as `head` does
        stream.give_up()
        return _NOBODY_READS
    except OSError as error:  # no room for our output
        return _unheard(given, error)


def _unheard(given: list[str], error: OSError) -> int:
    """Say that standard output cannot be written, if standard error can."""
    with suppress(OSError):
        sys.stderr.write(f"softeid: the output cannot be written: {error.strerror or error}\n")
        sys.stderr.flush()
    stream.give_up()
    return ExitCode.EXEC_FAILED if given[:1] == ["exec"] else ExitCode.WRONG_FILE


def _called(given: list[str]) -> int:
    parsed = _parsed(given)
    module = import_module(f"softeid.harness.command.{parsed.command.replace('-', '_')}_")
    code: int = module.run(parsed)
    return code


def _parsed(given: list[str]) -> argparse.Namespace:
    """The options; where they are wrong argparse has said so, and the process ends."""
    try:
        parsed, unknown = _parser().parse_known_args(_before_command(given))
        if unknown:
            parsed.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    except SystemExit as end:
        if end.code and given[:1] == ["exec"]:  # 2 could be the command's own
            raise SystemExit(ExitCode.EXEC_FAILED) from None
        raise
    if parsed.command == "exec":
        parsed.argv = _after_dashes(given)
    return parsed


def _before_command(given: list[str]) -> list[str]:
    """`exec` takes everything behind -- as it stands, even what looks like an option of ours."""
    if given[:1] == ["exec"] and "--" in given:
        return given[: given.index("--")]
    return given


def _after_dashes(given: list[str]) -> list[str]:
    return given[given.index("--") + 1 :] if "--" in given else []


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="softeid",
        description="A software national ID card and the test lab around it.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    options.add_to(commands)
    for command in commands.choices.values():
        command.set_defaults(parser=command)  # whose usage is shown with an error
    return parser


class _Version(argparse.Action):
    """`--version`, which imports nothing before it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *ignored: object) -> None:
        from softeid import __version__

        print(f"softeid {__version__}")  # noqa: T201  # what was asked for
        parser.exit(ExitCode.HELD)
