"""A card on disk: what is made is read again, what was answered is stored, and one process has it."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.card_file.cards import (
    ASK,
    CHANGE,
    DONE,
    FAILED,
    NEW,
    OLD,
    VERIFY,
    held,
    hot_journal,
    in_namespace,
    inserted,
    made,
    record,
)
from tests.machine import lacking

from softeid.emulator.pin import PinState
from softeid.harness.card_file import file as card_file
from softeid.harness.card_file import place
from softeid.harness.card_file.error import CardFileError
from softeid.harness.card_file.file import CardFile, check_free, read_record
from softeid.harness.card_file.record import CardRecord
from softeid.harness.card_file.rows import MOST_HAPPENINGS
from softeid.harness.pki.card_state import CARD_STATES

POSSIBLE = [state for state in CARD_STATES if state not in ("transport-pin", "not-activated")]


def facts(card: CardRecord) -> dict[str, object]:
    """Everything of a record that can be compared."""
    values = {one.name: getattr(card, one.name) for one in fields(card)}
    return {**values, "keys": {name: key.private_numbers() for name, key in card.keys.items()}}


@pytest.mark.parametrize("profile", ["esteid-2018", "esteid-2018x"])
@pytest.mark.parametrize("state", POSSIBLE)
def test_what_is_made_is_read_again(tmp_path: Path, state: str, profile: str) -> None:
    card = record(state, "mari", profile)
    path = made(tmp_path, card)
    assert facts(read_record(path)) == facts(card)
    with CardFile.open(path) as file:
        assert facts(file.record) == facts(card)
    assert stat.filemode(path.stat().st_mode) == "-rw-------"
    assert os.listdir(tmp_path) == [path.name]


def test_a_card_without_certificates_has_empty_files(tmp_path: Path) -> None:
    with CardFile.open(made(tmp_path, record("no-certificates"))) as file:
        assert file.permanent.file("certificate/authentication").content == b""


def test_reading_and_opening_change_nothing(tmp_path: Path) -> None:
    path = made(tmp_path)
    octets = path.read_bytes()
    read_record(path)
    CardFile.open(path).close()
    assert (path.read_bytes(), os.listdir(tmp_path)) == (octets, [path.name])


def test_tries_and_values_outlive_the_process(tmp_path: Path) -> None:
    path = made(tmp_path)
    for left, answer in ((2, b"\x63\xc2"), (1, b"\x63\xc1"), (0, b"\x69\x83")):
        with inserted(path) as (_, card, troubles):
            assert card.process(VERIFY + NEW) == answer
            assert read_record(path).pins["PIN1"].tries == left  # before the card is taken out
        assert not troubles
    assert read_record(path).pins["PIN1"].state is PinState.BLOCKED
    with inserted(path) as (_, card, _):
        assert card.process(VERIFY + OLD) == b"\x69\x83"


def test_a_new_value_outlives_the_process(tmp_path: Path) -> None:
    path = made(tmp_path)
    with inserted(path) as (_, card, _):
        assert card.process(CHANGE + OLD + NEW) == DONE
    with inserted(path) as (_, card, _):
        assert card.process(VERIFY + OLD) == b"\x63\xc2"
        assert card.process(VERIFY + NEW) == DONE
    assert read_record(path).pins["PIN1"].block == NEW


def test_a_try_is_on_disk_before_it_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = made(tmp_path), []

    def compared(one: bytes, two: bytes) -> bool:
        seen.append(read_record(path).pins["PIN1"].tries)
        return one == two

    monkeypatch.setattr("softeid.emulator.pin.compare_digest", compared)
    with inserted(path) as (_, card, _):
        assert card.process(VERIFY + OLD) == DONE
        assert read_record(path).pins["PIN1"].tries == 3
    assert seen == [2]


def test_questions_write_nothing(tmp_path: Path) -> None:
    path = made(tmp_path)
    with inserted(path) as (_, card, _):
        before = path.read_bytes()
        for command in (ASK, bytes.fromhex("00A4000C"), bytes.fromhex("00840000 08"), b"\x00"):
            card.process(command)
        assert path.read_bytes() == before


def test_the_history_tells_what_happened_and_no_secret(tmp_path: Path) -> None:
    path = made(tmp_path)
    with inserted(path) as (_, card, _):
        card.process(CHANGE + OLD + NEW)
        for _ in range(3):
            card.process(VERIFY + OLD)
        card.process(bytes.fromhex("002000020C") + b"12345678".ljust(12, b"\xff"))
        card.process(bytes.fromhex("002C030100")[:4])
        card.process(VERIFY + NEW)
    history = [one.what for one in read_record(path).history]
    assert history == [
        "made: esteid-2018, jaak, fresh",
        "inserted",
        "PIN1 changed",
        "PIN1 blocked",
        "PIN1 unblocked",
        "taken out",
    ]


def test_a_right_value_at_the_last_try_is_no_event(tmp_path: Path) -> None:
    path = made(tmp_path, record("pin1-last-try"))
    with inserted(path) as (_, card, _):
        assert card.process(VERIFY + OLD) == DONE
    assert [one.what for one in read_record(path).history][1:] == ["inserted", "taken out"]


def test_the_history_lets_go_of_its_oldest_lines(tmp_path: Path) -> None:
    path = made(tmp_path)
    with CardFile.open(path) as file:
        for number in range(0, MOST_HAPPENINGS + 10, 10):
            file.note(*(f"event {number + i}" for i in range(10)))
    history = read_record(path).history
    assert len(history) == MOST_HAPPENINGS
    assert history[-1].what == f"event {MOST_HAPPENINGS + 9}"
    assert path.stat().st_size < 200_000


# --- one process --------------------------------------------------------------------------------------------


def test_who_has_the_card_is_told_by_number(tmp_path: Path) -> None:
    path = made(tmp_path)
    with held(path) as holder:
        with pytest.raises(CardFileError, match=f"one that process {holder.pid} has"):
            CardFile.open(path)
        assert read_record(path).document_number == record().document_number  # reading goes on


def test_a_holder_that_is_killed_lets_go(tmp_path: Path) -> None:
    path = made(tmp_path)
    with held(path) as holder:
        holder.kill()
        holder.wait()
        CardFile.open(path).close()


def test_a_child_of_the_holder_does_not_keep_the_card(tmp_path: Path) -> None:
    """`exec` starts programs that can outlive it."""
    path = made(tmp_path)
    with held(path, child=True) as holder:
        assert holder.stdout
        child = int(holder.stdout.readline())
        holder.kill()
        holder.wait()
        try:
            os.kill(child, 0)
            CardFile.open(path).close()
        finally:
            os.kill(child, signal.SIGKILL)


def test_nobody_opens_and_closes_the_file_while_this_process_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing a file drops all POSIX locks that its process has on it, SQLite's too."""
    path, order = made(tmp_path), []
    opened = place.opened

    @contextmanager
    def change() -> Iterator[None]:
        order.append("no change")
        yield
        order.append("changes")

    def noted(*given: Any, **options: Any) -> int:
        order.append("opened")
        return opened(*given, **options)

    with CardFile.open(path):
        (held_by_us,) = card_file._BUSY
        monkeypatch.setitem(card_file._BUSY, held_by_us, change())
        monkeypatch.setattr(place, "opened", noted)
        read_record(path)
        assert order == ["no change", "opened", "changes"]
    assert not card_file._BUSY


