"""How a deed ends: refusals, states and audit events in the words of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, NamedTuple

from softeid.emulator.mistake import Handled, Wrong, meant
from softeid.emulator.yaml_text import Map, Node, Text, describe

from .. import personal_code
from ..registration.vocabulary import STATES, Code, EventName, Reason
from .expect import ANY, Difference
from .reading import Scene, Schema

Kind = Literal["code", "state", "event"]
WORDS: Mapping[str, Kind] = {
    **dict.fromkeys(sorted(EventName), "event"),
    **dict.fromkeys(sorted(STATES), "state"),
    **dict.fromkeys(sorted(Code), "code"),
}
"""Every word that an outcome may name, and what it is."""

REASONS = frozenset(map(str, Reason))


# The identifier in a semantics identifier, ETSI EN 319 412-1, 5.1.3: PNOEE-38001085718, PNOLV-050405-10009.
_PERSONAL_CODE = re.compile(r"(?<=PNO[A-Z]{2}-)[0-9]{6}-?[0-9]{5}")


class Happening(NamedTuple):
    """A refusal, a state that was entered or is held, or an audit event."""

    kind: Kind
    name: str
    who: str = ""
    detail: Mapping[str, str] = {}
    place: str = ""  # of a state: the path in the world's view that shows it

    def __str__(self) -> str:
        """As reports show it: personal codes are masked, also those inside document numbers."""
        detail = " ".join(f"{key}={value}" for key, value in self.detail.items())
        shown = _PERSONAL_CODE.sub(lambda code: personal_code.masked(code[0]), detail)
        return f"{self.name}({shown})" if shown else self.name


@dataclass(frozen=True)
class Seen:
    """All that happened in one step: a refusal perhaps, what was entered, what is held at the end."""

    who: str
    code: Happening | None = None
    entered: tuple[Happening, ...] = ()
    held: tuple[Happening, ...] = ()  # by the one who acts
    events: tuple[Happening, ...] = ()
    elsewhere: tuple[Happening, ...] = ()  # what the others hold

    @property
    def refused(self) -> bool:
        return self.code is not None

    def shows(self, fact: Fact) -> bool:
        """What others merely hold counts only with their name in front: thief.BOUND."""
        told = [*filter(None, [self.code]), *self.entered, *self.held, *self.events]
        return any(fact.met_by(one) for one in (*told, *(self.elsewhere if fact.who else ())))

    def moved_to(self, fact: Fact) -> frozenset[str]:
        """The places that came to a state which a fact names.

        A plain word accounts for one person only: for the one who acts if they came to it, else for the other
        who did. Where several others did, each is to be named.
        """
        met = [one for one in self.entered if fact.met_by(one)]
        own = [one for one in met if one.who == self.who]
        if not fact.who:
            met = own or (met if len({one.who for one in met}) == 1 else [])
        return frozenset(one.place for one in met)

    def __str__(self) -> str:
        states = " → ".join(self._owned(one) for one in self.entered) or "no new state"
        return f"{self.code or 'no refusal'}, {states}" + "".join(f", {event}" for event in self.events)

    def _owned(self, one: Happening) -> str:
        return str(one) if one.who == self.who else f"{one.who}.{one}"


_FACT = re.compile(r"(?:(?P<who>[a-z][\w-]*)\.(?=[A-Z]))?(?P<name>[A-Za-z][\w.]*)(?:\((?P<detail>[^()]*)\))?")


@dataclass(frozen=True)
class Fact:
    """One word of the catalogue, with the detail that must come with it: RC_WRONG(attempts_left=2)."""

    name: str
    who: str = ""
    detail: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, text: str, people: Iterable[str], known: Container[str] | None = WORDS) -> Fact:
        """A fact as it is written.

        Args:
            people: whose names may stand in front.
            known: the words that there are; None: any word that has their form.

        Raises:
            Wrong: it is none.
        """
        match = _FACT.fullmatch(text)
        if not match or (known is not None and match["name"] not in known):
            raise Wrong(
                "a code, state or event of the catalogue",
                repr(text),
                _advice(match["name"] if match else text, text),
            )
        if match["who"] and match["who"] not in people:
            raise Wrong("a person of this scenario", repr(match["who"]), meant(match["who"], people))
        return cls(match["name"], match["who"] or "", tuple(_details(match["detail"] or "")))

    def met_by(self, happening: Happening) -> bool:
        """Whether it is the same word, of the same person, with at least this detail."""
        if happening.name != self.name or (self.who and happening.who != self.who):
            return False
        told = happening.detail
        return all(told.get(key) == value if key else value in told.values() for key, value in self.detail)

    def implies(self, other: Fact) -> bool:
        """Whether what meets this one meets the other too.

        `<any>` in the other asks that this one says which, a name in front of it for a name in front of this.
        """
        if self.name != other.name or (other.who and not self.who):
            return False
        said, values = {key: value for key, value in self.detail if key}, [value for _, value in self.detail]
        return all(
            (key in said and value in (ANY, said[key])) if key else value in values
            for key, value in other.detail
        )

    def __str__(self) -> str:
        detail = " ".join(f"{key}={value}" if key else value for key, value in self.detail)
        return f"{self.who}.{self.name}".lstrip(".") + (f"({detail})" if detail else "")


def _details(text: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"[,\s]+", text):
        key, equals, value = part.partition("=")
        if part:
            yield (key, value) if equals else ("", part)


def _joined(text: str) -> str:
    """Words of the catalogue that are joined otherwise than by & and |, as they would be written."""
    every = re.sub(r"\s+or\s+", " | ", re.sub(r"\s+and\s+|,\s*", " & ", text[:200]))
    words = re.split(r" [&|] ", every)
    return every if len(words) > 1 and all(word in WORDS for word in words) else ""


def _advice(name: str, text: str) -> str:
    if text.count("(") > text.count(")"):
        return "details stand between brackets with blanks, not commas: PIN_TOO_SHORT(pin=1 min=4)"
    if joined := _joined(text):
        return f"write {joined}"
    if name in REASONS:
        return f"{name} is a reason: write it behind its state, TERMINATED({name})"
    return meant(name, WORDS)


@dataclass(frozen=True)
class Outcome:
    """How a deed ends: `RC_WRONG(attempts_left=2) & code.rejected`, `NO_CLIENT_CERT | LOGIN_CANCELLED`."""

    wanted: ClassVar[str] = "codes, states or events of the catalogue, joined by & and |"
    alternatives: tuple[tuple[Fact, ...], ...]

    @classmethod
    def read(cls, text: str, people: Iterable[str] = (), known: Container[str] | None = WORDS) -> Outcome:
        """An outcome as it is written; arguments and errors as for `Fact.read`."""
        return cls(
            tuple(
                tuple(Fact.read(fact.strip(), people, known) for fact in one.split("&"))
                for one in text.split("|")
            )
        )

    def implies(self, other: Outcome) -> bool:
        """Whether each alternative holds all facts of one of the other's."""
        return all(any(map(partial(_all_implied, own), other.alternatives)) for own in self.alternatives)

    def difference(self, found: Seen) -> Difference | None:
        """None if one alternative is met whole. A refusal that no alternative names is a difference too."""
        return None if self._met(found) is not None else Difference(str(self), str(found))

    def moved(self, found: Seen) -> frozenset[str]:
        return frozenset().union(*(found.moved_to(fact) for fact in self._met(found) or ()))

    def _met(self, found: Seen) -> tuple[Fact, ...] | None:
        for one in self.alternatives:
            refusal = any(WORDS[fact.name] == "code" for fact in one)
            if refusal == found.refused and all(map(found.shows, one)):
                return one
        return None

    def __str__(self) -> str:
        return " | ".join(" & ".join(map(str, one)) for one in self.alternatives) or "no refusal"


