"""A lab's folder: one lab at a time, records of the living and the dead."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from softeid.harness.service.error import LabError
from softeid.harness.service.folder import LabFolder, LabRecord, labs_folder, records
from softeid.harness.service.process import ProcessId

ADDRESSES = {"portal": "http://localhost:8440/", "lab": "http://localhost:8443/"}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def record(name: str = "default", process: ProcessId | None = None) -> LabRecord:
    since = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return LabRecord(name, process or ProcessId.own(), since, ADDRESSES, "secret", "1.0")


def gone() -> ProcessId:
    """A process that has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = ProcessId.of(child.pid)
        child.communicate()
    return found


def test_what_is_published_is_found(home: dict[str, str]) -> None:
    folder = LabFolder("default", home)
    with folder.taken() as left:
        assert left is None
        folder.publish(record())
        assert folder.record() == record()
        assert records(home) == [record()]
        assert record().up
        mode = stat.S_IMODE((folder.path / "lab.json").stat().st_mode)
        assert mode == 0o600
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert folder.record() is None
    assert records(home) == []


def test_a_token_is_no_part_of_what_a_record_says() -> None:
    assert "secret" not in repr(record())


def test_two_labs_of_one_name_exclude_each_other(home: dict[str, str]) -> None:
    folder = LabFolder("default", home)
    with folder.taken():
        folder.publish(record())
        other = LabFolder("default", home).taken()
        with pytest.raises(LabError, match=f"is up already \\(process {os.getpid()}\\)") as up, other:
            pass
        assert up.value.advice == "end it with `softeid down`, or name another lab with -p"
        assert folder.record() == record()
        with LabFolder("other", home).taken():
            pass


def test_what_a_killed_lab_left_is_taken_over(home: dict[str, str]) -> None:
    folder = LabFolder("default", home)
    with folder.taken():
        pass
    dead = record(process=gone())
    folder.publish(dead)
    assert not dead.up
    assert records(home) == [dead]
    with folder.taken() as left:
        assert left == dead
        assert folder.record() is None


@pytest.mark.parametrize("name", ["", "../x", "Default", "a b", "x" * 33, "-x", "ä", "."])
def test_a_name_that_will_not_do(home: dict[str, str], name: str) -> None:
    with pytest.raises(LabError, match="expected a name"):
        LabFolder(name, home)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/softeid/labs"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/softeid/labs"),
    ],
)
def test_where_labs_are(environment: dict[str, str], expected: str) -> None:
    assert labs_folder(environment) == Path(expected)


def test_nowhere_to_be() -> None:
    with pytest.raises(LabError, match="XDG_STATE_HOME or HOME"):
        labs_folder({})


def test_a_folder_that_others_can_write_is_refused(home: dict[str, str], tmp_path: Path) -> None:
    folder = LabFolder("default", home)
    folder.path.mkdir(parents=True)
    folder.path.chmod(0o777)
    with pytest.raises(LabError, match="a place that is yours alone"), folder.taken():
        pass


def test_a_folder_that_is_a_file(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("")
    taken = LabFolder("default", home).taken()
    with pytest.raises(LabError, match="expected a folder that can be written"), taken:
        pass


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b'{"version": 99}', b"\xff", b"{" * 1000])
def test_a_record_that_is_none_of_ours(text: bytes) -> None:
    assert LabRecord.read(text) is None


def test_a_record_of_another_version_is_none() -> None:
    told = json.loads(record().as_text())
    assert LabRecord.read(json.dumps(told).encode()) == record()
    assert LabRecord.read(json.dumps({**told, "version": 2}).encode()) is None


def test_forgetting(home: dict[str, str]) -> None:
    folder = LabFolder("default", home)
    with folder.taken():
        folder.forget()
        for path in (folder.database, folder.phones, folder.database.with_name("portal.sqlite-wal")):
            path.write_text("")
        folder.forget()
        assert {one.name for one in folder.path.iterdir()} == {"lock"}


# --- processes ------------------------------------------------------------------------------------


def test_a_process_is_known_by_its_start() -> None:
    own = ProcessId.own()
    assert own.alive
    assert not replace(own, started=own.started + 1).alive
    assert not replace(own, boot="another").alive
    assert not gone().alive


def test_ending_a_process() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        assert ProcessId.of(child.pid).end(30)
        assert child.wait() != 0


def test_another_process_with_the_same_number_is_left_alone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = ProcessId.of(child.pid)
        assert replace(found, started=found.started + 1).end(30)
        assert child.poll() is None
        child.communicate()
        assert found.end(0)
