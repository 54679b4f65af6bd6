"""A run as JSON, for programs."""

from __future__ import annotations

import json
from typing import Any

from ..scenario.event import VERDICTS, Differed
from .failure import Again
from .result import Result, Results

VERSION = 1
"""Grows when a field goes or changes its meaning."""


def as_json(results: Results, again: Again) -> str:
    """The document: `scenarios` in order, and a `summary`."""
    document = {
        "version": VERSION,
        "seed": again.seed,
        "scenarios": [_scenario(result, again) for result in results],
        "summary": {
            **{verdict.replace(" ", "_"): len(results.having(verdict)) for verdict in VERDICTS},
            "steps": sum(result.steps for result in results),
            "apdus": sum(result.exchanges for result in results),
            "seconds": round(results.seconds, 3),
            "shows": sorted(results.shows),
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _scenario(result: Result, again: Again) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": result.cell.name,
        "why": result.cell.why,
        "file": result.cell.file,
        "line": result.cell.mark.line,
        "group": result.cell.group,
        "verdict": result.verdict,
        "seconds": round(result.seconds, 6),
        "steps": result.steps,
        "apdus": result.exchanges,
        "shows": result.shows,
    }
    if result.lacking:
        out["lacking"] = list(result.lacking)
    if problem := result.problem:
        out["problem"] = {
            "step": problem.doing.step,
            "who": problem.doing.who,
            "line": problem.doing.mark.line,
        }
        if isinstance(problem, Differed):
            out["problem"] |= {
                "expected": problem.difference.expected,
                "found": problem.difference.found,
                "clock": problem.clock,
                "exchanges": list(problem.exchanges),
            }
        else:
            out["problem"] |= {"reason": problem.reason, "ours": problem.ours}
        out["again"] = again.command(result.cell)
    return out
