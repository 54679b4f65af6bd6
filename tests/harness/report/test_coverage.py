"""Coverage: what shows a requirement, where, and what is missing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tests.covering import ROOT, listing, marks

from softeid.emulator.mistake import FileError
from softeid.harness.lab import Lab
from softeid.harness.report.coverage import Coverage, coverage
from softeid.harness.report.coverage_table import lines, print_table
from softeid.harness.report.marked import MARKED, marked_tests
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.requirement import read_catalogue

TEXT = """\
scenario: two cells
why: to count
card: {person: jaak}
cases: {one: {t: 1m}, two: {t: 2m}}
steps:
  - log in: {at: now + $t}
  - log out: {expect: CLOSED(LOGOUT), covers: SID-LGN-035}
---
scenario: through PC/SC only
why: to see the routes
card: {person: jaak}
needs: pcsc
start: code shown
steps:
  - background app: {expect: CODE_SHOWN}
  - reopen app: {expect: CODE_SHOWN & code.refreshed, covers: SID-RCD-010}
  - phone shows: {expect: {state: CODE_SHOWN, expires_in: 240}, covers: SID-RCD-010}
---
scenario: one part of three
why: what is shown by halves is not shown
card: {person: jaak}
settings: {rooted: deny}
steps:
  - start registration: {expect: DEVICE_NOT_ALLOWED(why=rooted) & HOME, covers: SID-APP-013}
"""


@pytest.fixture
def found(tmp_path: Path) -> Coverage:
    file = tmp_path / "registration" / "some.scenario.yaml"
    file.parent.mkdir()
    file.write_text(TEXT, "utf-8")
    tests = {"SID-HAR-001": ["tests/test_it.py::test_a"], "SID-APP-008": ["tests/test_it.py::test_b"]}
    return coverage(read_catalogue(), load([file], Lab().language), tests)


def test_counts_every_cell_once(found: Coverage) -> None:
    shown = {one.row.id: one for one in found.each}
    assert [proof.name for proof in shown["SID-LGN-035"].scenarios] == ["two cells [one]", "two cells [two]"]
    (proof,) = shown["SID-RCD-010"].scenarios
    assert (proof.place, proof.line, proof.via) == ("registration/some", 16, ("vpcd",))
    assert proof.parts == {0, 1}
    assert shown["SID-LGN-035"].via == ("direct", "vpcd")
    assert shown["SID-LGN-035"].over == ("session", "http")
    assert str(found.total) == "3 of 228"


def test_a_row_is_shown_when_each_of_its_outcomes_is(found: Coverage) -> None:
    shown = {one.row.id: one for one in found.each}
    half = shown["SID-APP-013"]
    assert half.scenarios
    assert not half.proven
    assert half.missing
    assert [one.fields["warnings"] for one in half.lacking] == ["ROOTED", "none"]
    assert shown["SID-RCD-010"].lacking == ()
    (row,) = (line for line in lines(found) if line.startswith("  --  SID-APP-013"))
    assert "registration/some, MISSING: {phone shows: {expect: {state: COUNTRY, warnings: ROOTED}}}" in row


def test_a_test_shows_only_what_a_test_is_to_show(found: Coverage) -> None:
    shown = {one.row.id: one for one in found.each}
    assert shown["SID-HAR-001"].proven
    assert shown["SID-APP-008"].tests
    assert not shown["SID-APP-008"].proven


def test_what_nobody_has_to_show_is_never_missing(found: Coverage) -> None:
    missing = {one.row.id for one in found.missing}
    assert len(missing) == 225
    assert not missing & {"SID-APP-015", "SID-RP3-001"}  # optional, later


def test_the_table_in_plain_lines(found: Coverage) -> None:
    told = list(lines(found))
    assert "G  Registration code (step 4, second half): 1 of 23" in told
    (row,) = (line for line in told if "SID-LGN-035" in line)
    assert row.split()[:5] == ["ok", "SID-LGN-035", "logout", "registration/some", "(2)"]
    assert row.split()[5:] == ["direct", "vpcd", "session", "http"]
    assert any("SID-LGN-001" in line and "MISSING: a scenario" in line for line in told)
    assert any("SID-PIN-015" in line and "MISSING: a test" in line for line in told)
    assert any("SID-RP3-001" in line and "later: rp-api" in line for line in told)
    assert any("SID-APP-015" in line and "optional" in line for line in told)
    assert told[-1].startswith("3 of 228 requirements in scope shown, by 4 scenario cases and 2 tests; 72")


def test_only_what_is_missing(found: Coverage) -> None:
    told = list(lines(found, only_missing=True))
    assert not any("SID-LGN-035" in line or "SID-RP3" in line for line in told[:-2])
    assert sum(line.startswith("  --") for line in told) == 225


def test_drawn_on_a_terminal(found: Coverage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    print_table(found, terminal)
    told = terminal.getvalue()
    assert "registration/some (2)" in told
    assert "N  Key-share model: 0 of 14" in told
    assert "3 of 228 requirements in scope shown" in told


# --- marked tests -----------------------------------------------------------------------------------


@pytest.mark.covers("SID-HAR-001")
def test_the_list_in_the_package_is_that_of_the_marks() -> None:
    """If it differs: `python -m tests.covering`."""
    assert MARKED.read_text("utf-8") == listing(marks(ROOT))
    assert {id_: list(tests) for id_, tests in marked_tests().items()} == marks(ROOT)


def test_marks_are_found_on_functions_classes_and_parameters(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(
        "import pytest\n"
        '@pytest.mark.covers("SID-HAR-002", "SID-HAR-001")\n'
        "def test_one(): ...\n"
        '@pytest.mark.covers("SID-HAR-001")\n'
        "class TestMany:\n"
        '    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.covers("SID-HAR-004"))])\n'
        "    def test_two(self, x): ...\n"
    )
    assert marks(tmp_path) == {
        "SID-HAR-001": ["tests/test_some.py::test_one", "tests/test_some.py::TestMany"],
        "SID-HAR-002": ["tests/test_some.py::test_one"],
        "SID-HAR-004": ["tests/test_some.py::TestMany::test_two"],
    }
    assert listing({}).endswith("tests: {}\n")


WRONG = {
    "no list": ("version: 1\n", "expected `tests` by id"),
    "an unknown id": ("tests: {SID-HAR-01: [a]}", "found 'SID-HAR-01'; did you mean"),
    "no list of tests": ("tests: {SID-HAR-001: a}", "expected a list of tests, found 'a'"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_list_says_why(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "list.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(FileError) as told:
        marked_tests(file)
    assert said in str(told.value)
