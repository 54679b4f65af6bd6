"""A card drawn for people: calm, aligned, fit for 80 columns and for 140, with colour and without."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from . import card_facts, card_life
from .card_finding import findings
from .card_page import BAD, DIM, GOOD, LABEL, WARN, Page
from .card_view import CardView
from .sheet import Piece, Sheet

_VALUE = 12  # the column of what stands behind a label in the head
_LAST = 10  # lines of the history


def draw_card(card: CardView, file: str, sheet: Sheet) -> Sequence[Text]:
    """The whole card as lines.

    Args:
        card: what there is to see.
        file: where it is kept.
        sheet: an empty one of 80 columns or more.
    """
    page = Page(card, sheet)
    _head(page, file)
    card_life.validity(page)
    card_life.certificates(page)
    card_facts.pins(page)
    card_facts.keys(page)
    card_facts.files(page)
    card_facts.contact(page)
    card_facts.questions(page)
    card_facts.unknown(page)
    _history(page)
    card_facts.evidence(page)
    return sheet.lines


def _head(page: Page, file: str) -> None:
    """Whose card it is, and what is the matter with it."""
    card, holder, days = page.card, page.card.holder, page.card.document
    known = findings(card)
    worst = BAD if any(one.wrong for one in known) else WARN if known else GOOD
    page.sheet.row(Piece(0, page.sheet.glyphs.full, worst), Piece(2, card.profile.title, "bold"))
    who = ", ".join(filter(None, [holder.name, holder.code, holder.sex, holder.citizenship]))
    _told(page, "Holder", who)
    _told(page, "TEST", f"identifies nobody; source: {holder.source}", "bold")
    told = (
        f"issued {days.begins:%Y-%m-%d}, last day {days.ends:%Y-%m-%d}" if days else "no days in its records"
    )
    _told(page, "Document", f"{card.document_number}, {told}")
    own = "from a file of one's own" if card.own_profile else ""
    seeded = "keys drawn from a seed" if card.seeded else ""
    _told(page, "Profile", ", ".join(filter(None, [card.profile.name, own, seeded])))
    _told(page, "State", f"{card.state}, as it was made or last set")
    _told(page, "File", file)
    _told(page, "Now", f"{card.at:%Y-%m-%d %H:%M} UTC")
    for number, one in enumerate(known):
        _told(page, "" if number else "Trouble", one.text, BAD if one.wrong else WARN)
    if not known:
        _told(page, "Trouble", "none", GOOD)


def _told(page: Page, label: str, text: str, style: str = "") -> None:
    named = f"{label}:" if label else ""
    page.sheet.hanging(_VALUE, text, Piece(_VALUE - 1 - len(named), named, DIM), style=style)


def _history(page: Page) -> None:
    """The last lines; those before are counted."""
    history = page.card.history
    page.sheet.heading("History")
    before = len(history[:-_LAST])
    if before:
        page.sheet.row(Piece(LABEL, f"{before} earlier {'line' if before == 1 else 'lines'}", DIM))
    for one in history[-_LAST:]:
        page.sheet.hanging(LABEL + 25, one.what, Piece(LABEL, f"{one.at:%Y-%m-%d %H:%M:%S} UTC", DIM))
