"""@step: one function is one step; its signature is what a scenario may write.

    @step("verify pin", expect="9000", harm="try")
    def verify_pin(world: World, card: Card, *, pin: PinName, value: str = "right") -> Answer:

Positional after the world: what the acting person must have, given by the runner and called by its kind
(`KINDS`). Keyword-only: what the file writes. What is returned decides how `expect` is read; the function
never learns what is expected.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_type_hints

from softeid.emulator.mistake import Mark, Wrong
from softeid.emulator.yaml_text import Text

from .annotation import documented, reader
from .expect import Expectation
from .look import Shows, ShowsReader, expectation
from .outcome import Outcome
from .reading import Field, Fields, Reader, Scalar, Scene, Several, Table, Who
from .words import Duration, Moment

Harm = Literal["none", "try", "block", "write"]
F = TypeVar("F", bound=Callable[..., Any])


def _limit(text: str) -> Duration:
    """A limit in real time; none at all would be no limit."""
    duration = Duration.read(text)
    if not duration.milliseconds:
        raise Wrong("a duration above 0s")
    return duration


KINDS = ("me", "card", "reader", "phone", "browser")
"""What the acting person may have to have."""

CHOSEN = {"card": "reader", "reader": "reader", "phone": "phone", "browser": "browser"}
"""Kinds of which a person may have two, and the word that chooses one by its name."""

ID = r"SID-[A-Z0-9]{3}-[0-9]{3}"
RESERVED: Mapping[str, Field] = {
    known.name: known
    for known in (
        Field("as", reader(Who), None, "who acts; by default the scenario's first person"),
        Field("at", reader(Moment), None, "when; the scenario's clock moves there first, never back"),
        Field(
            "within",
            Scalar(Duration.wanted, _limit, Duration.pattern),
            None,
            "the limit in real time, 30s by default",
        ),
        Field(
            "changes",
            Table(Scalar("a path such as card.pin1.tries", str), Several(reader(str))),
            None,
            "what the step leaves changed, and its value then; a list has one for each try",
        ),
        Field(
            "covers",
            Several(Scalar("an id such as SID-RCD-004", str, ID)),
            None,
            "the requirements whose outcome this step expects",
        ),
    )
}
"""What every step takes besides its own arguments and `expect`."""


@dataclass(frozen=True)
class Step:
    """One kind of step."""

    name: str
    group: str  # what it talks about: the module that holds it
    act: Callable[..., Any]
    harm: Harm
    things: tuple[str, ...]  # the kinds of things that the acting person must have
    own: Mapping[str, Field]  # what this step lets a file write
    fields: Fields  # the same with `expect` and what every step has
    expect: Expectation  # what holds where the file says nothing
    ending: str  # the same as it would be written
    doc: str
    needs: str = ""  # what some route has not got

    @classmethod
    def of(cls, name: str, act: Callable[..., Any], ending: str, harm: Harm, needs: str = "") -> Step:
        """Read a function's signature and docstring.

        Raises:
            TypeError: the signature does not make a step.
        """
        hints = get_type_hints(act, include_extras=True)
        doc, described = documented(act)
        things, own = _parameters(name, act, hints, described)
        expects = expectation(hints["return"], name)
        expect = Field("expect", expects, None, f"how it must end; by default {ending or 'not refused'}")
        second = {
            CHOSEN[kind]: Field(CHOSEN[kind], reader(str), None, f"which {CHOSEN[kind]}, where one has two")
            for kind in things
            if kind in CHOSEN
        }
        fields = Fields(f"`{name}`", {**own, "expect": expect, **second, **RESERVED})
        group = act.__module__.rpartition(".")[2]
        expected = _default(expects, ending)
        return cls(name, group, act, harm, things, own, fields, expected, ending, doc, needs)

    @property
    def observes(self) -> bool:
        """It only looks, so it must leave everything as it was."""
        return isinstance(self.fields.fields["expect"].reader, ShowsReader)


STEPS: dict[str, Step] = {}
"""Every step by its name, in the order in which they were defined."""


def step(
    name: str, *, expect: str = "", harm: Harm = "none", needs: str = "", into: dict[str, Step] = STEPS
) -> Callable[[F], F]:
    """Register a function as the step of this name.

    Args:
        name: what a person does, in the words of a scenario.
        expect: how it ends when nothing goes wrong, in the words that a scenario would use.
        harm: the worst that it does to a real card with the right PIN.
        needs: what a route must have for it, such as hands that insert cards.
        into: where it is registered.
    """

    def register(act: F) -> F:
        if name in into:
            raise TypeError(f"step {name!r} is there already")
        into[name] = Step.of(name, act, expect, harm, needs)
        return act

    return register


def _parameters(
    name: str, act: Callable[..., Any], hints: Mapping[str, Any], described: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, Field]]:
    """What the acting person must have, and what a file may write."""
    things: list[str] = []
    own: dict[str, Field] = {}
    for parameter in list(inspect.signature(act).parameters.values())[1:]:
        key = parameter.name.rstrip("_")
        if parameter.kind is not parameter.KEYWORD_ONLY:
            if key not in KINDS:
                raise TypeError(f"step {name!r}: {key} is none of {', '.join(KINDS)}")
            things.append(key)
            continue
        default = {} if parameter.default is parameter.empty else {"default": parameter.default}
        if key not in described:
            raise TypeError(f"step {name!r}: its docstring says nothing about {key}")
        own[key] = Field(key, reader(hints[parameter.name]), doc=described[key], **default)
    taken = {*RESERVED, "expect", *CHOSEN.values()}
    if clash := own.keys() & taken:
        raise TypeError(f"step {name!r}: {', '.join(clash)} is reserved")
    return tuple(things), own


def _default(expects: Reader, written: str) -> Expectation:
    if isinstance(expects, ShowsReader):
        return Shows({})
    if not written:
        return Outcome(((),))  # a deed of which nothing is told: it must not be refused
    value: Expectation = expects.read(Text.at(written, Mark("", 0, 0)), Scene())
    return value