def _all_implied(own: tuple[Fact, ...], wanted: tuple[Fact, ...]) -> bool:
    return all(any(fact.implies(want) for fact in own) for want in wanted)


_JOINED = "write one text, joined by &: QUESTIONS & portal.login.ok"


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "event" else f"a {kind}"


def _catalogued(kind: str) -> str:
    return f"{_a(kind)} of the catalogue"


class OutcomeReader:
    """An outcome as text, or as a mapping of `code`, `state` and `event`."""

    wanted = Outcome.wanted
    _KINDS = ("code", "state", "event")

    def read(self, node: Node, scene: Scene) -> Outcome:
        if isinstance(node, Text) and not node.nothing:
            return Outcome.read(node, scene.people)
        if not isinstance(node, Map) or not node:
            raise Wrong(self.wanted)
        before = len(scene.mistakes)
        facts: list[Fact] = []
        for key, value in node.items():
            if key in self._KINDS:
                facts += self._facts(key, value, scene)
            else:
                scene.say(key, "code, state or event", repr(str(key)), meant(key, self._KINDS))
        if len(scene.mistakes) > before:
            raise Handled
        return Outcome((tuple(facts),))

    def _facts(self, kind: str, value: Node, scene: Scene) -> Iterator[Fact]:
        part = scene.read(self, value) if isinstance(value, Text) else None
        if not isinstance(part, Outcome):
            if part is None:
                scene.say(value, _catalogued(kind), describe(value), _JOINED)
            return
        for fact in (fact for one in part.alternatives for fact in one):
            if WORDS[fact.name] != kind:
                named = WORDS[fact.name]
                advice = f"write {named}: {fact.name}"
                scene.say(value, _catalogued(kind), f"{fact.name}, which is {_a(named)}", advice)
            yield fact

    def schema(self) -> Schema:
        return {"$ref": "#/$defs/outcome"}

    def definition(self) -> Schema:
        """What `#/$defs/outcome` stands for; it is long, and every deed has it."""
        word = "|".join(re.escape(name) for name in WORDS)
        fact = rf"(?:[a-z][\w-]*\.)?(?:{word})(?:\([^()]*\))?"
        return {
            "anyOf": [
                {"enum": list(WORDS)},
                {"type": "string", "pattern": rf"^{fact}(?: ?[&|] ?{fact})*$|\$"},
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": False,
                    "properties": {kind: {"type": "string"} for kind in self._KINDS},
                },
            ],
            "description": self.wanted,
        }
