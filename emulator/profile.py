"""Profiles: from YAML text to the facts of one card generation, with every mistake told at its place.

Somebody else opens the file. Every scalar is text until the schema here decides, so that file 3401 never
becomes a decimal, `no` a boolean, or PIN 0123 the number 83.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from . import schema
from .access import ALWAYS
from .applets import FAMILIES
from .consistency import Place, disagreements
from .facts import (
    CONTENT_KINDS,
    OPERATIONS,
    RECORDS,
    SWITCHES,
    Algorithm,
    FileFacts,
    KeyFacts,
    PinFacts,
    Profile,
    Switch,
)
from .key import CURVES
from .layer import LAYERS
from .mistake import FileError, Handled, Mark, Mistake, Wrong, listed, meant
from .schema import Reading
from .yaml_text import Items, Map, Node, Text, describe, documents


class ProfileError(FileError):
    """A profile is wrong: one line for each mistake, with file, line, column, what was expected and found."""


def _alone(name: str) -> tuple[str, str]:
    raise KeyError(f"nobody was named who could open {name}")


def parse_profile(text: str | bytes, where: str, other: Callable[[str], tuple[str, str]] = _alone) -> Profile:
    """Read one profile.

    Args:
        text: YAML, or the octets of it in UTF-8.
        where: the file's name, for messages.
        other: gives text and file name of another profile by its name, for `like:`; KeyError: there is none.

    Raises:
        ProfileError: with everything that is wrong.
    """
    mistakes: list[Mistake] = []
    reading = Reading(mistakes)
    profile = None
    document = _document(text, where, mistakes)
    if document is not None:
        profile = reading.read(lambda node: _profile(reading, _merged(reading, node, other)), document)
    if mistakes or profile is None:
        raise ProfileError(mistakes)
    return profile


def _document(text: str | bytes, where: str, mistakes: list[Mistake]) -> Node | None:
    octets = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    found = list(documents(octets, where, mistakes, "a profile"))
    if not found and not mistakes:
        mistakes.append(Mistake(Mark(where, 1, 1), "a profile", "nothing but comments"))
    if len(found) > 1:
        mistakes.append(Mistake(found[1].mark, "one profile in a file", "another document"))
    return found[0] if found else None


def _merged(reading: Reading, node: Node, other: Callable[[str], tuple[str, str]]) -> Node:
    """The document, or the one that it is `like` with its own keys in place of that one's."""
    like = node.at("like") if isinstance(node, Map) else None
    if not isinstance(node, Map) or like is None:
        return node
    if not isinstance(like, Text):
        reading.mistakes.append(Mistake(like.mark, "the name of a profile for `like`", describe(like)))
        raise Handled
    try:
        text, where = other(like)
    except KeyError as error:
        found, why = describe(like), str(error.args[0])
        reading.mistakes.append(Mistake(like.mark, "a known profile for `like`", found, why))
        raise Handled from None
    base = _document(text, where, reading.mistakes)
    if not isinstance(base, Map) or base.at("like") is not None:
        reading.mistakes.append(Mistake(like.mark, "a whole profile for `like`", f"{like}, which is none"))
        raise Handled
    own = {key: value for key, value in node.items() if key != "like"}
    return Map.of(node.mark, {**{key: value for key, value in base.items() if key not in own}, **own})


