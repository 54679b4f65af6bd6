"""Each wrong file earns its message: where, what was expected, what was found, what to do.

The files lie in `broken/`, and all their messages in `broken/messages.txt`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from softeid.emulator.mistake import FileError, Mistake
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
