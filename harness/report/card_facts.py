"""The part of a drawn card that its profile tells: PINs, keys, files, contact, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterator

from softeid.emulator.access import Access
from softeid.emulator.facts import MARKS, Algorithm, KeyFacts, Operation
from softeid.emulator.pin import PinState

from .card_page import BAD, DIM, EVIDENCE, LABEL, VALUE, WARN, Page
from .card_view import FileView, PinView
from .sheet import Piece

_PIN_STYLES = {PinState.READY: "", PinState.TRANSPORT: WARN, PinState.BLOCKED: BAD}
_PIN_COLUMNS = {"tries": 9, "state": 21, "digits": 32, "ref": 40, "scope": 45, "reset": 53, "value": 61}
_ROOM_FOR_VALUE = 12  # columns
_MOST_DOTS = 5
_ANSWER = 27  # column


def pins(page: Page) -> None:
    """A row for each: tries left, state, rules, and its value if that was asked for."""
    seen = page.card.pins
    asked = any(pin.value is not None for pin in seen.values())
    heads = [Piece(column, name) for name, column in _PIN_COLUMNS.items() if asked or name != "value"]
    page.heading("PINs", *heads)
    for name, pin in seen.items():
        facts, value = pin.facts, pin.value or ""
        style = WARN if pin.tries == 1 < facts.tries else _PIN_STYLES[pin.state]
        told = {
            "tries": _tries(page, pin),
            "state": str(pin.state),
            "digits": f"{facts.minimum}-{facts.maximum}",
            "ref": f"{facts.reference:02X}",
            "scope": "global" if facts.df is None else f"{facts.df:04X}",
            "reset": str(facts.reset),
            "value": value if len(value) <= _ROOM_FOR_VALUE else "",
        }
        styles = {"tries": style, "state": style, "value": "bold"}
        pieces = [Piece(_PIN_COLUMNS[one], text, styles.get(one, "")) for one, text in told.items()]
        more = () if told["value"] == value else (Piece(_PIN_COLUMNS["tries"], f"value {value}", "bold"),)
        page.fact(facts.evidence, Piece(LABEL, name), *pieces, more=more)


def _tries(page: Page, pin: PinView) -> str:
    """●●○ 2 of 3."""
    glyphs, limit = page.sheet.glyphs, pin.facts.tries
    dots = glyphs.full * pin.tries + glyphs.spent * (limit - pin.tries)
    return f"{dots} {pin.tries} of {limit}" if limit <= _MOST_DOTS else f"{pin.tries} of {limit}"


def keys(page: Page) -> None:
    """A row for each key, one for each algorithm that it may be used with."""
    profile = page.card.profile
    page.heading("Keys")
    for name, key in profile.keys.items():
        told = f"EC {key.curve}, reference {key.reference:02X} in {key.df:04X}"
        page.fact(key.evidence, Piece(LABEL, name), Piece(VALUE, told))
        for operation, algorithm in _uses(key, profile.algorithms):
            references = " or ".join(one.hex().upper() for one in algorithm.references)
            told = f"{_allowed(key.access[operation])}, algorithm {references}"
            page.fact(algorithm.evidence, Piece(LABEL + 2, operation, DIM), Piece(VALUE, told))


def _allowed(access: Access) -> str:
    return f"after {access}" if access.pins else str(access)


def _uses(key: KeyFacts, algorithms: tuple[Algorithm, ...]) -> Iterator[tuple[Operation, Algorithm]]:
    for operation in key.access:
        yield from ((operation, one) for one in algorithms if one.operation == operation)


# --- files ------------------------------------------------------------------------------------------------


def files(page: Page) -> None:
    """The tree: what each file is called, holds, measures, and who may read it."""
    rows = list(_rows(page, page.card.root, "", ""))
    column = LABEL + max(len(lead) for lead, _, _ in rows) + 4 + 2
    reads = max(max((len(str(one.facts.read)) for _, _, one in rows if one.size is not None), default=0), 4)
    read = EVIDENCE - 2 - min(reads, 16)
    octets = read - 2
    heads = (
        Piece(column, "content"),
        Piece(octets - 12, "sfi"),
        Piece(octets - 6, "octets"),
        Piece(read, "read"),
    )
    page.heading("Files", *heads)
    for lead, below, one in rows:
        name = (Piece(LABEL, lead, DIM), Piece(LABEL + len(lead), f"{one.facts.fid:04X}", joins=True))
        if one.size is None:
            told = [Piece(column, _df(page, one))]
        else:
            sfid = "" if one.facts.sfid is None else f"{one.facts.sfid:02X}"
            told = [
                Piece(column, _cut(page, one.facts.content, octets - 14 - column)),
                Piece(octets - 12, sfid),
                Piece(octets - len(str(one.size)), str(one.size)),
                Piece(read, _cut(page, str(one.facts.read), 16)),
            ]
        page.fact(one.facts.evidence, *name, *told, below=below)


def _rows(page: Page, file: FileView, lead: str, below: str) -> Iterator[tuple[str, str, FileView]]:
    """Each file with what stands on its left, and on the left of a line below its own."""
    glyphs = page.sheet.glyphs
    yield lead, below + (glyphs.through if file.children else ""), file
    for child in file.children:
        end = child is file.children[-1]
        step = " " * len(glyphs.through) if end else glyphs.through
        yield from _rows(page, child, below + (glyphs.last if end else glyphs.branch), below + step)


def _df(page: Page, one: FileView) -> str:
    kind = "MF" if one is page.card.root else "DF"
    aid = f"AID {one.facts.aid.hex().upper()}" if one.facts.aid else ""
    text = f'"{one.aid_text}"' if one.aid_text else ""
    return " ".join(filter(None, [kind, aid, text]))


def _cut(page: Page, text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + page.sheet.glyphs.cut


# --- contact, questions, evidence -------------------------------------------------------------------------


def contact(page: Page) -> None:
    """What a reader sees first."""
    profile, sheet = page.card.profile, page.sheet
    page.heading("Contact")
    first, *more = sheet.wrapped(profile.atr.octets.hex(" ").upper(), EVIDENCE - VALUE - 2)
    rest = [Piece(VALUE, part) for part in more]
    page.fact(profile.atr_evidence, Piece(LABEL, "ATR"), Piece(VALUE, first), more=rest)
    limit = f"at most {profile.read_limit} octets"
    page.fact(profile.read_limit_evidence, Piece(LABEL, "READ BINARY"), Piece(VALUE, limit))
    sheet.hanging(VALUE, ", ".join(profile.layers), Piece(LABEL, "layers"))


def evidence(page: Page) -> None:
    """What the marks mean, how many facts rest on each, and, unless they stand beside these, the sources."""
    page.sheet.heading("Evidence", Piece(LABEL + 9, "facts"))
    for mark, meaning in MARKS.items():
        count = str(page.sources.counts[mark] or page.sheet.glyphs.none)
        page.sheet.row(Piece(LABEL, mark), Piece(LABEL + 14 - len(count), count), Piece(VALUE, meaning))
        for one in () if page.wide else page.sources.having(mark):
            page.sheet.hanging(VALUE, one.source, Piece(LABEL + 2, page.sources.names[one], DIM), style=DIM)


def questions(page: Page) -> None:
    """How the open questions are answered: the default, or otherwise."""
    page.heading("Open questions", Piece(_ANSWER, "answer"))
    width = (EVIDENCE - 2 if page.wide else page.sheet.width) - LABEL - 2
    for switch in page.card.switches:
        facts = switch.facts
        others = " or ".join(one for one in facts.choices if one != facts.value)
        told = f"instead of {switch.default}" if switch.changed else f"or {others}"
        style = WARN if switch.changed else ""
        answer = Piece(_ANSWER, facts.value, style or "bold"), Piece(_ANSWER + 9, told, style or DIM)
        asked = [Piece(LABEL + 2, part, DIM) for part in page.sheet.wrapped(facts.question, width)]
        page.fact(facts.evidence, Piece(LABEL, facts.name), *answer, more=asked)


def unknown(page: Page) -> None:
    """What nobody outside knows, and what we do instead."""
    page.sheet.heading("Unknown")
    for one in page.card.profile.unknown:
        page.sheet.hanging(LABEL + 2, one, Piece(LABEL, "-", DIM))