def _profile(reading: Reading, node: Node) -> Profile:
    known: dict[str, Callable[[Node], Any]] = {
        "profile": _name,
        "title": schema.text,
        "family": schema.choice(FAMILIES),
        "contact": lambda n: reading.fields(
            n, "contact", {"atr": schema.atr, "source": schema.evidence}, "atr", "source"
        ),
        "read-binary": lambda n: reading.fields(
            n, "read-binary", {"limit": schema.number(1, 256), "source": schema.evidence}, "limit", "source"
        ),
        "layers": lambda n: reading.items(n, "layers", schema.choice(LAYERS)),
        "pins": lambda n: reading.named(n, "PINs", lambda name, one: _pin(reading, name, one)),
        "keys": lambda n: reading.named(n, "keys", lambda name, one: _key(reading, name, one)),
        "algorithms": lambda n: reading.items(n, "algorithms", lambda one: _algorithm(reading, one)),
        "files": lambda n: _file(reading, n),
        "switches": lambda n: reading.named(n, "switches", lambda name, one: _switch(reading, name, one)),
        "unknown": lambda n: reading.items(n, "texts", schema.text),
    }
    values = reading.fields(node, "the profile", known, *known)
    profile = Profile(
        name=values["profile"],
        title=values["title"],
        family=values["family"],
        atr=values["contact"]["atr"],
        atr_evidence=values["contact"]["source"],
        read_limit=values["read-binary"]["limit"],
        read_limit_evidence=values["read-binary"]["source"],
        layers=values["layers"],
        pins=values["pins"],
        keys=values["keys"],
        algorithms=values["algorithms"],
        root=values["files"],
        switches=values["switches"],
        unknown=values["unknown"],
    )
    assert isinstance(node, Map)
    _agree(reading, profile, node)
    return profile


def _name(node: Node) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", schema.text(node)):
        raise Wrong("a name such as esteid-2018")
    return schema.text(node)


def _pin(reading: Reading, name: str, node: Node) -> PinFacts:
    known: dict[str, Callable[[Node], Any]] = {
        "reference": schema.hexadecimal(1),
        "local-to": schema.global_or_fid,
        "digits": schema.span,
        "tries": schema.number(1, 15),
        "block": schema.block,
        "default": schema.text,
        "reset": schema.condition,
        "status": schema.status,
        "source": schema.evidence,
    }
    values = reading.fields(node, name, known, *known)
    (minimum, maximum), (length, padding) = values["digits"], values["block"]
    default = values["default"]
    if not re.fullmatch(rf"[0-9]{{{minimum},{maximum}}}", default):
        raise Wrong(f"{minimum} to {maximum} digits for `default` in {name}", repr(default))
    if maximum > length:
        raise Wrong(f"a `block` of at least {maximum} octets in {name}", str(length))
    return PinFacts(
        name=name,
        reference=values["reference"],
        status_id=values["status"][0],
        status_attributes=values["status"][1],
        df=values["local-to"],
        minimum=minimum,
        maximum=maximum,
        tries=values["tries"],
        length=length,
        padding=padding,
        default=default,
        reset=values["reset"],
        evidence=values["source"],
    )


def _key(reading: Reading, name: str, node: Node) -> KeyFacts:
    known: dict[str, Callable[[Node], Any]] = {
        "reference": schema.hexadecimal(1),
        "in": schema.hexadecimal(2),
        "curve": schema.choice(CURVES),
        **dict.fromkeys(OPERATIONS, schema.condition),
        "source": schema.evidence,
    }
    values = reading.fields(node, name, known, "reference", "in", "curve", "source")
    allowed = {operation: values[operation] for operation in OPERATIONS if operation in values}
    return KeyFacts(name, values["reference"], values["in"], values["curve"], allowed, values["source"])


def _algorithm(reading: Reading, node: Node) -> Algorithm:
    known: dict[str, Callable[[Node], Any]] = {
        "operation": schema.choice(OPERATIONS),
        "references": lambda n: reading.items(n, "references", schema.octets),
        "source": schema.evidence,
    }
    values = reading.fields(node, "an algorithm", known, *known)
    return Algorithm(values["operation"], values["references"], values["source"])


def _file(reading: Reading, node: Node) -> FileFacts:
    is_df = isinstance(node, Map) and node.at("files") is not None
    return _df(reading, node) if is_df else _ef(reading, node)


