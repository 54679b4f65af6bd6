"""Draws the tables of states into the documentation: what is drawn is what runs.

python -m softeid.harness.registration.diagram > docs/registration.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from .app_life import APP_ENDS, APP_LIFE, AppEvent
from .machine import E, S
from .portal_life import PORTAL_LIFE, PortalEvent
from .settings import Settings
from .vocabulary import HTTP_STATUS, AppState, Code, EventName, PortalState

_PAGE = """# The registration as it runs

Drawn from the tables in `harness/registration/` by `python -m softeid.harness.registration.diagram`; a test
holds this page against them. What stands neither in a picture nor in a table is refused: `APP_BAD_STATE` on
the phone, `WRONG_STEP` on the portal.

## On the phone

```mermaid
{app}
```

How it ends otherwise; from none of these does anything lead on, and a new attempt makes new keys:

| end | event | from |
|---|---|---|
{app_ends}

## On the portal

```mermaid
{portal}
```

How a visit ends; the browser may begin another:

| end | event | from |
|---|---|---|
{portal_ends}

## Timers

All of them stand still with the scenario's clock and count on when somebody sets it back.

| event | setting | runs | means something in |
|---|---|---|---|
{timers}

Three wrong PINs in a row lock a key for `lock_1`, six for `lock_2`, nine destroy it. A lock in the last step
stops the timers of that step. A link to a guardian, a Web eID challenge, a ticket of the login host and the
answer to a repeated key request are as old as their records say; no timer rings for them.

## Settings

Each may be changed under `settings:` of a scenario.

| setting | default | what it is |
|---|---|---|
{settings}

## What is refused, and what HTTP says with it

| status | codes |
|---|---|
{codes}

## What the audit trail tells

{events}
"""

_NOTES: Mapping[str, str] = {
    AppState.KEYS_READY: "from here on the core knows the registration",
    AppState.CODE_SHOWN: "the person goes on at the computer",
    AppState.IDENTITY_CHECK: "the person goes on at the phone",
    PortalState.CARD_AUTH: "Web eID or mutual TLS",
    PortalState.CONFIRMED: "the person goes on at the phone",
}


class Timer(NamedTuple):
    """What a timer is.

    Attributes:
        setting: how long it runs.
        runs: from when, and until when.
    """

    setting: str
    runs: str


TIMERS: Mapping[AppEvent | PortalEvent, Timer] = {
    AppEvent.DEADLINE: Timer(
        "t_code", "from the keys on, and anew with each code, until what `deadline_scope` says is done"
    ),
    AppEvent.PIN_ENTRY_TIMEOUT: Timer(
        "t_pin_entry", "from the accepted terms until both PINs are chosen; again from the accepted identity"
    ),
    AppEvent.CONFIRM_TIMEOUT: Timer("t_confirm", "from the signed application until both PINs are confirmed"),
    AppEvent.GUARDIAN_TIMEOUT: Timer(
        "t_guardian", "from the link that the portal shows for a guardian, until it was used"
    ),
    AppEvent.ISSUE_AGAIN: Timer("t_issue_retry", "while the authority does not answer"),
    PortalEvent.IDLE: Timer("t_portal_idle", "from the last thing that was done on the page"),
}
"""Every event that comes by itself."""


def page() -> str:
    """The whole page, Markdown."""
    bad_ends = APP_ENDS - {AppState.ACTIVE}
    closed = frozenset({PortalState.CLOSED})
    return _PAGE.format(
        app=diagram(APP_LIFE, bad_ends),
        app_ends="\n".join(endings(APP_LIFE, bad_ends)),
        portal=diagram(PORTAL_LIFE, closed),
        portal_ends="\n".join(endings(PORTAL_LIFE, closed)),
        timers="\n".join(_timers()),
        settings="\n".join(_settings()),
        codes="\n".join(_codes()),
        events=", ".join(f"`{name}`" for name in EventName),
    )


def diagram(table: Mapping[tuple[S, E], S], ends: frozenset[S]) -> str:
    """A table as a state diagram in Mermaid's language.

    Args:
        table: what may happen in which state.
        ends: states that are left out of the picture: too many arrows lead there.
    """
    first = next(state for state, _ in table)
    arrows: dict[tuple[S, S], list[str]] = {}
    for (state, event), then in table.items():
        if then not in ends:
            arrows.setdefault((state, then), []).append(event.value)
    drawn = [f"    {state} --> {then}: {', '.join(events)}" for (state, then), events in arrows.items()]
    shown = dict.fromkeys(state for arrow in arrows for state in arrow)
    over = [f"    {state} --> [*]" for state in shown if not any(one == state for one, _ in table)]
    notes = [f"    note right of {state}: {_NOTES[state]}" for state in shown if state in _NOTES]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {first}", *drawn, *over, *notes])


def endings(table: Mapping[tuple[S, E], S], ends: frozenset[S]) -> Iterator[str]:
    """The rows of a table that lead to ends, as rows of Markdown, one for each end and event."""
    rows: dict[tuple[S, E], list[S]] = {}
    for (state, event), then in table.items():
        if then in ends:
            rows.setdefault((then, event), []).append(state)
    order = list(dict.fromkeys(then for then, _ in rows))
    for (then, event), states in sorted(rows.items(), key=lambda row: order.index(row[0][0])):
        yield f"| `{then}` | {event.value} | {', '.join(f'`{state}`' for state in states)} |"


def _timers() -> Iterator[str]:
    for event, timer in TIMERS.items():
        states = [state for state, one in (*APP_LIFE, *PORTAL_LIFE) if one is event]
        inside = ", ".join(f"`{state}`" for state in states)
        yield f"| {event.value} | `{timer.setting}` | {timer.runs} | {inside} |"


def _settings() -> Iterator[str]:
    from ..scenario.annotation import documented

    _, described = documented(Settings)
    for name, value in vars(Settings()).items():
        yield f"| `{name}` | {_written(value)} | {described[name]} |"


def _written(value: object) -> str:
    """A setting's value as a scenario writes it."""
    from ..scenario.words import Duration

    if isinstance(value, timedelta):
        return str(Duration(value // timedelta(milliseconds=1)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _codes() -> Iterator[str]:
    by_status: dict[int, list[Code]] = {}
    for code, status in HTTP_STATUS.items():
        by_status.setdefault(status, []).append(code)
    for status, codes in sorted(by_status.items()):
        yield f"| {status} | {', '.join(f'`{code}`' for code in codes)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