def test_a_card_that_could_not_be_opened_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(CardFileError, match=r"card\.seed: expected at most 4096 characters"):
        made(tmp_path, replace(record(), seed="x" * 5000))
    assert os.listdir(tmp_path) == []


def test_closing_lets_go_and_may_be_said_twice(tmp_path: Path) -> None:
    file = CardFile.open(made(tmp_path))
    file.close()
    file.close()
    CardFile.open(file.path).close()


def test_the_holder_cannot_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: /proc/locks does not have it."""
    path = made(tmp_path)
    with held(path):
        for table in (tmp_path / "nothing", tmp_path / "locks"):
            monkeypatch.setattr("softeid.harness.card_file.lock._LOCKS", str(table))
            with pytest.raises(CardFileError, match="one that another process has"):
                CardFile.open(path)
            (tmp_path / "locks").write_text("1: FLOCK  ADVISORY  WRITE 0 00:00:1 0 EOF\nstrange\n")


# --- made whole or not at all -------------------------------------------------------------------------------


@pytest.mark.parametrize("there", ["card", "text", "link", "dangling link", "folder"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    path = tmp_path / "x.card"
    match there:
        case "card":
            made(tmp_path, record("expired"))
        case "text":
            path.write_text("a letter")
        case "link":
            (tmp_path / "other").write_text("a letter")
            path.symlink_to("other")
        case "dangling link":
            path.symlink_to("nowhere")
        case "folder":
            path.mkdir()
    before = sorted((one.name, one.is_file() and one.read_bytes()) for one in tmp_path.iterdir())
    with pytest.raises(CardFileError, match="expected no file yet, found one"):
        CardFile.create(path, record())
    with pytest.raises(CardFileError, match="expected no file yet, found one"):
        check_free(path)
    assert sorted((one.name, one.is_file() and one.read_bytes()) for one in tmp_path.iterdir()) == before


@pytest.mark.parametrize("place", ["no/such/folder/x.card", "file/x.card", "x\0.card", "y" * 300])
def test_where_no_file_can_be_made(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CardFileError):
        CardFile.create(tmp_path / place, record())
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_of_many_that_make_it_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    cards = [record(state) for state in ("fresh", "expired", "revoked", "renewed")] * 3

    def make(card: CardRecord) -> str:
        try:
            CardFile.create(path, card)
        except CardFileError:
            return ""
        return card.state

    with ThreadPoolExecutor(len(cards)) as pool:
        (winner,) = filter(None, pool.map(make, cards))
    assert read_record(path).state == winner
    assert os.listdir(tmp_path) == [path.name]


def test_a_file_that_cannot_be_written_whole_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CardFileError, match="No space left on device"):
        CardFile.create(tmp_path / "x.card", record())
    assert os.listdir(tmp_path) == []


def test_an_old_umask_opens_it_to_nobody(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = made(tmp_path)
        with inserted(path) as (_, card, _):
            card.process(VERIFY + OLD)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# --- replaced -----------------------------------------------------------------------------------------------


def test_a_card_is_replaced_whole(tmp_path: Path) -> None:
    path = made(tmp_path)
    other = replace(record("expired"), history=record().history)
    with CardFile.open(path) as file:
        file.replace(other, "set: expired")
        assert file.permanent.file("certificate/signature").content == other.certificates["signature"]
    found = read_record(path)
    assert facts(replace(found, history=other.history)) == facts(other)
    assert [one.what for one in found.history] == ["made: esteid-2018, jaak, fresh", "set: expired"]


# --- what a killed process leaves ---------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["read", "open"])
def test_half_a_change_is_undone(tmp_path: Path, how: str) -> None:
    (tmp_path / "copy").mkdir()
    path = hot_journal(made(tmp_path), tmp_path / "copy")
    if how == "read":
        found = read_record(path)
    else:
        with CardFile.open(path) as file:
            found = file.record
    assert facts(found) == facts(record())
    assert os.listdir(tmp_path / "copy") == [path.name]
    assert path.read_bytes() == (tmp_path / path.name).read_bytes()


# --- disks that do not take it ------------------------------------------------------------------------------


def test_a_write_that_fails_answers_6581_and_the_card_goes_on(tmp_path: Path) -> None:
    """A limit on the size of files (setrlimit(2), RLIMIT_FSIZE): writing fails with EFBIG."""
    path = made(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with inserted(path) as (file, card, troubles):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            for command in (VERIFY + OLD, VERIFY + NEW, CHANGE + OLD + NEW):
                assert card.process(command) == FAILED
                assert card.process(ASK) == b"\x63\xc3"
            assert card.process(bytes.fromhex("00A4000C")) == DONE
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert len(troubles) == 1
        assert file.permanent.pins["PIN1"].tries == read_record(path).pins["PIN1"].tries == 3
        assert card.process(VERIFY + NEW) == b"\x63\xc2"
        assert card.process(VERIFY + OLD) == DONE
    assert os.listdir(tmp_path) == [path.name]


def test_a_card_is_not_replaced_by_what_could_not_be_opened(tmp_path: Path) -> None:
    path = made(tmp_path)
    with CardFile.open(path) as file, pytest.raises(CardFileError, match="at most 256 characters, found 300"):
        file.replace(record("expired"), "x" * 300)
    assert facts(read_record(path)) == facts(record())


@pytest.mark.parametrize("what", ["removed", "replaced"])
def test_a_file_that_is_no_longer_there_answers_6581(tmp_path: Path, what: str) -> None:
    path = made(tmp_path)
    with inserted(path) as (_, card, troubles):
        path.unlink()
        if what == "replaced":
            made(tmp_path, record("expired"))
        for _ in range(2):
            assert card.process(VERIFY + OLD) == FAILED
            assert card.process(ASK) == b"\x63\xc3"
        (trouble,) = troubles
        assert "expected the card at its place, found nothing, or another file" in str(trouble)
    if what == "replaced":
        assert facts(read_record(path)) == facts(record("expired"))
    else:
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("what", ["edited", "copied over"])
def test_a_file_that_another_program_writes_answers_6581(tmp_path: Path, what: str) -> None:
    """Nothing of ours goes into it: it is another card now."""
    path = made(tmp_path)
    with inserted(path) as (_, card, troubles):
        if what == "edited":
            with closing(sqlite3.connect(path)) as file, file:
                file.execute("UPDATE pin SET tries = 2 WHERE name = 'PUK'")
        else:
            path.write_bytes(made(tmp_path, record("expired"), "other.card").read_bytes())
        after = path.read_bytes()
        for _ in range(2):
            assert card.process(VERIFY + OLD) == FAILED
            assert card.process(ASK) == b"\x63\xc3"
        (trouble,) = troubles
        assert "expected the card as it was inserted, found one that another program wrote" in str(trouble)
    assert path.read_bytes() == after


DISK = """
import os, subprocess
from pathlib import Path
from tests.harness.card_file.cards import *
from softeid.harness.card_file.error import CardFileError
from softeid.harness.card_file.file import read_record
path = made(Path("."))
"""
FULL = (
    DISK
    + """
