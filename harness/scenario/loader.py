"""From files to scenarios, with every mistake told before anything starts."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from softeid.emulator.mistake import FileError, Mark, Mistake
from softeid.emulator.yaml_text import MAX_OCTETS, Items, Map, Node, Text, describe, documents

from ..plain_file import octets_of
from .call import Calls
from .cell import Room, cells
from .head import HEAD, Head, people_of
from .language import Language
from .reading import Scene
from .scenario import Scenario

SUFFIX = ".scenario.yaml"


def scenario_files(paths: Iterable[Path]) -> list[Path]:
    """The scenario files among these paths: files as they are, folders searched, each file once.

    Raises:
        FileError: a path is not there, or a folder holds no scenario.
    """
    found: dict[Path, None] = {}
    mistakes = []
    for path in paths:
        try:
            files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        except OSError as error:
            mistakes.append(_unreadable(path, error))
            continue
        if not files:
            mistakes.append(Mistake(Mark(str(path), 1, 1), f"files named *{SUFFIX}", "none in this folder"))
        for file in files:
            try:
                kind = file.stat().st_mode
            except (FileNotFoundError, NotADirectoryError):
                mistakes.append(Mistake(Mark(str(file), 1, 1), "a file or a folder", "nothing of that name"))
            except OSError as error:
                mistakes.append(_unreadable(file, error))
            else:
                if stat.S_ISREG(kind):
                    found[file] = None
                else:
                    mistakes.append(Mistake(Mark(str(file), 1, 1), "a file", stat.filemode(kind)))
    if mistakes:
        raise FileError(mistakes)
    return list(found)


def load(files: Iterable[Path], language: Language) -> list[Scenario]:
    """Every scenario of these files, in their order.

    Raises:
        FileError: with everything that is wrong in any of them.
    """
    mistakes: list[Mistake] = []
    scenarios: list[Scenario] = []
    for file in files:
        try:
            octets = octets_of(file, MAX_OCTETS)
        except OSError as error:
            mistakes.append(_unreadable(file, error))
            continue
        scenarios += read_file(octets, str(file), mistakes, language)
    if mistakes:
        raise FileError(mistakes)
    return scenarios


def _unreadable(path: Path, error: OSError) -> Mistake:
    return Mistake(Mark(str(path), 1, 1), "a file that can be read", error.strerror or str(error))


def read_file(octets: bytes, file: str, mistakes: list[Mistake], language: Language) -> list[Scenario]:
    """The scenarios of one file.

    Args:
        octets: its content.
        file: its name, for messages.
        mistakes: what is wrong is added here; a cause hides its effects at the same place.
    """
    causes: list[Mistake] = []
    trees = list(documents(octets, file, causes, "a scenario"))
    effects: list[Mistake] = []
    scenarios = list(_scenarios(trees, causes, effects, language))
    places = {mistake.mark for mistake in causes}
    mistakes += causes + [mistake for mistake in effects if mistake.mark not in places]
    return scenarios


def _scenarios(
    trees: list[Node], causes: list[Mistake], mistakes: list[Mistake], language: Language
) -> Iterator[Scenario]:
    titles: dict[str, Mark] = {}
    room = Room()
    for document in trees:
        if not isinstance(document, Map):
            advice = "is there a `---` too many?" if document == "" else ""
            if isinstance(document, Items):
                advice = "begin with `scenario:`; between two of them stands a line with `---`"
            mistakes.append(Mistake(document.mark, "a scenario", describe(document), advice))
            continue
        title = document.at("scenario")
        if isinstance(title, Text) and title in titles:
            found = f"{describe(title)} again (first in line {titles[title].line})"
            mistakes.append(Mistake(title.mark, "each scenario's name once in a file", found))
        elif isinstance(title, Text):
            titles[title] = title.mark
        for cell, variant in cells(document, causes, room):
            yield from _scenario(cell, variant, mistakes, language)


def _scenario(cell: str, document: Map, mistakes: list[Mistake], language: Language) -> Iterator[Scenario]:
    """One cell, or nothing with its mistakes told."""
    before = len(mistakes)
    scene = Scene(mistakes)
    read = scene.read(HEAD, document)
    head: Head | None = None if read is scene.failed else read  # still look at the steps, with whoever can be
    scene.people = people = people_of(document, head, scene)  # made out
    calls = Calls(language, scene)
    start = calls.start(document.at("start"))
    steps = calls.steps(document.at("steps"))
    if head is None or len(mistakes) > before:
        return
    yield Scenario(
        head.scenario,
        cell,
        head.why,
        document.mark,
        people,
        head.at,
        head.settings,
        head.needs,
        start,
        steps,
    )
