"""What only a whole profile can tell: names that one part uses must exist in another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .access import Access
from .facts import SWITCHES, FileFacts, Profile
from .file import MF
from .mistake import listed

Place = tuple[str | int, ...]  # keys and list indexes, from the top of the profile


class Disagreement(NamedTuple):
    """Something that does not fit to the rest."""

    place: Place
    expected: str
    found: str


def disagreements(profile: Profile) -> Iterator[Disagreement]:
    """Everything that does not fit together."""
    files = list(_files(profile.root, ("files",)))
    dfs = {file.fid for _, file in files if file.children is not None}
    for pin in profile.pins.values():
        if pin.df is not None and pin.df not in dfs:
            yield Disagreement(("pins", pin.name, "local-to"), "a DF of the file tree", f"{pin.df:04X}")
    for key in profile.keys.values():
        if key.df not in dfs:
            yield Disagreement(("keys", key.name, "in"), "a DF of the file tree", f"{key.df:04X}")
    for place, condition in _conditions(profile, files):
        if unknown := condition.pins - profile.pins.keys():
            known = f"PINs of the profile ({listed(profile.pins)})"
            yield Disagreement(place, known, ", ".join(sorted(unknown)))
    for place, file in files:
        kind, _, name = file.content.partition("/")
        if kind == "certificate" and name not in profile.keys:
            yield Disagreement(
                (*place, "content"), f"the certificate of a key ({listed(profile.keys)})", name
            )
    if profile.root.fid != MF or profile.root.children is None:
        yield Disagreement(("files", "fid"), "the MF, 3F00, with files in it", f"{profile.root.fid:04X}")
    if missing := SWITCHES.keys() - profile.switches.keys():
        every = f"every switch ({listed(SWITCHES)})"
        yield Disagreement(("switches",), every, f"no {', '.join(sorted(missing))}")
    yield from _twice(profile, files)


def _files(file: FileFacts, place: Place) -> Iterator[tuple[Place, FileFacts]]:
    yield place, file
    for at, child in enumerate(file.children or ()):
        yield from _files(child, (*place, "files", at))


def _conditions(profile: Profile, files: list[tuple[Place, FileFacts]]) -> Iterator[tuple[Place, Access]]:
    for pin in profile.pins.values():
        yield ("pins", pin.name, "reset"), pin.reset
    for key in profile.keys.values():
        yield from ((("keys", key.name, operation), access) for operation, access in key.access.items())
    yield from (((*place, "read"), file.read) for place, file in files)


def _twice(profile: Profile, files: list[tuple[Place, FileFacts]]) -> Iterator[Disagreement]:
    """What tells things apart must differ."""
    named: list[tuple[Place, str, str]] = []  # place, what it is, and the name that nothing else may have
    for pin in profile.pins.values():
        named.append((("pins", pin.name, "reference"), "PIN reference", f"{pin.reference:02X}"))
        named.append((("pins", pin.name, "status"), "status number", f"{pin.status_id:02X}"))
    for key in profile.keys.values():
        in_df = f"key reference in {key.df:04X}"
        named.append((("keys", key.name, "reference"), in_df, f"{key.reference:02X}"))
    named += [((*place, "aid"), "AID", file.aid.hex(" ").upper()) for place, file in files if file.aid]
    named += [
        (
            ("algorithms", at, "references", index),
            f"reference to {algorithm.operation}",
            octets.hex(" ").upper(),
        )
        for at, algorithm in enumerate(profile.algorithms)
        for index, octets in enumerate(algorithm.references)
    ]
    seen: set[tuple[str, str]] = set()
    for place, what, name in named:
        if (what, name) in seen:
            yield Disagreement(place, f"each {what} once", f"{name} again")
        seen.add((what, name))
