"""A card and the oracle beside it: both are told the same, and everything that can be seen is compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import cache, lru_cache
from itertools import product
from typing import Any, NamedTuple

from tests.emulator.conftest import HOLDER, KEYS, PROFILES, load
from tests.hostile.knowledge import Expected, Use
from tests.hostile.oracle import CLOSED, Oracle

from softeid.emulator import CardLike, Permanent, Profile, StatusError, build_card, personalise
from softeid.emulator.access import parse
from softeid.emulator.facts import SWITCHES, FileFacts
from softeid.emulator.file import DF, EF, path
from softeid.emulator.key import Key

GUARDED = "-guarded"  # behind a profile's name: the same card with some files that not everybody may read
_GUARDS = {
    0x5001: "PIN1",
    0x5002: "PIN2",
    0x5003: "PUK",
    0x5004: "PIN1 & PUK",
    0x5005: "PIN1 | PIN2",
    0x5006: "never",
    0x011C: "PIN1",  # the file with a short identifier
    0x341E: "PIN2",
}
_HIGH = bytes(number | 0x80 for number in range(256))  # what is random here looks like no PIN


class Confusion(AssertionError):
    """A card that did what the oracle does not allow, or not what it must.

    Attributes:
        words: status words of which any would have been right.
    """

    def __init__(self, told: str, words: int) -> None:
        super().__init__(told)
        self.words = words


class Setup(NamedTuple):
    """Which card: a profile, and switches that stand otherwise than by default."""

    profile: str
    switches: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " ".join([self.profile, *(f"{name}={choice}" for name, choice in self.switches)])


def _setups() -> tuple[Setup, ...]:
    choices = [[(name, choice) for choice in every] for name, every in SWITCHES.items()]
    names = [f"{name}{guard}" for guard in ("", GUARDED) for name in PROFILES]
    return tuple(
        Setup(name, tuple(one for one in chosen if one[1] != SWITCHES[one[0]][0]))
        for chosen in product(*choices)
        for name in names
    )


SETUPS = _setups()
"""Every profile, open and guarded, with every choice of every switch; the first is a card by default."""


class Duel:
    """One card from the moment that power comes."""

    def __init__(self, setup: Setup = SETUPS[0], dress: Callable[[CardLike], CardLike] = lambda card: card):
        """A card and its oracle.

        Args:
            setup: which card.
            dress: what is put around it; tests put cards with mistakes there.
        """
        self.setup = setup
        self.sent = 0
        self.expected = Expected(b"", frozenset(), "nothing was sent")  # for the last command
        kind = _kind(setup)
        self._pins = {name: copy(pin) for name, pin in kind.permanent.pins.items()}
        self._uses: list[Use] = []
        self._challenges = [0, 0]  # given to the card, foretold by the oracle
        self._stored = self._state()
        self._faults: list[Exception] = []
        keys: dict[str, Key] = {name: Spied(name, KEYS[name], self._uses) for name in KEYS}
        self._permanent = Permanent(kind.permanent.root, keys, self._pins)
        self.card = dress(
            build_card(
                kind.profile, self._permanent,
                random=lambda octets: self._challenge(0, octets),
                on_fault=self._faults.append, commit=self._commit,
            )
        )  # fmt: skip
        self.card.power_on()
        self.oracle = Oracle(
            kind.profile, kind.root, {name: pin.value for name, pin in self._pins.items()},
            challenge=lambda octets: self._challenge(1, octets), perform=perform,
        )  # fmt: skip

    def event(self, event: str) -> None:
        """Reset, power off or power on."""
        getattr(self.card, event)()
        self.oracle.power()
        self._compare_state(event)

    def send(self, apdu: bytes) -> tuple[bytes, Expected]:
        """Send one command.

        Returns:
            The answer, and what the oracle expected.

        Raises:
            Confusion: the two differ.
        """
        self.sent += 1
        expected = self.expected = self.oracle.expect(apdu)
        try:
            answer = self.card.process(apdu)
        except Exception as bug:  # a card never raises
            raise self._confusion(apdu, f"process raised {bug!r}") from bug
        word = int.from_bytes(answer[-2:], "big")
        self._that(not self._faults, apdu, f"the fault hook was called: {self._faults!r}")
        known = f"{word:04X}" in CLOSED or word >> 4 == 0x63C or word >> 8 == 0x61
        self._that(len(answer) >= 2 and known, apdu, f"{answer.hex()} ends in no status word")
        right = answer[:-2] == expected.data and word in expected.words
        self._that(right, apdu, f"expected {expected}, found {answer.hex(' ').upper()}")
        if len(answer) > 2:
            self._that(not any(one in answer for one in _SECRETS), apdu, "a secret shows")
        self._that(self._uses == self.oracle.uses, apdu, f"keys were used: {self._uses}")
        self._uses.clear()
        self._compare_state(apdu)
        return answer, expected

    def audit(self) -> None:
        """Ask for everything that might have stayed by mistake; then look at the files."""
        for apdu in AUDIT:
            self.send(apdu)
        for own, other in zip(self._permanent.root.below(), self.oracle_root.below(), strict=True):
            same = _told(own) == _told(other)
            self._that(same, b"", f"file {path(own)} is not what it was")

    @property
    def oracle_root(self) -> DF:
        """The tree that only the oracle has."""
        return _kind(self.setup).root

    def _state(self) -> tuple[tuple[int, bytes], ...]:
        return tuple((pin.tries, pin.value) for pin in self._pins.values())

    def _commit(self) -> None:
        self._stored = self._state()

    def _compare_state(self, after: bytes | str) -> None:
        for name, known in self.oracle.pins.items():
            pin = self._pins[name]
            same = pin.tries == known.tries and pin.value == known.value
            self._that(same, after, f"{name} has {pin.tries} tries, {known.tries} are right; or its value")
        self._that(self._stored == self._state(), after, "what changed is not stored")

    def _challenge(self, whose: int, octets: int) -> bytes:
        self._challenges[whose] += 1
        return _octets(f"challenge {self._challenges[whose]}", octets)

    def _that(self, right: bool, after: bytes | str, wrong: str) -> None:
        if not right:
            raise self._confusion(after, wrong)

    def _confusion(self, after: bytes | str, wrong: str) -> Confusion:
        shown = after if isinstance(after, str) else after.hex(" ").upper()
        return Confusion(f"{self.setup}: after {shown}: {wrong}", len(self.expected.words))


class Spied(Key):
    """A key that tells its uses, and signs with octets that the oracle can foretell."""

    __slots__ = ("_name", "_uses")

    def __init__(self, name: str, private: Any, uses: list[Use]) -> None:
        super().__init__(private)
        self._name = name
        self._uses = uses

    def sign(self, representative: bytes) -> bytes:
        return self._done(Use(self._name, "sign", representative))

    def agree(self, point: bytes) -> bytes:
        return self._done(Use(self._name, "agree", point))

    def _done(self, use: Use) -> bytes:
        made = perform(use)
        if made is None:
            raise StatusError(0x6A80, "no point")
        self._uses.append(use)
        return made


@lru_cache(4096)
def perform(use: Use) -> bytes | None:
    """What a key makes of octets. A signature is a made-up number; a point is looked at by the real key."""
    if use.deed == "sign":
        return _octets(f"{use}", 96)
    try:
        _real(use.key).agree(use.octets)
    except StatusError:
        return None
    return _octets(f"{use}", 48)


@cache
def _real(name: str) -> Key:
    return Key(KEYS[name])


def _octets(name: str, count: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(count).translate(_HIGH)


class _Kind(NamedTuple):
    """What cards of one setup share."""

    profile: Profile
    permanent: Permanent  # whose tree the card has
    root: DF  # the oracle's tree


@cache
def _kind(setup: Setup) -> _Kind:
    profile = load(setup.profile.removesuffix(GUARDED)).switched(dict(setup.switches))
    if setup.profile.endswith(GUARDED):
        profile = replace(profile, root=_guarded(profile.root))
    certificates = {name: _octets(f"certificate {name}", 1040) for name in KEYS}
    made = [personalise(profile, holder=HOLDER, keys=KEYS, certificates=certificates) for _ in range(2)]
    return _Kind(profile, made[0], made[1].root)


def _guarded(facts: FileFacts) -> FileFacts:
    if facts.children is not None:
        return replace(facts, children=tuple(map(_guarded, facts.children)))
    return replace(facts, read=parse(_GUARDS[facts.fid])) if facts.fid in _GUARDS else facts


def _told(file: DF | EF) -> Mapping[str, object]:
    kept = {"fid": file.fid, "fcp": file.fcp}
    return kept | (
        {"content": file.content, "read": file.read} if isinstance(file, EF) else {"aid": file.aid}
    )


_SECRETS = [
    *(load(PROFILES[0]).pins[name].default.encode() for name in load(PROFILES[0]).pins),
    *(key.private_numbers().private_value.to_bytes(48, "big") for key in KEYS.values()),
]
AUDIT = tuple(
    bytes.fromhex(apdu)
    for apdu in (
        "00C0000000",  # what waits
        "00A4010C",  # the rest of a chain: refused
        "00B0000001", "00B09C0001",  # the current EF, one by its short identifier
        "00200001", "00200002", "00200085",  # what is verified
        "0088000001A5", "002A9E9A14" + "A5" * 20, "002A80860100",  # the environment
        "00A4090C043F00ADF2", "00200085", "00CB3FFF0A4D087006BF810502A08000",
        "00CB3FFF0A4D087006BF810102A08000", "00CB3FFF0A4D087006BF810202A08000",
    )
)  # fmt: skip
