"""Every command with its options. Nothing is imported here that only a command needs."""

from __future__ import annotations

import argparse

from . import option_type
from .exit_code import ExitCode

# Why a certificate can be revoked (RFC 5280, 5.3.1): of an authority's and of attributes' reasons none.
_REASONS = (
    "unspecified",
    "keyCompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "privilegeWithdrawn",
)


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add every command with its options."""
    _run(commands.add_parser("run", help="run scenarios"))
    _exec(commands.add_parser("exec", help="run a program that sees the card", add_help=False))
    _card(
        commands.add_parser(
            "card",
            help="make, show and change cards on disk",
            description="A card file is one card: what programs do to it stays.",
            epilog="`softeid exec --card FILE -- COMMAND` runs a program that sees it, "
            "`softeid plug --card FILE` puts it into the system's pcscd.",
        )
    )
    _plug(commands.add_parser("plug", help="put a card into a vpcd slot until stopped", add_help=False))
    _up(commands.add_parser("up", add_help=False, help="bring up a lab: portal, phones, card desk"))
    _ps(commands.add_parser("ps", help="list the labs that are up"))
    _lab_name(commands.add_parser("down", help="end a lab that is up"))
    _clock(commands.add_parser("clock", help="say what a lab's clock says, and move it"))
    _ca(commands.add_parser("ca", help="the test authority: its certificates, and what it says of others'"))
    _steps(commands.add_parser("steps", help="print the reference of all scenario steps"))
    _requirements(commands.add_parser("requirements", help="say which requirements are shown, and by what"))
    _compare(
        commands.add_parser(
            "compare",
            help="hold a card in a reader against its profile, reading only",
            description="No PIN is asked for or sent, and nothing of the holder is printed.",
            epilog='example: softeid compare --via "reader:Gemalto"; without a reader at hand: '
            'softeid exec -- softeid compare --via "reader:Virtual PCD 00 00"',
        )
    )
    _doctor(commands.add_parser("doctor", help="say what this machine lacks and how to get it"))


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a .scenario.yaml file, or a folder of them")
    parser.add_argument(
        "--via",
        metavar="{direct,vpcd,reader:NAME}",
        type=option_type.way,
        default="direct",
        help="how the card is reached; reader:NAME is a PC/SC reader with a card in it, a real one too",
    )
    parser.add_argument(
        "--allow-harm",
        metavar="{none,try,block,write}",
        choices=["none", "try", "block", "write"],
        default="none",
        help="with reader:NAME and a card of softeid's own: the worst that may be done to it (default none)",
    )
    parser.add_argument(
        "--over",
        choices=["session", "http"],
        default="session",
        help="how portal and phone are reached: in process, or over HTTP",
    )
    parser.add_argument(
        "-k", metavar="EXPR", default="", help="scenarios whose name or file holds this; and, or, not, ()"
    )
    parser.add_argument(
        "-j", metavar="N", type=option_type.positive, default=1, help="so many at once (default 1)"
    )
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
    _inserted(parser)


def _plug(parser: argparse.ArgumentParser) -> None:
    _inserted(parser)
    parser.add_argument("--host", default="127.0.0.1", help="where pcscd runs (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=option_type.port, default=35963, help="the slot's port (default 35963)"
    )


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
        "-o",
        dest="output",
        metavar="PATH",
        type=option_type.printable,
        help="the file, or NSS's folder; PEM may go without",
    )
    serve = actions.add_parser("serve", help="answer OCSP, CRL and certificates over HTTP until stopped")
    serve.add_argument(
        "--host",
        type=option_type.loopback,
        default="127.0.0.1",
        help="an address of loopback (default 127.0.0.1)",
    )
    serve.add_argument(
        "--port", metavar="N", type=option_type.port, default=0, help="by default any that is free"
    )
    status = actions.add_parser("set-status", help="say what a certificate is from now on")
    status.add_argument(
        "serial", metavar="SERIAL", type=option_type.serial, help="hexadecimal, colons are allowed"
    )
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


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--via",
        metavar="reader:NAME",
        required=True,
        type=option_type.real_reader,
        help="a PC/SC reader by its name, or by a part that only one reader has",
    )
    parser.add_argument(
        "--profile", metavar="P", help="a profile, or a .yaml file (default: the one with the card's ATR)"
    )
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def _up(parser: argparse.ArgumentParser) -> None:
    _listing(parser)
    _lab_name(parser)
    parser.add_argument(
        "--port",
        metavar="N",
        type=option_type.lab_port,
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
        "--store",
        metavar="URL",
        type=option_type.printable,
        help="keep the portal's records in PostgreSQL, or another file",
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
        type=option_type.setting,
        default=[],
        help="a rule of portal and core, such as t_code=5m, while this lab is up; several times",
    )
    _seed(parser)


def _ps(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the labs as JSON")


def _clock(parser: argparse.ArgumentParser) -> None:
    _lab_name(parser)
    moves = parser.add_mutually_exclusive_group()
    moves.add_argument(
        "--advance", metavar="15m", type=option_type.printable, help="move it on by a duration"
    )
    moves.add_argument(
        "--set", metavar="INSTANT", type=option_type.printable, help="move it on to an instant with a zone"
    )
    moves.add_argument(
        "--back", metavar="20m", type=option_type.printable, help="set it back: time limits go on counting"
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--freeze", action="store_true", help="let it stand still")
    pace.add_argument("--run", action="store_true", help="let it run with the real time")
    parser.add_argument("--json", action="store_true", help="print the clock as JSON")


def _lab_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        dest="name",
        metavar="NAME",
        type=option_type.printable,
        default="default",
        help="which lab (default `default`)",
    )


def _card(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", add_help=False, help="make a card in a new file")
    _made(new)
    _switches(new)
    show = actions.add_parser("show", help="show what a card is and holds")
    show.add_argument("--json", action="store_true", help="print it as JSON")
    show.add_argument(
        "--at",
        metavar="INSTANT",
        type=option_type.printable,
        help="look at it at another moment with a zone, such as '2027-03-02 09:00Z'",
    )
    show.add_argument("--pins", action="store_true", help="tell the PINs too, which are hidden otherwise")
    change = actions.add_parser("set", add_help=False, help="change a card as its issuer can")
    _listing(change)
    change.add_argument(
        "--state", metavar="S", help="the card's life from today on; number, holder and PIN values stay"
    )
    change.add_argument(
        "--tries",
        metavar="PIN1=N",
        action="append",
        type=option_type.tries,
        default=[],
        help="so many tries are left for a PIN, 0 blocks it; several times",
    )
    _switches(change)
    value = actions.add_parser(
        "change-pin",
        help="give a PIN a new value by its old one, as its holder does",
        description="By the card's own commands: a wrong old value costs a try.",
        epilog="example: softeid card change-pin my.card PIN1 --old 1234 --new 4321",
    )
    value.add_argument("--old", metavar="DIGITS", help="the value until now; without it you are asked")
    unblock = actions.add_parser(
        "unblock-pin",
        help="give a PIN its tries back by the PUK",
        description="By the card's own commands: a wrong PUK costs a try of the PUK, and nothing but "
        "`softeid card set FILE --tries PUK=3` gives that back.",
        epilog="example: softeid card unblock-pin my.card PIN1 --puk 12345678 --new 4321",
    )
    unblock.add_argument("--puk", metavar="DIGITS", help="its value; without it you are asked")
    for action in (new, show, change, value, unblock):
        action.add_argument("file", metavar="FILE", type=option_type.file_name, help="the card's file")
        action.set_defaults(parser=action)
    for action, names in ((value, ("PIN1", "PIN2", "PUK")), (unblock, ("PIN1", "PIN2"))):
        action.add_argument("pin", type=str.upper, choices=names, metavar="PIN", help=", ".join(names))
        action.add_argument("--new", metavar="DIGITS", help="the value from now on; without it you are asked")


def _inserted(parser: argparse.ArgumentParser) -> None:
    """A card for a reader: from a file, or made for this once."""
    _made(parser)
    _switches(parser)
    parser.add_argument(
        "--card",
        metavar="FILE",
        type=option_type.file_name,
        help="a card that lasts, made by `softeid card new`",
    )
    parser.add_argument("--trace", metavar="FILE", help="write the exchanges into a file, PINs left out")


def _made(parser: argparse.ArgumentParser) -> None:
    """What a card is to be that is made; None where nothing was said."""
    _listing(parser)
    parser.add_argument(
        "--profile", metavar="P", help="the card generation, or a .yaml file (default esteid-2018)"
    )
    parser.add_argument("--person", metavar="HANDLE", help="the test person whose card it is (default jaak)")
    parser.add_argument("--state", metavar="S", help="the card's life, such as pin1-blocked (default fresh)")
    _seed(parser)


def _switches(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--switch",
        metavar="NAME=CHOICE",
        action="append",
        type=option_type.switch,
        default=[],
        help="answer an open question about the card otherwise, such as signature-consumes-pin=no",
    )


def _listing(parser: argparse.ArgumentParser) -> None:
    """Let `--help` list everything that a card can be."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter  # its lists are laid out already
    parser.add_argument("-h", "--help", action=_CardHelp, nargs=0, help="show this help message and exit")


def _seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed",
        metavar="S",
        type=option_type.printable,
        help="derive keys, numbers and names from a text, so that a run repeats",
    )


class _CardHelp(argparse.Action):
    """`--help` of the commands that take a card: with everything that a card can be."""

    def __call__(self, parser: argparse.ArgumentParser, *ignored: object) -> None:
        from .command.card import choices

        parser.epilog = choices(parser.prog.rpartition(" ")[2])
        parser.print_help()
        parser.exit(ExitCode.HELD)
