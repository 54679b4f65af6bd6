"""Whatever is in a file: mistakes are told or it loads; nothing else is ever raised."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from softeid.emulator.mistake import FileError, Mistake
from softeid.harness.scenario.loader import read_file
from softeid.harness.steps import LANGUAGE

HERE = Path(__file__)
POOL = [
    file.read_bytes()
    for folder in (HERE.parents[3] / "scenarios", HERE.with_name("broken"))
    for file in sorted(folder.rglob("*.scenario.yaml"))
]
BITS = [
    bit.encode()
    for bits in (
        ("&a ", "*a ", "!!int ", "&", "?", "%", "#", "|", "~", "---\n", "- ", ": ", ",", "'", '"'),
        ("{", "}", "[", "]", "[[]]", "{}", "(", ")", ".", "a.b.c", "\n", "  ", "\t", "\0", "ä", "٣"),
        ("$t", "$", "${", "<len ", "<any>", "code + ", "99999999999d", "9999999999999999999"),
        ("expect: ", "cases:\n", "matrix: {", "start: ", "changes: {", "as: ", "card: {person: "),
    )
    for bit in bits
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A file with a few edits: something put in, cut out, or taken from another file."""
    octets = bytearray(draw(st.sampled_from(POOL)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(octets)))
        match draw(st.sampled_from(["put", "cut", "graft", "octet"])):
            case "put":
                octets[at:at] = draw(st.sampled_from(BITS))
            case "cut":
                del octets[at : at + draw(st.integers(1, 12))]
            case "graft":
                other = draw(st.sampled_from(POOL))
                begin = draw(st.integers(0, len(other)))
                octets[at:at] = other[begin : begin + draw(st.integers(0, 60))]
            case _:
                octets[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
    return bytes(octets)


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_a_mutated_file_is_told_of_or_loads(octets: bytes) -> None:
    mistakes: list[Mistake] = []
    read_file(octets, "f.scenario.yaml", mistakes, LANGUAGE)
    assert str(FileError(mistakes)).count("\n") <= 100


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_are_told_of_or_load(octets: bytes) -> None:
    read_file(octets, "f.scenario.yaml", [], LANGUAGE)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_told_of_or_loads(text: str) -> None:
    read_file(text.encode("utf-8", "replace"), "f.scenario.yaml", [], LANGUAGE)
