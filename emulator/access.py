"""Access conditions as an algebra: who may do something with a file, a key or a PIN.

A condition is a set of alternatives, each a set of PINs that must all be verified. ALWAYS has one alternative
that asks for nothing, NEVER has none. `&` and `|` combine conditions; together they form a bounded
distributive lattice, with ALWAYS on top and NEVER at the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Access:
    """An access condition in disjunctive normal form, without alternatives that another one makes idle."""

    alternatives: frozenset[frozenset[str]]

    def __post_init__(self) -> None:
        kept = frozenset(
            one for one in self.alternatives if not any(other < one for other in self.alternatives)
        )
        object.__setattr__(self, "alternatives", kept)

    def granted(self, verified: set[str] | frozenset[str]) -> bool:
        """Whether the PINs verified so far satisfy the condition.

        Args:
            verified: names of PINs.
        """
        for one in self.alternatives:  # noqa: SIM110 (asked for each READ BINARY; `any` takes twice as long)
            if verified.issuperset(one):
                return True
        return False

    def __and__(self, other: Access) -> Access:
        return Access(frozenset(one | two for one in self.alternatives for two in other.alternatives))

    def __or__(self, other: Access) -> Access:
        return Access(self.alternatives | other.alternatives)

    @property
    def pins(self) -> frozenset[str]:
        """Every PIN that some alternative names."""
        return frozenset[str]().union(*self.alternatives)

    def __str__(self) -> str:
        if not self.alternatives:
            return "never"
        texts = sorted(" & ".join(sorted(one)) for one in self.alternatives)
        return " | ".join(texts) or "always"


ALWAYS = Access(frozenset([frozenset[str]()]))
NEVER = Access(frozenset())


def after(*pins: str) -> Access:
    """Granted once all of these PINs are verified."""
    return Access(frozenset([frozenset(pins)]))


def parse(text: str) -> Access:
    """A condition as a profile writes it: `always`, `never`, `PIN1`, `PIN1 & PUK`, `PIN1 | PIN2`.

    `&` binds tighter than `|`.

    Raises:
        ValueError: there is nothing between the operators.
    """
    condition = NEVER
    for alternative in text.split("|"):
        together = ALWAYS
        for word in alternative.split("&"):
            name = word.strip()
            if not name:
                raise ValueError(text)
            together &= {"always": ALWAYS, "never": NEVER}.get(name) or after(name)
        condition |= together
    return condition
