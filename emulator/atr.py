"""Answer to Reset, ISO/IEC 7816-3, 8.2: what a card says of itself before the first command."""

from __future__ import annotations

from dataclasses import dataclass

MAX_OCTETS = 33  # TS and at most 32 octets after it


class AtrError(ValueError):
    """Octets that are no ATR. Says at which octet, what was expected and what was found."""

    def __init__(self, at: int, expected: str, found: str) -> None:
        super().__init__(f"octet {at} of the ATR: expected {expected}, found {found}")
        self.at = at
        self.expected = expected
        self.found = found


@dataclass(frozen=True)
class Atr:
    """An ATR, decoded."""

    octets: bytes
    protocols: tuple[int, ...]  # T values in the order offered; 15 (global interface octets) left out
    historical: bytes

    @classmethod
    def parse(cls, octets: bytes) -> Atr:
        """Decode an ATR and check its length and TCK.

        Raises:
            AtrError: not an ATR of the direct or inverse convention, cut off, too long, or TCK is wrong.
        """
        if not 2 <= len(octets) <= MAX_OCTETS:
            raise AtrError(0, f"2 to {MAX_OCTETS} octets", f"{len(octets)}")
        if octets[0] not in (0x3B, 0x3F):
            raise AtrError(0, "TS 3B or 3F", f"{octets[0]:02X}")
        protocols: list[int] = []
        present, at = octets[1] >> 4, 2
        while present:
            at += (present & 7).bit_count()  # TAi TBi TCi
            if not present & 8:
                break
            if at >= len(octets):
                raise AtrError(at, "an interface octet TD", "the end")
            protocols.append(octets[at] & 0x0F)
            present = octets[at] >> 4
            at += 1
        end = at + (octets[1] & 0x0F)
        checked = any(protocols)  # TCK is there unless only T=0 is offered
        if len(octets) != end + checked:
            raise AtrError(len(octets), f"{end + checked} octets in all", f"{len(octets)}")
        if checked:
            tck = 0
            for octet in octets[1:-1]:
                tck ^= octet
            if tck != octets[-1]:
                raise AtrError(len(octets) - 1, f"TCK {tck:02X}", f"{octets[-1]:02X}")
        return cls(octets, tuple(dict.fromkeys(t for t in protocols if t != 15)) or (0,), octets[at:end])
