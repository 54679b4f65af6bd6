"""The command line. Only what parses options is imported here; a command's module comes when it is called."""

from __future__ import annotations

import argparse
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from . import stream
from .exit_code import ExitCode

_EPILOG = (
    "softeid COMMAND --help tells more. "
    "Exit codes: 0 all held, 1 a difference, 2 a file is wrong, 3 no route, 5 nothing matched."
)

# Why a certificate can be revoked (RFC 5280, 5.3.1): of an authority's and of attributes' reasons none.
_REASONS = (
    "unspecified",
    "keyCompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
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
    options = _parsed(given)
    module = import_module(f"softeid.harness.command.{options.command.replace('-', '_')}_")
    code: int = module.run(options)
    return code


def _parsed(given: list[str]) -> argparse.Namespace:
    """The options; where they are wrong argparse has said so, and the process ends."""
    try:
        options, unknown = _parser().parse_known_args(_before_command(given))
        if unknown:
            options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    except SystemExit as end:
        if end.code and given[:1] == ["exec"]:  # 2 could be the command's own
            raise SystemExit(ExitCode.EXEC_FAILED) from None
        raise
    if options.command == "exec":
        options.argv = _after_dashes(given)
    return options


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
    _run(commands.add_parser("run", help="run scenarios"))
    _exec(commands.add_parser("exec", help="run a program that sees the card", add_help=False))
    _plug(commands.add_parser("plug", help="put a card into a vpcd slot until stopped", add_help=False))
    _up(commands.add_parser("up", add_help=False, help="bring up a lab: portal, phones, card desk"))
    _ps(commands.add_parser("ps", help="list the labs that are up"))
    _lab_name(commands.add_parser("down", help="end a lab that is up"))
    _clock(commands.add_parser("clock", help="say what a lab's clock says, and move it"))
    _ca(commands.add_parser("ca", help="the test authority: its certificates, and what it says of others'"))
    _steps(commands.add_parser("steps", help="print the reference of all scenario steps"))
    _requirements(commands.add_parser("requirements", help="say which requirements are shown, and by what"))
    _doctor(commands.add_parser("doctor", help="say what this machine lacks and how to get it"))
    for command in commands.choices.values():
        command.set_defaults(parser=command)  # whose usage is shown with an error
    return parser


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a .scenario.yaml file, or a folder of them")
    parser.add_argument("--via", choices=["direct", "vpcd"], default="direct", help="how the card is reached")
    parser.add_argument(
        "--over",
        choices=["session", "http"],
        default="session",
        help="how portal and phone are reached: in process, or over HTTP",
    )
    parser.add_argument(
        "-k", metavar="EXPR", default="", help="scenarios whose name or file holds this; and, or, not, ()"
    )
    parser.add_argument("-j", metavar="N", type=_positive, default=1, help="so many at once (default 1)")
    _seed(parser)
    parser.add_argument("--trace", metavar="DIR", help="write the exchanges of each scenario into a folder")
    parser.add_argument(
        "--timeline",
        metavar="DIR",
        help="write all that happens in each scenario into a folder, with virtual and real time",
    )
    parser.add_argument("--strict", action="store_true", help="what is left out counts as a difference")
    parser.add_argument("--junit", metavar="FILE", help="write a JUnit report")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def _exec(parser: argparse.ArgumentParser) -> None:
    parser.usage = "softeid exec [options] -- COMMAND [ARGUMENT ...]"
    parser.add_argument("--via", choices=["vpcd"], default="vpcd", help="how the card is reached")
    _card(parser)


def _plug(parser: argparse.ArgumentParser) -> None:
    _card(parser)
    parser.add_argument("--host", default="127.0.0.1", help="where pcscd runs (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=35963, help="the slot's port (default 35963)")


def _ca(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="hand out root and issuing certificate")
    export.add_argument(
        "--format",
        choices=["pem", "p12", "nssdb"],
        default="pem",
        help="PEM, a PKCS #12 trust store as Java has it, or an NSS database (default pem)",
    )
    export.add_argument(
        "-o", dest="output", metavar="PATH", type=_text, help="the file, or NSS's folder; PEM may go without"
    )
    serve = actions.add_parser("serve", help="answer OCSP, CRL and certificates over HTTP until stopped")
    serve.add_argument(
        "--host", type=_loopback, default="127.0.0.1", help="an address of loopback (default 127.0.0.1)"
    )
    serve.add_argument("--port", metavar="N", type=_port, default=0, help="by default any that is free")
    status = actions.add_parser("set-status", help="say what a certificate is from now on")
    status.add_argument("serial", metavar="SERIAL", type=_serial, help="hexadecimal, colons are allowed")
    status.add_argument("status", choices=["good", "revoked", "suspended"])
    status.add_argument("--reason", choices=_REASONS, metavar="R", help=f"why: {', '.join(_REASONS)}")
    for action in (export, serve, status):
        _seed(action)
        action.set_defaults(parser=action)


def _steps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of scenario files instead"
    )


def _requirements(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="scenario files and folders (default: those of softeid)"
    )
    parser.add_argument("--require", action="store_true", help="end with 1 if nothing shows one in scope")
    parser.add_argument("--missing", action="store_true", help="only those in scope that nothing shows")
    parser.add_argument(
        "--section",
        metavar="X",
        action="append",
        choices=list("ABCDEFGHIJKLMNOPQ"),
        default=[],
        help="only section X, from A to Q; may stand several times",
    )
    parser.add_argument("--json", action="store_true", help="print the coverage as JSON")


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def _up(parser: argparse.ArgumentParser) -> None:
    _listing(parser)
    _lab_name(parser)
    parser.add_argument(
        "--port",
        metavar="N",
        type=_lab_port,
        default=8440,
        help="the first of six or seven ports in a row; 0 takes any that are free (default 8440)",
    )
    parser.add_argument(
        "--https",
        action="store_true",
        help="serve portal, phones and card desk over TLS, as the extension of Web eID needs it",
    )
    parser.add_argument("--fresh", action="store_true", help="forget what this lab stored before")
    parser.add_argument(
        "--store", metavar="URL", type=_text, help="keep the portal's records in PostgreSQL, or another file"
    )
    parser.add_argument(
        "--person",
        metavar="HANDLE",
        action="append",
        help="a test person whose card lies on the desk; several times (default jaak, mari, kadri)",
    )
    parser.add_argument(
        "--profile", metavar="P", default="esteid-2018", help="the card generation (default esteid-2018)"
    )
    parser.add_argument(
        "--state", metavar="S", default="fresh", help="the cards' life, such as pin1-blocked (default fresh)"
    )
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        type=_setting,
        default=[],
        help="a rule of portal and core, such as t_code=5m, while this lab is up; several times",
    )
    _seed(parser)


