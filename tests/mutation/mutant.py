"""The mutants of a module, as cosmic-ray makes them, without those that are none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from .survivor import Change


@dataclass(frozen=True)
class Mutant:
    """A module with one thing changed.

    Attributes:
        change: what people see of it.
        line: where it is, from 1.
        text: the whole module as it is now.
    """

    change: Change
    line: int
    text: str


@dataclass(frozen=True)
class Brood:
    """All mutants of a module.

    Attributes:
        mutants: those that must be noticed.
        void: how many cosmic-ray proposed beyond them: no Python, or no change to what runs.
    """

    mutants: tuple[Mutant, ...]
    void: int


def brood(root: Path, module: str) -> Brood:
    """Every mutant of a module.

    Left out by construction are those that cannot run, as a `*` in a list of parameters turned into `+`, and
    those whose syntax tree without annotations is the module's: nobody evaluates an annotation here.

    Args:
        root: the folder of the tree.
        module: its path below.
    """
    text = (root / module).read_text("utf-8")
    same = shape(text)
    mutants, void = [], 0
    for within, changed in _proposed(root / module, text):
        try:
            idle = shape(changed) == same
        except SyntaxError:
            idle = True
        if idle:
            void += 1
        else:
            line, was, became = difference(text, changed)
            mutants.append(Mutant(Change(module, within, was, became), line, changed))
    return Brood(tuple(sorted(mutants, key=lambda one: (one.line, one.change))), void)


def _proposed(file: Path, text: str) -> Iterator[tuple[str, str]]:
    """What cosmic-ray proposes: the function or class where it is ("" outside), and the changed module."""
    from cosmic_ray.commands import init
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator
    from cosmic_ray.work_db import WorkDB, use_db

    with use_db(":memory:", WorkDB.Mode.create) as session:
        init([file], session, {})
        for item in session.work_items:
            (spec,) = item.mutations
            changed = mutate_code(text, get_operator(spec.operator_name)(), spec.occurrence)
            yield spec.definition_name or "", changed


def shape(text: str) -> str:
    """A module's syntax tree without its annotations, as text.

    Raises:
        SyntaxError: it is no module.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def difference(old: str, new: str) -> tuple[int, str, str]:
    """The first line that differs, counted from 1, and the lines that do as they were and as they became."""
    olds, news = old.splitlines(), new.splitlines()
    head = _alike(olds, news)
    tail = min(_alike(olds[::-1], news[::-1]), len(olds) - head, len(news) - head)
    was, became = olds[head : len(olds) - tail], news[head : len(news) - tail]
    return head + 1, _joined(was), _joined(became)


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _alike(one: list[str], two: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))
