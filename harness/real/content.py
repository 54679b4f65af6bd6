"""What a file holds, held against what a profile says it holds; only the form of personal data is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from softeid.emulator import Profile, tlv
from softeid.emulator.tlv import TlvError

from .. import personal_code
from ..pki.unreadable import UNREADABLE
from .sight import spaced

_SHOWN = 32  # octets, or characters of a form
_OPTIONAL = r".*"
_NAME = r"(?!\s*\Z)[^\x00-\x1f]+"  # not blanks alone


class Form(NamedTuple):
    """What a record looks like."""

    told: str
    pattern: str


# The forms of RIA's ID1 guide, personal data; what an ID card has not is one octet 00.
_FORMS: Mapping[str, Form] = {
    "surname": Form("a name", _NAME),
    "given-names": Form("a name, or 00", _NAME + "|\x00"),
    "sex": Form("M or F", "[MF]"),
    "citizenship": Form("AAA", "[A-Z]{3}"),
    "birth": Form("99 99 9999 AAA", "[0-9]{2} [0-9]{2} [0-9]{4} [A-Z]{3}"),
    "personal-code": Form("99999999999 with its check digit", "[0-9]{11}"),
    "document-number": Form("AA9999999", "[A-Z]{2}[0-9]{7}"),
    "expiry": Form("99 99 9999", "[0-9]{2} [0-9]{2} [0-9]{4}"),
    "issued": Form("99 99 9999, perhaps AAA", "[0-9]{2} [0-9]{2} [0-9]{4}( [A-Z]{3})?"),
}
_ANY = Form("a text, or 00", _OPTIONAL)


class Agreement(NamedTuple):
    """Expected, found, verdict."""

    expected: str
    found: str
    verdict: Literal["same", "differs", "not told"]


def agreement(kind_and_name: str, octets: bytes, profile: Profile) -> Agreement:
    """Whether a file's content is as a profile says.

    Args:
        kind_and_name: as in the profile: `hex/00`, `record/surname`, `certificate/signature`.
        octets: what was read.
    """
    kind, _, name = kind_and_name.partition("/")
    if kind == "hex":
        wanted = bytes.fromhex(name)
        return _judged(_octets(wanted), _octets(octets), wanted == octets)
    if kind == "certificate":
        return _certificate(octets, profile.keys[name].curve)
    if kind == "octet-string":
        return _octet_string(name, octets)
    return _record(name, octets)


def shape(text: str) -> str:
    """The form of a text: letters as A, digits as 9, what is neither as it stands; long ones cut short."""
    masked = re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", text))
    plain = "".join(one if one.isprintable() else "·" for one in masked)
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}… ({len(text)} characters)"


def _record(name: str, octets: bytes) -> Agreement:
    form = _FORMS.get(name, _ANY)
    try:
        text = octets.decode().rstrip("\0") or "\0"
    except UnicodeDecodeError:
        return Agreement(form.told, f"{len(octets)} octets that are no UTF-8", "differs")
    fits = re.fullmatch(form.pattern, text, re.DOTALL) is not None
    if name == "personal-code" and fits and not personal_code.is_valid(text):
        return Agreement(form.told, "99999999999 with a wrong check digit", "differs")
    return Agreement(form.told, form.told if fits else shape(text), "same" if fits else "differs")


def _octet_string(name: str, octets: bytes) -> Agreement:
    form = _FORMS.get(name, _ANY)
    expected = f"04 09 with {form.told}" if name == "document-number" else f"04 with {form.told}"
    try:
        ((tag, value),) = tlv.parse(octets)
        text = value.decode("ascii") if tag == 0x04 else ""
    except (TlvError, ValueError):
        return Agreement(expected, f"{len(octets)} octets that are no OCTET STRING of a text", "differs")
    fits = re.fullmatch(form.pattern, text) is not None
    return Agreement(
        expected, expected if fits else f"{tag:02X} with {shape(text)}", "same" if fits else "differs"
    )


def _certificate(octets: bytes, curve: str) -> Agreement:
    expected = f"an X.509 certificate, key on {curve}"
    try:
        certificate = x509.load_der_x509_certificate(octets)
        key = certificate.public_key()
    except UNREADABLE:
        return Agreement(expected, f"{len(octets)} octets that are no certificate", "differs")
    if not isinstance(key, EllipticCurvePublicKey):
        return Agreement(expected, "an X.509 certificate, key on no curve", "differs")
    return _judged(expected, f"an X.509 certificate, key on {key.curve.name}", key.curve.name == curve)


def _octets(octets: bytes) -> str:
    told = spaced(octets[:_SHOWN])
    return told if len(octets) <= _SHOWN else f"{told} … ({len(octets)} octets)"


def _judged(expected: str, found: str, same: bool) -> Agreement:
    return Agreement(expected, found, "same" if same else "differs")
