"""Does one step and holds it against what is expected. A refusal must leave the world as it was."""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

from .expect import Difference
from .scenario import Call
from .stage import View, World
from .step import CHOSEN


def perform(world: World, call: Call) -> Difference | None:
    """Do one step, once for each try; None if all of it is as the scenario says.

    Raises:
        Stuck: the step cannot be done.
    """
    first = world.view() if call.changes else {}  # before what falls due until `at`, which is the step's too
    if call.at:
        world.move_to(world.moment(call.at, call.who))
    given = [
        world.given(call.who, kind, call.chosen.get(CHOSEN.get(kind, kind))) for kind in call.step.things
    ]
    paths = {path: world.path(call.who, path, call.chosen) for path in call.changes}
    before = world.view()
    for number, (arguments, expected) in enumerate(zip(call.tries, call.expect, strict=True)):
        found = _found(world, call, given, arguments)
        if difference := expected.difference(found):
            return difference
        after = world.view()
        if call.step.observes or found.refused:
            allowed = {*paths.values(), *expected.moved(found)}
            if difference := _left_alone(call, before, after, allowed):
                return difference
        for path, values in call.changes.items():
            if len(values) > 1 and (difference := _is(path, values[number], before, after, paths[path])):
                return difference
        before = after
    for path, values in call.changes.items():
        if difference := _became(path, values, first, before, paths[path]):
            return difference
    return None


def _found(world: World, call: Call, given: list[object], arguments: Mapping[str, Any]) -> Any:
    """What the function returns; for a deed, what the world saw."""
    refusal = None
    answer = None
    try:
        answer = call.step.act(world, *given, **_named(arguments))
    except world.refusal as refused:
        refusal = refused
    seen = world.seen(call.who, refusal)
    return seen if answer is None else answer


def _named(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as Python names them: a word of its own language has `_` behind it."""
    return {f"{name}_" if iskeyword(name) else name: value for name, value in arguments.items()}


def _left_alone(call: Call, before: View, after: View, allowed: set[str]) -> Difference | None:
    """A refusal may change what `changes` names, and the states that it is expected to end in."""
    moved = [
        f"{path} {before.get(path)} → {after.get(path)}"
        for path in {**before, **after}
        if before.get(path) != after.get(path) and path not in allowed
    ]
    if not moved:
        return None
    kind = "a look" if call.step.observes else "a refusal"
    but = f" but {', '.join(call.changes)}" if call.changes else ""
    return Difference(f"{kind} that changes nothing{but}", ", ".join(moved))


def _is(path: str, value: str, before: View, after: View, full: str) -> Difference | None:
    if str(after.get(full)) == value:
        return None
    return Difference(f"{path} changed to {value}", f"{before.get(full)} → {after.get(full)}")


def _became(path: str, values: tuple[str, ...], before: View, after: View, full: str) -> Difference | None:
    """What `changes` names has its last value, and had another one before or in between."""
    was = str(before.get(full))
    if all(value == was for value in values):
        return Difference(f"{path} changed to {values[-1]}", "it was so before")
    return _is(path, values[-1], before, after, full)
