"""Names of authorities: ours say SOFTEID TEST, and none equals that of an authority that exists."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from softeid.emulator.mistake import FileError, Mark, Mistake, listed
from softeid.emulator.tlv import encode
from softeid.emulator.yaml_text import Items, Map, Node, Text, describe, documents

from . import der
from .error import NameRefused

OURS = "SOFTEID TEST"
# The form of ETSI EN 319 412-1, 5.1.4; no
# entry of the Estonian business register, whose numbers have eight digits.
IDENTIFIER = "NTREE-TEST0000"
MAX_COMMON_NAME = 64
"""ub-common-name (RFC 5280, appendix A.1): characters there, octets of UTF-8 for `cryptography`, which reads
what we write; to stay below the smaller is to stay below both."""
REAL_NAMES = Path(__file__).with_name("real_names.yaml")

UTF8, PRINTABLE = 0x0C, 0x13
"""Tags of the string types UTF8String and PrintableString (X.680, 8.4)."""

_LISTS = {
    "common-names": NameOID.COMMON_NAME,
    "organizations": NameOID.ORGANIZATION_NAME,
    "identifiers": NameOID.ORGANIZATION_IDENTIFIER,
}


def authority_name(common_name: str) -> x509.Name:
    """The name of an authority of ours, encoded in the order of a real Estonian one: C, O, 2.5.4.97, CN.

    Raises:
        NameRefused: the name does not begin with SOFTEID TEST, or belongs to an authority that exists.
    """
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "EE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, OURS),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, IDENTIFIER),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    check_ours(name)
    return name


def check_ours(name: x509.Name) -> None:
    """Refuse a name that people could take for that of an authority which exists.

    Raises:
        NameRefused: as the name says.
    """
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for text in _texts(name, oid):
            if not (text == OURS or text.startswith(f"{OURS} ")):
                raise NameRefused("authority name", f"a name that begins with {OURS}", repr(text))
    for oid, real in real_names().items():
        for text in _texts(name, oid):
            if folded(text) in real:
                taken = f"{text!r}, which exists ({real[folded(text)]})"
                raise NameRefused("authority name", "a name of ours", taken)


def is_ours(name: x509.Name) -> bool:
    """Whether an authority of this name is one of softeid's."""
    try:
        check_ours(name)
    except NameRefused:
        return False
    return any(text.startswith(OURS) for text in _texts(name, NameOID.COMMON_NAME))


@cache
def real_names() -> Mapping[x509.ObjectIdentifier, Mapping[str, str]]:
    """What authorities that exist are called: for each attribute the folded names, each with its source."""
    return parse_real_names(REAL_NAMES.read_bytes(), REAL_NAMES.name)


def parse_real_names(octets: bytes, file: str) -> Mapping[x509.ObjectIdentifier, Mapping[str, str]]:
    """Read the list of names that are taken.

    Raises:
        FileError: the list is malformed.
    """
    mistakes: list[Mistake] = []
    found: dict[x509.ObjectIdentifier, dict[str, str]] = {oid: {} for oid in _LISTS.values()}
    for document in documents(octets, file, mistakes, "a list of names"):
        if not isinstance(document, Map):
            mistakes.append(Mistake(document.mark, listed(_LISTS), describe(document)))
            continue
        for key, rows in document.items():
            if key not in _LISTS or not isinstance(rows, Items):
                mistakes.append(Mistake(key.mark, f"a list under {listed(_LISTS)}", describe(key)))
                continue
            for row in rows:
                if pair := _pair(row, mistakes):
                    found[_LISTS[key]][folded(pair[0])] = pair[1]
    for what, oid in _LISTS.items():
        if not found[oid] and not mistakes:
            mistakes.append(Mistake(Mark(file, 1, 1), f"names under {what}", "none"))
    if mistakes:
        raise FileError(mistakes)
    return found


def clipped(text: str, octets: int = MAX_COMMON_NAME) -> str:
    """As much of a text as fits into so many octets of UTF-8: no character in two, no separator at a cut.

    Raises:
        UnicodeEncodeError: the text holds a surrogate, which UTF-8 cannot carry.
    """
    encoded = text.encode()
    return text if len(encoded) <= octets else encoded[:octets].decode(errors="ignore").rstrip(" ,")


def written(attributes: Iterable[tuple[str, int, str]]) -> bytes:
    """A Name in DER, one attribute a RelativeDistinguishedName, with whatever string types and values.

    Args:
        attributes: dotted object identifier, tag of the string type (`UTF8`, `PRINTABLE`), text.
    """
    rows = (
        der.sequence(der.object_identifier(oid), encode(tag, text.encode())) for oid, tag, text in attributes
    )
    return der.sequence(*(encode(0x31, row) for row in rows))


def folded(text: str) -> str:
    """A name as it is compared: compatible forms, case and white space make no difference (RFC 4518)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _texts(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]


def _pair(row: Node, mistakes: list[Mistake]) -> tuple[str, str] | None:
    if isinstance(row, Map) and set(row) == {"name", "source"}:
        name, source = row.at("name"), row.at("source")
        if isinstance(name, Text) and isinstance(source, Text) and name and source:
            return str(name), str(source)
    mistakes.append(Mistake(row.mark, "a name with its source", describe(row)))
    return None
