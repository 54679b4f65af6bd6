"""Each wrong file earns its message: where, what was expected, what was found, what to do.

The files lie in `broken/`, and all their messages in `broken/messages.txt`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest

from softeid.emulator.mistake import FileError, Mark, Mistake
from softeid.harness.scenario.loader import load, read_file, scenario_files
from softeid.harness.steps import LANGUAGE

BROKEN = Path(__file__).with_name("broken")
FILES = sorted(BROKEN.glob("*.scenario.yaml"))


def expected() -> dict[str, list[str]]:
    told = defaultdict(list)
    for line in (BROKEN / "messages.txt").read_text(encoding="utf-8").splitlines():
        told[line.partition(":")[0]].append(line)
    return told


MESSAGES = expected()


def mistakes_of(octets: bytes, name: str) -> list[str]:
    mistakes: list[Mistake] = []
    scenarios = read_file(octets, name, mistakes, LANGUAGE)
    assert not (scenarios and not mistakes), "it loads"
    return [str(one) for one in sorted(set(mistakes), key=lambda one: (one.mark, one.expected))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_says_what_is_wrong(file: Path) -> None:
    assert mistakes_of(file.read_bytes(), file.name) == MESSAGES[file.name]


def test_every_message_has_its_file() -> None:
    assert sorted(MESSAGES) == [file.name for file in FILES]


def test_too_large() -> None:
    octets = b"scenario: " + b"x" * 1_100_000
    assert mistakes_of(octets, "huge.scenario.yaml") == [
        "huge.scenario.yaml:1:1: expected at most 1048576 octets, found 1100010"
    ]


def test_all_files_are_told_of_at_once() -> None:
    with pytest.raises(FileError) as told:
        load(FILES, LANGUAGE)
    files = {mistake.mark.file for mistake in told.value.mistakes}
    assert files == {str(file) for file in FILES}
    assert "anchors-that-explode.scenario.yaml: and " in str(told.value)  # cut short, with the number


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError) as told:
        scenario_files([tmp_path / "gone", tmp_path])
    assert [str(one).replace(str(tmp_path), "DIR") for one in told.value.mistakes] == [
        "DIR:1:1: expected files named *.scenario.yaml, found none in this folder",
        "DIR/gone:1:1: expected a file or a folder, found nothing of that name",
    ]


def test_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "pin").mkdir()
    one = tmp_path / "pin" / "one.scenario.yaml"
    one.touch()
    assert scenario_files([tmp_path, one, tmp_path / "pin"]) == [one]


def test_a_character_that_a_terminal_obeys_is_found_behind_its_escape() -> None:
    """Written as an escape it is printable in the file, and not where it is shown."""
    octets = b'scenario: "\\e[2J"\nwhy: b\nsteps: []\n'
    assert "esc.yaml:1:11: expected printable characters, found U+001B; leave its escape out" in mistakes_of(
        octets, "esc.yaml"
    )


def test_cells_that_explode() -> None:
    """500 cells of a small file, each with a text that would be two million characters long."""
    values = ", ".join(f"{'x' * 1000}{number}" for number in range(500))
    octets = f"scenario: a\nwhy: {'$a' * 2000}\nmatrix: {{a: [{values}]}}\nsteps: [log in]\n".encode()
    (told,) = mistakes_of(octets, "m.yaml")
    assert told.startswith("m.yaml:1:1: expected cells of at most 8388608 characters in a file, found more; ")


def test_more_cells_than_can_be_counted() -> None:
    axes = ", ".join(f"a{number}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]" for number in range(5000))
    told = mistakes_of(f"scenario: a\nwhy: b\nmatrix: {{{axes}}}\nsteps: [log in]\n".encode(), "m.yaml")
    assert told[0] == (
        "m.yaml:3:9: expected at most 500 cells, found more than a billion; "
        "leave values out, or write several scenarios"
    )


@pytest.mark.parametrize("what", ["at: '{}'", "within: '{}'", "pin1: '{}'", "covers: '{}'", "by: '{}'"])
def test_an_advice_is_as_short_as_a_line(what: str) -> None:
    for text in ("9" * 100_000 + " minutes", "x" * 100_000 + ".code + 5 minutes", "code + " + "9" * 100_000):
        octets = f"scenario: a\nwhy: b\nsteps: [log in: {{{what.format(text)}}}]\n".encode()
        told = mistakes_of(octets, "l.yaml")
        assert told
        assert all(len(one) < 1000 for one in told)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (f"{{at: code + {'9' * 400}m}}", "1:17: expected a duration of at most a hundred years"),
        ("{within: 0s}", "1:21: expected a duration above 0s, found '0s'"),
    ],
    ids=["at is far beyond all numbers", "within no time"],
)
def test_durations_out_of_range(step: str, told: str) -> None:
    octets = f"steps: [log in: {step}]\nscenario: a\nwhy: b\ncard: {{person: jaak}}\n".encode()
    assert any(told.partition(": ")[2] in one for one in mistakes_of(octets, "d.yaml"))


def test_a_long_text_is_told_in_part() -> None:
    octets = f"scenario: a\nwhy: b\nsteps: [log in: {{expect: '{'A(' * 100_000}'}}]\n".encode()
    assert all(len(one) < 1000 for one in mistakes_of(octets, "l.yaml"))


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    """A FIFO would be waited for, and a device read for ever."""
    os.mkfifo(tmp_path / "fifo.scenario.yaml")
    (tmp_path / "device.scenario.yaml").symlink_to("/dev/zero")
    (tmp_path / "loop.scenario.yaml").symlink_to("loop.scenario.yaml")
    with pytest.raises(FileError) as told:
        scenario_files([tmp_path, tmp_path / ("x" * 300)])
    assert [(Path(one.mark.file).name[:6], one.expected, one.found[:1]) for one in told.value.mistakes] == [
        ("device", "a file", "c"),
        ("fifo.s", "a file", "p"),
        ("loop.s", "a file that can be read", "T"),
        ("xxxxxx", "a file that can be read", "F"),
    ]


def test_of_a_huge_file_only_the_beginning_is_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.scenario.yaml"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(FileError, match=r"expected at most 1048576 octets, found 1048577$"):
        load([file], LANGUAGE)


def test_a_files_name_does_nothing_to_a_terminal() -> None:
    assert str(Mistake(Mark("a\x1b[31m\n\udcff\u202eb", 1, 2), "c", "d")) == (
        "a\\x1b[31m\\n\\udcff\\u202eb:1:2: expected c, found d"
    )
