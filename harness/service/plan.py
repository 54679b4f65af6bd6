"""What `softeid up` is asked for, read from its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..registration.settings import Settings

SERVERS = ("portal", "phones", "desk", "lab", "login", "ocsp", "plain")
"""Each has a port, in this order from the first on; `plain` sends browsers to https and is there with it."""
PEOPLE = ("jaak", "mari", "kadri")
"""Whose cards lie on the desk if nobody says otherwise: two adults, and a minor whose guardian is mari."""


@dataclass(frozen=True)
class Plan:
    """A lab to be.

    Attributes:
        name: of the lab.
        port: of the first server; 0 takes free ones.
        https: serve portal, phones and desk over TLS.
        fresh: forget what an earlier lab of this name stored.
        store: URL of the core's database; empty for a file in the lab's folder.
        people: handles of those whose cards are made.
        profile: the card generation, by name.
        state: the cards' life.
        seed: authority and cards are that seed's; None for the home authority and cards made afresh.
        settings: the rules of portal and core.
    """

    name: str = "default"
    port: int = 8440
    https: bool = False
    fresh: bool = False
    store: str = ""
    people: Sequence[str] = PEOPLE
    profile: str = "esteid-2018"
    state: str = "fresh"
    seed: str | None = None
    settings: Settings = field(default_factory=Settings)

    @property
    def servers(self) -> Sequence[str]:
        """Those that this lab has."""
        return SERVERS if self.https else SERVERS[:-1]

    @property
    def ports(self) -> Mapping[str, int]:
        """The port of each server; 0 for any that is free."""
        return {name: self.port + place if self.port else 0 for place, name in enumerate(self.servers)}
