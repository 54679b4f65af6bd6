"""What only the whole scenario can tell: has the person what it takes, do paths and ids exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from softeid.emulator.mistake import listed, meant
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe

from .evidence import evidence_of, implied, parts
from .people import PersonSpec
from .reading import Scene
from .requirement import catalogue
from .scenario import Call


def check(call: Call, arguments: Map, scene: Scene, visible: Mapping[str, type]) -> Call:
    """Tell the scene what is wrong with a call that reads well by itself.

    Returns:
        The call, with what it shows of the rows that it covers.
    """
    spec: PersonSpec = scene.people[call.who]
    if "card" in call.step.things and spec.card is None:
        scene.say(Text.at("", call.mark), f"a card for {call.who}, who does `{call.step.name}`", "none")
    for kind, name in call.chosen.items():
        names = [thing.name for thing in getattr(spec, kind)]
        if name not in names:
            place = arguments.at(kind) or arguments
            scene.say(place, f"a {kind} of {call.who} ({listed(names)})", repr(name), meant(name, names))
    changes = arguments.at("changes")
    for path, value in changes.items() if isinstance(changes, Map) else ():
        _check_change(path, value, len(call.tries), scene, visible)
    shows = {str(node): _covered(node, call, arguments, scene) for node in _each(arguments.at("covers"))}
    return replace(call, shows=shows)


def _check_change(path: Text, node: Node, tries: int, scene: Scene, visible: Mapping[str, type]) -> None:
    who, _, rest = path.partition(".")
    plain = rest if who in scene.people else path
    if plain not in visible:
        advice = meant(plain, visible) or f"paths are {listed(visible, 20)}"
        scene.say(path, "something that can be seen", repr(str(path)), advice)
        return
    if isinstance(node, Items) and len(node) != tries:
        plural = "s" if tries > 1 else ""
        scene.say(node, f"{tries} value{plural}, one for each in `expect`", str(len(node)))
    for value in _each(node):
        if visible[plain] is int and not (isinstance(value, Text) and value.isascii() and value.isdigit()):
            scene.say(value, f"a whole number for {path}", describe(value))


def _covered(node: Node, call: Call, arguments: Map, scene: Scene) -> frozenset[int]:
    """Which of the outcomes that a row wants the call shows; none with the mistake told."""
    row = catalogue().get(str(node))
    if row is None:
        advice = meant(str(node), catalogue())
        scene.say(node, "an id of the catalogue", describe(node), advice)
    elif row.proof == "test":
        scene.say(node, "an id that scenarios show", f"{row.id}, which a test shows")
    elif "expect" not in arguments:
        expected = "a step with its own `expect` (so that a reader can judge it)"
        scene.say(node, expected, f"{row.id} without one")
    elif not row.expect:
        scene.say(node, "an id whose outcome the catalogue says", f"{row.id}, which waits for {row.later}")
    else:
        told = evidence_of(call, arguments)
        if any(implied(one, row.expect) for one in told):
            return parts(told, row.expect)
        wanted = " or ".join(f"`{one}`" for one in row.expect)
        found = " or ".join(dict.fromkeys(f"`{one}`" for one in told))
        scene.say(node, f"{wanted} to cover {row.id}", found)
    return frozenset()


def _each(node: Node | None) -> Iterable[Node]:
    if node is None:
        return ()
    return node if isinstance(node, Items) else [node]
