"""`softeid card`: cards on disk from the shell, and `plug` with one of them."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from cryptography.x509 import ReasonFlags
from tests.foreign.terminal import terminal
from tests.foreign.user import Ended, User
from tests.harness.command.conftest import Slot

from softeid.emulator.pin import PinState
from softeid.harness.card_file.file import CardFile, read_record
from softeid.harness.pki.home import register_of
from softeid.harness.seed import Seed

LINE = re.compile(
    r"softeid: esteid-2018 of JAAK-KRISTJAN JÕEORG, document (ZZ\d{7}), "
    r"PIN1 1234, PIN2 12345, PUK 12345678, in x\.card\n"
)
WRONG_PIN1 = bytes.fromhex("002000010C393939" + "FF" * 9)


@pytest.fixture
def path(user: User) -> Path:
    """A fresh card."""
    assert user.call("card", "new", "x.card").code == 0
    return user.home / "x.card"


def card(user: User, action: str, *options: str) -> Ended:
    """Call an action for the card."""
    return user.call("card", action, "x.card", *options)


def history(path: Path) -> list[str]:
    return [one.what for one in read_record(path).history]


# --- new ------------------------------------------------------------------------------------------------


def test_a_new_card(user: User) -> None:
    ended = card(user, "new")
    assert (ended.code, ended.err) == (0, "")
    told = LINE.fullmatch(ended.out)
    assert told
    found = read_record(user.home / "x.card")
    assert (found.document_number, found.seed, found.state) == (told[1], None, "fresh")
    assert history(user.home / "x.card") == ["made: esteid-2018, jaak, fresh"]
    assert [one.name for one in user.home.iterdir() if not one.name.startswith(".")] == ["x.card"]


def test_cards_are_different_unless_a_seed_makes_them_alike(user: User) -> None:
    options = ((), (), ("--seed", "s"), ("--seed", "s"))
    for number, more in enumerate(options):
        assert user.call("card", "new", f"{number}.card", *more).code == 0
    one, two, three, four = (read_record(user.home / f"{number}.card") for number in range(4))
    assert len({one.document_number, two.document_number, three.document_number}) == 3
    assert (three.document_number, three.certificates) == (four.document_number, four.certificates)


def test_a_new_card_of_every_kind(user: User) -> None:
    (user.home / "mine.yaml").write_text(
        "profile: mine\ntitle: One of my own\nlike: esteid-2018\n", encoding="utf-8"
    )
    ended = card(
        user,
        "new",
        *("--profile", "mine.yaml", "--person", "mari", "--state", "pin2-blocked"),
        *("--switch", "short-read=6282", "--seed", "s"),
    )
    assert ended.code == 0, ended
    assert "softeid: mine of MARI-LIIS MÄNNIK, document" in ended.out
    assert "PIN2 12345 (blocked)" in ended.out
    (user.home / "mine.yaml").unlink()  # the card has it
    found = read_record(user.home / "x.card")
    assert (found.profile_name, found.profile.on("short-read")) == ("mine", "6282")
    assert (found.person.handle, found.state, found.seed) == ("mari", "pin2-blocked", "s")


def test_nothing_is_overwritten_and_nothing_issued(user: User, path: Path) -> None:
    octets = path.read_bytes()
    register = next(user.home.rglob("status.sqlite"))
    statuses = register.read_bytes()
    ended = card(user, "new")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "softeid: x.card: expected no file yet, found one",
        "softeid: choose another name; `softeid card set` changes a card that is there",
    ]
    assert (path.read_bytes(), register.read_bytes()) == (octets, statuses)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--state", "frsh"), "did you mean fresh"),
        (("--state", ""), "found ''"),
        (("--person", "nobody"), "--person: expected"),
        (("--profile", "esteid-2019"), "--profile: expected"),
        (("--profile", "no.yaml"), "--profile: no.yaml: No such file or directory"),
        (("--switch", "short-read=7"), "--switch: "),
        (("--state", "transport-pin"), "card state transport-pin"),
    ],
)
def test_a_card_that_cannot_be(user: User, options: tuple[str, ...], told: str) -> None:
    ended = card(user, "new", *options)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert not (user.home / "x.card").exists()


@pytest.mark.parametrize("action", ["new", "show", "set"])
def test_a_file_has_a_name(user: User, action: str) -> None:
    ended = user.call("card", action, "")
    assert (ended.code, ended.out) == (2, "")
    assert "argument FILE: expected the name of a file, found nothing" in ended.err


# --- set ------------------------------------------------------------------------------------------------


def test_an_issuer_sets_a_card(user: User, path: Path) -> None:
    before = read_record(path)
    ended = card(user, "set", "--state", "expired", "--tries", "PIN1=2", "--switch", "equal-new-pin=6A80")
    assert (ended.code, ended.err) == (0, "")
    assert ", expired, document " in ended.out
    assert "PIN1 1234 (2 tries left)" in ended.out
    after = read_record(path)
    assert (after.document_number, after.person) == (before.document_number, before.person)
    assert (after.state, after.pins["PIN1"].tries, after.profile.on("equal-new-pin")) == (
        "expired",
        2,
        "6A80",
    )
    assert history(path)[-1] == "set: equal-new-pin=6A80, expired, PIN1 tries 2"


def test_of_an_option_that_is_said_often_the_last_counts(user: User, path: Path) -> None:
    often = [word for left in [*["3"] * 40, "2"] for word in ("--tries", f"PIN1={left}")]
    assert card(user, "set", *often).code == 0
    assert read_record(path).pins["PIN1"].tries == 2
    assert history(path)[-1] == "set: PIN1 tries 2"


@pytest.mark.parametrize("tries", ["PIN1=4", "PIN3=1"])
def test_a_wrong_option_beside_a_state_revokes_nothing(user: User, path: Path, tries: str) -> None:
    before = path.read_bytes()
    ended = card(user, "set", "--state", "renewed", "--tries", tries)
    assert (ended.code, ended.out) == (2, "")
    assert path.read_bytes() == before
    certificate = read_record(path).certificate("authentication")
    assert certificate
    register = register_of(Seed(None), user.environment)
    status = register.get(certificate.serial_number)
    assert status is None or status.good


@pytest.mark.parametrize("seed", [(), ("--seed", "s")], ids=["home", "seed"])
def test_what_is_revoked_is_told_by_the_cards_authority(user: User, seed: tuple[str, ...]) -> None:
    assert card(user, "new", *seed).code == 0
    ended = card(user, "set", "--state", "revoked")
    assert "a certificate is revoked or suspended; OCSP tells that" in ended.out
    certificate = read_record(user.home / "x.card").certificate("authentication")
    assert certificate
    register = register_of(Seed(seed[1] if seed else None), user.environment)
    status = register.get(certificate.serial_number)
    assert status
    assert status.reason is ReasonFlags.key_compromise


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "expected --state, --tries or --switch, found none of them"),
        (("--state", "nonsense"), "card state: expected"),
        (("--tries", "PIN1"), "expected NAME=N, found 'PIN1'"),
        (("--tries", "PIN1=-1"), "expected a number of tries behind PIN1=, found '-1'"),
        (("--tries", "PIN1=4"), "--tries PIN1: expected 0 to 3, found 4"),
        (("--tries", "PIN9=1"), "--tries: expected one of PIN1, PIN2, PUK, found 'PIN9'"),
        (("--switch", "short-read=7"), "--switch: "),
        (("--switch", "short-read=6282", "--tries", "PIN9=1"), "--tries: expected"),
    ],
)
def test_what_cannot_be_set_changes_nothing(
    user: User, path: Path, options: tuple[str, ...], told: str
) -> None:
    octets = path.read_bytes()
    ended = card(user, "set", *options)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert path.read_bytes() == octets


# --- PINs -----------------------------------------------------------------------------------------------


def test_a_holder_changes_a_pin(user: User, path: Path) -> None:
    for pin, old, new in (
        ("PIN1", "1234", "98765"),
        ("PIN2", "12345", "54321"),
        ("PUK", "12345678", "87654321"),
    ):
        assert card(user, "change-pin", pin, "--old", old, "--new", new) == (0, "", "")
        found = read_record(path)
        assert found.profile.pins[pin].digits(found.pins[pin].block) == new
    assert [one for one in history(path) if "changed" in one] == [
        "PIN1 changed",
        "PIN2 changed",
        "PUK changed",
    ]


def test_the_name_of_a_pin_may_be_small(user: User, path: Path) -> None:
    assert card(user, "change-pin", "pin1", "--old", "1234", "--new", "4321") == (0, "", "")
    assert card(user, "unblock-pin", "pin1", "--puk", "12345678", "--new", "1234") == (0, "", "")
    assert read_record(path).pins["PIN1"].block.startswith(b"1234")


def test_wrong_values_count_until_the_puk_helps(user: User, path: Path) -> None:
    wrong = ("change-pin", "PIN1", "--old", "9999", "--new", "4321")
    for told in (
        "softeid: PIN1 is wrong; 2 tries are left\n",
        "softeid: PIN1 is wrong; 1 try is left\n",
        "softeid: PIN1 is blocked; `softeid card unblock-pin x.card PIN1` gives its tries back\n",
        "softeid: PIN1 is blocked; `softeid card unblock-pin x.card PIN1` gives its tries back\n",
    ):
        assert card(user, *wrong) == (1, "", told)
    ended = card(user, "unblock-pin", "PIN1", "--puk", "11111111", "--new", "4321")
    assert ended == (1, "", "softeid: PUK is wrong; 2 tries are left\n")
    assert card(user, "unblock-pin", "PIN1", "--puk", "12345678", "--new", "4321") == (0, "", "")
    assert read_record(path).pins["PIN1"].tries == 3
    assert history(path)[-3:] == ["PIN1 unblocked", "PIN1 changed", "taken out"]


def test_a_blocked_puk(user: User, path: Path) -> None:
    assert card(user, "set", "--tries", "PUK=0").code == 0
    ended = card(user, "unblock-pin", "PIN1", "--puk", "12345678", "--new", "4321")
    told = "PUK is blocked; only an issuer helps now: `softeid card set x.card --tries PUK=3`"
    assert ended == (1, "", f"softeid: {told}\n")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            ("change-pin", "PIN1", "--old", "1234", "--new", "123"),
            "new PIN1: expected 4 to 12 digits, found 3 char",
        ),
        (("change-pin", "PIN2", "--old", "12345", "--new", "1234"), "new PIN2: expected 5 to 12 digits"),
        (
            ("change-pin", "PIN1", "--old", "abcd", "--new", "4321"),
            "PIN1: expected digits: a PIN has 1 to 12",
        ),
        (("change-pin", "PIN1", "--old", "1234"), "--new: expected the digits, since there is no terminal"),
        (("change-pin", "PIN1", "--new", "4321"), "--old: expected the digits, since there is no terminal"),
        (("unblock-pin", "PIN2", "--puk", "", "--new", "54321"), "PUK: expected digits: a PIN has 1 to 12"),
        (("unblock-pin", "PUK", "--puk", "12345678", "--new", "1"), "invalid choice: 'PUK'"),
    ],
)
def test_what_is_no_pin_is_not_sent(user: User, path: Path, call: tuple[str, ...], told: str) -> None:
    ended = card(user, *call)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert [pin.tries for pin in read_record(path).pins.values()] == [3, 3, 3]


def test_what_the_card_refuses_for_another_reason(user: User, path: Path) -> None:
    card(user, "set", "--switch", "equal-new-pin=6A80")
    ended = card(user, "change-pin", "PIN1", "--old", "1234", "--new", "1234")
    assert ended == (1, "", "softeid: change PIN1: the card answered 6A80 (incorrect data field)\n")


def test_values_are_asked_for_on_a_terminal_and_not_shown(user: User, path: Path) -> None:
    with terminal(user, *user.softeid, "card", "change-pin", "x.card", "PIN1") as screen:
        for question, answer in (
            ("PIN1 until now: ", "1234"),
            ("new PIN1: ", "4321"),
            ("new PIN1 again: ", "4321"),
        ):
            shown = screen.expect(question)
            screen.type_secret(f"{answer}\n")
            assert "1234" not in shown
        assert "4321" not in screen.rest()
        assert screen.process.wait() == 0
    assert read_record(path).pins["PIN1"].block.startswith(b"4321")


def test_two_different_values_on_a_terminal(user: User, path: Path) -> None:
    with terminal(user, *user.softeid, "card", "unblock-pin", "x.card", "PIN1") as screen:
        for question, answer in (("PUK: ", "12345678"), ("new PIN1: ", "4321"), ("new PIN1 again: ", "4322")):
            screen.expect(question)
            screen.type_secret(f"{answer}\n")
        assert "expected the same twice, found two values" in screen.rest()
        assert screen.process.wait() == 2


# --- files that are none, or somebody else's ------------------------------------------------------------


CALLS: dict[str, tuple[str, ...]] = {
    "set": ("card", "set", "x.card", "--tries", "PIN1=1"),
    "change-pin": ("card", "change-pin", "x.card", "PIN1", "--old", "1234", "--new", "4321"),
    "unblock-pin": ("card", "unblock-pin", "x.card", "PIN1", "--puk", "12345678", "--new", "4321"),
    "exec": ("exec", "--card", "x.card", "--", "true"),
    "plug": ("plug", "--card", "x.card"),
}
CODES = {"exec": 125, "plug": 3}


@pytest.mark.parametrize("name", CALLS)
def test_one_process_has_a_card(user: User, path: Path, name: str) -> None:
    with CardFile.open(path):
        ended = user.call(*CALLS[name])
    assert (ended.code, ended.out) == (CODES.get(name, 2), "")
    assert ended.err.splitlines() == [
        f"softeid: x.card: expected a card that nobody has, found one that process {os.getpid()} has",
        "softeid: take it out there first: end that program",
    ]
    assert read_record(path).pins["PIN1"].state is PinState.READY


@pytest.mark.parametrize("name", ["exec", "plug"])
def test_a_trace_is_not_written_over_the_card(user: User, path: Path, name: str) -> None:
    before = path.read_bytes()
    ended = user.call(CALLS[name][0], "--trace", f"../{user.home.name}/x.card", *CALLS[name][1:])
    told = "softeid: --trace: expected a file of its own, found the card's\n"
    assert ended == (CODES[name], "", told)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("what", ["nothing", "a link", "text", "open to all"])
def test_what_is_no_card_of_ours(user: User, name: str, what: str) -> None:
    path = user.home / "x.card"
    match what:
        case "a link":
            path.symlink_to("/etc/passwd")
        case "text":
            path.write_text("dear")
            path.chmod(0o600)
        case "open to all":
            card(user, "new")
            path.chmod(0o644)
    ended = user.call(*CALLS[name])
    assert (ended.code, ended.out) == (CODES.get(name, 2), "")
    assert ended.err.startswith("softeid: x.card: expected a ")


@pytest.mark.parametrize("name", ["exec", "plug"])
@pytest.mark.parametrize(
    "options",
    [
        ("--profile", "esteid-2018"),
        ("--person", "jaak"),
        ("--state", "fresh"),
        ("--seed", "s"),
        ("--switch", "short-read=9000"),
    ],
    ids=" ".join,
)
def test_a_card_on_disk_is_what_it_is(user: User, path: Path, name: str, options: tuple[str, str]) -> None:
    command, *rest = CALLS[name]
    ended = user.call(command, *options, *rest)
    assert (ended.code, ended.out) == (CODES[name], "")
    assert f"--card: expected no {options[0]} beside it, since a card on disk is what it is" in ended.err


# --- plug -----------------------------------------------------------------------------------------------


def test_a_plugged_card_lasts_through_restarts_and_kills(user: User, path: Path, slot: Slot) -> None:
    slot.listen()
    for answer, number in (
        (b"\x63\xc2", signal.SIGTERM),
        (b"\x63\xc1", signal.SIGKILL),
        (b"\x69\x83", signal.SIGINT),
    ):
        with user.start(*user.softeid, "plug", "--card", "x.card", "--port", slot.port) as process:
            slot.accept()
            slot.power_on()
            assert slot.ask(WRONG_PIN1) == answer
            process.send_signal(number)
            assert slot.sees_the_card_go()
            _, told = process.communicate()
        assert "for vpcd at 127.0.0.1" in told
    assert "PIN1 1234 (1 try left)" in told
    assert history(path)[1:] == ["inserted", "taken out", "inserted", "inserted", "PIN1 blocked", "taken out"]


def test_a_card_whose_file_goes_away_answers_6581(user: User, path: Path, slot: Slot) -> None:
    slot.listen()
    with user.start(*user.softeid, "plug", "--card", "x.card", "--port", slot.port) as process:
        slot.accept()
        slot.power_on()
        path.unlink()
        assert slot.ask(WRONG_PIN1) == slot.ask(WRONG_PIN1) == b"\x65\x81"
        assert slot.ask(bytes.fromhex("00200001")) == b"\x63\xc3"
        process.terminate()
        slot.sees_the_card_go()
        _, told = process.communicate()
    assert told.count("expected the card at its place, found nothing, or another file") == 1
    assert process.returncode == 0


def test_the_trace_of_a_card_on_disk(user: User, path: Path, slot: Slot) -> None:
    slot.listen()
    options = ("--card", "x.card", "--trace", "log", "--port", slot.port)
    with user.start(*user.softeid, "plug", *options) as process:
        slot.accept()
        slot.power_on()
        slot.ask(WRONG_PIN1)
        process.terminate()
        process.communicate()
    trace = (user.home / "log").read_text()
    assert "63 C2" in trace
    assert "39 39" not in trace
