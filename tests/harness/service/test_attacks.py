"""What attackers tried on a lab's folder and ports, and what becomes of it now."""

from __future__ import annotations

import json
import socket
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.machine import lacking

from softeid.harness.command import clock_
from softeid.harness.service.error import LabError
from softeid.harness.service.folder import LabFolder, LabRecord, records
from softeid.harness.service.lab_client import LabClient, LabRefused
from softeid.harness.service.ports import check_free, hold_ipv6
from softeid.harness.service.process import ProcessId

SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADDRESSES = {"portal": "http://localhost:8440/", "lab": "http://localhost:8443/"}


def good() -> dict[str, Any]:
    """A record as it lies in the file."""
    record = LabRecord("default", ProcessId.own(), SINCE, ADDRESSES, "secret", "1.0")
    told: dict[str, Any] = json.loads(record.as_text())
    return told


# --- the record ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"addresses": []},
        {"addresses": {}},
        {"addresses": {"portal": "http://localhost:8440/"}},
        {"addresses": {"lab": 8443}},
        {"addresses": {"lab": "http://localhost:x/"}},
        {"addresses": {"lab": "http://localhost:99999/"}},
        {"addresses": {"lab": "http://[/"}},
        {"name": 5},
        {"name": "\x1b[31mred"},
        {"token": 7},
        {"token": "a\r\nX: y"},
        {"token": "€"},
        {"since": "0001-01-01T00:00:00+23:00"},
        {"since": 5},
        {"process": {"pid": "1", "started": 1, "boot": "x"}},
        {"process": {"pid": True, "started": 1, "boot": "x"}},
        {"process": {"pid": -1, "started": 1, "boot": "x"}},
        {"process": {"pid": 1, "started": 1, "boot": None}},
        {"process": []},
        {"more": 1},
    ],
)
def test_a_record_that_is_not_as_we_write_it_is_none(changed: dict[str, Any]) -> None:
    assert LabRecord.read(json.dumps(good()).encode())
    assert LabRecord.read(json.dumps({**good(), **changed}).encode()) is None


@pytest.mark.parametrize("text", [b"[" * 60_000, b"", b"null", b"[]", b"\xff\xfe{", b'{"version": 1}'])
def test_nor_is_what_cannot_be_read(text: bytes, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    with LabFolder("default", home).taken():
        pass
    (LabFolder("default", home).path / "lab.json").write_bytes(text)
    assert records(home) == []


def test_a_lab_that_cannot_move_its_clock_is_no_wrong_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(*_: object) -> None:
        raise LabRefused("CORE_UNAVAILABLE: The account service does not answer", "")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(LabClient, "ask", refuses)
    folder = LabFolder("default", {"XDG_STATE_HOME": str(tmp_path)})
    options = Namespace(
        name="default", freeze=False, back=None, set=None, advance="15m", run=False, json=False
    )
    with folder.taken():
        folder.publish(LabRecord("default", ProcessId.own(), SINCE, ADDRESSES, "secret", "1.0"))
        assert clock_.run(options) == 3
    assert "CORE_UNAVAILABLE" in capsys.readouterr().err


# --- the other address of loopback, where Chromium looks for `localhost` first ------------------------------


@pytest.fixture
def port() -> Iterator[int]:
    """One that we have at 127.0.0.1, on a machine with ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        lacking("::1 is lacking. Enable IPv6 on the loopback interface")
    with socket.create_server(("127.0.0.1", 0)) as ours:
        yield int(ours.getsockname()[1])


def test_a_port_that_is_held_is_nobody_elses_and_nobody_listens_there(port: int) -> None:
    held = hold_ipv6(port)
    assert held
    with closing(held):
        for host in ("::1", "::"):
            with pytest.raises(OSError, match="in use"):
                socket.create_server((host, port), family=socket.AF_INET6)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("::1", port))
    socket.create_server(("::1", port), family=socket.AF_INET6).close()


def test_a_port_that_somebody_has_there_is_taken(port: int, tmp_path: Path) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as stranger:
        taken = stranger.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            hold_ipv6(taken)
        with pytest.raises(LabError, match=f"port {taken} is taken by .*process") as told:
            check_free([taken], {"HOME": str(tmp_path)})
    assert "--port" in told.value.advice
