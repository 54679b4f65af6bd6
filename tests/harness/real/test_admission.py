"""Which scenarios a card is used for: it must be theirs, and harm needs leave and a card of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.harness.real.fake import READER, Recorder, issued

from softeid.harness.clock import Clock
from softeid.harness.error import HarnessError
from softeid.harness.issuing import IssuedCard
from softeid.harness.lab import Lab
from softeid.harness.person import persons
from softeid.harness.pki.leaf import Use
from softeid.harness.real.admission import Refused
from softeid.harness.real.link import Link
from softeid.harness.real.route import RealReader
from softeid.harness.real.sight import NoEid, look, profile_of
from softeid.harness.report.result import exit_code, watch
from softeid.harness.scenario.event import Broke
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.runner import run
from softeid.harness.scenario.scenario import Scenario
from softeid.harness.scenario.step import Harm


def scenario(
    folder: Path, card: str = "{person: jaak}", step: str = "card shows", head: str = ""
) -> Scenario:
    file = folder / "x.scenario.yaml"
    people = head or f"card: {card}\n"
    file.write_text(f"scenario: x\nwhy: y\n{people}steps:\n  - {step}\n")
    (one,) = load([file], Lab().language)
    return one


def admit(card: IssuedCard, one: Scenario, allowed: Harm = "none") -> Recorder:
    recorder = Recorder(card.card)
    RealReader(READER, allowed, recorder).admit([one], [one])
    return recorder


THEIRS: dict[str, tuple[dict[str, Any], str]] = {
    "a fresh card": ({}, "{person: jaak}"),
    "another person": ({"person": "mari"}, "{person: mari}"),
    "a later chip": ({"profile": "esteid-2018x"}, "{person: jaak, profile: esteid-2018x}"),
    "a blocked PIN": ({"state": "pin1-blocked"}, "{person: jaak, state: pin1-blocked}"),
    "a last try": ({"state": "pin1-last-try"}, "{person: jaak, state: pin1-last-try}"),
    "expired": ({"state": "expired"}, "{person: jaak, state: expired}"),
    "not yet valid": ({"state": "not-yet-valid"}, "{person: jaak, state: not-yet-valid}"),
    "without certificates": ({"state": "no-certificates"}, "{person: jaak, state: no-certificates}"),
    "one certificate expired": ({"sign": "expired"}, "{person: jaak, sign: expired}"),
    "both valid, said": ({}, "{person: jaak, auth: valid, sign: valid}"),
}


@pytest.mark.parametrize(("made", "card"), THEIRS.values(), ids=THEIRS)
def test_the_scenarios_own_card(made: dict[str, Any], card: str, tmp_path: Path) -> None:
    assert admit(issued(**made), scenario(tmp_path, card)).only_read


OTHERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "another person": ({"person": "mari"}, "{person: jaak}", "expected the card of jaak, found that of mari"),
    "another chip": ({}, "{person: jaak, profile: esteid-2018x}", "a card esteid-2018x, found esteid-2018"),
    "another name": ({}, "{person: jaak, surname: X}", "found another name"),
    "a wrong PIN before": ({"state": "pin1-last-try"}, "{person: jaak}", "3 tries left for PIN1, found 1"),
    "no wrong PIN before": ({}, "{person: jaak, state: puk-blocked}", "0 tries left for PUK, found 3"),
    "not expired": ({}, "{person: jaak, state: expired}", "certificate expired today, found valid"),
    "expired": ({"state": "expired"}, "{person: jaak}", "signature certificate valid today, found expired"),
    "none": ({"state": "no-certificates"}, "{person: jaak}", "certificate valid today, found none"),
    "no plain none": ({}, "{person: jaak, state: no-certificates}", "certificate none today, found valid"),
    "unreadable": ({"state": "revoked"}, "{person: jaak, state: revoked}", "state revoked: reading a card"),
    "unreadable certificate": ({}, "{person: jaak, sign: suspended}", "certificate suspended: reading"),
    "a bound": ({}, "{person: jaak, auth: until start + 5s}", "certificate until start . 5s: reading"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "card", "why"), OTHERS.values(), ids=OTHERS)
def test_another_card(made: dict[str, Any], card: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=why):
        admit(issued(**made), scenario(tmp_path, card))


def test_a_strangers_name_and_code_are_not_told(tmp_path: Path) -> None:
    card = issued()
    stranger = card.permanent.file("record/personal-code")
    stranger.replace(b"39901010011")
    card.permanent.file("record/surname").replace(b"SECRET")
    with pytest.raises(Refused, match="found that of somebody who is not in the table") as told:
        admit(card, scenario(tmp_path))
    assert "SECRET" not in str(told.value)
    assert "3990101" not in str(told.value)


# --- leave --------------------------------------------------------------------------------------------------


def test_leave_needs_an_issuer_of_ours(tmp_path: Path) -> None:
    card = issued()
    der = bytearray(card.permanent.file("certificate/signature").content)
    at = der.index(b"SOFTEID TEST")
    der[at : at + 12] = b"SOFTEID REAL"
    card.permanent.file("certificate/signature").replace(bytes(der))
    with pytest.raises(HarnessError, match="not those of a SOFTEID TEST authority"):
        admit(card, scenario(tmp_path), "try")
    admit(card, scenario(tmp_path))


def test_leave_needs_certificates(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="not those of a SOFTEID TEST authority"):
        admit(issued(state="no-certificates"), scenario(tmp_path), "write")


@pytest.mark.parametrize("state", ["pin1-last-try", "pin2-blocked", "puk-blocked"])
def test_leave_needs_counters_at_their_maximum(state: str, tmp_path: Path) -> None:
    one = scenario(tmp_path, f"{{person: jaak, state: {state}}}")
    with pytest.raises(HarnessError, match="expected every counter at its maximum, found PIN1 "):
        admit(issued(state=state), one, "try")


def test_leave_is_no_leave_for_worse(tmp_path: Path) -> None:
    one = scenario(tmp_path, step="verify pin: {pin: pin1, value: wrong, expect: 63C2}")
    with pytest.raises(Refused, match="`verify pin` may harm the card, level `block`") as refused:
        admit(issued(), one, "try")
    assert "--allow-harm block" in refused.value.advice
    admit(issued(), one, "block")


def play(card: IssuedCard, one: Scenario, allowed: Harm = "none", **how: Any) -> tuple[Any, Recorder]:
    recorder = Recorder(card.card, **how)
    results = watch(run([one], Lab(RealReader(READER, allowed, recorder)), seed="any"))
    return results, recorder


def test_with_leave_a_wrong_pin_costs_a_try_and_the_view_knows(tmp_path: Path) -> None:
    card = issued()
    wrong = "verify pin: {pin: pin1, value: wrong, expect: [63C2, 63C1], changes: {card.pin1.tries: [2, 1]}}"
    results, _ = play(card, scenario(tmp_path, step=wrong), "block")
    assert [one.verdict for one in results] == ["held"]
    assert card.permanent.pins["PIN1"].tries == 1


def test_with_leave_a_right_pin_is_verified_and_forgotten_at_the_end(tmp_path: Path) -> None:
    card = issued()
    results, recorder = play(card, scenario(tmp_path, step="verify pin: {pin: pin1}"), "try")
    assert [one.verdict for one in results] == ["held"]
    assert card.card.process(bytes.fromhex("00200001")) == bytes.fromhex("63C3")
    assert recorder.calls[-4:] == ["reset", "end", "disconnect", "release"]


def test_a_counter_that_moved_without_a_step_ends_the_scenario(tmp_path: Path) -> None:
    class Worn(Recorder):
        def transmit(self, handle: Any, protocol: int, apdu: bytes) -> bytes:
            if apdu[1] == 0xB0:
                card.permanent.pins["PUK"].tries = 2
            return super().transmit(handle, protocol, apdu)

    card = issued()
    lab = Lab(RealReader(READER, "none", Worn(card.card)))
    (result,) = watch(run([scenario(tmp_path, step="read file: {path: 3F00/D003}")], lab, seed="any"))
    assert result.verdict == "broke"
    assert isinstance(result.problem, Broke)
    assert result.problem.reason.endswith("PIN1 3, PIN2 3, PUK 3, found PIN1 3, PIN2 3, PUK 2")


def test_another_card_put_in_meanwhile_ends_the_scenario(tmp_path: Path) -> None:
    results, _ = play(issued(profile="esteid-2018x"), scenario(tmp_path))
    (result,) = results
    assert (result.verdict, result.steps) == ("broke", 0)
    assert "its answer to reset is another" in result.problem.reason


@pytest.mark.parametrize("gone_after", [0, 1, 4, 10, 25])
def test_a_card_that_is_gone_ends_the_run_with_3(gone_after: int, tmp_path: Path) -> None:
    results, recorder = play(issued(), scenario(tmp_path), gone_after=gone_after)
    (result,) = results
    assert result.verdict == "broke"
    assert "the card in `Recorder 00 00` is gone" in result.problem.reason
    assert not result.problem.ours
    assert exit_code(results) == 3
    assert len(recorder.sent) == gone_after + 1


# --- what the route has not got -----------------------------------------------------------------------------

LEFT_OUT = {
    "hands": ("{person: jaak}", "remove card", "", "hands at the reader"),
    "a reader that is unplugged": ("{person: jaak}", "disconnect reader", "", "hands at the reader"),
    "two cards": ("", "card shows", "people: {mari: {card: {}}, jaak: {card: {}}}\n", "several cards"),
    "a switch": ("{person: jaak, switches: {ef-dir: present}}", "card shows", "", "a card made to order"),
    "another document": ("{person: jaak, kind: e-resident}", "card shows", "", "a card made to order"),
    "a login": ("{person: jaak}", "log in", "", "a card that the scenario's portal knows"),
}


@pytest.mark.parametrize(("card", "step", "head", "need"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_not_on_this_route(card: str, step: str, head: str, need: str, tmp_path: Path) -> None:
    one = scenario(tmp_path, card, step, head)
    results, recorder = play(issued(), one)
    (result,) = results
    assert (result.verdict, need in result.lacking) == ("left out", True)
    assert recorder.sent == []
    assert need not in Lab().lacking(one)


# --- what is no eID -----------------------------------------------------------------------------------------


class Stranger:
    """A card that knows nothing."""

    def __init__(self, atr: str, answer: str) -> None:
        self.atr = bytes.fromhex(atr)
        self._answer = bytes.fromhex(answer)

    def power_on(self) -> None:
        """Nothing."""

    power_off = reset = power_on

    def process(self, apdu: bytes) -> bytes:
        return self._answer


BANK = "3B 68 00 00 00 73 C8 40 12 00 90 00"


def test_a_card_that_is_no_eid_is_named_and_not_asked(tmp_path: Path) -> None:
    recorder = Recorder(Stranger(BANK, "6D00"))
    one = scenario(tmp_path)
    with pytest.raises(NoEid, match="is no ID card that softeid knows") as told:
        RealReader(READER, context=recorder).admit([one], [one])
    for known in (BANK, "esteid-2018x", "3B DB 96 00 80 B1 FE 45 1F 83 00 12 23 3F 53 65 49 44 0F 90 00 F1"):
        assert known in str(told.value)
    assert recorder.sent == []


@pytest.mark.parametrize("answer", ["6D00", "6E00", "6A82", "9000", "FF9000"])
def test_a_card_with_the_answer_to_reset_of_an_eid_that_is_none(answer: str) -> None:
    card = Stranger(issued().profile.atr.octets.hex(), answer)
    recorder = Recorder(card)
    with pytest.raises(NoEid, match="has the answer to reset of esteid-2018 and is none"):
        look(Link(recorder, READER))
    assert recorder.only_read


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (bytes.fromhex("A003020102"), bytes.fromhex("A003020105")),
        (b"SOFTEID TEST", b"\xffOFTEID TEST"),
        (bytes.fromhex("060355040613"), bytes.fromhex("060355040603")),  # countryName as a BIT STRING
    ],
    ids=["version", "issuer", "kind of string"],
)
def test_a_certificate_that_cannot_be_read_is_none_and_nobody_s_of_ours(right: bytes, wrong: bytes) -> None:
    card = issued()
    file = card.permanent.file("certificate/authentication")
    assert right in file.content
    file.replace(file.content.replace(right, wrong, 1))
    sight = look(Link(Recorder(card.card), READER))
    assert sight.validity(Use.AUTHENTICATION, datetime.now(UTC)) == "none"
    assert not sight.ours


def test_what_is_seen_of_a_card() -> None:
    card = issued(person="mari", state="pin2-blocked")
    sight = look(Link(Recorder(card.card), READER))
    assert sight.profile == profile_of(card.card.atr, READER)
    assert (sight.code, sight.whose) == (persons()["mari"].code, "mari")
    assert sight.document == card.document_number
    assert sight.ours
    assert not sight.untouched
    for secret in (sight.code, sight.surname, sight.document):
        assert secret not in repr(sight)
    now = Clock.real().now
    years = timedelta(days=3650)
    use = next(iter(sight.certificates))
    assert [sight.validity(use, then) for then in (now - years, now, now + years)] == [
        "not-yet-valid",
        "valid",
        "expired",
    ]
