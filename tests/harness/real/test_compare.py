"""`softeid compare` against our own cards: as their profile says, and with facts changed on purpose."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.real.fake import READER, Recorder, issued
from tests.harness.real.test_admission import BANK, Stranger

from softeid.emulator import CardLike, Layer, Profile
from softeid.emulator.access import after
from softeid.emulator.facts import FileFacts
from softeid.emulator.file import EF
from softeid.harness.command.compare_ import run
from softeid.harness.issuing import IssuedCard
from softeid.harness.profile_file import load_profile
from softeid.harness.real.compare import Fact, compare
from softeid.harness.real.content import agreement, shape

PROFILE = load_profile("esteid-2018")
Bend = Callable[[], CardLike]


def facts_of(card: CardLike) -> list[Fact]:
    return list(compare(PROFILE, card.atr, card.process))


def differing(facts: Iterable[Fact]) -> set[str]:
    return {fact.what for fact in facts if fact.verdict == "differs"}


# --- ways to bend a card ------------------------------------------------------------------------------------


def of_profile(change: Callable[[Profile], Profile]) -> Bend:
    """A card of a bent profile."""
    return lambda: issued(facts=change(PROFILE)).card


def with_file(fid: int, /, **changes: Any) -> Bend:
    """A card with other facts about one file; `gone` takes it away."""

    def changed(file: FileFacts) -> FileFacts | None:
        if file.fid == fid:
            return None if "gone" in changes else replace(file, **changes)
        if file.children is None:
            return file
        return replace(file, children=tuple(one for child in file.children if (one := changed(child))))

    def change(profile: Profile) -> Profile:
        root = changed(profile.root)
        assert root
        return replace(profile, root=root)

    return of_profile(change)


def with_octets(name: str, octets: bytes) -> Bend:
    """A card with other octets in a file."""

    def make() -> CardLike:
        card = issued()
        card.permanent.file(name).replace(octets)
        return card.card

    return make


def of_certificate(change: Callable[[bytes], bytes]) -> Bend:
    """A card with a bent signature certificate."""

    def make() -> CardLike:
        card = issued()
        file = card.permanent.file("certificate/signature")
        file.replace(change(file.content))
        return card.card

    return make


def with_fcp(fid: int, change: Callable[[bytes], bytes]) -> Bend:
    """A card that tells something else of a file."""

    def make() -> CardLike:
        card = issued()
        for file in card.permanent.root.below():
            if isinstance(file, EF) and file.fid == fid:
                file.fcp = change(file.fcp)
        return card.card

    return make


def with_pin(name: str, **changes: Any) -> Bend:
    def change(profile: Profile) -> Profile:
        return replace(profile, pins={**profile.pins, name: replace(profile.pins[name], **changes)})

    return of_profile(change)


def in_state(**options: Any) -> Bend:
    return lambda: issued(**options).card


class Answering(Layer):
    """Answers one command otherwise."""

    def __init__(self, head: str, answer: str) -> None:
        super().__init__(issued().card)
        self._head, self._answer = bytes.fromhex(head), bytes.fromhex(answer)

    def process(self, apdu: bytes) -> bytes:
        return self._answer if apdu.startswith(self._head) else super().process(apdu)


class OtherAtr(Layer):
    """Says something else of itself."""

    atr = bytes.fromhex("3B DC 96 00 80 B1 FE 45 1F 83 00 12 23 3F 54 65 49 44 32 0F 90 00 C3")


def answering(head: str, answer: str) -> Bend:
    return lambda: Answering(head, answer)


AWP = "E828BD080FF2504F5420415750"
BENDS: Mapping[str, tuple[Bend, set[str]]] = {
    "another answer to reset": (lambda: OtherAtr(issued().card), {"answer to reset"}),
    "another AID": (with_file(0xADF1, aid=bytes.fromhex("F001020304")), {f"application {AWP}"}),
    "a file is missing": (with_file(0x3402, gone=True), {"3F00/ADF1/3402 reachable"}),
    "a folder is elsewhere": (
        with_file(0x5000, fid=0x5100),
        {"3F00/5000 reachable", *(f"3F00/5000/50{number:02X} reachable" for number in range(1, 16))},
    ),
    "a file wants a PIN": (with_file(0x5006, read=after("PIN1")), {"3F00/5000/5006 read without a PIN"}),
    "other octets": (with_file(0x341E, content="hex/01"), {"3F00/ADF2/341E content"}),
    "more octets": (with_file(0x011C, content="hex/31 00"), {"3F00/011C content"}),
    "a size that is too small": (
        with_fcp(0x5006, lambda fcp: fcp.replace(b"\x80\x02\x00\x0b", b"\x80\x02\x00\x0a")),
        {"3F00/5000/5006 size in its FCP"},
    ),
    "a size that is too large": (
        with_fcp(0xD003, lambda fcp: fcp.replace(b"\x80\x02\x00\x0b", b"\x80\x02\x00\x0c")),
        {"3F00/D003 size in its FCP"},
    ),
    "another identifier": (
        with_fcp(0xD003, lambda fcp: fcp.replace(b"\x83\x02\xd0\x03", b"\x83\x02\xd0\x04")),
        {"3F00/D003 identifier in its FCP"},
    ),
    "no FCP": (
        with_fcp(0xD003, lambda fcp: b"\x62\x7f"),
        {"3F00/D003 identifier in its FCP", "3F00/D003 size in its FCP"},
    ),
    "a third sex": (with_octets("record/sex", b"X"), {"3F00/5000/5003 content"}),
    "a wrong check digit": (with_octets("record/personal-code", b"38001085719"), {"3F00/5000/5006 content"}),
    "a bare date of birth": (with_octets("record/birth", b"08 01 1980"), {"3F00/5000/5005 content"}),
    "no UTF-8": (with_octets("record/surname", b"\xff\xfe"), {"3F00/5000/5001 content"}),
    "an empty name": (with_octets("record/surname", b"\x00"), {"3F00/5000/5001 content"}),
    "another document number": (
        with_octets("record/document-number", b"A19000195"),
        {"3F00/5000/5007 content"},
    ),
    "no OCTET STRING": (
        with_octets("octet-string/document-number", b"AS0000000"),
        {"3F00/D003 content"},
    ),
    "a certificate that is none": (
        with_octets("certificate/signature", b"\x30\x00"),
        {"3F00/ADF2/341F content"},
    ),
    "a certificate of no known version": (
        of_certificate(lambda der: der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05", 1)),
        {"3F00/ADF2/341F content"},
    ),
    "a key on another curve": (in_state(auth="foreign-curve"), {"3F00/ADF1/3401 content"}),
    "a key on no curve": (in_state(sign="rsa"), {"3F00/ADF2/341F content"}),
    "more tries": (with_pin("PIN1", tries=5), {"PIN1 tries at most"}),
    "other attributes": (with_pin("PUK", status_attributes=bytes(6)), {"PUK attributes"}),
    "a counter under another number": (with_pin("PIN2", status_id=6), {"PIN2 tries at most"}),
    "counters that are malformed": (
        answering("00CB3FFF0A4D087006BF8101", "70059000"),
        {"PIN1 tries at most"},
    ),
    "an EF.DIR": (of_profile(lambda one: one.switched({"ef-dir": "present"})), {"3F00/2F00 absent"}),
    "a warning at the end": (
        of_profile(lambda one: one.switched({"short-read": "6282"})),
        {"READ BINARY that meets the end of a file"},
    ),
    "shorter reads": (
        of_profile(lambda one: replace(one, read_limit=200)),
        {"octets that READ BINARY gives at most"},
    ),
    "something behind the end": (answering("00B0000B01", "6A86"), {"READ BINARY behind the end of a file"}),
    "anybody's application": (answering("00A4040C08F0", "9000"), {"an application that nobody has"}),
    "PIV": (answering("00CB3FFF035C017E", "7E009000"), {"a data object that nobody has here"}),
}  # fmt: skip


@pytest.mark.parametrize("profile", ["esteid-2018", "esteid-2018x"])
def test_a_card_is_as_its_profile_says(profile: str) -> None:
    card = issued(profile=profile).card
    facts = list(compare(load_profile(profile), card.atr, card.process))
    assert differing(facts) == set()
    assert len(facts) > 100
    assert {fact.what for fact in facts if fact.verdict == "not told"} == {
        "PIN1 tries left",
        "PIN2 tries left",
        "PUK tries left",
    }


@pytest.mark.parametrize(("bend", "names"), BENDS.values(), ids=BENDS)
def test_each_bend_is_found_and_named(bend: Bend, names: set[str]) -> None:
    assert differing(facts_of(bend())) == names


def test_an_fcp_that_tells_the_size_alone_is_no_difference() -> None:
    """The shortest FCP with which clients were seen to be content."""
    facts = facts_of(with_fcp(0xD003, lambda fcp: bytes.fromhex("62048002000B"))())
    assert differing(facts) == set()
    assert "3F00/D003 identifier in its FCP" in {fact.what for fact in facts if fact.verdict == "not told"}


@pytest.mark.parametrize("state", ["pin1-blocked", "expired", "pin1-last-try", "two-people"])
def test_a_cards_life_is_no_difference(state: str) -> None:
    assert differing(facts_of(issued(state=state).card)) == set()


def test_another_family_is_not_asked_for_its_counters() -> None:
    profile, card = replace(PROFILE, family="another"), issued().card
    facts = list(compare(profile, card.atr, card.process))
    assert [fact.verdict for fact in facts if "tries" in fact.what] == ["not told"] * 3


@pytest.mark.parametrize("answer", ["6D00", "6E00", "6A82", "6F00", "9000", "FFFF9000", "6282"])
def test_whatever_a_card_answers_the_comparison_ends(answer: str) -> None:
    card = Stranger(PROFILE.atr.octets.hex(), answer)
    recorder = Recorder(card)
    assert differing(compare(PROFILE, card.atr, lambda apdu: recorder.transmit(None, 2, apdu)))
    assert recorder.only_read
    assert len(recorder.sent) < 20_000


class OneOctet(Layer):
    """Says that its files are large, and gives them an octet at a time."""

    def process(self, apdu: bytes) -> bytes:
        answer = super().process(apdu)
        if apdu[1] == 0xB0:
            return b"\x30\x90\x00"
        return bytes.fromhex("62048002FFFF9000") if answer.startswith(b"\x62") else answer


def test_a_card_that_gives_an_octet_at_a_time_is_not_read_for_hours() -> None:
    recorder = Recorder(OneOctet(issued().card))
    assert differing(compare(PROFILE, recorder.card.atr, lambda apdu: recorder.transmit(None, 2, apdu)))
    assert len(recorder.sent) < 20_000


def test_personal_data_is_told_by_its_form_alone() -> None:
    assert shape("MÄNNIK 12") == "AAAAAA 99"
    assert shape("a\x1b[31m\n") == "A·[99A·"
    assert shape("x" * 100) == "A" * 32 + "… (100 characters)"
    assert agreement("record/birth", b"08 01 1980", PROFILE).found == "99 99 9999"


# --- the command ------------------------------------------------------------------------------------


def call(
    card: CardLike, capsys: pytest.CaptureFixture[str], profile: str | None = None, as_json: bool = False
) -> tuple[int, str, str, Recorder]:
    recorder = Recorder(card)
    code = run(Namespace(via="recorder", profile=profile, json=as_json), recorder)
    out, err = capsys.readouterr()
    assert recorder.only_read
    return code, out, err, recorder


def test_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err, recorder = call(issued().card, capsys)
    assert (code, err) == (0, "")
    assert "same      [C]  3F00/ADF1/3401 content" in out
    assert out.splitlines()[-1].endswith("122 same, 3 not told; the card was only read")
    assert recorder.calls == ["establish", "connect", "begin", "reset", "end", "disconnect", "release"]


def test_a_difference_is_shown_with_both_sides_and_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _, _ = call(with_octets("record/sex", b"X")(), capsys)
    assert code == 1
    _, _, shown = out.partition("differs   [C]  3F00/5000/5003 content")
    assert [line.split(maxsplit=1) for line in shown.splitlines()[1:4]] == [
        ["profile", "M or F"],
        ["card", "A"],
        ["source", "RIA ID1 guide"],
    ]


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _, _ = call(with_pin("PIN1", tries=5)(), capsys, as_json=True)
    told = json.loads(out)
    assert (code, told["profile"], told["reader"]) == (1, "esteid-2018", READER)
    assert [row for row in told["facts"] if row["verdict"] == "differs"] == [
        {
            "fact": "PIN1 tries at most",
            "mark": "C",
            "source": PROFILE.pins["PIN1"].evidence.source,
            "profile": "3",
            "card": "5",
            "verdict": "differs",
        }
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_personal_is_printed(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    card: IssuedCard = issued(person="mari")
    card.permanent.file("record/birth").replace(b"01 01 1971")
    card.permanent.file("record/personal-code").replace(b"47101010034")
    _, out, err, _ = call(card.card, capsys, as_json=as_json)
    person = card.person
    for secret in (
        person.surname,
        person.given_names,
        person.code,
        card.document_number,
        "1971",
        "47101010034",
    ):
        assert secret not in out + err


def test_another_profile_is_looked_for_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _, _ = call(issued().card, capsys, "esteid-2018x")
    assert code == 1
    assert out.count("differs") == 1
    assert "differs   [C]  answer to reset" in out


def test_a_profile_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("profile: mine\ntitle: mine\nlike: esteid-2018\n"
                    "read-binary: {limit: 256, source: '[U] a guess'}\n")  # fmt: skip
    code, out, _, _ = call(issued().card, capsys, str(file))
    assert code == 1
    assert "differs   [U]  octets that READ BINARY gives at most" in out


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ("esteid-2081", "did you mean esteid-2018?"),
        ("/nonexistent/x.yaml", "No such file"),
        ("BROKEN", "expected"),
    ],
)
def test_a_wrong_profile(profile: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if profile == "BROKEN":
        file = tmp_path / "x.yaml"
        file.write_text("profile: [\n")
        profile = str(file)
    code, out, err, recorder = call(issued().card, capsys, profile)
    assert (code, out) == (2, "")
    assert told in err
    assert recorder.calls == []


@pytest.mark.parametrize("profile", [None, "esteid-2018"])
def test_a_card_that_is_no_eid(profile: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err, _ = call(Stranger(BANK, "6A82"), capsys, profile)
    assert (code, out) == (3, "")
    assert BANK in err
    assert "3B DB 96 00 80 B1" in err


def test_a_card_that_is_pulled(capsys: pytest.CaptureFixture[str]) -> None:
    recorder = Recorder(issued().card, gone_after=50)
    assert run(Namespace(via="recorder", profile=None, json=False), recorder) == 3
    assert "the card in `Recorder 00 00` is gone" in capsys.readouterr().err
    assert len(recorder.sent) == 51
