"""`survivors.toml` speaks of the modules as they are; what is no mutant; a copy leaves the tree alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.mutation.mutant import difference, shape
from tests.mutation.subject import ROOT, SUBJECTS
from tests.mutation.survivor import Change, judge, lines, read, read_file
from tests.mutation.workshop import Workshop

ENTRY = {
    "module": "emulator/tlv.py",
    "within": "parse",
    "was": "at += length",
    "became": "at -= length",
    "because": "a reason",
}
ONE = Change("emulator/tlv.py", "parse", "at += length", "at -= length")
TWO = ONE._replace(became="at *= length")


def toml(**changes: object) -> str:
    """An entry; a key that is None is left out."""
    keys = {**ENTRY, **changes}
    return "[[survivor]]\n" + "".join(f"{key} = {keys[key]!r}\n" for key in keys if keys[key] is not None)


def test_every_explanation_speaks_of_a_line_that_is_there() -> None:
    explanations = read_file()
    assert explanations
    for change in explanations:
        assert change.was in lines(change.module), f"{change.module} has no line {change.was!r}"


@pytest.mark.parametrize("module", SUBJECTS)
def test_what_is_mutated_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / module).is_file()
    assert all((ROOT / test).is_file() for test in SUBJECTS[module])


@pytest.mark.parametrize("module", SUBJECTS)
def test_nobody_evaluates_the_annotations_of_what_is_mutated(module: str) -> None:
    """Else a change in one would be a mutant."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    assert any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and node.names[0].name == "annotations"
        for node in tree.body
    )


def test_an_entry_is_read() -> None:
    assert read(toml(), "s.toml") == {ONE: "a reason"}
    assert read(toml(became=[ONE.became, TWO.became]), "s.toml") == {ONE: "a reason", TWO: "a reason"}
    assert read("", "s.toml") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[[survivor", "s.toml: expected TOML", id="no TOML"),
        pytest.param("[survivor]", "s.toml: expected nothing but", id="one table"),
        pytest.param("[[survivors]]", "s.toml: expected nothing but", id="another name"),
        pytest.param("survivor = [1]", "survivor 1: expected the keys", id="no table"),
        pytest.param(toml(because=None), "survivor 1: expected the keys", id="no reason"),
        pytest.param(toml(line=12), "survivor 1: expected the keys", id="a line number"),
        pytest.param(toml(because=" "), "survivor 1: expected texts, and a reason", id="an empty reason"),
        pytest.param(toml(was=12), "survivor 1: expected texts, and a reason", id="a number"),
        pytest.param(toml(became=[1]), "survivor 1: expected texts, and a reason", id="a list of numbers"),
        pytest.param(toml(module="emulator/tvl.py"), "survivor 1: expected one of", id="no such module"),
        pytest.param(toml() + toml(), "survivor 2: expected a new mutant", id="twice"),
    ],
)
def test_an_entry_that_is_wrong_is_told(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        read(text, "s.toml")


@pytest.mark.parametrize(
    ("survivors", "explained", "unexplained", "stale"),
    [
        pytest.param([], [], [], [ONE], id="killed by now"),
        pytest.param([ONE], [ONE], [], [], id="explained"),
        pytest.param([TWO], [], [TWO], [ONE], id="another one"),
        pytest.param([ONE, ONE], [ONE], [ONE], [], id="two that look the same"),
    ],
)
def test_verdicts(
    survivors: list[Change], explained: list[Change], unexplained: list[Change], stale: list[Change]
) -> None:
    elsewhere = ONE._replace(module="emulator/pin.py")
    verdict = judge(survivors, {ONE: "", elsewhere: ""}, "emulator/tlv.py")
    assert (verdict.explained, verdict.unexplained, verdict.stale) == tuple(
        map(tuple, (explained, unexplained, stale))
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("def f(a: int | None) -> int: ...", "def f(a: int & None) -> int: ...", True),
        ("def f(*a: int | None) -> int | None: ...", "def f(*a: int) -> int + None: ...", True),
        ("class A:\n    a: int | None = 1", "class A:\n    a: int - None = 1", True),
        ("a: int | None = 1", "a: int | None = 2", False),
        ("File = A | B", "File = A & B", False),
        ("def f(a: int = 1): ...", "def f(a: int = 2): ...", False),
        ("def f(a, *, b): ...", "def f(a, /, b): ...", False),
    ],
)
def test_annotations_are_no_part_of_what_runs(one: str, other: str, alike: bool) -> None:
    assert (shape(one) == shape(other)) is alike


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a\n  b\nc\n", "a\n  d\nc\n", (2, "b", "d")),
        ("@x\ndef f(): ...\n", "def f(): ...\n", (1, "@x", "")),
        ("a\n a\na\n", "a\n a\na\nb\n", (4, "", "b")),
        ("if (\n  a\n):\n", "if not (\n  b\n):\n", (1, "if ( a", "if not ( b")),
    ],
)
def test_what_people_see_of_a_mutant(old: str, new: str, told: tuple[int, str, str]) -> None:
    assert difference(old, new) == told


def test_a_copy_shares_no_file_with_the_tree(tmp_path: Path) -> None:
    """What is written in a copy must not come out in the tree, through no symlink either."""
    folder = tmp_path / "copy"
    Workshop(folder)
    for module in SUBJECTS:
        copied = folder / "src" / "softeid" / module
        assert copied.resolve().is_relative_to(folder.resolve())
        assert copied.read_bytes() == (ROOT / module).read_bytes()
        assert not copied.samefile(ROOT / module)
