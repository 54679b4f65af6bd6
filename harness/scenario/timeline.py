"""One timeline of everything that happens in a scenario: steps, APDUs, HTTP exchanges, states, audit events.

Each entry stands at two times: the scenario's clock, and the seconds that really passed since the scenario
began. No entry has a PIN, a code, a token or a cookie in it. What repeats byte for byte is the trace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from time import perf_counter
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from .words import instant_text

Kind = Literal["step", "apdu", "http", "state", "event", "refusal"]
_SECRET = re.compile(r"[A-Za-z0-9_=-]{16,}|[0-9]{6,}")
"""Parts of a path that could open something: identifiers of devices, links of guardians."""


class Entry(NamedTuple):
    """Something that happened.

    Attributes:
        at: by the scenario's clock, UTC.
        after: seconds of real time since the scenario began.
        kind: what kind of thing.
        who: to whom, or by whom.
        text: in one line, for people.
        facts: the same and more, for programs.
    """

    at: datetime
    after: float
    kind: Kind
    who: str
    text: str
    facts: Mapping[str, object]

    @property
    def line(self) -> str:
        """For people: both times, kind, person, text."""
        return f"{instant_text(self.at):<25} {self.after:+9.3f}s  {self.kind:<7}  {self.who:<8}  {self.text}"

    @property
    def json(self) -> str:
        """For programs: one object."""
        told = {"at": self.at.isoformat(), "after": round(self.after, 6), "kind": self.kind, "who": self.who}
        return json.dumps({**told, **self.facts}, ensure_ascii=False)


class Timeline:
    """Grows while a scenario is played."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """The scenario begins.

        Args:
            now: its clock.
        """
        self._now = now
        self._began = perf_counter()
        self.entries: list[Entry] = []

    def add(self, kind: Kind, who: str, text: str, **facts: object) -> None:
        """Something happened just now."""
        self.entries.append(Entry(self._now(), perf_counter() - self._began, kind, who, text, facts))

    def step(self, who: str, step: str, line: int) -> None:
        """A step begins."""
        self.add("step", who, step, step=step, line=line)

    def named(self, kind: Kind, who: str, name: str, data: Mapping[str, object]) -> None:
        """Something that has a name and details: a state, an event, a refusal."""
        words = {key: str(value) for key, value in data.items()}
        inside = " ".join(f"{key}={value}" for key, value in words.items())
        self.add(kind, who, f"{name}({inside})" if inside else name, name=name, data=words)

    def http(self, who: str, method: str, target: str, status: int) -> None:
        """An HTTP exchange.

        Args:
            who: whose client asked.
            method: of the request.
            target: path and query; what could open something is left out.
            status: of the answer.
        """
        path = _harmless(target)
        self.add("http", who, f"{method} {path} {status}", method=method, path=path, status=status)


def _harmless(target: str) -> str:
    """A path with its parameters' names, without anything that could open something."""
    parts = urlsplit(target)
    path = "/".join("…" if _SECRET.fullmatch(part) else part for part in parts.path.split("/"))
    asked = "&".join(f"{name}=…" for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return f"{path}?{asked}" if asked else path
