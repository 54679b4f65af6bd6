"""Cards without the harness: fixed keys, opaque certificates, one holder, a fault hook that fails."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from softeid.emulator import Profile, build_card, parse_profile, personalise
from softeid.emulator.vector import expected

if TYPE_CHECKING:
    from softeid.emulator import CardLike, Permanent

PROFILES = ("esteid-2018", "esteid-2018x")
KEYS = {  # test keys: anybody may know them
    "authentication": ec.derive_private_key(int.from_bytes(b"softeid TEST authentication"), ec.SECP384R1()),
    "signature": ec.derive_private_key(int.from_bytes(b"softeid TEST signature"), ec.SECP384R1()),
}
HOLDER = {  # the public specimen of RIA's guide
    "surname": "JÕEORG",
    "given-names": "JAAK-KRISTJAN",
    "sex": "M",
    "citizenship": "EST",
    "birth": "08 01 1980 EST",
    "personal-code": "38001085718",
    "document-number": "AS0010392",
    "expiry": "13 08 2023",
    "issued": "13 08 2018",
}
WORDS = {  # what scripts may call by name
    "MAIN": "A000000077010800070000FE00000100",  # AIDs
    "AWP": "E828BD080FF2504F5420415750",
    "QSCD": "51534344204170706C69636174696F6E",
    "PIN1": "31323334FFFFFFFFFFFFFFFF",  # blocks of VERIFY: the right values
    "PIN2": "3132333435FFFFFFFFFFFFFF",
    "PUK": "3132333435363738FFFFFFFF",
    "NEW": "393837363534333231FFFFFF",  # a value that fits each of them, and is wrong until it is set
    "HASH": "5A" * 48,
    "SHORT": "5A" * 47,
}
Script = list[tuple[str, str]]  # commands in hex, and answers as vectors write them


def scripts(text: str) -> dict[str, Script]:
    """A table of scripts: a name at the margin, below it `command = answer`, indented, `WORDS` in braces."""
    found: dict[str, Script] = {}
    for line in text.format_map(WORDS).splitlines():
        if line[:1].isspace():
            command, _, answer = line.partition("=")
            found[next(reversed(found))].append((command, answer.strip()))
        elif line:
            assert line not in found, f"{line} twice"
            found[line] = []
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test `test_some_thing` with an argument `script` runs each script of its module's SOME_THING."""
    if "script" in metafunc.fixturenames:
        table = scripts(getattr(metafunc.module, metafunc.function.__name__.removeprefix("test_").upper()))
        metafunc.parametrize("script", table.values(), ids=table.keys())


@dataclass(frozen=True)
class Specimen:
    """One card, with what only its issuer knows."""

    card: CardLike
    profile: Profile
    permanent: Permanent
    certificates: Mapping[str, bytes]
    commits: list[tuple[tuple[str, int, bytes], ...]]  # name, tries and value of each PIN, at each commit

    def __call__(self, command: str) -> str:
        """Send a command in hex; the answer in hex, in capitals and without blanks."""
        return self.card.process(bytes.fromhex(command)).hex().upper()

    def plays(self, *script: tuple[str, str]) -> None:
        """Send commands, each with the answer that must come, as vectors write it."""
        for command, answer in script:
            found = self.card.process(bytes.fromhex(command))
            assert expected(answer).fits(found), (
                f"{command}: expected {answer}, found {found.hex(' ').upper()}"
            )

    def tries(self, pin: str) -> int:
        """Tries that are left."""
        return self.permanent.pins[pin].tries


def fail(bug: Exception) -> None:
    """The fault hook of every card under test."""
    raise AssertionError("the card has a bug") from bug


def profile_text(name: str) -> tuple[str, str]:
    """Text and file name of a profile that comes with the package."""
    return (files("softeid.emulator") / "profiles" / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml"


def load(name: str) -> Profile:
    """A profile that comes with the package."""
    return parse_profile(*profile_text(name), other=profile_text)


def make_specimen(
    name: str = "esteid-2018",
    *,
    switches: Mapping[str, str] | None = None,
    octets: int = 1040,
    on_fault: Callable[[Exception], None] = fail,
    on_commit: Callable[[], None] = lambda: None,
    **changes: Any,
) -> Specimen:
    """A card that has just been powered on.

    Args:
        name: of its profile.
        switches: that are set otherwise than by default.
        octets: length of both certificates.
        on_fault: its fault hook.
        on_commit: called at each commit, after it has been noted.
        changes: to the arguments of `personalise`.
    """
    profile = load(name).switched(switches or {})
    certificates = {key: random.Random(f"{key} {octets}").randbytes(octets) for key in KEYS}
    arguments: dict[str, Any] = {"holder": HOLDER, "keys": KEYS, "certificates": certificates, **changes}
    permanent = personalise(profile, **arguments)
    commits: list[tuple[tuple[str, int, bytes], ...]] = []

    def commit() -> None:
        commits.append(tuple((name, pin.tries, pin.value) for name, pin in permanent.pins.items()))
        on_commit()

    octets_of = random.Random(name).randbytes
    card = build_card(profile, permanent, random=octets_of, on_fault=on_fault, commit=commit)
    card.power_on()
    return Specimen(card, profile, permanent, arguments["certificates"], commits)


@pytest.fixture(scope="session")
def make() -> Callable[..., Specimen]:
    """Makes cards: `make_specimen`."""
    return make_specimen


@pytest.fixture(params=PROFILES)
def card(request: pytest.FixtureRequest) -> Specimen:
    """A fresh card, once of each profile."""
    return make_specimen(request.param)
