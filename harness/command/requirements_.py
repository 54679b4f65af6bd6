"""`softeid requirements`: which requirement is shown by which scenarios and tests, and what is missing."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from softeid.emulator.mistake import FileError

from ..exit_code import ExitCode
from ..lab import Lab
from ..report.coverage import Coverage, Shown, coverage, total
from ..report.coverage_table import print_table
from ..report.marked import marked_tests
from ..scenario.loader import load, scenario_files
from ..scenario.requirement import read_catalogue
from .card import complain

VERSION = 1
"""Of the JSON; grows when a field goes or changes its meaning."""


def run(options: Namespace) -> int:
    """Print the coverage.

    Returns:
        0; with `--require` 1 if a requirement in scope is shown by nothing; 2 a file is wrong.
    """
    try:
        catalogue = read_catalogue()
        files = scenario_files(_paths(options.paths))
        found = coverage(catalogue, load(files, Lab().language), marked_tests(), options.section)
    except FileError as error:
        complain(error)
        return ExitCode.WRONG_FILE
    if options.json:
        print(json.dumps(as_data(found), ensure_ascii=False, indent=1))
    else:
        print_table(found, sys.stdout, only_missing=options.missing)
    return ExitCode.DIFFERENCE if options.require and found.missing else ExitCode.HELD


def _paths(given: Sequence[str]) -> list[Path]:
    """The paths, or the scenarios of the product; by their short name where one stands beside them."""
    if given:
        return [Path(one) for one in given]
    own, here = Path(__file__).parents[2] / "scenarios", Path("scenarios")
    return [here if here.is_dir() and here.samefile(own) else own]


def as_data(found: Coverage) -> dict[str, Any]:
    """The coverage as JSON has it."""
    return {
        "version": VERSION,
        "proven": found.total.proven,
        "of": found.total.of,
        "missing": [one.row.id for one in found.missing],
        "sections": {
            letter: {"title": title, **total(found.section(letter))._asdict()}
            for letter, title in found.sections.items()
        },
        "requirements": [_requirement(one) for one in found.each],
    }


def _requirement(one: Shown) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.id,
        "section": row.section,
        "given": row.given,
        "then": row.then,
        "expect": [str(evidence) for evidence in row.expect],
        "as": row.same_as,
        "basis": row.basis,
        "proof": row.proof,
        "optional": row.optional,
        "later": row.later,
        "in_scope": row.in_scope,
        "proven": one.proven,
        "lacking": [str(evidence) for evidence in one.lacking],
        "scenarios": [
            {"name": proof.name, "file": proof.file, "line": proof.line, "via": proof.via, "over": proof.over}
            for proof in one.scenarios
        ],
        "tests": list(one.tests),
    }
