"""The catalogue: every row says what it wants, no two the same, and a step covers what it expects only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator.mistake import FileError, Mistake, Wrong
from softeid.emulator.yaml_text import Map, documents
from softeid.harness.lab import Lab
from softeid.harness.scenario.evidence import Evidence, implied, parts, wanted_evidence
from softeid.harness.scenario.expect import ANY
from softeid.harness.scenario.loader import read_file
from softeid.harness.scenario.look import ShowsReader
from softeid.harness.scenario.outcome import WORDS, Fact
from softeid.harness.scenario.requirement import Requirement, catalogue, near_id, read_catalogue
from softeid.harness.scenario.step import CHOSEN, Step

ROWS = list(catalogue().values())
IN_SCOPE = [row for row in ROWS if row.in_scope]


def evidence(text: str) -> tuple[Evidence, ...]:
    """As a row of the catalogue would have it."""
    (document,) = documents(f"expect: {text}".encode(), "a row", [], "a row")
    assert isinstance(document, Map)
    node = document.at("expect")
    assert node is not None
    return wanted_evidence(node)


# --- the product's catalogue ------------------------------------------------------------------------


def test_there_are_300_rows_and_228_are_in_scope() -> None:
    assert (len(ROWS), len(IN_SCOPE)) == (300, 228)
    assert [row.id for row in IN_SCOPE if not row.expect and row.proof != "test"] == []
    assert [row.section for row in ROWS] == sorted(row.section for row in ROWS)
    assert set(read_catalogue().sections) == {row.section for row in ROWS}


def pairs() -> Iterator[tuple[Requirement, Requirement]]:
    """Rows that are to be told apart."""
    own = [row for row in ROWS if row.expect and not row.same_as]
    yield from permutations(own, 2)


def test_no_row_wants_what_another_wants() -> None:
    """Neither the same, nor more than it: a step that covers one would cover the other by accident."""
    confused = [
        f"{one.id} implies {other.id}: {alternative}"
        for one, other in pairs()
        for wanted in one.expect
        for alternative in wanted.alternatives()
        if implied(alternative, other.expect)
    ]
    assert confused == []


def test_rows_share_an_outcome_only_where_the_catalogue_says_so() -> None:
    words = ("as 0", "as SID-", "SID-", "see ")
    for row in ROWS:
        if row.same_as:
            assert row.expect == catalogue()[row.same_as].expect, row.id
            assert not catalogue()[row.same_as].same_as, f"{row.id}: a chain"
            number = row.same_as[-3:]
            assert number in row.then, f"{row.id} does not speak of {row.same_as}"
            assert any(word in row.then for word in words), row.id


def steps_of(row: Requirement) -> Iterator[tuple[Evidence, Step | None]]:
    for one in row.expect:
        yield one, Lab().language.steps.get(one.step)


@pytest.mark.parametrize("row", IN_SCOPE, ids=lambda row: row.id)
def test_every_word_that_a_row_in_scope_wants_is_there(row: Requirement) -> None:
    """Steps, arguments, fields, paths of `changes`, states, codes and events."""
    for one, step in steps_of(row):
        assert step or not one.step, f"no step {one.step}"
        if step:
            known = {"at", *step.own, *(CHOSEN[kind] for kind in step.things if kind in CHOSEN)}
            assert set(one.arguments) <= known, f"{one.step} takes {known}"
            reads = step.fields.fields["expect"].reader
            assert isinstance(reads, ShowsReader) == (one.outcome is None), one.step
            if isinstance(reads, ShowsReader):
                assert set(one.fields) <= set(reads.schema()["properties"]), one.step
        assert set(one.changes) <= set(Lab().language.visible)
        facts = one.outcome.alternatives if one.outcome else ()
        assert {fact.name for facts in facts for fact in facts} <= set(WORDS)


# --- what implies what ------------------------------------------------------------------------------

IMPLIES = {
    "the same": ("{log in: QUESTIONS}", "{log in: QUESTIONS}"),
    "more facts": ("{log in: ANON & CERT_EXPIRED}", "{log in: CERT_EXPIRED}"),
    "more details": ("RC_WRONG(attempts_left=2 field=code)", "RC_WRONG(attempts_left=2)"),
    "any step": ("{log in: PIN_EQUAL}", "PIN_EQUAL"),
    "a detail without its key": ("code.rejected(why=RC_USED)", "code.rejected(RC_USED)"),
    "a detail of any value": ("CERT_REVOKED(reason=keyCompromise)", "CERT_REVOKED(reason=<any>)"),
    "each alternative": ("{log in: CSRF & ANON | COOKIES_REQUIRED}", "{log in: CSRF | COOKIES_REQUIRED}"),
    "one of the ways": ("{log in: CSRF}", "[{wait: CSRF}, {log in: CSRF}]"),
    "alternatives spread over the ways": ("{log in: CSRF | ANON}", "[{log in: ANON}, {log in: CSRF}]"),
    "somebody else's": ("{enter code: other.BOUND}", "{enter code: BOUND}"),
    "more fields": ("{page shows: {status: 308, scheme: http}}", "{page shows: {status: 308}}"),
    "a field of any value": ("{page shows: {status: 308}}", "{page shows: {status: <any>}}"),
    "more arguments": ("{log in: {by: mtls, expect: ANON}}", "{log in: ANON}"),
    "the same changes": (
        "{log in: {expect: ANON, changes: {card.pin1.tries: 1}}}",
        "{log in: {expect: ANON, changes: {card.pin1.tries: <any>}}}",
    ),
}

DOES_NOT = {
    "another step": ("{log in: QUESTIONS}", "{log out: QUESTIONS}"),
    "any step for one": ("QUESTIONS", "{log in: QUESTIONS}"),
    "fewer facts": ("{log in: CERT_EXPIRED}", "{log in: ANON & CERT_EXPIRED}"),
    "fewer details": ("RC_WRONG", "RC_WRONG(attempts_left=2)"),
    "another detail": ("RC_WRONG(attempts_left=1)", "RC_WRONG(attempts_left=2)"),
    "a value without its key": ("code.rejected(RC_USED)", "code.rejected(why=RC_USED)"),
    "no value at all": ("CERT_REVOKED", "CERT_REVOKED(reason=<any>)"),
    "one alternative too many": ("{log in: CSRF | ANON}", "{log in: CSRF}"),
    "one's own": ("{enter code: BOUND}", "{enter code: other.BOUND}"),
    "a field too few": ("{page shows: {status: 308}}", "{page shows: {status: 308, scheme: http}}"),
    "another value": ("{page shows: {status: 200}}", "{page shows: {status: 308}}"),
    "any value for one": ("{page shows: {status: <any>}}", "{page shows: {status: 308}}"),
    "a look for a deed": ("{wait: {state: ANON}}", "{wait: ANON}"),
    "a deed for a look": ("{wait: ANON}", "{wait: {state: ANON}}"),
    "an argument too few": ("{log in: ANON}", "{log in: {by: mtls, expect: ANON}}"),
    "no changes": ("{log in: ANON}", "{log in: {expect: ANON, changes: {card.pin1.tries: 1}}}"),
}


@pytest.mark.parametrize(("told", "wanted"), IMPLIES.values(), ids=IMPLIES)
def test_implies(told: str, wanted: str) -> None:
    assert all(implied(one, evidence(wanted)) for one in evidence(told))


@pytest.mark.parametrize(("told", "wanted"), DOES_NOT.values(), ids=DOES_NOT)
def test_does_not_imply(told: str, wanted: str) -> None:
    assert not any(implied(one, evidence(wanted)) for one in evidence(told))


PARTS = {
    "the second of two": ("{log in: ANON}", "[{log in: CSRF}, {log in: ANON}]", {1}),
    "both, by two tries": ("[{log in: CSRF}, {log in: ANON}]", "[{log in: CSRF}, {log in: ANON}]", {0, 1}),
    "neither, where either may come": ("{log in: CSRF | ANON}", "[{log in: CSRF}, {log in: ANON}]", set()),
    "the one that says either": ("{log in: CSRF}", "[{log in: CSRF | ANON}, {log out: CSRF}]", {0}),
    "none": ("{log in: QUESTIONS}", "[{log in: CSRF}, {log in: ANON}]", set()),
}


@pytest.mark.parametrize(("told", "wanted", "shown"), PARTS.values(), ids=PARTS)
def test_parts_of_a_row(told: str, wanted: str, shown: set[int]) -> None:
    assert parts(evidence(told), evidence(wanted)) == shown


FACTS = st.builds(
    Fact,
    st.sampled_from(["ANON", "RC_WRONG", "code.rejected"]),
    st.sampled_from(["", "other"]),
    st.lists(st.tuples(st.sampled_from(["", "why", "age"]), st.sampled_from(["1", "2"])), max_size=3).map(
        tuple
    ),
)


@given(FACTS)
def test_a_fact_implies_itself_and_what_it_says_less_of(fact: Fact) -> None:
    said = {key: value for key, value in fact.detail if key}
    if len([key for key, _ in fact.detail if key]) == len(said):  # no key twice with two values
        assert fact.implies(fact)
    assert fact.implies(Fact(fact.name))
    for key in said:
        assert fact.implies(Fact(fact.name, "", ((key, ANY),)))


@given(FACTS, FACTS, FACTS)
def test_implying_is_passed_on(one: Fact, two: Fact, three: Fact) -> None:
    if one.implies(two) and two.implies(three):
        assert one.implies(three)


# --- in scenarios -----------------------------------------------------------------------------------

PEOPLE = "{mari: {card: {}, browser: [{name: A}, {name: B}]}, jaak: {card: {}}}"
HEAD = f"scenario: x\nwhy: y\npeople: {PEOPLE}\nsteps:\n"
COVERED = {
    "more than the row": "log in: {expect: CERT_SUSPENDED & CARD_AUTH & ANON, covers: SID-CRT-009}",
    "one of the tries": (
        "enter code: {code: [wrong, right], expect: [RC_WRONG(attempts_left=2) & CODE_ENTRY & "
        "code.rejected(RC_WRONG), REVIEW], covers: SID-RCD-002}"
    ),
    "the end of the tries": (
        "sign application: {expect: [CONFIRMED, SIGN_ABORTED & REVIEW & BOUND], "
        "changes: {card.pin2.tries: 0}, covers: SID-CNF-003}"
    ),
    "one's own name in front": (
        "start registration: {as: jaak, expect: jaak.COUNTRY & registration.started, covers: SID-APP-001}"
    ),
    "one's own path": (
        "sign application: {expect: SIGN_ABORTED & REVIEW & BOUND, changes: {mari.card.pin2.tries: 2}, "
        "covers: SID-CNF-005}"
    ),
    "somebody else": (
        "enter code: {of: jaak, expect: REVIEW & jaak.BOUND & code.accepted & identity.bound(identity=X), "
        "covers: SID-RCD-009}"
    ),
    "the time that the row names": (
        "accept terms: {at: start + 1h, expect: PIN1_SET & terms.accepted, covers: SID-APP-010}"
    ),
    "one of several outcomes": "decline terms: {expect: METHOD & terms.declined, covers: SID-APP-007}",
    "a chosen thing": ("enter code: {browser: B, on: Phone, expect: REVIEW & BOUND, covers: SID-RCD-024}"),
}
REFUSED = {
    "another time": "accept terms: {expect: PIN1_SET & terms.accepted, covers: SID-APP-010}",
    "less than the row": "log in: {expect: CERT_STATUS_UNKNOWN, covers: SID-CRT-011}",
    "one alternative too many": "log in: {expect: CERT_SUSPENDED & ANON | QUESTIONS, covers: SID-CRT-009}",
    "another step": "sign application: {expect: CERT_SUSPENDED & ANON, covers: SID-CRT-009}",
    "the wrong try": (
        "sign application: {expect: [SIGN_ABORTED & REVIEW & BOUND, CONFIRMED], "
        "changes: {card.pin2.tries: 0}, covers: SID-CNF-003}"
    ),
    "one's own where it is somebody else's": (
        "enter code: {expect: REVIEW & mari.BOUND & code.accepted & identity.bound(identity=X), "
        "covers: SID-RCD-009}"
    ),
    "somebody else's path": (
        "sign application: {expect: SIGN_ABORTED & REVIEW & BOUND, changes: {jaak.card.pin2.tries: 2}, "
        "covers: SID-CNF-005}"
    ),
    "nothing chosen": "enter code: {expect: REVIEW & BOUND, covers: SID-RCD-024}",
    "a row that waits": "log in: {expect: ANON, covers: SID-RP3-001}",
    "no row": "log in: {expect: ANON, covers: SID-XXX-001}",
    "a row that a test shows": "log in: {expect: ANON, covers: SID-HAR-001}",
}


def mistakes_in(step: str) -> list[str]:
    found: list[Mistake] = []
    read_file(f"{HEAD}  - {step}\n".encode(), "x.scenario.yaml", found, Lab().language)
    return [str(one) for one in found]


@pytest.mark.parametrize("step", COVERED.values(), ids=COVERED)
def test_covers(step: str) -> None:
    assert mistakes_in(step) == []


@pytest.mark.covers("SID-HAR-001")
@pytest.mark.parametrize("step", REFUSED.values(), ids=REFUSED)
def test_does_not_cover(step: str) -> None:
    (told,) = mistakes_in(step)
    assert "SID-" in told


def test_the_message_shows_what_the_row_wants() -> None:
    (told,) = mistakes_in(REFUSED["less than the row"])
    assert "expected `log in: {expect: CERT_STATUS_UNKNOWN & ANON}` to cover SID-CRT-011" in told
    assert "found `log in: {expect: CERT_STATUS_UNKNOWN}`" in told
    assert told.endswith("; if the step tells another story, leave it out of `covers`")


NEAR = {
    "SID-LGN-0001": "did you mean SID-LGN-001?",
    "sid-lgn-1": "did you mean SID-LGN-001?",
    "LGN-001": "did you mean SID-LGN-001?",
    "SID-LNG-001": "did you mean SID-LGN-001?",
    "SID-LGN-999": "there are SID-LGN-001 to 035",  # a number has no neighbours
    "SID-LNG-999": "`softeid requirements` lists them",
    "SID-XXX-001": "`softeid requirements` lists them",
    "": "`softeid requirements` lists them",
}


@pytest.mark.parametrize(("text", "advice"), NEAR.items())
def test_an_id_that_is_none(text: str, advice: str) -> None:
    assert near_id(text) == advice


@pytest.mark.parametrize("wrong", ["changes: {card.pin1.trys: 0}", "changes: {card.pin1.tries: none}"])
def test_a_slip_is_told_once(wrong: str) -> None:
    """It may be all that keeps the step from covering the row."""
    (told,) = mistakes_in(
        f"log in: {{pin1: wrong, expect: LOGIN_CANCELLED & ANON, {wrong}, covers: SID-LGN-011}}"
    )
    assert "cover" not in told


# --- wrong catalogues -------------------------------------------------------------------------------

HEADER = "version: 2\nsections: {A: about}\nrequirements:\n"
WRONG = {
    "an old one": ("version: 1\nrequirements: []", "expected version 2 of a catalogue, found '1'"),
    "no list": ("version: 2\nsections: {A: about}", "expected a list of requirements"),
    "no row": (HEADER + "- text", "expected a requirement, found 'text'"),
    "a strange key": (HEADER + "- {id: X, section: A, names: Y, proof: test}", "found 'names'"),
    "nothing wanted": (HEADER + "- {id: X, section: A}", "for X, found none of them"),
    "two ways": (HEADER + "- {id: X, section: A, expect: ANON, proof: test}", "found expect and proof: test"),
    "no such row": (HEADER + "- {id: X, section: A, as: Y}", "expected an id behind `as`, found 'Y'"),
    "no such section": (HEADER + "- {id: X, section: B, proof: test}", "expected A, found section 'B'"),
    "an id twice": (
        HEADER + "- {id: X, section: A, proof: test}\n" * 2,
        "expected each id once, found X again",
    ),
    "no outcome": (HEADER + "- {id: X, section: A, expect: '&'}", "expected a code, state or event"),
    "an empty list": (HEADER + "- {id: X, section: A, expect: []}", "found an empty list"),
    "two steps": (HEADER + "- {id: X, section: A, expect: {a: ANON, b: ANON}}", "found a mapping"),
    "an empty step": (HEADER + "- {id: X, section: A, expect: {a: {}}}", "expected an outcome, or a mapping"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_catalogue_says_why(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "requirements.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(FileError) as told:
        catalogue(file)
    assert said in str(told.value)


def test_evidence_is_shown_as_a_scenario_would_write_it() -> None:
    text = "{log in: {by: mtls, expect: ANON & CSRF, changes: {card.pin1.tries: 1}}}"
    (one,) = evidence(text)
    assert f"{{{one}}}" == text
    with pytest.raises(Wrong):
        evidence("{log in: [ANON]}")
