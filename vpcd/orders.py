"""What the harness says to nursery and keepers, and what they say back: words, sent as one packet each.

Harness to nursery: a `Birth` with the descriptors of the keeper's line and of pcscd's log. After that harness
and keeper talk over the line: the keeper says READY, REFUSED or FAILED, then answers each order but NUDGE.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

PACKET = 4096
"""Octets that no packet exceeds."""

ORDERS, HARNESS = 3, 4
"""Descriptors that the nursery is born with: where births come from, and a pidfd of the harness."""

PORT = 35963
"""vpcd's own first port; each stack has it to itself, since it has its own network."""

SLOTS_PER_DRIVER = 2
"""vpcd makes two slots, at its port and the next one; more need another copy of the driver."""

MOST_SLOTS = 16
"""PCSCLITE_MAX_READERS_CONTEXTS of pcsc-lite."""


class Order(StrEnum):
    """What the harness wants of a keeper; when the line is closed, the keeper ends and clears up."""

    START = "start"  # start pcscd; answered STARTED
    SOCKET = "socket"  # a socket in the stack's network, not connected; answered SOCKET
    NUDGE = "nudge"  # let pcscd look at its slots now; not answered
    END = "end"  # end pcscd with a signal (SIGKILL after a while); answered ENDED


class Word(StrEnum):
    """How a keeper's answer begins."""

    READY = "ready"  # the namespaces are entered, and pcscd's socket listens
    REFUSED = "refused"  # step, errno: the keeper is gone
    FAILED = "failed"  # what the system said: the keeper is gone
    STARTED = "started"  # with a pidfd of pcscd
    SOCKET = "socket"  # with the socket
    ENDED = "ended"  # exit status, negative for a signal


class Birth(NamedTuple):
    """What a keeper is made for."""

    folder: str  # the stack's own, to be made and removed; pcscd's socket stands in it
    drivers: int  # copies of vsmartcard's driver; 0 tries the recipe without any
    pcscd: str
    driver_folder: str
    driver: str
    debug: str  # "debug": pcscd logs what it does, "": only what is critical


def pack(*words: str | int) -> bytes:
    """One packet."""
    return "\0".join(map(str, words)).encode(errors="surrogateescape")


def unpack(packet: bytes) -> list[str]:
    """The words of a packet."""
    return packet.decode(errors="surrogateescape").split("\0")


def socket_path(folder: str) -> str:
    """Where pcscd's socket stands in a stack's folder."""
    return f"{folder}/pcscd.comm"


def unpack_birth(packet: bytes) -> Birth:
    """The birth in a packet."""
    folder, drivers, *rest = unpack(packet)
    return Birth(folder, int(drivers), *rest)


def reader_name(slot: int) -> str:
    """The name that pcscd gives to the reader of a slot, counted from 0 over all drivers."""
    return f"{driver_name(slot // SLOTS_PER_DRIVER)} 00 {slot % SLOTS_PER_DRIVER:02X}"


def driver_name(driver: int) -> str:
    """FRIENDLYNAME of a driver's readers: the first is called as on every machine with vsmartcard."""
    return "Virtual PCD" if driver == 0 else f"Virtual PCD {driver + 1}"
