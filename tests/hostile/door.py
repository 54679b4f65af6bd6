"""The other doors by which octets come in: each takes any octets, or refuses them in its own way.

A door is a function of octets that returns where what it tries is right, and raises where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.emulator.conftest import PROFILES, load, profile_text
from tests.hostile.command import VOCABULARY
from tests.hostile.frame import read, template

from softeid.emulator import ProfileError, StatusError, parse_profile, tlv, trace
from softeid.emulator.apdu import Command
from softeid.emulator.atr import Atr, AtrError
from softeid.emulator.mistake import Mistake
from softeid.emulator.vector import VectorError, parse_vector
from softeid.emulator.yaml_text import documents
from softeid.vpcd.wire import LIMIT, Frames, WireError, frame, request

_VECTORS = Path(__file__).parent.parent / "vectors"
_OTHERS = {name: profile_text(name) for name in PROFILES}


def command(octets: bytes) -> None:
    """Two readers of APDUs agree; what was read means the same when it is written again, and is no longer."""
    other = read(octets)
    try:
        found = Command.parse(octets)
    except StatusError as refused:
        assert refused.sw == 0x6700  # noqa: PT017  # either outcome is right
        assert other is None, f"{other} was refused"
        return
    assert other is not None, f"{found} is no command"
    assert tuple(other) == tuple(found), f"{other} was read as {found}"
    assert Command.parse(found.encode()) == found
    assert len(found.encode()) <= len(octets)


def data_objects(octets: bytes) -> None:
    """Data objects are as long as what they were read from, and a template is one for both readers."""
    named = template(octets)
    try:
        found = tlv.parse(octets)
    except tlv.TlvError as wrong:
        assert 0 <= wrong.at <= len(octets), str(wrong)  # noqa: PT017  # either outcome is right
        assert named is None, f"the template {named} was refused"
        return
    written = b"".join(tlv.encode(*one) for one in found)
    assert tlv.parse(written) == found
    assert written == octets or len(written) < len(octets)  # lengths were written longer than need be
    if named:
        assert sorted(found) == [(0x80, named[0]), (0x84, named[1])]
    for one in found:
        assert tlv.find(octets, one.tag) is not None
        if one.constructed:
            with suppress(tlv.TlvError):
                one.children()


def answer_to_reset(octets: bytes) -> None:
    """An ATR is read to its last octet."""
    with suppress(AtrError):
        atr = Atr.parse(octets)
        assert atr.octets == octets
        assert atr.protocols
        assert len(atr.historical) == octets[1] & 0x0F
        for size in range(len(octets)):
            with suppress(AtrError):
                Atr.parse(octets[:size])
                raise AssertionError(f"its first {size} octets are an ATR too")


def frames(octets: bytes) -> None:
    """A stream gives the same bodies in one piece, octet by octet and written again."""
    try:
        whole = Frames().feed(octets)
    except WireError:
        whole = None
    slow, bodies = Frames(), list[bytes]()
    try:
        for octet in octets:
            bodies += slow.feed(bytes([octet]))
    except WireError:
        assert whole is None, "octet by octet it is refused"
        return
    assert whole == bodies
    held = len(octets) - sum(len(frame(body)) for body in bodies)
    assert (held > 0) == slow.incomplete
    assert held <= LIMIT + 1
    for body in bodies:
        with suppress(WireError):
            request(body)


def yaml(octets: bytes) -> None:
    """A YAML text gives documents, and mistakes that are each told in one line and at a place of the file."""
    mistakes: list[Mistake] = []
    for _ in documents(octets, "f", mistakes):
        pass
    lines = octets.count(b"\n") + octets.count(b"\r") + octets.count(b"\xc2\x85") + octets.count(b"\xe2\x80")
    for one in mistakes:
        assert "\n" not in str(one)
        assert 1 <= one.mark.line <= lines + 2, str(one)


def profile(octets: bytes) -> None:
    """A profile, or a page that says what is wrong with it."""
    text = octets.decode("utf-8", "surrogateescape")
    with suppress(ProfileError):
        try:
            found = parse_profile(text, "f", other=_OTHERS.__getitem__)
        except ProfileError as wrong:
            assert str(wrong).startswith("f:")  # noqa: PT017  # and it is told as it was
            raise
        assert found.pins
        assert found.atr.octets


def vector(octets: bytes) -> None:
    """A vector, or a page that says what is wrong with it."""
    try:
        found = parse_vector(octets.decode("utf-8", "replace"), "f")
    except VectorError as wrong:
        assert all(line.startswith("f:") for line in str(wrong).split("\n"))  # noqa: PT017  # either is right
    else:
        assert found.exchanges


def told(octets: bytes) -> None:
    """An exchange is told in one line, in which no PIN stands. The first octet is the command's length."""
    size = octets[0] if octets else 0
    apdu, answer = octets[1 : 1 + size], octets[1 + size :] + b"\x90\x00"
    line = trace.explain(apdu, answer)
    assert "\n" not in line
    if len(apdu) > 5 and apdu[1] in (0x20, 0x24, 0x2C):
        shown = line.split("<")[0]
        assert shown.count("••") >= len(apdu) - 5, line


class Door(NamedTuple):
    """One way in."""

    take: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    longest: int  # octets that are tried


def _vectors() -> Iterator[bytes]:
    for file in sorted(_VECTORS.rglob("*.vector")):
        yield file.read_bytes()[:1500]


def _profiles() -> Iterator[bytes]:
    for name in PROFILES:
        yield _OTHERS[name][0].encode()
    yield b"profile: p\nlike: esteid-2018\npins:\n  PIN1: {reference: 01, tries: 3}\nunknown: [x]\n"


def _templates() -> Iterator[bytes]:
    for apdu in VOCABULARY:
        yield Command.parse(apdu).data


DOORS: Mapping[str, Door] = {
    "command": Door(command, lambda: iter(VOCABULARY), 600),
    "data-objects": Door(data_objects, _templates, 300),
    "answer-to-reset": Door(answer_to_reset, lambda: (load(name).atr.octets for name in PROFILES), 40),
    "frames": Door(frames, lambda: (frame(apdu) for apdu in VOCABULARY), 400),
    "yaml": Door(yaml, _profiles, 8000),
    "profile": Door(profile, _profiles, 8000),
    "vector": Door(vector, _vectors, 1500),
    "told": Door(told, lambda: (bytes([len(apdu)]) + apdu for apdu in VOCABULARY), 200),
}
