"""The register on disk: like the one in memory, and safe from everybody else."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from softeid.harness.pki.error import HomeError, StatusRefused
from softeid.harness.pki.status import GOOD, Register, Status, StatusRegister, followed, revoked, suspended
from softeid.harness.pki.status_file import StatusFile

NINE = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)
SERIAL = 0x4FFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF
REASONS = sorted(set(x509.ReasonFlags) - {x509.ReasonFlags.remove_from_crl}, key=lambda one: one.value)


@pytest.fixture
def file(tmp_path: Path) -> StatusFile:
    return StatusFile(tmp_path / "status.sqlite")


@pytest.fixture(params=["memory", "file"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Register:
    return StatusRegister() if request.param == "memory" else StatusFile(tmp_path / "status.sqlite")


def test_nothing_is_made_by_reading(file: StatusFile) -> None:
    assert file.get(7) is None
    assert 7 not in file
    assert list(file.items()) == []
    assert file.snapshot() == (0, ())
    assert file.change(7, lambda status: status) is None
    assert list(file.path.parent.iterdir()) == []


def test_entering_makes_good_once(register: Register) -> None:
    register.enter(SERIAL)
    assert register.get(SERIAL) == GOOD
    register.set(SERIAL, suspended(NINE))
    register.enter(SERIAL)
    assert register.get(SERIAL) == suspended(NINE)
    assert SERIAL in register
    assert SERIAL + 1 not in register


def test_in_order_of_issue(register: Register) -> None:
    for serial in (9, 3, 7):
        register.enter(serial)
    register.set(3, revoked(NINE))
    register.set(1, GOOD)
    assert [serial for serial, _ in register.items()] == [9, 3, 7, 1]


def test_forgetting(register: Register) -> None:
    register.enter(9)
    register.forget(9)
    register.forget(8)
    assert 9 not in register


def test_every_change_is_a_revision(register: Register) -> None:
    numbers = [register.snapshot().revision]
    changes: list[Callable[[], object]] = [
        lambda: register.enter(9),
        lambda: register.set(9, suspended(NINE)),
        lambda: register.change(9, lambda status: GOOD),
        lambda: register.forget(9),
    ]
    for change in changes:
        change()
        numbers.append(register.snapshot().revision)
    assert sorted(set(numbers)) == numbers


def test_a_rule_that_refuses_changes_nothing(register: Register) -> None:
    register.set(9, revoked(NINE))
    before = register.snapshot()
    with pytest.raises(StatusRefused):
        register.change(9, lambda status: followed(status, GOOD))
    assert register.snapshot() == before
    assert register.change(8, lambda status: GOOD) is None


@given(st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))), st.sampled_from([None, *REASONS]))
def test_a_status_comes_back_as_it_went(
    tmp_path_factory: pytest.TempPathFactory, since: datetime | None, reason: x509.ReasonFlags | None
) -> None:
    status = Status(since, reason if since else None)
    file = StatusFile(tmp_path_factory.mktemp("register") / "status.sqlite")
    file.set(SERIAL, status)
    assert StatusFile(file.path).get(SERIAL) == status


def test_it_is_the_owners_alone(file: StatusFile) -> None:
    before = os.umask(0)
    try:
        file.enter(7)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert list(file.path.parent.iterdir()) == [file.path], "and nothing is left beside it"


@pytest.mark.parametrize("bits", [0o644, 0o660, 0o602])
def test_what_others_can_read_is_refused(file: StatusFile, bits: int) -> None:
    file.enter(7)
    file.path.chmod(bits)
    calls: list[Callable[[], object]] = [lambda: file.get(7), lambda: file.enter(8)]
    for call in calls:
        with pytest.raises(HomeError, match="expected a place that is yours alone") as caught:
            call()
        assert "chmod 600" in caught.value.advice


def test_a_link_is_refused(file: StatusFile, tmp_path: Path) -> None:
    other = StatusFile(tmp_path / "other.sqlite")
    other.enter(7)
    file.path.symlink_to(other.path)
    with pytest.raises(HomeError, match="found lrwx"):
        file.get(7)


def damaged(path: Path, octets: bytes) -> None:
    path.write_bytes(octets)
    path.chmod(0o600)


@pytest.mark.parametrize(
    "octets",
    [b"", b"nothing", b"SQLite format 3\0" + b"\0" * 84, bytes(range(256)) * 16],
    ids=["empty", "text", "header", "noise"],
)
def test_a_damaged_file_is_told_and_not_replaced(file: StatusFile, octets: bytes) -> None:
    damaged(file.path, octets)
    calls: list[Callable[[], object]] = [lambda: file.get(7), lambda: file.enter(7), file.snapshot, file.make]
    for call in calls:
        with pytest.raises(HomeError) as caught:
            call()
        assert caught.value.where == str(file.path)
    assert file.path.read_bytes() == octets


def test_another_applications_database_is_told(file: StatusFile) -> None:
    with closing(sqlite3.connect(file.path)) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    file.path.chmod(0o600)
    with pytest.raises(HomeError, match="found another application's file, or of version 0"):
        file.enter(7)


@pytest.mark.parametrize(("since", "reason"), [("yesterday", None), ("2026-03-02T09:00:00+00:00", "boredom")])
def test_a_row_that_says_nothing_is_told(file: StatusFile, since: str, reason: str | None) -> None:
    file.enter(7)
    with closing(sqlite3.connect(file.path)) as other, other:
        other.execute("UPDATE status SET since = ?, reason = ?", (since, reason))
    with pytest.raises(HomeError, match=re.escape(f"found {since}")):
        file.get(7)


def test_a_folder_that_cannot_be_written_is_told(file: StatusFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(HomeError, match="can be read and written, found Permission denied") as caught:
        file.enter(7)
    assert "XDG_DATA_HOME" in caught.value.advice


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="No such file or directory"):
        StatusFile(tmp_path / "gone" / "status.sqlite").enter(7)


_WRITER = """
import sys
from pathlib import Path
from softeid.harness.pki.status_file import StatusFile
file, first = StatusFile(Path(sys.argv[1])), int(sys.argv[2])
for serial in range(first, first + int(sys.argv[3])):
    file.enter(serial)
    print(serial, flush=True)
"""


def writer(path: Path, first: int, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), str(first), str(count)], stdout=subprocess.PIPE, text=True
    )


def test_processes_that_write_at_once_lose_nothing(file: StatusFile) -> None:
    """None of them found a file: all make one, one wins."""
    several = [writer(file.path, first, 20) for first in (100, 200, 300, 400)]
    for one in several:
        one.communicate(timeout=120)
        assert one.returncode == 0
    told = file.snapshot()
    assert {serial for serial, _ in told.statuses} == {
        first + n for first in (100, 200, 300, 400) for n in range(20)
    }
    assert told.revision == 80
    assert list(file.path.parent.iterdir()) == [file.path]


@pytest.mark.parametrize("after", [1, 7, 30])
def test_a_killed_process_takes_nothing_back(file: StatusFile, after: int) -> None:
    """What it said that it wrote is there; what it was about to write is there as a whole or not at all."""
    with writer(file.path, 0, 10**6) as one:
        assert one.stdout
        last = [one.stdout.readline() for _ in range(after)][-1]
        one.kill()
        last = ([last, *one.stdout.read().splitlines()])[-1]
    told = [serial for serial, _ in file.snapshot().statuses]
    assert told in (list(range(int(last) + 1)), list(range(int(last) + 2)))
    file.set(5, suspended(NINE + timedelta(days=1)))
    assert file.get(5) == suspended(NINE + timedelta(days=1))
