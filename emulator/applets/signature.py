"""MANAGE SECURITY ENVIRONMENT, INTERNAL AUTHENTICATE, PERFORM SECURITY OPERATION, ISO/IEC 7816-4 and -8."""

from __future__ import annotations

from collections.abc import Mapping

from .. import tlv
from ..access import NEVER, Access
from ..apdu import Command
from ..applet import Applet, instruction
from ..errors import StatusError
from ..facts import OPERATIONS, KeyFacts, Operation
from ..key import Key
from ..status import SW

_SET = 0x41  # P1 of MSE: set, for computing, deciphering and internal authentication
_BY_TEMPLATE: Mapping[int, Operation] = {tag: operation for operation, tag in OPERATIONS.items()}  # P2 of MSE
_HASH_LENGTHS = frozenset({20, 28, 32, 48, 64})  # SHA-1 to SHA-512
_COMPUTE_SIGNATURE = (0x9E, 0x9A)  # P1 P2 of PSO: a signature comes out, data to be signed goes in
_DECIPHER = (0x80, 0x86)  # plain text comes out, a padding indicator and a cryptogram go in
_NO_PADDING = b"\x00"


class Signature(Applet):
    """Private keys: which is used how, and using it."""

    @instruction(0x22, p1=_SET)
    def manage_security_environment(self, command: Command) -> bytes:
        """MSE SET: algorithm (80) and key (84) for one kind of operation. Needs no PIN; survives VERIFY."""
        operation = _BY_TEMPLATE.get(command.p2)
        if operation is None:
            raise StatusError(SW.WRONG_PARAMETERS, f"P2 {command.p2:02X}")
        try:
            objects = tlv.parse(command.data)
        except tlv.TlvError as error:
            raise StatusError(SW.WRONG_DATA, str(error)) from None
        template = {one.tag: one.value for one in objects}
        if template.keys() != {0x80, 0x84} or len(objects) != len(template):
            raise StatusError(SW.WRONG_DATA, "a template of one 80 and one 84 is expected")
        if not any(
            known.operation == operation and template[0x80] in known.references
            for known in self._profile.algorithms
        ):
            raise StatusError(SW.REFERENCE_DATA_NOT_FOUND, f"algorithm {template[0x80].hex()} to {operation}")
        self._volatile.environment[operation] = self._key_facts(template[0x84])
        return b""

    def _key_facts(self, reference: bytes) -> KeyFacts:
        """The key of a reference, if it lies in the current DF."""
        for facts in self._profile.keys.values():
            if facts.df == self._volatile.df.fid and reference == bytes([facts.reference]):
                return facts
        raise StatusError(
            SW.REFERENCE_DATA_NOT_FOUND, f"key {reference.hex()} in {self._volatile.df.fid:04X}"
        )

    @instruction(0x88, p1=0x00)
    def internal_authenticate(self, command: Command) -> bytes:
        """INTERNAL AUTHENTICATE: sign 1 to `size` octets; they need not be a hash."""
        if command.p2:
            raise StatusError(SW.WRONG_PARAMETERS, f"P2 {command.p2:02X}")
        key, _ = self._key("authenticate")
        if not 1 <= len(command.data) <= key.size:
            raise StatusError(SW.WRONG_LENGTH, f"{len(command.data)} octets, 1 to {key.size} are signed")
        return key.sign(command.data)

    @instruction(0x2A, p1=_COMPUTE_SIGNATURE[0])
    def compute_digital_signature(self, command: Command) -> bytes:
        """PSO: COMPUTE DIGITAL SIGNATURE over a hash of SHA-1 to SHA-512."""
        if command.p2 != _COMPUTE_SIGNATURE[1]:
            raise StatusError(SW.WRONG_PARAMETERS, f"P2 {command.p2:02X}")
        if not command.data:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED, "no hash")
        if len(command.data) not in _HASH_LENGTHS:
            raise StatusError(SW.WRONG_LENGTH, f"{len(command.data)} octets are no hash")
        key, access = self._key("sign")
        signature = key.sign(command.data)
        if self._profile.on("signature-consumes-pin") == "yes":
            self._volatile.verified -= access.pins
        return signature

    @instruction(0x2A, p1=_DECIPHER[0])
    def decipher(self, command: Command) -> bytes:
        """PSO: DECIPHER by ECDH: the X coordinate of the point shared with an uncompressed public point."""
        if command.p2 != _DECIPHER[1]:
            raise StatusError(SW.WRONG_PARAMETERS, f"P2 {command.p2:02X}")
        key, _ = self._key("agree")
        if command.data[:1] != _NO_PADDING:
            raise StatusError(SW.WRONG_DATA, "padding indicator 00 expected")
        return key.agree(command.data[1:])

    def _key(self, operation: Operation) -> tuple[Key, Access]:
        """The key that the environment names and who may use it so, if whoever uses the card now may."""
        facts = self._volatile.environment.get(operation)
        if facts is None:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED, f"no security environment to {operation}")
        access = facts.access.get(operation, NEVER)
        if not access.granted(self._volatile.verified):
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED, f"{operation} needs {access}")
        return self._permanent.keys[facts.name], access