def _ps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the labs as JSON")


def _clock(parser: argparse.ArgumentParser) -> None:
    _lab_name(parser)
    moves = parser.add_mutually_exclusive_group()
    moves.add_argument("--advance", metavar="15m", type=_text, help="move it on by a duration")
    moves.add_argument("--set", metavar="INSTANT", type=_text, help="move it on to an instant with a zone")
    moves.add_argument("--back", metavar="20m", type=_text, help="set it back: time limits go on counting")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--freeze", action="store_true", help="let it stand still")
    pace.add_argument("--run", action="store_true", help="let it run with the real time")
    parser.add_argument("--json", action="store_true", help="print the clock as JSON")


def _lab_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p", dest="name", metavar="NAME", type=_text, default="default", help="which lab (default `default`)"
    )


def _card(parser: argparse.ArgumentParser) -> None:
    _listing(parser)
    parser.add_argument(
        "--profile",
        metavar="P",
        default="esteid-2018",
        help="the card generation, or a .yaml file (default esteid-2018)",
    )
    parser.add_argument(
        "--person", metavar="HANDLE", default="jaak", help="the test person whose card it is (default jaak)"
    )
    parser.add_argument(
        "--state", metavar="S", default="fresh", help="the card's life, such as pin1-blocked (default fresh)"
    )
    parser.add_argument(
        "--switch",
        metavar="NAME=CHOICE",
        action="append",
        type=_switch,
        default=[],
        help="answer an open question about the card otherwise, such as signature-consumes-pin=no",
    )
    _seed(parser)
    parser.add_argument("--trace", metavar="FILE", help="write the exchanges into a file, PINs left out")


def _listing(parser: argparse.ArgumentParser) -> None:
    """Let `--help` list everything that a card can be."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter  # its lists are laid out already
    parser.add_argument("-h", "--help", action=_CardHelp, nargs=0, help="show this help message and exit")


def _seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed",
        metavar="S",
        type=_text,
        help="derive keys, numbers and names from a text, so that a run repeats",
    )


def _switch(text: str) -> tuple[str, str]:
    return _pair(text, "NAME=CHOICE")


def _setting(text: str) -> tuple[str, str]:
    return _pair(_text(text), "NAME=VALUE")


def _pair(text: str, shape: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected {shape}, found {text!r}")
    return name, value


def _positive(text: str) -> int:
    return _number(text, 64, "a number")


def _port(text: str) -> int:
    return _number(text, 65535, "a port")


def _lab_port(text: str) -> int:
    return 0 if text == "0" else _number(text, 65535 - 6, "a first port, or 0,")


def _number(text: str, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise argparse.ArgumentTypeError(f"expected {what} from 1 to {most}, found {text!r}")
    return int(text)


def _serial(text: str) -> int:
    plain = text.replace(":", "").strip().lower().removeprefix("0x")
    if not (plain and len(plain) <= 40 and set(plain) <= set("0123456789abcdef")):  # RFC 5280: 20 octets
        raise argparse.ArgumentTypeError(
            f"expected a serial number of up to 40 hexadecimal digits, found {text!r}"
        )
    return int(plain, 16)


def _loopback(text: str) -> str:
    if text == "localhost":
        return "127.0.0.1"
    if text != "::1" and not re.fullmatch(r"127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"expected an address of loopback: 127.0.0.1, ::1, found {text!r}")
    return text


def _text(text: str) -> str:
    if not text.isprintable():  # octets that are no UTF-8 come as lone surrogates
        raise argparse.ArgumentTypeError(f"expected printable text in UTF-8, found {text!r}")
    return text


class _CardHelp(argparse.Action):
    """`--help` of the commands that take a card: with everything that a card can be."""

    def __call__(self, parser: argparse.ArgumentParser, *ignored: object) -> None:
        from .command.card import choices

        parser.epilog = choices(parser.prog.rpartition(" ")[2])
        parser.print_help()
        parser.exit(ExitCode.HELD)


class _Version(argparse.Action):
    """`--version`, which imports nothing before it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *ignored: object) -> None:
        from softeid import __version__

        print(f"softeid {__version__}")  # noqa: T201  # what was asked for
        parser.exit(ExitCode.HELD)
