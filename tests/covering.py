"""`@pytest.mark.covers("SID-…")`: which test shows which requirement, read from the files themselves.

`python -m tests.covering` writes the list that `softeid requirements` has in every installation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from softeid.harness.report.marked import MARKED
from softeid.harness.scenario.requirement import catalogue

ROOT = Path(__file__).parents[1]
_HEAD = "# Made by `python -m tests.covering` from the marks in tests/; a test keeps it so.\nversion: 1\n"


def require_known(items: Iterable[pytest.Item]) -> None:
    """Refuse a mark whose id is not in the catalogue, as the loader does with a scenario's `covers`.

    Raises:
        pytest.UsageError: with the test and the id.
    """
    for item in items:
        for mark in item.iter_markers("covers"):
            for id_ in mark.args:
                if id_ not in catalogue():
                    raise pytest.UsageError(
                        f"{item.nodeid}: covers expects ids of the catalogue, found {id_!r}"
                    )


def marks(root: Path) -> dict[str, list[str]]:
    """The tests below a folder by the ids that they are marked with, in the order of the ids."""
    found: dict[str, list[str]] = {}
    for file in sorted((root / "tests").rglob("test_*.py")):
        place = file.relative_to(root).as_posix()
        for test, id_ in _marked(ast.parse(file.read_text("utf-8")).body, place):
            found.setdefault(id_, []).append(test)
    return dict(sorted(found.items()))


def listing(found: dict[str, list[str]]) -> str:
    """The list as it lies in the package."""
    lines = [f"  {id_}:\n" + "".join(f"  - {test}\n" for test in tests) for id_, tests in found.items()]
    return _HEAD + ("tests:\n" + "".join(lines) if lines else "tests: {}\n")


def _marked(body: Iterable[ast.stmt], place: str) -> Iterator[tuple[str, str]]:
    """Tests and ids; the marks of a class are those of its tests."""
    for one in body:
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        name = f"{place}::{one.name}"
        yield from ((name, id_) for id_ in _ids(one.decorator_list))
        if isinstance(one, ast.ClassDef):
            yield from _marked(one.body, name)


def _ids(decorators: Iterable[ast.expr]) -> Iterator[str]:
    for decorator in decorators:
        for node in ast.walk(decorator):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "covers"
            ):
                yield from (ast.literal_eval(argument) for argument in node.args)


if __name__ == "__main__":
    MARKED.write_text(listing(marks(ROOT)), "utf-8")
