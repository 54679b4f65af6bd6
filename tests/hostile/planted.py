"""Cards with one mistake each, to prove that the oracle finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from softeid.emulator import StatusError
from softeid.emulator.access import Access
from softeid.emulator.apdu import Command
from softeid.emulator.applets import FAMILIES
from softeid.emulator.applets.idemia import Idemia
from softeid.emulator.facts import Operation, PinFacts
from softeid.emulator.file import DF, File
from softeid.emulator.key import Key
from softeid.emulator.layer import LAYERS, CommandChaining, GetResponse, Layer
from softeid.emulator.pin import Pin
from softeid.emulator.state import Volatile

Plant = Callable[[], AbstractContextManager[Any]]
_matches = Pin.matches


class StaysVerified(Idemia):
    """A failed compare leaves the PIN verified."""

    def _compare(self, reference: Any, block: bytes) -> None:
        before = set(self._volatile.verified)
        try:
            super()._compare(reference, block)
        finally:
            self._volatile.verified |= before


class FailsVerified(Idemia):
    """A failed compare verifies the PUK."""

    def _compare(self, reference: Any, block: bytes) -> None:
        try:
            super()._compare(reference, block)
        except StatusError:
            self._volatile.verified.add("PUK")
            raise


class Remembers(Idemia):
    """What was verified survives a reset."""

    def reset(self) -> None:
        verified = self._volatile.verified
        super().reset()
        self._volatile.verified |= verified


class KeepsPlace(Idemia):
    """The selected DF survives a reset."""

    def reset(self) -> None:
        df = self._volatile.df
        super().reset()
        self._volatile.df = df


class KeepsFile(Idemia):
    """The selected EF survives a reset."""

    def reset(self) -> None:
        ef = self._volatile.ef
        super().reset()
        self._volatile.ef = ef


class KeepsEnvironment(Idemia):
    """The security environment survives SELECT of another DF."""

    def _enter(self, file: File) -> None:
        environment = dict(self._volatile.environment)
        super()._enter(file)
        self._volatile.environment.update(environment)


class ResetKeepsEnvironment(Idemia):
    """The security environment survives a reset."""

    def reset(self) -> None:
        environment = self._volatile.environment
        super().reset()
        self._volatile.environment.update(environment)


class AnyEnvironment(Idemia):
    """An environment for one operation serves another one."""

    def _key(self, operation: Operation) -> tuple[Key, Access]:
        environment = self._volatile.environment
        if operation == "authenticate" and operation not in environment and "agree" in environment:
            return super()._key("agree")
        return super()._key(operation)


class SignsAlways(Idemia):
    """A key is used before it is asked who may use it; the answer is right."""

    def compute_digital_signature(self, command: Command) -> bytes:
        if len(command.data) == 48 and "sign" in self._volatile.environment:
            self._permanent.keys["signature"].sign(command.data)
        return super().compute_digital_signature(command)


class SignsTwice(Idemia):
    """A signature leaves PIN2 verified, whatever the switch says."""

    def compute_digital_signature(self, command: Command) -> bytes:
        before = set(self._volatile.verified)
        signature = super().compute_digital_signature(command)
        self._volatile.verified |= before
        return signature


class AnyPin(Idemia):
    """Any verified PIN opens any key."""

    def _key(self, operation: Operation) -> tuple[Key, Access]:
        facts = self._volatile.environment.get(operation)
        if facts is not None and operation in facts.access and self._volatile.verified:
            return self._permanent.keys[facts.name], facts.access[operation]
        return super()._key(operation)


class Everywhere(Idemia):
    """The PIN of one DF can be reached from all."""

    def _reaches(self, facts: PinFacts) -> bool:
        return True


class Aliases(Idemia):
    """Bit 7 of P2 is not looked at."""

    def _reference(self, p2: int) -> Any:
        return super()._reference(p2 & ~0x40)


class Generous(Idemia):
    """RESET RETRY COUNTER takes a verified PIN1 for the PUK."""

    def _unblock(self, reference: Any, block: bytes | None) -> bytes:
        verified = self._volatile.verified
        lent = {"PUK"} - verified if "PIN1" in verified else set()
        verified |= lent
        try:
            return super()._unblock(reference, block)
        finally:
            self._volatile.verified -= lent


class OpenFiles(Idemia):
    """Files are read by everybody once the PUK is verified."""

    def read_binary(self, command: Command) -> bytes:
        verified = set(self._volatile.verified)
        if "PUK" in verified:
            self._volatile.verified |= {"PIN1", "PIN2"}
        try:
            return super().read_binary(command)
        finally:
            self._volatile.verified = verified


class Wanders(Idemia):
    """A refused SELECT by path leaves the card where the path still led to."""

    def select_by_path(self, command: Command) -> bytes:
        try:
            return super().select_by_path(command)
        except StatusError:
            child = self._permanent.root.children.get(int.from_bytes(command.data[2:4], "big"))
            if command.data[:2] == b"\x3f\x00" and isinstance(child, DF):
                self._enter(child)
            raise


class TakesThirteen(Idemia):
    """Of a block that is too long the first octets are compared."""

    def verify(self, command: Command) -> bytes:
        return super().verify(command._replace(data=command.data[:12]))


class AsksForTry(Idemia):
    """The question for the counter costs a try when one is left."""

    def verify(self, command: Command) -> bytes:
        try:
            return super().verify(command)
        finally:
            pin = next(
                (self._permanent.pins[one.name] for one in self._profile.pins.values()
                 if one.reference == command.p2 and self._reaches(one)), None,
            )  # fmt: skip
            if pin and not command.data and pin.tries == 1:
                pin.tries = 0
                self._commit()


class Unstored(Idemia):
    """A changed PIN is not stored."""

    def change_reference_data(self, command: Command) -> bytes:
        commit, self._commit = self._commit, lambda: None
        try:
            return super().change_reference_data(command)
        finally:
            self._commit = commit


class Crashes(Idemia):
    """A template of one octet is a fault."""

    def manage_security_environment(self, command: Command) -> bytes:
        if len(command.data) == 1:
            raise KeyError(command.data)
        return super().manage_security_environment(command)


class Tells(Idemia):
    """GET CHALLENGE with Ne 8 tells PIN1."""

    def get_challenge(self, command: Command) -> bytes:
        challenge = super().get_challenge(command)
        return self._permanent.pins["PIN1"].value[:8] if command.ne == 8 else challenge


class Warms(Idemia):
    """Power on alone, without power off before it, forgets nothing."""

    def reset(self) -> None:
        kept: Volatile = self._volatile
        super().reset()
        if kept.df is not self._permanent.root and kept.verified == {"PIN1", "PUK"}:
            self._volatile = kept


class ChainOverReset(CommandChaining):
    """A chain goes on after a reset."""

    def reset(self) -> None:
        self._card.reset()


class ChainOverPower(CommandChaining):
    """A chain goes on after power came back."""

    def power_off(self) -> None:
        self._card.power_off()

    def power_on(self) -> None:
        self._card.power_on()


class ChainOverCommand(CommandChaining):
    """A chain goes on after another command."""

    def process(self, apdu: bytes) -> bytes:
        header, held = self._header, self._held
        answer = super().process(apdu)
        if header and apdu[:4] == b"\x00\xa4\x00\x0c":
            self._header, self._held = header, held
        return answer


class ChainOfAnything(CommandChaining):
    """Links of another header join the chain."""

    def process(self, apdu: bytes) -> bytes:
        if self._header and len(apdu) > 4 and apdu[0] == 0x10:
            apdu = b"\x10" + self._header[1:] + apdu[4:]
        return super().process(apdu)


class WaitsOverReset(GetResponse):
    """What waits for GET RESPONSE waits on after a reset."""

    def reset(self) -> None:
        self._card.reset()


class WaitsOverCommand(GetResponse):
    """What waits for GET RESPONSE waits on after a command without data."""

    def process(self, apdu: bytes) -> bytes:
        waiting = self._waiting
        answer = super().process(apdu)
        if waiting and len(apdu) == 4:
            self._waiting = waiting
        return answer


class Overflows(Layer):
    """The answer is longer than Ne."""


class Raises(GetResponse):
    """A single octet is too little even to be refused."""

    def process(self, apdu: bytes) -> bytes:
        if len(apdu) == 1:
            raise IndexError(apdu)
        return super().process(apdu)


def _gives_back(pin: Pin, block: bytes, commit: Callable[[], None]) -> bool:
    """The last try is given back."""
    right = _matches(pin, block, commit)
    if not right and not pin.tries:
        pin.tries = 1
        commit()
    return right


def _first_four(pin: Pin, block: bytes, commit: Callable[[], None]) -> bool:
    """The padding is not compared."""
    return _matches(pin, block.rstrip(b"\x00").ljust(len(block), b"\xff"), commit)


def _family(applet: type[Idemia]) -> Plant:
    return lambda: patch.dict(FAMILIES, {"idemia": applet})


def _layer(name: str, layer: type[Layer]) -> Plant:
    return lambda: patch.dict(LAYERS, {name: layer})


def _pin(matches: Callable[..., bool]) -> Plant:
    return lambda: patch.object(Pin, "matches", matches)


PLANTED: Mapping[str, Plant] = {
    **{
        applet.__name__: _family(applet)
        for applet in (
            StaysVerified, FailsVerified, Remembers, KeepsPlace, KeepsFile, KeepsEnvironment,
            ResetKeepsEnvironment, AnyEnvironment, SignsAlways, SignsTwice, AnyPin, Everywhere, Aliases,
            Generous, OpenFiles, Wanders, TakesThirteen, AsksForTry, Unstored, Crashes, Tells, Warms,
        )
    },
    **{
        layer.__name__: _layer("command-chaining", layer)
        for layer in (ChainOverReset, ChainOverPower, ChainOverCommand, ChainOfAnything)
    },
    **{
        layer.__name__: _layer("get-response", layer)
        for layer in (WaitsOverReset, WaitsOverCommand, Overflows, Raises)
    },
    "GivesBack": _pin(_gives_back),
    "FirstFour": _pin(_first_four),
}  # fmt: skip
