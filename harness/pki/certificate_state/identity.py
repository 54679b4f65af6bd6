"""States in which a certificate's subject is somebody else, or nobody.

Codes of other countries are published test codes, or such as nobody can have; nothing here makes a code up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from ... import personal_code
from ..authority import Authority
from ..birth import date_of_birth
from ..leaf import Leaf
from ..name import MAX_COMMON_NAME, clipped
from .registry import certificate_state

# Of SK's demo environment. The second Latvian one carries no date of birth.
_LATVIAN, _LATVIAN_UNDATED = "030303-10004", "320000-10003"
_LITHUANIAN, _BELGIAN = "30303039914", "04040400287"
# Individual numbers from 900 on are given to nobody (Finnish Digital and Population Data Services Agency);
# S is the check character of 010105900 (remainder 24 of 31).
_FINNISH = "010105-900S"
# No passport: no country's numbers begin so.
_PASSPORT = "ZZ0000000"
# Lithuanian cards from before 4 July 2012 can be had with SHA-1 signatures only and are not accepted.
_LAST_OLD_LITHUANIAN = datetime(2012, 7, 3, tzinfo=UTC)


@certificate_state("no-semantics")
def no_semantics(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its serialNumber is the bare personal code, without PNOEE- before it."""
    return authority.issue(renamed(leaf, {NameOID.SERIAL_NUMBER: _code(leaf)}))


@certificate_state("other-country")
def other_country(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its subject's country is Finland, its serialNumber an Estonian one."""
    return authority.issue(renamed(leaf, {NameOID.COUNTRY_NAME: "FI"}))


@certificate_state("wrong-check-digit")
def wrong_check_digit(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """A personal code whose check digit is one too high: nobody can have it."""
    code = _code(leaf)
    return authority.issue(_of(leaf, "EE", f"{code[:-1]}{(personal_code.check_digit(code) + 1) % 10}"))


@certificate_state("passport")
def passport(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its serialNumber is that of a passport, PASEE-."""
    return authority.issue(_of(leaf, "EE", _PASSPORT, "PAS"))


@certificate_state("latvian")
def latvian(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a Latvian with the same name, in the Estonian form."""
    return authority.issue(_of(leaf, "LV", _LATVIAN))


@certificate_state("latvian-undated")
def latvian_undated(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a Latvian whose code carries no date of birth, and no other place in it does."""
    return authority.issue(_of(leaf, "LV", _LATVIAN_UNDATED))


@certificate_state("latvian-minor")
def latvian_minor(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a Latvian whose code carries no date of birth: dateOfBirth says that the person is seventeen."""
    today = authority.clock.now.date()
    born = date(today.year - 17, today.month, min(today.day, 28))
    return authority.issue(_of(leaf, "LV", _LATVIAN_UNDATED).having(date_of_birth(born)))


@certificate_state("lithuanian")
def lithuanian(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a Lithuanian with the same name, in the Estonian form."""
    return authority.issue(_of(leaf, "LT", _LITHUANIAN))


@certificate_state("old-lithuanian")
def old_lithuanian(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a Lithuanian, begun on 3 July 2012, the last day of cards that are not accepted."""
    early = leaf.lasting(_LAST_OLD_LITHUANIAN, leaf.not_after)
    return authority.issue(_of(early, "LT", _LITHUANIAN))


@certificate_state("belgian")
def belgian(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a Belgian with the same name, in the Estonian form."""
    return authority.issue(_of(leaf, "BE", _BELGIAN))


@certificate_state("finnish")
def finnish(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a Finn with the same name: a country in which no account can be had."""
    return authority.issue(_of(leaf, "FI", _FINNISH))


def renamed(leaf: Leaf, values: Mapping[x509.ObjectIdentifier, str]) -> Leaf:
    """The same with other values in its subject, each attribute in its place."""
    attributes = [x509.NameAttribute(one.oid, values.get(one.oid, str(one.value))) for one in leaf.subject]
    return replace(leaf, subject=x509.Name(attributes))


def _of(leaf: Leaf, country: str, code: str, kind: str = "PNO") -> Leaf:
    """The same about a namesake with another code: in serialNumber, common name and mail address."""
    names, _, _ = _text(leaf, NameOID.COMMON_NAME).rpartition(",")
    values = {
        NameOID.COUNTRY_NAME: country,
        NameOID.COMMON_NAME: f"{clipped(names, MAX_COMMON_NAME - len(code) - 1)},{code}",
        NameOID.SERIAL_NUMBER: f"{kind}{country}-{code}",
    }
    other = renamed(leaf, values)
    mail = leaf.value(x509.SubjectAlternativeName)
    if mail is None:
        return other
    (address,) = mail.get_values_for_type(x509.RFC822Name)
    domain = address.partition("@")[2]
    return other.having(x509.SubjectAlternativeName([x509.RFC822Name(f"{code}@{domain}")]))


def _code(leaf: Leaf) -> str:
    return _text(leaf, NameOID.SERIAL_NUMBER).partition("-")[2]


def _text(leaf: Leaf, oid: x509.ObjectIdentifier) -> str:
    (attribute,) = leaf.subject.get_attributes_for_oid(oid)
    return str(attribute.value)
