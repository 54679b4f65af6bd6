"""The reference page of the language, in Markdown, made from signatures and docstrings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from datetime import timedelta
from itertools import groupby

from .annotation import fields_of
from .head import HEAD
from .language import Language
from .people import SETTINGS, CardSpec, PersonSpec, PhoneSpec
from .reading import Field, Fields, Several
from .step import RESERVED, Step
from .words import MOMENTS, Duration, Word

_RECORDS = {
    "A person, under `people:`": fields_of(PersonSpec),
    "A card, under `card:`": fields_of(CardSpec),
    "A phone, under `phone:`": fields_of(PhoneSpec),
    "Settings, under `settings:`": SETTINGS.fields,
}


def reference(language: Language) -> str:
    """What a scenario may hold, and every step."""
    return "\n".join(_lines(language))


def _lines(language: Language) -> Iterator[str]:
    yield "# Scenarios\n"
    yield from _table(HEAD.fields.values())
    for title, record in _RECORDS.items():
        yield f"\n## {title}\n"
        yield from _table(record.values())
    yield "\n## Beginnings\n"
    yield "Under `start:` a name stands for its steps; `{as: …}` behind it says who does them.\n"
    for name, items in language.beginnings.items():
        inside = ", ".join(str(next(iter(item)) if isinstance(item, dict) else item) for item in items)
        yield f"- `{name}`: {inside}"
    yield "\n## Moments\n"
    for name, what in MOMENTS.items():
        yield f"- `{name}`: {what}"
    yield "\n## What `changes:` may name\n"
    yield ", ".join(f"`{path}`" for path in language.visible)
    yield "\n# Steps\n"
    yield "Every step also takes:\n"
    yield from _table(RESERVED.values())
    for group, steps in groupby(language.steps.values(), lambda step: step.group):
        yield f"\n## {group.capitalize()}"
        for step in steps:
            yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    yield f"\n### {step.name}\n"
    yield step.doc + "\n"
    needs = [name for name in step.things if name != "me"]
    facts = [
        f"Needs: {', '.join(needs)}" if needs else "",
        f"Harm to a real card: {step.harm}",
        f"Not on a route without {step.needs}" if step.needs else "",
        f"Ends in: `{step.ending}`" if step.ending else "",
    ]
    yield " · ".join(filter(None, facts)) + "\n"
    looked_at = [step.fields.fields["expect"]] if step.observes else []
    yield from _table([*step.own.values(), *looked_at])


def _table(fields: Iterable[Field]) -> Iterator[str]:
    rows = list(fields)
    if not rows:
        return
    yield "| argument | takes | default | |"
    yield "|---|---|---|---|"
    for field in rows:
        yield f"| `{field.name}` | {_wanted(field)} | {_default(field)} | {_cell(field.doc)} |"


def _wanted(field: Field) -> str:
    """What it takes; a record with a table of its own is only named."""
    each = field.reader.each if isinstance(field.reader, Several) else field.reader
    if not isinstance(each, Fields):
        return _cell(field.reader.wanted)
    return each.what + (", or a list of them" if each is not field.reader else "")


def _default(field: Field) -> str:
    if field.required:
        return "required"
    written = field.default
    if isinstance(written, bool):
        written = "yes" if written else "no"
    if isinstance(written, timedelta):
        written = Duration(round(written.total_seconds() * 1000))
    if isinstance(written, tuple):
        written = ", ".join(one for one in written if isinstance(one, str))
    if written is None or (is_dataclass(written) and not isinstance(written, Word)):
        return ""
    return f"`{written}`" if str(written) else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
