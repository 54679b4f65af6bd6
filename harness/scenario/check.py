"""What only the whole scenario can tell: has the person what it takes, do paths and ids exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from softeid.emulator.mistake import listed, meant
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe

from .evidence import evidence_of, implied, parts
from .people import PersonSpec
from .reading import Scene
from .requirement import Requirement, catalogue, near_id
from .scenario import Call

_DROP = "leave it out of `covers`"


def check(call: Call, arguments: Map, scene: Scene, visible: Mapping[str, type]) -> Call:
    """Tell the scene what is wrong with a call that reads well by itself.

    Returns:
        The call, with what it shows of the rows that it covers.
    """
    spec: PersonSpec = scene.people[call.who]
    if "card" in call.step.things and spec.card is None:
        expected = f"a card for {call.who}, who does `{call.step.name}`"
        scene.say(Text.at("", call.mark), expected, "none", f"write people: {{{call.who}: {{card: {{}}}}}}")
    for kind, name in call.chosen.items():
        names = [thing.name for thing in getattr(spec, kind)]
        if name not in names:
            place = arguments.at(kind) or arguments
            scene.say(place, f"a {kind} of {call.who} ({listed(names)})", repr(name), meant(name, names))
    before = len(scene.mistakes)
    changes = arguments.at("changes")
    for path, value in changes.items() if isinstance(changes, Map) else ():
        _check_change(path, value, len(call.tries), scene, visible)
    sound = len(scene.mistakes) == before  # else what a row wants may only be misspelt
    shows = {
        str(node): _covered(row, node, call, arguments, scene) if sound else frozenset()
        for node in _each(arguments.at("covers"))
        if (row := _row(node, scene))
    }
    return replace(call, shows=shows)


def _check_change(path: Text, node: Node, tries: int, scene: Scene, visible: Mapping[str, type]) -> None:
    who, _, rest = path.partition(".")
    plain = rest if who in scene.people else path
    if plain not in visible:
        advice = meant(plain, visible) or f"paths are {listed(visible, 20)}"
        scene.say(path, "a path that `changes` may name", repr(str(path)), advice)
        return
    if isinstance(node, Items) and len(node) != tries:
        plural = "s" if tries > 1 else ""
        scene.say(node, f"{tries} value{plural}, one for each in `expect`", str(len(node)))
    for value in _each(node):
        if visible[plain] is int and not (isinstance(value, Text) and value.isascii() and value.isdigit()):
            scene.say(value, f"a whole number for {path}", describe(value))


def _row(node: Node, scene: Scene) -> Requirement | None:
    """The row of an id, if it is one that scenarios show."""
    row = catalogue().get(str(node))
    if row is None:
        scene.say(node, "an id of the catalogue", describe(node), near_id(str(node)))
    elif row.proof == "test":
        scene.say(node, "an id that scenarios show", f"{row.id}, which a test shows", _DROP)
    elif not row.expect:
        found = f"{row.id}, which waits for {row.later}"
        scene.say(node, "an id whose outcome the catalogue says", found, _DROP)
    else:
        return row
    return None


def _covered(row: Requirement, node: Node, call: Call, arguments: Map, scene: Scene) -> frozenset[int]:
    """Which of the outcomes that a row wants the call shows; none with the mistake told."""
    wanted = " or ".join(f"`{one}`" for one in row.expect)
    if "expect" not in arguments:
        expected = "a step with its own `expect` (so that a reader can judge it)"
        scene.say(node, expected, f"{row.id} without one", f"the row wants {wanted}")
    else:
        told = evidence_of(call, arguments)
        if any(implied(one, row.expect) for one in told):
            return parts(told, row.expect)
        found = " or ".join(dict.fromkeys(f"`{one}`" for one in told))
        advice = f"if the step tells another story, {_DROP}"
        scene.say(node, f"{wanted} to cover {row.id}", found, advice)
    return frozenset()


def _each(node: Node | None) -> Iterable[Node]:
    if node is None:
        return ()
    return node if isinstance(node, Items) else [node]
