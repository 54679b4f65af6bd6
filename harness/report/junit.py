"""A run as JUnit XML, as pipelines read it: one suite a file, one case a scenario."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import PurePath
from xml.etree import ElementTree as ET

from ..scenario.event import Differed
from .failure import Again, explained
from .result import Result, Results

# Characters that XML 1.0 cannot hold (2.2).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Results, again: Again) -> str:
    """The XML document."""
    root = ET.Element("testsuites", {"name": "softeid", **_counts(results.each)})
    for file, members in groupby(results, lambda result: result.cell.file):
        some = list(members)
        suite = ET.SubElement(root, "testsuite", {"name": _text(file), "file": _text(file), **_counts(some)})
        for result in some:
            suite.append(_case(result, again))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _counts(members: list[Result]) -> dict[str, str]:
    def having(verdict: str) -> str:
        return str(sum(result.verdict == verdict for result in members))

    return {
        "tests": str(len(members)),
        "failures": having("differed"),
        "errors": having("broke"),
        "skipped": having("left out"),
        "time": f"{sum(result.seconds for result in members):.3f}",
    }


def _case(result: Result, again: Again) -> ET.Element:
    cell = result.cell
    stem = PurePath(cell.file).name.removesuffix(".yaml").removesuffix(".scenario")
    case = ET.Element(
        "testcase",
        name=_text(cell.name),
        classname=_text(f"{cell.group}.{stem}"),
        file=_text(cell.file),
        line=str(cell.mark.line),
        time=f"{result.seconds:.3f}",
    )
    properties = ET.SubElement(case, "properties")
    ET.SubElement(properties, "property", name="why", value=_text(cell.why))
    for covered in result.shows:
        ET.SubElement(properties, "property", name="covers", value=covered)
    if result.lacking:
        ET.SubElement(case, "skipped", message=f"left out for want of {', '.join(result.lacking)}")
    if result.problem:
        kind = "failure" if isinstance(result.problem, Differed) else "error"
        said = (
            f"expected {result.problem.difference.expected}, found {result.problem.difference.found}"
            if isinstance(result.problem, Differed)
            else result.problem.reason
        )
        told = ET.SubElement(case, kind, message=_text(said), type=result.problem.doing.step)
        told.text = _text("\n".join(explained(result.problem, again)))
    return case


def _text(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
