"""IDEMIA's IAS-ECC applet of the Estonian and Latvian cards: the standard, and a status object of its own."""

from __future__ import annotations

from .. import tlv
from ..apdu import Command
from ..applet import instruction
from ..errors import StatusError
from ..facts import PinFacts
from ..status import SW
from .iso7816 import Iso7816
from .reference_data import ReferenceData
from .signature import Signature

_CURRENT_DF = 0xFF  # P2 of GET DATA, with P1 3F
_EXTENDED_HEADER_LIST = 0x4D
_STATUS, _WHOLE = 0x70, 0x80  # the status object; "the whole value" in an extended header list
_OBJECT = 0xBF8100  # the low octet is the object's number
_COUNTERS, _MAXIMUM, _LEFT = 0xA0, 0x9A, 0x9B
_ATTRIBUTES, _CONTACT, _CONTACTLESS = 0xA1, 0x8C, 0x9C


class Idemia(Iso7816, ReferenceData, Signature):
    """The applet of IDEMIA's ID1 cards."""

    def _prepare(self) -> None:
        super()._prepare()
        self._asked_for = {_extended_header_list(facts): facts for facts in self._profile.pins.values()}

    @instruction(0xCB, p1=0x3F)
    def get_data(self, command: Command) -> bytes:
        """GET DATA: the retry counter of one PIN, asked for by 4D 08 70 06 BF81xx 02 A0 80.

        Clients read the answer by position (OpenSC: octet 13 is the number of tries left, 32 octets at
        least), so the layout is fixed: 70 1E BF81xx 1A A0 18 9A 01 max 9B 01 left A1 10 …
        Whatever else is asked for is 6A88; OpenSC sends a PIV probe (5C 01 7E) to unknown cards.
        """
        if command.p2 != _CURRENT_DF:
            raise StatusError(SW.REFERENCE_DATA_NOT_FOUND, f"P2 {command.p2:02X}")
        facts = self._asked_for.get(command.data)
        if facts is None or not self._reaches(facts):
            raise StatusError(SW.REFERENCE_DATA_NOT_FOUND, command.data.hex(" ").upper())
        return self._status(facts)

    def _status(self, facts: PinFacts) -> bytes:
        pin = self._permanent.pins[facts.name]
        attributes = facts.status_attributes
        return tlv.encode(
            _STATUS,
            tlv.encode(
                _OBJECT | facts.status_id,
                tlv.encode(
                    _COUNTERS,
                    tlv.encode(_MAXIMUM, bytes([pin.limit])),
                    tlv.encode(_LEFT, bytes([pin.tries])),
                    tlv.encode(
                        _ATTRIBUTES, tlv.encode(_CONTACT, attributes), tlv.encode(_CONTACTLESS, attributes)
                    ),
                ),
            ),
        )


def _extended_header_list(facts: PinFacts) -> bytes:
    """What GET DATA brings to ask for one PIN's status object."""
    wanted = tlv.encode(_OBJECT | facts.status_id, bytes([_COUNTERS, _WHOLE]))
    return tlv.encode(_EXTENDED_HEADER_LIST, tlv.encode(_STATUS, wanted))
