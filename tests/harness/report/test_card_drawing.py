"""A card as it is drawn: whole pages at 80 and at 140 columns, and what holds for every card.

The pages lie in `golden/`. After a change that is meant they are written anew by
`GOLDEN=write python -m pytest tests/harness/report/test_card_drawing.py`, and looked at.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.harness.report.made_card import NOW, STATES, issued, record, view

from softeid.harness.card_file.record import CardRecord, Happening
from softeid.harness.report.card_certificate import IssuerSays
from softeid.harness.report.card_drawing import draw_card
from softeid.harness.report.card_view import CardView, view_card
from softeid.harness.report.sheet import ASCII, Sheet

GOLDEN = Path(__file__).with_name("golden")
FILE = "/home/mari/cards/jaak.card"
WIDTHS = (80, 140)


def drawn(card: CardView, width: int, file: str = FILE) -> list[str]:
    return [line.plain.rstrip() for line in draw_card(card, file, Sheet(width))]


def lived(record: CardRecord) -> CardRecord:
    """A card with more of a past than is shown."""
    begun = record.history[0]
    days = (Happening(begun.at + timedelta(days=day), "inserted") for day in range(1, 13))
    return replace(record, history=(begun, *days))


def blocked_and_changed() -> CardView:
    """One with much to tell: two other answers, PIN2 blocked, a long past, its PINs asked for."""
    made = lived(record("pin2-blocked", ef_dir="present", signature_consumes_pin="no"))
    return view_card(made, NOW, lambda use: None, pins=True)


def strange() -> CardView:
    """One whose certificates are not the holder's, not good, and not there."""
    says: dict[str, IssuerSays] = {"authentication": issued("revoked").status("authentication")}
    made = record("revoked")
    pair = {"authentication": made.certificates["authentication"], "signature": b""}
    at = datetime.fromisoformat("2030-12-24T18:00:00Z")
    return view_card(replace(made, certificates=pair), at, says.get)


PAGES = {
    "fresh": view,
    "expired": lambda: view("expired"),
    "blocked-and-changed": blocked_and_changed,
    "strange": strange,
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_whole_page(name: str, width: int) -> None:
    page = "".join(f"{line}\n" for line in drawn(PAGES[name](), width))
    file = GOLDEN / f"{name}-{width}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(page, "utf-8")
    assert page == file.read_text("utf-8")


@pytest.mark.parametrize("width", [80, 81, 99, 119, 120, 133, 140])
@pytest.mark.parametrize("state", STATES)
def test_no_line_is_longer_than_the_width(state: str, width: int) -> None:
    lines = draw_card(view(state), FILE, Sheet(width))
    assert max(line.cell_len for line in lines) <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_words_are_whole(state: str, width: int) -> None:
    """Nothing is cut but the octets of a file that hold no text."""
    cut = [line for line in drawn(view(state), width) if "…" in line]
    assert all("hex/" in line for line in cut), cut


@pytest.mark.parametrize("state", STATES)
def test_both_widths_say_the_same(state: str) -> None:
    """But for the short names of sources, which 140 columns do without."""
    card = view(state)
    for one in (card.profile.title, card.document_number, *card.profile.unknown):
        words = one.split()
        for width in WIDTHS:
            assert " ".join(words) in " ".join(" ".join(drawn(card, width)).split())


def test_every_source_can_be_read_at_any_width() -> None:
    card = view()
    for width in WIDTHS:
        text = "".join("".join(drawn(card, width)).split())
        for one in set(card.evidence()):
            longest = max(one.source.split(), key=len)
            assert longest in text


def test_ascii_will_do() -> None:
    card = view()
    names = card.holder.name + "".join(getattr(one, "subject", "") for one in card.certificates.values())
    for line in draw_card(card, FILE, Sheet(80, ASCII)):
        assert all(char.isascii() or char in names for char in line.plain), line.plain


def test_bars_show_what_is_wrong() -> None:
    """Thin what has passed, heavy what can be used, broken what cannot."""

    def bars(state: str) -> set[str]:
        lines = drawn(view(state), 80)
        at = lines.index(next(line for line in lines if line.startswith("Validity")))
        return {"".join(sorted(set(line) & set("─━╌│"))) for line in lines[at + 1 : at + 4]}

    assert bars("fresh") == {"─━│"}
    assert bars("expired") == {"─│"}
    assert bars("not-yet-valid") == {"│╌"}
    assert bars("suspended") == {"─━│", "─│╌"}  # the document is good
    assert bars("no-certificates") == {"─━│", "│"}


@pytest.mark.parametrize("width", WIDTHS)
def test_what_a_stranger_wrote_is_made_visible(width: int) -> None:
    made = record()
    evil = "\x1b]0;owned\x07\u202e\x9b2J\r\n"
    title = replace(made.profile, title=f"{evil}title", unknown=(evil,))
    past = (Happening(NOW, f"{evil}inserted"),)
    holder = {**made.holder, "surname": evil, "citizenship": f"\t{evil}" * 20}
    stranger = replace(made, profile=title, holder=holder, state=evil, document_number="ZZ1", history=past)
    card = view_card(stranger, NOW, lambda use: None)
    lines = draw_card(card, f"/tmp/{evil}", Sheet(width))
    for line in lines:
        assert line.plain.isprintable(), repr(line.plain)
        assert line.cell_len <= width
    assert any("\\x1b]0;owned\\x07\\u202e" in line.plain for line in lines)


def test_pins_are_hidden_unless_asked_for() -> None:
    made = record()
    own = replace(made.pins["PIN1"], block=made.profile.pins["PIN1"].block("86420975"))
    made = replace(made, pins={**made.pins, "PIN1": own})
    for asked in (False, True):
        card = view_card(made, NOW, lambda use: None, pins=asked)
        assert ("86420975" in "\n".join(drawn(card, 80))) is asked


def test_a_value_of_many_octets_has_a_line_of_its_own() -> None:
    made = record()
    own = replace(made.pins["PIN1"], block=bytes(range(12)))
    card = view_card(replace(made, pins={**made.pins, "PIN1": own}), NOW, lambda use: None, pins=True)
    for width in WIDTHS:
        page = drawn(card, width)
        assert any(line.strip().startswith("value 000102030405060708090A0B") for line in page)


def test_no_key_and_no_code_is_drawn() -> None:
    made = record()
    text = "\n".join(drawn(view_card(made, NOW, lambda use: None, pins=True), 140)).lower()
    for key in made.keys.values():
        assert f"{key.private_numbers().private_value:x}" not in text
    assert made.person.code not in text


@pytest.mark.parametrize(
    ("lines", "told"), [(1, []), (10, []), (11, ["1 earlier line"]), (14, ["4 earlier lines"])]
)
def test_only_the_last_of_the_past_is_shown(lines: int, told: list[str]) -> None:
    past = tuple(Happening(NOW, f"happening {number}") for number in range(lines))
    page = drawn(view_card(replace(record(), history=past), NOW, lambda use: None), 80)
    assert [line.strip() for line in page if "earlier" in line] == told
    assert sum("happening" in line for line in page) == min(lines, 10)
    assert any(line.endswith(f"happening {lines - 1}") for line in page)
