"""The profile parser: what the profiles of the package say, and every mistake at its place."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from softeid.emulator import Profile, ProfileError, parse_profile
from softeid.emulator.facts import MARKS

if TYPE_CHECKING:
    from tests.emulator.conftest import Specimen

WHOLE = """\
profile: demo
title: Demonstration
family: idemia
contact: {atr: 3B 80 80 01 01, source: "[U] made up"}
read-binary: {limit: 231, source: "[U] made up"}
layers: [get-response]
pins:
  PIN1: {reference: 01, local-to: global, digits: 4-12, tries: 3, block: 12 FF, default: "0123", reset: PUK,
         status: 01 F3, source: "[U] made up"}
  PUK: {reference: 02, local-to: ADF1, digits: 8-12, tries: 3, block: 12 FF, default: "12345678",
        reset: never, status: 02 F3, source: "[U] made up"}
keys:
  authentication: {reference: 81, in: ADF1, curve: secp384r1, authenticate: PIN1 & PUK, source: "[U] made up"}
algorithms:
  - {operation: authenticate, references: [04], source: "[U] made up"}
files:
  fid: 3F00
  source: "[U] made up"
  files:
    - fid: ADF1
      aid: A0 00 00 00 01
      source: "[U] made up"
      files:
        - {fid: 3401, content: certificate/authentication, source: "[U] made up"}
        - {fid: 3402, content: hex/00, sfid: 02, source: "[U] made up"}
    - {fid: D003, content: octet-string/document-number, read: PIN1, source: "[U] made up"}
switches:
  signature-consumes-pin: {choices: [yes, no], question: which?, source: "[U] made up"}
  root-aid-logs-out: {choices: [yes, no], question: which?, source: "[U] made up"}
  equal-new-pin: {choices: ["9000", 6A80], question: which?, source: "[U] made up"}
  short-read: {choices: ["9000", "6282"], question: which?, source: "[U] made up"}
  ef-dir: {choices: [absent, present], question: which?, source: "[U] made up"}
