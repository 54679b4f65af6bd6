"""VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER, ISO/IEC 7816-4, 11.6.6 to 11.6.9."""

from __future__ import annotations

from typing import NamedTuple

from ..apdu import Command
from ..applet import Applet, instruction
from ..errors import StatusError
from ..facts import PinFacts
from ..pin import Pin
from ..status import SW

_FORGET = 0xFF  # P1: end the verified status, without data


class _Reference(NamedTuple):
    """What P2 names: a PIN, and what the profile says of it."""

    facts: PinFacts
    pin: Pin


class ReferenceData(Applet):
    """PINs and PUKs: comparing, changing, unblocking.

    What was verified survives SELECT of any file, a local PIN too: clients verify, select the application
    again and then sign. It ends with reset, with a failed comparison, with P1 FF, and where
    the profile says so.
    """

    def _prepare(self) -> None:
        super()._prepare()
        self._references = {
            facts.reference: _Reference(facts, self._permanent.pins[name])
            for name, facts in self._profile.pins.items()
        }

    @instruction(0x20, p1=0x00)
    def verify(self, command: Command) -> bytes:
        """VERIFY: compare the PIN named by P2; with no data, tell its status and change nothing."""
        facts, pin = reference = self._reference(command.p2)
        if not command.data:
            if facts.name in self._volatile.verified:
                return b""
            raise pin.refusal()
        if len(command.data) != facts.length:
            raise StatusError(SW.WRONG_LENGTH, f"{facts.name} of {len(command.data)} octets")
        self._compare(reference, command.data)
        self._volatile.verified.add(facts.name)
        return b""

    @instruction(0x20, p1=_FORGET)
    def forget(self, command: Command) -> bytes:
        """VERIFY with P1 FF: end the verified status."""
        return self._forget(command)

    @instruction(0x24, p1=0x00)
    def change_reference_data(self, command: Command) -> bytes:
        """CHANGE REFERENCE DATA: the old block, then the new one. Old values count like those of VERIFY."""
        facts, pin = reference = self._reference(command.p2)
        if len(command.data) != 2 * facts.length:
            raise StatusError(SW.WRONG_LENGTH, f"{len(command.data)} octets for two blocks of {facts.length}")
        old, new = command.data[: facts.length], command.data[facts.length :]
        self._compare(reference, old)
        if old == new and self._profile.on("equal-new-pin") == "6A80":
            raise StatusError(SW.WRONG_DATA, f"the new {facts.name} is the old one")
        pin.change(new, self._commit)
        return b""

    @instruction(0x2C, p1=(0x00, 0x02))
    def reset_retry_counter(self, command: Command) -> bytes:
        """RESET RETRY COUNTER with a new value, after VERIFY of the PUK. P1 00 is taken as 02."""
        reference = self._reference(command.p2)
        if len(command.data) != reference.facts.length:
            raise StatusError(SW.WRONG_LENGTH, f"new {reference.facts.name} of {len(command.data)} octets")
        return self._unblock(reference, command.data)

    @instruction(0x2C, p1=0x03)
    def unblock_only(self, command: Command) -> bytes:
        """RESET RETRY COUNTER without a new value."""
        reference = self._reference(command.p2)
        if command.data:
            raise StatusError(SW.WRONG_LENGTH, "P1 03 takes no data")
        return self._unblock(reference, None)

    @instruction(0x2C, p1=_FORGET)
    def forget_by_reset(self, command: Command) -> bytes:
        """RESET RETRY COUNTER with P1 FF: end the verified status."""
        return self._forget(command)

    def _reference(self, p2: int) -> _Reference:
        """What P2 names, if it can be reached from the current DF."""
        reference = self._references.get(p2)
        if reference is None or not self._reaches(reference.facts):
            raise StatusError(SW.REFERENCE_DATA_NOT_FOUND, f"P2 {p2:02X}")
        return reference

    def _reaches(self, facts: PinFacts) -> bool:
        return facts.df is None or facts.df == self._volatile.df.fid

    def _compare(self, reference: _Reference, block: bytes) -> None:
        """Compare and count. Whatever does not succeed ends the verified status, a fault of ours too."""
        facts, pin = reference
        was_verified = facts.name in self._volatile.verified
        self._volatile.verified.discard(facts.name)
        if not pin.matches(block, self._commit):
            raise pin.refusal()
        if was_verified:
            self._volatile.verified.add(facts.name)

    def _unblock(self, reference: _Reference, block: bytes | None) -> bytes:
        facts, pin = reference
        if not facts.reset.granted(self._volatile.verified):
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED, f"{facts.name} needs {facts.reset}")
        self._volatile.verified.discard(facts.name)
        pin.unblock(block, self._commit)
        return b""

    def _forget(self, command: Command) -> bytes:
        facts = self._reference(command.p2).facts
        if command.data:
            raise StatusError(SW.WRONG_LENGTH, "P1 FF takes no data")
        self._volatile.verified.discard(facts.name)
        return b""
