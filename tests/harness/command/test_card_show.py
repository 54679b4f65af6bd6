"""`softeid card show` at a shell: what it prints, for whom, and what it says of files that are no cards."""

from __future__ import annotations

import json
import os
import pty
from dataclasses import replace
from pathlib import Path

import pytest
from tests.foreign.user import User
from tests.harness.report.made_card import SEED, record

from softeid.harness.card_file.file import CardFile
from softeid.harness.cli import main

AT = ("--at", "2026-03-02 09:00Z")


@pytest.fixture
def card(user: User) -> Path:
    path = user.home / "jaak.card"
    CardFile.create(path, record())
    return path


def test_people_see_a_page(user: User, card: Path) -> None:
    ended = user.call("card", "show", *AT, "jaak.card")
    assert (ended.code, ended.err) == (0, "")
    page = (Path(__file__).parents[1] / "report" / "golden" / "fresh-80.txt").read_text("utf-8")
    same = page.replace("/home/mari/cards/jaak.card", "jaak.card").replace("good\n", "not known here\n")
    assert ended.out == same


def test_a_wide_terminal_gets_a_wide_page(user: User, card: Path) -> None:
    ended = replace(user, extra={"COLUMNS": "140"}).call("card", "show", *AT, "jaak.card")
    assert max(map(len, ended.out.splitlines())) > 120


@pytest.mark.parametrize(
    ("extra", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)], ids=["colour", "none"]
)
def test_a_terminal_gets_colour(user: User, card: Path, extra: dict[str, str], coloured: bool) -> None:
    ours, theirs = pty.openpty()
    try:
        user = replace(user, extra={"TERM": "xterm-256color", "COLUMNS": "100", **extra})
        process = user.start(*user.softeid, "card", "show", *AT, "jaak.card", stdout=theirs)
        os.close(theirs)
        text = b"".join(iter(lambda: _read(ours), b"")).decode()
        assert process.communicate()[1] == ""
    finally:
        os.close(ours)
    assert ("\x1b[1m" in text) is coloured
    plain = user.call("card", "show", *AT, "jaak.card").out
    assert "Trouble" in text
    assert text.replace("\r\n", "\n") == plain or coloured


def _read(terminal: int) -> bytes:
    """What stands there; nothing at its end, which Linux tells as an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def test_a_terminal_of_few_characters_gets_ascii(user: User, card: Path) -> None:
    ended = replace(user, extra={"PYTHONIOENCODING": "ascii"}).call("card", "show", *AT, "jaak.card")
    assert (ended.code, ended.out.isascii()) == (0, True)
    assert "|=====" in ended.out


def test_programs_get_json(user: User, card: Path) -> None:
    found = json.loads(user.call("card", "show", *AT, "--json", "jaak.card").out)
    assert (found["version"], found["file"], found["at"]) == (1, "jaak.card", "2026-03-02T09:00:00+00:00")
    assert "value" not in found["pins"]["PIN1"]
    found = json.loads(user.call("card", "show", "--json", "--pins", "jaak.card").out)
    assert found["pins"]["PIN1"]["value"] == "1234"


def test_another_moment_is_looked_at(user: User, card: Path) -> None:
    later = user.call("card", "show", "--at", "2031-03-04 09:00 Europe/Tallinn", "jaak.card").out
    assert later.count("expired 2 days ago") == 6  # as trouble and at the bars
    assert "Now: 2031-03-04 07:00 UTC" in later


def test_the_issuer_is_asked_if_it_is_here(user: User) -> None:
    for name, state in (("good", "fresh"), ("bad", "revoked"), ("stranger", "untrusted-issuer")):
        assert user.call("card", "new", name, "--state", state).code == 0
    told = {name: _statuses(user, name) for name in ("good", "bad", "stranger")}
    assert told == {"good": {"good"}, "bad": {"revoked"}, "stranger": {"unknown"}}


def test_a_seed_has_an_issuer_of_its_own(user: User, card: Path) -> None:
    assert _statuses(user, "jaak.card") == {None}  # made behind its issuer's back
    assert user.call("card", "new", "seeded", "--seed", "s", "--state", "suspended").code == 0
    assert _statuses(user, "seeded") == {"suspended"}


def test_what_the_issuer_says_later_counts(user: User) -> None:
    assert user.call("card", "new", "later").code == 0
    shown = json.loads(user.call("card", "show", "--json", "later").out)
    assert user.call("ca", "set-status", shown["certificates"]["signature"]["serial"], "revoked").code == 0
    assert _statuses(user, "later") == {"good", "revoked"}


def _statuses(user: User, name: str) -> set[str | None]:
    shown = json.loads(user.call("card", "show", "--json", name).out)
    each = [one["status"] for one in shown["certificates"].values()]
    return {one and one["status"] for one in each}


def test_looking_leaves_nothing_behind(user: User, card: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in user.home.rglob("*")}
    assert user.call("card", "show", "jaak.card").code == 0
    assert {path: path.stat().st_mtime_ns for path in user.home.rglob("*")} == before


def test_a_card_in_a_reader_can_be_looked_at(user: User, card: Path) -> None:
    with CardFile.open(card):
        assert user.call("card", "show", "jaak.card").code == 0


def test_a_broken_register_is_told_and_the_card_shown(user: User) -> None:
    assert user.call("card", "new", "jaak.card").code == 0
    register = next(user.home.rglob("status.sqlite"))
    register.write_bytes(b"something else")
    ended = user.call("card", "show", "jaak.card")
    assert ended.code == 0
    assert ended.err.count("a register of statuses") == 1
    assert ended.out.count("not known here") == 2


def test_nobody_needs_a_home(user: User, card: Path) -> None:
    homeless = replace(user, extra={"HOME": "", "XDG_DATA_HOME": ""})
    ended = homeless.call("card", "show", "jaak.card")
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.card"], "nothing.card: expected a card file, found nothing"),
        (["."], "expected a card file"),
        (["jaak.card", "--at", "tomorrow"], "--at: expected an instant such as"),
        (["jaak.card", "--at", "2026-03-02 09:00"], "--at: expected an instant such as"),
        (["text.card"], "expected a card file"),
    ],
    ids=["nothing", "a folder", "no instant", "no zone", "text"],
)
def test_a_mistake_is_told(
    user: User,
    card: Path,
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = user.home / "text.card"
    text.write_text("no card")
    text.chmod(0o600)
    monkeypatch.chdir(user.home)
    for form in ([], ["--json"]):
        assert main(["card", "show", *form, *arguments]) == 2
        ended = capsys.readouterr()
        assert ended.out == ""
        assert told in ended.err
        assert all(line.startswith("softeid: ") for line in ended.err.splitlines())


def test_a_card_that_is_cut_off_is_told(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = card.read_bytes()
    for length in (0, 1, 99, 100, 4096, len(whole) // 2, len(whole) - 1):
        card.write_bytes(whole[:length])
        assert main(["card", "show", str(card)]) == 2, length
        ended = capsys.readouterr()
        assert ended.out == "", length
        assert ended.err.startswith(f"softeid: {card}: expected "), length


def test_whoever_has_heard_enough_ends_it_quietly(user: User, card: Path) -> None:
    with user.start(*user.softeid, "card", "show", "jaak.card") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_no_secret_is_told(user: User, card: Path) -> None:
    made = record()
    for form in ([], ["--json"]):
        told = user.call("card", "show", *form, "jaak.card").out
        for key in made.keys.values():
            assert f"{key.private_numbers().private_value:x}" not in told.lower()
        for secret in (made.person.code, SEED, "12345678"):
            assert secret not in told