with inserted(path) as (file, card, troubles):
    with open("filler", "wb", 0) as filler:
        try:
            while filler.write(bytes(4096)): pass
        except OSError: pass
    commands = VERIFY + OLD, ASK, VERIFY + NEW, ASK, bytes.fromhex("00A4000C")
    answers = [card.process(one).hex() for one in commands]
    print(*answers, len(troubles), troubles[0])
    os.unlink("filler")
    print(card.process(VERIFY + NEW).hex(), read_record(path).pins["PIN1"].tries, os.listdir("."))
"""
)
READ_ONLY = (
    DISK
    + """
from tests.harness.card_file.cards import hot_journal
os.mkdir("hot"); hot_journal(path, Path("hot"))
subprocess.run(["mount", "-o", "remount,ro", os.getcwd()], check=True)
print(read_record(path).state)
for deed in (CardFile.open, lambda path: read_record(Path("hot") / path)):
    try: deed(path)
    except CardFileError as error: print(error, "|", error.advice)
"""
)


MOUNTED = (
    DISK
    + """
other = Path("folder") / "x.card"
other.parent.mkdir()
other.touch()
subprocess.run(["mount", "--bind", path, other], check=True)
try: CardFile.open(other)
except CardFileError as error: print(error, "|", error.advice)
subprocess.run(["mount", "--bind", os.getcwd(), other.parent], check=True)
CardFile.open(other).close()
print(CardFile.open(path).record.state)
"""
)


def need_namespaces(tmp_path: Path) -> None:
    ended = in_namespace("print('here')", tmp_path)
    if ended.stdout != "here\n":
        lacking("needs namespaces in which a tmpfs can be mounted (unshare --map-root-user --mount)")


def test_a_disk_that_gets_full(tmp_path: Path) -> None:
    need_namespaces(tmp_path)
    ended = in_namespace(FULL, tmp_path)
    assert ended.returncode == 0, ended.stderr
    full, after = ended.stdout.splitlines()
    assert full.startswith("6581 63c3 6581 63c3 9000 1 x.card: expected room on the disk, found none")
    assert after == "63c2 2 ['x.card']"


def test_a_read_only_disk(tmp_path: Path) -> None:
    need_namespaces(tmp_path)
    ended = in_namespace(READ_ONLY, tmp_path)
    assert ended.returncode == 0, ended.stderr
    state, opened, hot = ended.stdout.splitlines()
    assert state == "fresh"
    assert opened.startswith(
        "x.card: expected a file that you may use, found Read-only file system | copy it"
    )
    assert "a change in it is half done" in hot
    assert "copy it and the -journal beside it" in hot


def test_a_file_that_is_mounted_alone(tmp_path: Path) -> None:
    """Its journal would lie beside the mount, where nobody finds it later; a folder takes it along."""
    need_namespaces(tmp_path)
    ended = in_namespace(MOUNTED, tmp_path)
    assert ended.returncode == 0, ended.stderr
    alone, folder = ended.stdout.splitlines()
    assert alone.endswith(
        "expected a file at its own place, found one that is mounted there | mount the folder that it is in"
    )
    assert folder == "fresh"
