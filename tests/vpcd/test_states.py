"""The client that asks pcscd for reader states, against a pcscd made of a script."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from softeid.vpcd.states import ABSENT, PRESENT, ReaderState, ReaderStates, Unanswered

ATR = bytes.fromhex("3B80800101")
Script = Callable[[socket.socket], object]


def version(link: socket.socket, speaks: int = 4) -> None:
    """Agree on 4:`speaks`, as pcscd does: say one's own version, refuse another."""
    while True:
        _, _, major, minor, _ = struct.unpack("=IIiiI", link.recv(20, socket.MSG_WAITALL))
        link.sendall(struct.pack("=iiI", 4, speaks, 0 if (major, minor) == (4, speaks) else 0x8010001D))
        if minor == speaks:
            return


def asked(link: socket.socket, command: int) -> None:
    assert struct.unpack("=II", link.recv(8, socket.MSG_WAITALL)) == (0, command)


def reader(name: bytes, flags: int, atr: bytes) -> bytes:
    return struct.pack("=128sIIi33s3xII", name, 7, flags, 0, atr, len(atr), 0)


STATES = reader(b"One", PRESENT | 0x20, ATR) + reader(b"Two", ABSENT, ATR) + bytes(14 * 184)


@pytest.fixture
def pcscd(tmp_path: Path) -> Iterator[Callable[[Script], str]]:
    """Serves one client by a script; gives the socket's path."""
    threads: list[threading.Thread] = []
    listener = socket.socket(socket.AF_UNIX)
    path = f"{os.path.relpath(tmp_path)}/s"

    def serve(script: Script) -> str:
        listener.bind(path)
        listener.listen()

        def play() -> None:
            link, _ = listener.accept()
            with link:
                script(link)

        threads.append(threading.Thread(target=play))
        threads[0].start()
        return path

    yield serve
    for thread in threads:
        thread.join()
    listener.close()


@pytest.mark.parametrize("minor", [4, 5])
def test_readers_and_their_cards(minor: int, pcscd: Callable[[Script], str]) -> None:
    def script(link: socket.socket) -> None:
        version(link, minor)
        asked(link, 0x12)
        for octet in STATES:
            link.sendall(bytes([octet]))

    states = ReaderStates(pcscd(script))
    assert states.now() == {
        "One": ReaderState("One", 7, PRESENT | 0x20, ATR),
        "Two": ReaderState("Two", 7, ABSENT, b""),
    }
    states.close()


def test_a_watch_ends_with_one_event_whoever_ends_it(pcscd: Callable[[Script], str]) -> None:
    told = threading.Event()

    def script(link: socket.socket) -> None:
        version(link)
        asked(link, 0x13)
        link.sendall(STATES)
        told.wait()
        link.sendall(struct.pack("=II", 0, 0))
        asked(link, 0x13)
        link.sendall(STATES)
        asked(link, 0x14)
        link.sendall(struct.pack("=II", 0, 0))
        asked(link, 0x12)
        link.sendall(STATES)

    states = ReaderStates(pcscd(script))
    assert "One" in states.watch()
    assert not states.changed(0)
    told.set()
    assert states.changed(20)
    states.take_event()
    states.watch()
    states.unwatch()
    assert "One" in states.now()
    states.close()


def test_a_pcscd_that_ends_instead_of_answering_is_told(pcscd: Callable[[Script], str]) -> None:
    ended, end = os.pipe()
    told = threading.Event()

    def script(link: socket.socket) -> None:
        os.close(end)
        told.wait()

    with pytest.raises(Unanswered, match="pcscd ended"):
        ReaderStates(pcscd(script), ended=ended)
    told.set()
    os.close(ended)


def test_a_pcscd_that_closes_is_told(pcscd: Callable[[Script], str]) -> None:
    with pytest.raises(Unanswered, match="closed the connection"):
        ReaderStates(pcscd(lambda link: link.recv(20, socket.MSG_WAITALL)))


def test_a_pcscd_that_is_silent_is_told(pcscd: Callable[[Script], str]) -> None:
    told = threading.Event()
    path = pcscd(lambda link: told.wait())
    with pytest.raises(Unanswered, match="did not answer within"):
        ReaderStates(path, timeout=0.001)
    told.set()


@pytest.mark.parametrize("speaks", [(3, 9), (4, 4)])
def test_another_protocol_is_told(speaks: tuple[int, int], pcscd: Callable[[Script], str]) -> None:
    def script(link: socket.socket) -> None:
        link.recv(20, socket.MSG_WAITALL)
        link.sendall(struct.pack("=iiI", *speaks, 0x8010001D))
        link.recv(1)

    with pytest.raises(Unanswered, match=f"speaks protocol {speaks[0]}:{speaks[1]}"):
        ReaderStates(pcscd(script))


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ReaderStates(str(tmp_path / "none"))
