"""What is missing on this machine, and how to get it; as data."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from . import installation
from .errors import StackError
from .installation import advice_to_install
from .machine import Machine
from .orders import PORT
from .states import SYSTEM_SOCKET

OLDEST_PYTHON = (3, 11)

OPENSC_MODULE = ("/usr/lib/*/opensc-pkcs11.so", "/usr/lib64/opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so")
"""Where distributions keep OpenSC's PKCS#11 module."""

PYSCARD_PACKAGES = ("gcc", "libc6-dev", "libpcsclite-dev", "python3-dev", "swig")
"""pyscard has no wheel for Linux: what pip needs to build it on Debian."""


class Check(NamedTuple):
    """One thing that may be missing."""

    name: str
    found: bool
    detail: str  # what was found, or what was looked for
    advice: str  # what to do about it; empty where it was found
    optional: bool = False  # information: nothing of ours is less for it
    packages: tuple[str, ...] = ()  # what Debian calls it, where it is a package and missing


class Facts(Protocol):
    """What the checks ask; see `Machine`."""

    @property
    def python(self) -> tuple[int, int, int]: ...
    def first_of(self, patterns: tuple[str, ...]) -> str | None: ...
    def program(self, name: str) -> str | None: ...
    def says(self, *command: str) -> str: ...
    def loads(self, library: str) -> bool: ...
    def imports(self, module: str) -> bool: ...
    def namespaces(self) -> StackError | None: ...
    def pcscd_answers(self, path: str) -> list[str] | None: ...
    def listens(self, port: int) -> bool: ...


# What each way to a card asks of the machine, by the names of the checks.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "exec": ("Python", "pcscd", "vsmartcard driver", "namespaces", "libpcsclite"),
    "run --via vpcd": ("Python", "pcscd", "vsmartcard driver", "namespaces", "libpcsclite", "pyscard"),
}


def pyscard_advice() -> str:
    """How to get pyscard into this Python; it has no wheel for Linux, so pip builds it."""
    return f"{advice_to_install(*PYSCARD_PACKAGES)[:-1]}, then {sys.executable} -m pip install pyscard."


def checks(facts: Facts | None = None) -> list[Check]:
    """Look at everything, in the order in which one would mend it."""
    facts = facts or Machine()
    return [
        _python(facts),
        _pcscd(facts),
        _driver(facts),
        _namespaces(facts),
        _library(facts),
        _opensc_module(facts),
        _opensc_tools(facts),
        _pyscard(facts),
        _system_pcscd(facts),
        _system_slot(facts),
    ]


def _python(facts: Facts) -> Check:
    version = ".".join(map(str, facts.python))
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return _check(
        "Python",
        version if facts.python >= OLDEST_PYTHON else None,
        version,
        f"Use Python {oldest} or newer.",
    )


def _pcscd(facts: Facts) -> Check:
    path = next(filter(None, map(facts.program, installation.PCSCD)), None)
    found = path and f"{path} ({_first_line(facts.says(path, '--version')) or 'version unknown'})"
    return _check("pcscd", found, " or ".join(installation.PCSCD), packages=(installation.PCSCD_PACKAGE,))


def _driver(facts: Facts) -> Check:
    places = tuple(f"{folder}/{installation.VPCD}" for folder in installation.DRIVER_FOLDERS)
    return _check(
        "vsmartcard driver",
        facts.first_of(places),
        " or ".join(places),
        packages=(installation.VPCD_PACKAGE,),
    )


def _namespaces(facts: Facts) -> Check:
    refusal = facts.namespaces()
    if refusal is None:
        return Check("namespaces", True, "user, mount and network namespaces can be entered", "")
    return Check("namespaces", False, str(refusal), refusal.advice)


def _library(facts: Facts) -> Check:
    library = "libpcsclite.so.1"
    return _check(
        "libpcsclite", library if facts.loads(library) else None, library, packages=("libpcsclite1",)
    )


def _opensc_module(facts: Facts) -> Check:
    return _check(
        "OpenSC module",
        facts.first_of(OPENSC_MODULE),
        " or ".join(OPENSC_MODULE),
        packages=("opensc-pkcs11",),
    )


def _opensc_tools(facts: Facts) -> Check:
    return _check("OpenSC tools", facts.program("pkcs11-tool"), "pkcs11-tool", packages=("opensc",))


def _pyscard(facts: Facts) -> Check:
    return _check(
        "pyscard",
        "smartcard" if facts.imports("smartcard") else None,
        "Python's smartcard",
        pyscard_advice(),
        packages=PYSCARD_PACKAGES,
    )


def _system_pcscd(facts: Facts) -> Check:
    readers = facts.pcscd_answers(SYSTEM_SOCKET)
    found = None if readers is None else f"{SYSTEM_SOCKET}: {', '.join(readers) or 'no reader'}"
    advice = "Only `softeid plug` and `--via reader:NAME` need it: systemctl start pcscd.socket."
    if found is None and facts.first_of((SYSTEM_SOCKET,)):
        deaf = f"{SYSTEM_SOCKET} is there, but turns this program away"
        cause = (
            "Only `softeid plug` and `--via reader:NAME` need it. Does it ask polkit, which does not answer "
            "here? In a container: pcscd --disable-polkit."
        )
        return Check("the system's pcscd", False, deaf, cause, optional=True)
    return _check("the system's pcscd", found, SYSTEM_SOCKET, advice, optional=True)


def _system_slot(facts: Facts) -> Check:
    address = f"port {PORT}"
    found = address if facts.listens(PORT) else None
    advice = "Only `softeid plug` needs it: the system's pcscd with vsmartcard's driver listens there."
    return _check("the system's vpcd", found, address, advice, optional=True)


def _check(
    name: str,
    found: str | None,
    looked_for: str,
    advice: str = "",
    *,
    optional: bool = False,
    packages: tuple[str, ...] = (),
) -> Check:
    if found:
        return Check(name, True, found, "", optional)
    advice = advice or advice_to_install(*packages)
    return Check(name, False, f"not found: {looked_for}", advice, optional, packages)


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip()
