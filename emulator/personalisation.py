"""Personalisation: from a profile, a holder, keys and certificates to what is burnt into one card."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec

from . import tlv
from .errors import PersonalisationError
from .facts import RECORDS, FileFacts, Profile
from .file import DF, EF, MAX_CONTENT, File
from .key import Key
from .pin import Pin
from .state import Permanent

_EMPTY_RECORD = b"\x00"  # one octet, not an empty file: READ BINARY at 0 must succeed


def personalise(
    profile: Profile,
    *,
    holder: Mapping[str, str],
    keys: Mapping[str, ec.EllipticCurvePrivateKey],
    certificates: Mapping[str, bytes],
    pins: Mapping[str, str] | None = None,
    deterministic: bool = False,
) -> Permanent:
    """Make the permanent state of one card.

    Args:
        profile: the card generation.
        holder: records by name ("surname", "document-number", …), as text; a record that is missing or empty
            becomes a file of one octet 00.
        keys: a private key for each key of the profile, on its curve.
        certificates: DER by key name, for each that the profile's files name.
        pins: digits by PIN name; those that are missing get the profile's default.
        deterministic: sign after RFC 6979.

    Raises:
        PersonalisationError: something is missing, unknown, too long or on another curve.
    """
    return Permanent(
        root=_root(profile, holder, certificates),
        keys=_keys(profile, keys, deterministic),
        pins=_pins(profile, pins or {}),
    )


def _keys(
    profile: Profile, keys: Mapping[str, ec.EllipticCurvePrivateKey], deterministic: bool
) -> dict[str, Key]:
    _same_names("keys", profile.keys, keys)
    for name, facts in profile.keys.items():
        if keys[name].curve.name != facts.curve:
            raise PersonalisationError(f"key {name}", facts.curve, keys[name].curve.name)
    return {name: Key(keys[name], deterministic) for name in profile.keys}


def _pins(profile: Profile, pins: Mapping[str, str]) -> dict[str, Pin]:
    if unknown := pins.keys() - profile.pins.keys():
        raise PersonalisationError("pins", ", ".join(profile.pins), ", ".join(sorted(unknown)))
    made = {}
    for name, facts in profile.pins.items():
        digits = pins.get(name, facts.default)
        if not (digits.isascii() and digits.isdigit() and facts.minimum <= len(digits) <= facts.maximum):
            raise PersonalisationError(
                name, f"{facts.minimum} to {facts.maximum} digits", f"{len(digits)} characters"
            )
        made[name] = Pin(facts.block(digits), facts.tries)
    return made


def _root(profile: Profile, holder: Mapping[str, str], certificates: Mapping[str, bytes]) -> DF:
    if unknown := holder.keys() - RECORDS:
        raise PersonalisationError("holder", ", ".join(sorted(RECORDS)), ", ".join(sorted(unknown)))
    contents = (facts.content.partition("/") for facts in profile.root.below())
    _same_names(
        "certificates",
        dict.fromkeys(name for kind, _, name in contents if kind == "certificate"),
        certificates,
    )

    def there(facts: FileFacts) -> bool:
        return facts.when is None or profile.on(facts.when[0]) == facts.when[1]

    def made(facts: FileFacts) -> File:
        if facts.children is None:
            return _ef(facts, holder, certificates)
        return DF(facts.fid, [made(one) for one in facts.children if there(one)], aid=facts.aid)

    root = made(profile.root)
    assert isinstance(root, DF), "the profile parser has looked"
    return root


def _ef(facts: FileFacts, holder: Mapping[str, str], certificates: Mapping[str, bytes]) -> EF:
    content = _content(facts, holder, certificates)
    if not 1 <= len(content) <= MAX_CONTENT:
        raise PersonalisationError(
            f"file {facts.fid:04X}", f"1 to {MAX_CONTENT} octets", f"{len(content)} in {facts.content}"
        )
    return EF(facts.fid, content, name=facts.content, read=facts.read, sfid=facts.sfid)


def _content(facts: FileFacts, holder: Mapping[str, str], certificates: Mapping[str, bytes]) -> bytes:
    """What a file holds; `facts.CONTENT_KINDS` has the kinds."""
    kind, _, name = facts.content.partition("/")
    if kind == "hex":
        return bytes.fromhex(name)
    if kind == "certificate":
        return certificates[name]
    value = holder.get(name, "")
    if kind == "record":
        return value.encode() or _EMPTY_RECORD
    if not (value.isalnum() and value.isascii()):  # OpenSC refuses the whole card for anything else
        raise PersonalisationError(f"file {facts.fid:04X}", f"letters and digits in {name}", repr(value))
    return tlv.encode(0x04, value.encode())  # an OCTET STRING


def _same_names(what: str, wanted: Mapping[str, object], given: Mapping[str, object]) -> None:
    if wanted.keys() != given.keys():
        raise PersonalisationError(what, ", ".join(wanted), ", ".join(given) or "none")
