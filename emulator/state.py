"""The card's state as two objects: what survives power-off, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .facts import KeyFacts, Operation
from .file import DF, EF
from .key import Key
from .pin import Pin


@dataclass(frozen=True)
class Permanent:
    """What is burnt into one card: files, keys and PINs. They change, the set of them does not."""

    root: DF
    keys: Mapping[str, Key]
    pins: Mapping[str, Pin]

    def file(self, name: str) -> EF:
        """The EF whose content has this name in the profile: "certificate/authentication".

        Raises:
            KeyError: the card has no such file.
        """
        for file in self.root.below():
            if isinstance(file, EF) and file.name == name:
                return file
        raise KeyError(name)


@dataclass(slots=True)
class Volatile:
    """What the card forgets at reset: a new object is made then, so nothing stays by accident."""

    df: DF
    ef: EF | None = None
    verified: set[str] = field(default_factory=set)  # names of PINs
    environment: dict[Operation, KeyFacts] = field(default_factory=dict)  # the key that MSE has set for each