unknown: [everything]
"""

BROKEN = yaml.safe_load((Path(__file__).parent / "broken_profiles.yaml").read_text("utf-8"))


def told(text: str, others: dict[str, str] | None = None) -> list[str]:
    """What the parser says of a profile, line by line; nothing if it is whole."""

    def other(name: str) -> tuple[str, str]:
        if name not in (others or {}):
            raise KeyError(f"there is {', '.join(others or {})}")
        return (others or {})[name], f"{name}.yaml"

    try:
        parse_profile(text, "p.yaml") if others is None else parse_profile(text, "p.yaml", other)
    except ProfileError as wrong:
        return str(wrong).split("\n")
    return []


@pytest.mark.parametrize("case", BROKEN, ids=[case["name"] for case in BROKEN])
def test_broken(case: dict[str, Any]) -> None:
    assert case["instead of"] in WHOLE
    assert told(WHOLE.replace(case["instead of"], case["put"], 1)) == case["told"]


def test_whole() -> None:
    assert told(WHOLE) == []


def test_every_fact_needs_its_evidence() -> None:
    """Whichever `source` is left out, its place is told."""
    source = re.compile(r',? *source: "\[U\] made up",?|^ *source: "\[U\] made up"\n', re.MULTILINE)
    places = list(source.finditer(WHOLE))
    assert len(places) == 16
    for place in places:
        text = WHOLE[: place.start()] + WHOLE[place.end() :]
        assert any("expected `source` in" in line and line.endswith("found none") for line in told(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.yaml:1:1: expected a profile, found an empty file"),
        ("# only\n", "p.yaml:1:1: expected a profile, found nothing but comments"),
        ("[]", "p.yaml:1:1: expected the profile ({profile, title, family, "),
        ("text", "p.yaml:1:1: expected the profile ({profile, title, family, "),
        ("--- {a: b", "p.yaml:2:1: expected ',' or '}', found something else"),
        ("\ud800", "p.yaml:1:1: expected UTF-8, found octet ED"),
        ("a: " + "[" * 40 + "]" * 40, "p.yaml:1:15: expected at most 12 levels, found more"),
        ("x" * (1 << 20) + "x", "p.yaml:1:1: expected at most 1048576 octets, found 1048577"),
    ],
    ids=["empty", "comments", "a list", "a word", "cut off", "no Unicode", "deep", "long"],
)
def test_what_is_no_profile_at_all(text: str, message: str) -> None:
    lines = told(text)
    assert len(lines) == 1
    assert lines[0].startswith(message)


def test_everything_is_told_at_once() -> None:
    text = (
        WHOLE.replace("tries: 3", "tries: 99").replace("3B 80 80", "3B 80 8").replace("fid: 3402", "fid: 34")
    )
    assert [line.partition(": expected")[0] for line in told(text)] == [
        "p.yaml:4:16",
        "p.yaml:8:64",
        "p.yaml:10:61",
        "p.yaml:25:17",
    ]


CONTACT = 'contact: {atr: 3B 00, source: "[U] also made up"}'


def test_like_another_profile() -> None:
    text = f"profile: demo-2\ntitle: Again\nlike: demo\n{CONTACT}\n"
    one = parse_profile(WHOLE, "demo.yaml")
    two = parse_profile(text, "demo-2.yaml", lambda name: (WHOLE, f"{name}.yaml"))
    assert (two.name, two.title, two.atr.octets) == ("demo-2", "Again", b"\x3b\x00")
    assert replace(two, name=one.name, title=one.title, atr=one.atr, atr_evidence=one.atr_evidence) == one


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param(
            "profile: demo-2\nlike: dome\n",
            ["p.yaml:2:7: expected a known profile for `like`, found 'dome'; there is demo, broken, shy"],
            id="an unknown one",
        ),
        pytest.param(
            "profile: demo-2\nlike: [demo]\n",
            ["p.yaml:2:7: expected the name of a profile for `like`, found a list"],
            id="no name",
        ),
        pytest.param(
            "profile: demo-2\nlike: shy\n",
            ["p.yaml:2:7: expected a whole profile for `like`, found shy, which is none"],
            id="one that is itself like another",
        ),
        pytest.param(
            "profile: demo-2\nlike: broken\n",
            ["broken.yaml:2:8: expected a text for `title` in the profile, found a list"],
            id="a mistake in the other file",
        ),
        pytest.param(
            "profile: demo-2\nlike: demo\nlayers: [none]\n",
            ["p.yaml:3:10: expected command-chaining or get-response, found 'none'"],
            id="a mistake of one's own",
        ),
    ],
)
def test_like_something_wrong(text: str, lines: list[str]) -> None:
    others = {
        "demo": WHOLE,
        "broken": WHOLE.replace("title: Demonstration", "title: [Demonstration]"),
        "shy": "like: demo",
    }
    assert told(text, others) == lines


def test_like_with_nobody_to_ask() -> None:
    assert told("like: demo") == [
        "p.yaml:1:7: expected a known profile for `like`, found 'demo'; nobody was named who could open demo"
    ]


PACKAGE = {
    name: (files("softeid.emulator") / "profiles" / f"{name}.yaml").read_text("utf-8")
    for name in ("esteid-2018", "esteid-2018x")
}


def package_text(name: str) -> tuple[str, str]:
    return PACKAGE[name], f"{name}.yaml"


@settings(max_examples=400)
@given(st.sampled_from([WHOLE, *PACKAGE.values()]), st.data())
def test_mutated_text_parses_or_is_told(text: str, data: st.DataObject) -> None:
    """Whatever is cut out, put in or copied over: a profile, or mistakes with their places; nothing else."""
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        source = data.draw(st.integers(0, len(text)))
        put = data.draw(
            st.one_of(
                st.text("[]{}:,-&*!|>'\"%@`#? \t\n0Aa\x85\u2028", max_size=6),
                st.text(max_size=4),
                st.just(text[source : source + 30]),
            )
        )
        text = text[:start] + put + text[end:]
    try:
        profile = parse_profile(text, "p.yaml", package_text)
    except ProfileError as wrong:
        lines = str(wrong).split("\n")
        assert all(
            re.match(r"\S+\.yaml:(\d+:\d+: expected .+, found .+| and \d+ more)", line) for line in lines
        )
    else:
        assert isinstance(profile, Profile)


def test_the_profiles_of_the_package(card: Specimen) -> None:
    profile = card.profile
    assert [(pin.name, pin.reference, pin.status_id, pin.df) for pin in profile.pins.values()] == [
        ("PIN1", 0x01, 0x01, None),
        ("PIN2", 0x85, 0x05, 0xADF2),
        ("PUK", 0x02, 0x02, None),
    ]
    assert [(pin.minimum, pin.maximum, pin.tries) for pin in profile.pins.values()] == [
        (4, 12, 3),
        (5, 12, 3),
        (8, 12, 3),
    ]
    assert profile.pins["PIN1"].digits(profile.pins["PIN1"].block("0123")) == "0123"
    assert profile.unknown
    facts = [profile.atr_evidence, profile.read_limit_evidence, profile.root.evidence]
    facts += [pin.evidence for pin in profile.pins.values()]
    facts += [key.evidence for key in profile.keys.values()]
    facts += [algorithm.evidence for algorithm in profile.algorithms]
    facts += [switch.evidence for switch in profile.switches.values()]
    facts += [file.evidence for file in profile.root.below()]
    assert all(fact.mark in MARKS and str(fact) == f"[{fact.mark}] {fact.source}" for fact in facts)


def test_cosmo_x_differs_in_name_and_atr_only() -> None:
    one, two = (parse_profile(*package_text(name), package_text) for name in ("esteid-2018", "esteid-2018x"))
    assert one.atr != two.atr
    assert replace(two, name=one.name, title=one.title, atr=one.atr, atr_evidence=one.atr_evidence) == one