def _df(reading: Reading, node: Node) -> FileFacts:
    known: dict[str, Callable[[Node], Any]] = {
        "fid": schema.hexadecimal(2),
        "aid": _aid,
        "when": _when,
        "files": lambda n: reading.items(n, "files", lambda one: _file(reading, one)),
        "source": schema.evidence,
    }
    values = reading.fields(node, "a DF", known, "fid", "files", "source")
    fid, children = values["fid"], values["files"]
    _once(f"file in {fid:04X}", (f"{one.fid:04X}" for one in children))
    _once(f"sfid in {fid:04X}", (f"{one.sfid:02X}" for one in children if one.sfid is not None))
    return FileFacts(
        fid, values["source"], aid=values.get("aid", b""), children=children, when=values.get("when")
    )


def _ef(reading: Reading, node: Node) -> FileFacts:
    known: dict[str, Callable[[Node], Any]] = {
        "fid": schema.hexadecimal(2),
        "content": _content,
        "read": schema.condition,
        "sfid": _sfid,
        "when": _when,
        "source": schema.evidence,
    }
    values = reading.fields(node, "an EF (a DF has `files`)", known, "fid", "content", "source")
    return FileFacts(
        values["fid"],
        values["source"],
        content=values["content"],
        read=values.get("read", ALWAYS),
        sfid=values.get("sfid"),
        when=values.get("when"),
    )


def _aid(node: Node) -> bytes:
    if not 5 <= len(schema.octets(node)) <= 16:
        raise Wrong("5 to 16 octets in hex")
    return schema.octets(node)


def _sfid(node: Node) -> int:
    if not 1 <= schema.hexadecimal(1)(node) <= 30:
        raise Wrong("a short file identifier, 01 to 1E")
    return schema.hexadecimal(1)(node)


def _content(node: Node) -> str:
    kind, _, rest = schema.text(node).partition("/")
    if kind not in CONTENT_KINDS or not rest:
        raise Wrong(
            f"what the file holds: {listed(f'{one}/…' for one in CONTENT_KINDS)}",
            advice=meant(kind, CONTENT_KINDS),
        )
    if kind == "hex":
        schema.octets(Text.at(rest, node.mark))
    if kind in ("octet-string", "record") and rest not in RECORDS:
        raise Wrong(
            f"a record of the holder ({listed(sorted(RECORDS), 20)})", repr(rest), meant(rest, RECORDS)
        )
    return schema.text(node)


def _when(node: Node) -> tuple[str, str]:
    switch, _, choice = schema.text(node).partition(" ")
    if switch not in SWITCHES:
        raise Wrong("a switch and one of its choices, such as ef-dir present", "", meant(switch, SWITCHES))
    if choice not in SWITCHES[switch]:
        raise Wrong(listed(f"{switch} {one}" for one in SWITCHES[switch]))
    return switch, choice


def _switch(reading: Reading, name: str, node: Node) -> Switch:
    if name not in SWITCHES:
        raise Wrong(f"a switch ({listed(SWITCHES)})", repr(name), meant(name, SWITCHES))
    known: dict[str, Callable[[Node], Any]] = {
        "choices": lambda n: reading.items(n, "choices", schema.choice(SWITCHES[name])),
        "question": schema.text,
        "source": schema.evidence,
    }
    values = reading.fields(node, name, known, *known)
    _once(f"choice in {name}", values["choices"])
    return Switch(name, values["choices"][0], values["choices"], values["question"], values["source"])


def _agree(reading: Reading, profile: Profile, top: Map) -> None:
    """Names that one part uses must exist in another."""
    for place, expected, found in disagreements(profile):
        key = next(step for step in reversed(place) if isinstance(step, str))
        owner = f" in {place[1]}" if place[0] in ("pins", "keys") else ""
        reading.mistakes.append(Mistake(_at(top, place).mark, f"{expected} for `{key}`{owner}", found))


def _at(node: Node, place: Place) -> Node:
    """The node at a place, or the last one on the way to it."""
    for step in place:
        inner = None
        if isinstance(node, Map):
            inner = node.at(str(step))
        elif isinstance(node, Items):
            inner = node[int(step)]
        if inner is None:
            break
        node = inner
    return node


def _once(what: str, values: Iterable[str]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise Wrong(f"each {what} once", f"{value} again")
        seen.add(value)
