"""Lines on a sheet."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.report.sheet import ASCII, Glyphs, Piece, Sheet, print_lines, sheet_for


def plain(sheet: Sheet) -> list[str]:
    return [line.plain for line in sheet.lines]


def test_pieces_stand_at_their_columns() -> None:
    sheet = Sheet(20)
    sheet.row(Piece(0, "a"), Piece(4, "b"), Piece(5, "c", joins=True), Piece(9, ""), Piece(10, "d"))
    assert plain(sheet) == ["a   bc    d"]


def test_a_long_piece_moves_the_next_and_the_end_is_cut() -> None:
    sheet = Sheet(12)
    sheet.row(Piece(0, "abcdef"), Piece(3, "ghi"), Piece(10, "jkl"))
    assert plain(sheet) == ["abcdef ghi …"]


def test_wide_characters_count_twice() -> None:
    sheet = Sheet(10)
    sheet.row(Piece(0, "漢字"), Piece(6, "x"))
    sheet.row(Piece(0, "漢字漢字漢字"))
    assert plain(sheet) == ["漢字  x", "漢字漢字 …"]


def test_a_text_hangs_from_its_column() -> None:
    sheet = Sheet(12)
    sheet.hanging(4, "one two three", Piece(0, "n"))
    assert plain(sheet) == ["n   one two", "    three"]


def test_a_heading_has_a_blank_line_before_it() -> None:
    sheet = Sheet(20)
    sheet.heading("PINs", Piece(9, "tries"))
    assert plain(sheet) == ["", "PINs     tries"]


@pytest.mark.parametrize("hostile", ["a\x1b[31mb", "a\nb", "a\u202eb", "a\x9b2Jb", "a\rb", "a\x08b"])
def test_what_a_terminal_obeys_is_written_out(hostile: str) -> None:
    sheet = Sheet(60)
    sheet.row(Piece(0, hostile))
    sheet.hanging(4, hostile)
    assert len(sheet.lines) == 2
    for line in plain(sheet):
        assert line.isprintable()
        assert "\\" in line


@given(texts=st.lists(st.text(), min_size=1, max_size=3), width=st.integers(min_value=10, max_value=90))
def test_no_line_is_longer_than_the_sheet(texts: list[str], width: int) -> None:
    sheet = Sheet(width)
    sheet.row(*(Piece(7 * at, text) for at, text in enumerate(texts)))
    for text in texts:
        sheet.hanging(5, text, Piece(0, "a"))
    assert all(line.cell_len <= width for line in sheet.lines)
    assert not any("\n" in line for line in plain(sheet))


def test_without_a_terminal_there_are_plain_lines() -> None:
    sheet, out = Sheet(20), io.StringIO()
    sheet.row(Piece(0, "a", "bold red"), Piece(4, "b"))
    print_lines(sheet.lines, out)
    assert out.getvalue() == "a   b\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
    ids=["a terminal", "NO_COLOR", "a dumb one"],
)
def test_a_terminal_gets_colour_unless_it_wants_none(
    environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    sheet, out = Sheet(20), Terminal()
    sheet.row(Piece(0, "a", "bold red"), Piece(4, "b"))
    print_lines(sheet.lines, out)
    assert ("\x1b[1;31ma" in out.getvalue()) is coloured
    assert out.getvalue().endswith("b\n")


@pytest.mark.parametrize(("columns", "width"), [("40", 80), ("80", 80), ("100", 100), ("400", 140)])
def test_a_sheet_is_as_wide_as_reads_well(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert sheet_for(io.StringIO()).width == width


def test_without_a_terminal_a_sheet_has_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert sheet_for(io.TextIOWrapper(io.BytesIO(), "utf-8")).width == 80


@pytest.mark.parametrize(("encoding", "glyphs"), [("utf-8", Glyphs()), ("latin-1", ASCII), ("ascii", ASCII)])
def test_a_stream_gets_the_characters_that_it_has(encoding: str, glyphs: Glyphs) -> None:
    assert sheet_for(io.TextIOWrapper(io.BytesIO(), encoding)).glyphs == glyphs
    assert all(len(one) == len(other) for one, other in zip(Glyphs(), ASCII, strict=True))
    assert "".join(ASCII).isascii()
