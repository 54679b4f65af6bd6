"""The bridge between a card and vpcd: what travels, what survives, and how it comes to an end."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from softeid.vpcd.bridge import Bridge, Link, tcp
from softeid.vpcd.wire import LIMIT, Control

ON, OFF, RESET, ATR = (bytes([code]) for code in (Control.ON, Control.OFF, Control.RESET, Control.ATR))
SELECT = bytes.fromhex("00A4000C")


def at_once() -> Iterator[float]:
    return itertools.repeat(0.0)


def never() -> Iterator[float]:
    return itertools.repeat(threading.TIMEOUT_MAX)


@pytest.fixture
def bridged(vpcd: Any, toy_card: Any, request: pytest.FixtureRequest) -> Any:
    """Bridges of the test, pulled and waited for when it ends."""

    def make(card: Any = None, **settings: Any) -> Bridge:
        bridge = Bridge(card or toy_card(), vpcd.connect, **{"pauses": at_once, **settings})

        def end() -> None:
            vpcd.close()
            bridge.remove()

        request.addfinalizer(end)
        bridge.insert()
        return bridge

    return make


def test_the_reader_gets_atr_and_answers_and_power_goes_to_the_card(
    vpcd: Any, toy_card: Any, bridged: Any
) -> None:
    card = toy_card()
    bridged(card)
    vpcd.accept()
    assert vpcd.power_on() == card.atr
    assert vpcd.ask(SELECT) == SELECT + b"\x90\x00"
    vpcd.say(RESET, SELECT)
    assert vpcd.hear() == SELECT + b"\x90\x00"
    vpcd.say(OFF, ON)
    assert vpcd.ask(ATR) == card.atr
    assert card.did == ["on", SELECT.hex(), "reset", SELECT.hex(), "off", "on"]


def test_several_frames_in_one_piece_and_one_frame_in_many(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    bridged()
    vpcd.accept()
    vpcd.say(ON, ATR, SELECT, SELECT[:2])
    assert [vpcd.hear() for _ in range(3)] == [toy_card.atr, SELECT + b"\x90\x00", SELECT[:2] + b"\x90\x00"]
    for octet in bytes.fromhex("0005 00B0000000"):
        vpcd.link.sendall(bytes([octet]))
    assert vpcd.hear() == bytes.fromhex("00B0000000 9000")


def test_an_answer_leaves_in_one_send_with_its_length(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    bridged(toy_card(lambda apdu: bytes(300) + b"\x90\x00"))
    vpcd.accept()
    vpcd.say(SELECT)
    assert vpcd.link.recv(65536) == bytes.fromhex("012E") + bytes(300) + b"\x90\x00"


@pytest.mark.parametrize("size", [2, 300, LIMIT])
def test_answers_of_every_size_arrive(size: int, vpcd: Any, toy_card: Any, bridged: Any) -> None:
    bridged(toy_card(lambda apdu: bytes(size)))
    vpcd.accept()
    assert vpcd.ask(SELECT) == bytes(size)


def test_removal_closes_our_end_and_waits_for_the_readers(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    card = toy_card()
    bridge = bridged(card)
    vpcd.accept()
    vpcd.power_on()
    remover = threading.Thread(target=bridge.remove)
    remover.start()
    assert vpcd.sees_removal()
    assert remover.is_alive()
    vpcd.say(SELECT)  # on its way when the card went: dropped
    vpcd.link.close()
    remover.join()
    assert card.did == ["on", "off"]


def test_a_removed_card_goes_in_again(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    bridge = bridged()
    for _ in range(3):
        vpcd.accept()
        assert vpcd.power_on() == toy_card.atr
        bridge.pull()
        assert vpcd.sees_removal()
        vpcd.link.close()
        bridge.remove()
        bridge.insert()


def test_a_card_is_not_inserted_twice(vpcd: Any, bridged: Any) -> None:
    bridge = bridged()
    with pytest.raises(RuntimeError, match="in already"):
        bridge.insert()


def test_a_card_pulled_by_its_own_command_gives_no_answer(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    def torn(apdu: bytes) -> bytes:
        bridge.remove()
        return b"\x90\x00"

    card = toy_card(torn)
    bridge = bridged(card)
    vpcd.accept()
    vpcd.power_on()
    vpcd.say(SELECT, SELECT)
    assert vpcd.sees_removal()
    vpcd.link.close()
    bridge.remove()
    assert card.did == ["on", SELECT.hex(), "off"]


def test_removal_does_not_depend_on_a_reader_that_never_closes(vpcd: Any, bridged: Any) -> None:
    bridge = bridged()
    vpcd.accept()
    vpcd.power_on()
    bridge.remove(timeout=0)
    assert vpcd.sees_removal()


def test_a_card_that_does_not_come_back_is_told(
    vpcd: Any, toy_card: Any, bridged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softeid.vpcd.bridge._GRACE", 0.0)
    asked, release = threading.Event(), threading.Event()

    def hanging(apdu: bytes) -> bytes:
        asked.set()
        release.wait()
        return b"\x90\x00"

    bridge = bridged(toy_card(hanging))
    vpcd.accept()
    vpcd.say(SELECT)
    asked.wait()
    with pytest.raises(TimeoutError, match="still at work"):
        bridge.remove(timeout=0)
    monkeypatch.undo()
    release.set()


def test_the_card_is_back_after_each_restart_of_pcscd(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    card = toy_card()
    bridged(card)
    for _ in range(5):
        vpcd.accept()
        assert vpcd.power_on() == card.atr
        vpcd.link.close()
    vpcd.accept()
    assert vpcd.power_on() == card.atr
    assert card.did == ["on", "off"] * 5 + ["on"]


def test_a_restart_in_the_middle_of_a_frame_starts_afresh(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    bridged()
    vpcd.accept()
    vpcd.link.sendall(b"\x00\x05\x00")
    vpcd.accept()
    assert vpcd.power_on() == toy_card.atr


def test_nobody_listens_then_somebody_does(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    vpcd.refuse = True
    bridge = bridged(pauses=never)
    assert vpcd.refused.wait(20)
    vpcd.refuse = False
    bridge.hurry()
    vpcd.accept()
    assert vpcd.power_on() == toy_card.atr
    assert vpcd.attempts == 2


def test_a_pause_ends_at_once_when_the_card_is_removed(vpcd: Any, bridged: Any) -> None:
    vpcd.refuse = True
    bridge = bridged(pauses=never)
    assert vpcd.refused.wait(20)
    bridge.remove()
    assert vpcd.attempts == 1


def test_a_connection_that_was_of_no_use_makes_pauses_longer(vpcd: Any, bridged: Any) -> None:
    begun: list[int] = []

    def pauses() -> Iterator[float]:
        begun.append(vpcd.attempts)
        return itertools.repeat(0.0)

    bridged(pauses=pauses)
    for asked in (False, False, True, False):
        vpcd.accept()
        if asked:
            vpcd.power_on()
        vpcd.link.close()
    vpcd.accept()
    assert begun == [0, 3]


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (bytes.fromhex("0000"), "length 0"),
        (bytes.fromhex("000103"), "control code 03"),
        (b"GET / HTTP/1.1\r\n" * 2000, None),  # a stranger; "GE" is a length of 18,245, the first ends
    ],
    ids=["length 0", "unknown control", "a stranger"],
)
def test_broken_frames_cost_the_connection_and_nothing_else(
    octets: bytes, problem: str | None, vpcd: Any, toy_card: Any, bridged: Any
) -> None:
    told: list[tuple[Link, Exception | None]] = []
    bridged(on_link=lambda link, why: told.append((link, why)))
    vpcd.accept()
    vpcd.link.sendall(octets)
    if problem is None:
        vpcd.link.shutdown(socket.SHUT_WR)
    while vpcd.link.recv(65536):
        pass
    vpcd.accept()
    assert vpcd.power_on() == toy_card.atr
    assert [link for link, _ in told] == [Link.UP, Link.LOST, Link.UP]
    assert (problem or "None") in str(told[1][1])


def test_a_card_that_raises_answers_6f00_and_lives_on(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    def buggy(apdu: bytes) -> bytes:
        if apdu == SELECT:
            raise KeyError("a bug")
        return b"\x90\x00"

    faults: list[Exception] = []
    bridged(toy_card(buggy), on_fault=faults.append)
    vpcd.accept()
    assert vpcd.ask(SELECT) == bytes.fromhex("6F00")
    assert vpcd.ask(SELECT + b"\x00") == bytes.fromhex("9000")
    assert [str(fault) for fault in faults] == ["'a bug'"]


@pytest.mark.parametrize("answer", [b"", bytes(LIMIT + 1)], ids=["empty", "longer than a frame"])
def test_an_answer_that_does_not_fit_is_a_fault(
    answer: bytes, vpcd: Any, toy_card: Any, bridged: Any
) -> None:
    faults: list[Exception] = []
    bridged(toy_card(lambda apdu: answer), on_fault=faults.append)
    vpcd.accept()
    assert vpcd.ask(SELECT) == bytes.fromhex("6F00")
    assert "a frame's body has 1 to 65535 octets" in str(faults[0])


def test_a_card_whose_power_switch_raises_lives_on(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    class Fused(toy_card):  # type: ignore[misc]  # the fixture is the class itself
        def power_on(self) -> None:
            raise ValueError("fused")

    faults: list[Exception] = []
    bridged(Fused(), on_fault=faults.append)
    vpcd.accept()
    assert vpcd.power_on() == toy_card.atr
    assert [str(fault) for fault in faults] == ["fused"]


def test_a_mute_card_is_taken_out(vpcd: Any, toy_card: Any, bridged: Any) -> None:
    class Mute(toy_card):  # type: ignore[misc]  # the fixture is the class itself
        @property
        def atr(self) -> bytes:
            raise ValueError("mute")

    faults: list[Exception] = []
    bridged(Mute(), on_fault=faults.append, pauses=never)
    vpcd.accept()
    vpcd.say(ATR)
    assert vpcd.sees_removal()
    assert [str(fault) for fault in faults] == ["mute"]


def test_a_fault_without_a_hook_reaches_the_thread_hook(
    vpcd: Any, toy_card: Any, bridged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    bridged(toy_card(lambda apdu: b""))
    vpcd.accept()
    assert vpcd.ask(SELECT) == bytes.fromhex("6F00")
    assert "this one 0" in str(told[0].exc_value)


def test_serving_in_the_callers_thread_ends_when_the_card_is_pulled(vpcd: Any, toy_card: Any) -> None:
    told: list[Link] = []
    bridge = Bridge(toy_card(), tcp(*vpcd.address), on_link=lambda link, why: told.append(link))

    def reader() -> None:
        vpcd.accept()
        vpcd.power_on()
        bridge.pull()
        vpcd.sees_removal()
        vpcd.link.close()

    other = threading.Thread(target=reader)
    other.start()
    bridge.serve()
    other.join()
    assert told == [Link.UP]


def test_an_interrupt_out_of_serve_takes_the_card_out(vpcd: Any, toy_card: Any) -> None:
    class Interrupted(toy_card):  # type: ignore[misc]  # the fixture is the class itself
        def process(self, apdu: bytes) -> bytes:
            raise KeyboardInterrupt

    card = Interrupted()
    bridge = Bridge(card, vpcd.connect)

    def reader() -> None:
        vpcd.accept()
        vpcd.power_on()
        vpcd.say(SELECT)

    other = threading.Thread(target=reader)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        bridge.serve()
    other.join()
    assert card.did == ["on", "off"]
    assert vpcd.sees_removal()
