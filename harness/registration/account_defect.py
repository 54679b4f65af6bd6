"""Account certificates with one defect each, by name: what relying parties must refuse, or must bear.

Source: registration specification, 6.3. Each takes a leaf of `account_certificate` or `account_profile`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from softeid.emulator.tlv import encode, parse

from ..pki import der
from ..pki.authority import Authority
from ..pki.birth import date_of_birth
from ..pki.certificate_state import CertificateRecipe, issuer, life
from ..pki.certificate_state.identity import renamed
from ..pki.certificate_state.key import rsa_key
from ..pki.error import StateError
from ..pki.key_usage import key_usage
from ..pki.leaf import QC_STATEMENTS, Leaf
from ..pki.name import PRINTABLE, UTF8, written
from ..pki.registry import Registry
from . import national_identifier
from .account_profile import basic, policies

_QC_TYPE = der.object_identifier("0.4.0.1862.1.6")  # ETSI EN 319 412-5, 4.2.3
_OTHER_MARKS = ("ZZZ9", "ZZZ8")
_OTHER_SERIALS = ("PNOEE-30303039914", "PNOEE-60001019906")  # published test codes
_PRINTABLE = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"
)  # X.680, 41.4

ACCOUNT_DEFECTS = Registry[CertificateRecipe]("account defect", shown=40)
account_defect = ACCOUNT_DEFECTS.add
defect_named = ACCOUNT_DEFECTS.named


# --- time, issuer, signature ------------------------------------------------------------------------------

account_defect("expired")(life.expired)
account_defect("not-yet-valid")(life.not_yet_valid)
account_defect("2048-bit-key")(rsa_key)
account_defect("wrong-issuer-key")(issuer.untrusted_issuer)


@account_defect("two-intermediates")
def two_intermediates(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Issued two authorities below the root: who knows one intermediate finds no path."""
    return authority.nested_issuer.issue(leaf)


@account_defect("sha1-signature")
def sha1_signature(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Signed with SHA-1."""
    return authority.issue(leaf, sha1=True)


@account_defect("ca-true")
def ca_true(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its basic constraints call a person an authority."""
    return authority.issue(leaf.having(x509.BasicConstraints(ca=True, path_length=None)))


@account_defect("no-basic-constraints")
def no_basic_constraints(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Without basic constraints."""
    return authority.issue(leaf.without(x509.BasicConstraints))


# --- policies and statements ------------------------------------------------------------------------------


@account_defect("no-policy")
def no_policy(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Without any policy."""
    return authority.issue(leaf.without(x509.CertificatePolicies))


@account_defect("no-etsi-policy")
def no_etsi_policy(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """With the service's policy alone."""
    return authority.issue(leaf.having(policies(*_policies(leaf)[:1])))


@account_defect("nq-policy")
def nq_policy(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """The policies of a Basic account under a document number that ends with Q."""
    return authority.issue(leaf.having(policies(*_policies(basic(leaf)))))


@account_defect("no-statements")
def no_statements(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """A signature certificate without qcStatements."""
    _statements(leaf, "no-statements")
    kept = tuple(one for one in leaf.extensions if one.oid != QC_STATEMENTS)
    return authority.issue(replace(leaf, extensions=kept))


@account_defect("no-esign")
def no_esign(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its qcStatements do not say that it is for electronic signatures."""
    rows = parse(_statements(leaf, "no-esign"))[0].children()
    kept = [encode(row.tag, row.value) for row in rows if not row.value.startswith(_QC_TYPE)]
    return authority.issue(leaf.having(x509.UnrecognizedExtension(QC_STATEMENTS, der.sequence(*kept))))


# --- what it is for ---------------------------------------------------------------------------------------


@account_defect("key-usage-swapped")
def key_usage_swapped(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """With the key usage of the other certificate, and nothing else of it."""
    usage = leaf.value(x509.KeyUsage)
    assert usage
    other = "content_commitment" if usage.digital_signature else "digital_signature"
    return authority.issue(leaf.having(key_usage(other)))


@account_defect("both-key-usages")
def both_key_usages(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """One key for logging in and for signing."""
    return authority.issue(leaf.having(key_usage("digital_signature", "content_commitment")))


@account_defect("no-extended-key-usage")
def no_extended_key_usage(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """An authentication certificate without extended key usage."""
    if leaf.value(x509.ExtendedKeyUsage) is None:
        raise _needs("no-extended-key-usage", "an authentication certificate")
    return authority.issue(leaf.without(x509.ExtendedKeyUsage))


@account_defect("client-auth-only")
def client_auth_only(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its extended key usage is a TLS client's, not the service's."""
    return authority.issue(leaf.having(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])))


# --- whose it is ------------------------------------------------------------------------------------------


@account_defect("no-alternative-name")
def no_alternative_name(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """No document number anywhere."""
    return authority.issue(leaf.without(x509.SubjectAlternativeName))


@account_defect("other-document-number")
def other_document_number(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """The document number is that of another account of the same person."""
    names = leaf.value(x509.SubjectAlternativeName)
    if names is None:
        raise _needs("other-document-number", "a document number")
    (name,) = names.get_values_for_type(x509.DirectoryName)
    (number,) = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    identifier, mark, level = str(number.value).rsplit("-", 2)
    other = f"{identifier}-{next(one for one in _OTHER_MARKS if one != mark)}-{level}"
    directory = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, other)])
    return authority.issue(leaf.having(x509.SubjectAlternativeName([x509.DirectoryName(directory)])))


@account_defect("two-serial-numbers")
def two_serial_numbers(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Two serialNumber attributes, the second one somebody else's."""
    own = _text(leaf, NameOID.SERIAL_NUMBER)
    other = next(one for one in _OTHER_SERIALS if one != own)
    subject = x509.Name([*leaf.subject, x509.NameAttribute(NameOID.SERIAL_NUMBER, other)])
    return authority.issue(replace(leaf, subject=subject))


@account_defect("no-type-prefix")
def no_type_prefix(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its serialNumber is the bare code."""
    code = _text(leaf, NameOID.SERIAL_NUMBER).partition("-")[2]
    return authority.issue(renamed(leaf, {NameOID.SERIAL_NUMBER: code}))


@account_defect("passport-number")
def passport_number(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its serialNumber is a passport's."""
    country = _text(leaf, NameOID.COUNTRY_NAME)
    return authority.issue(renamed(leaf, {NameOID.SERIAL_NUMBER: f"PAS{country}-ZZ0000000"}))


@account_defect("empty-given-name")
def empty_given_name(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """A GN attribute of no characters."""
    rows = [
        (oid, tag, "" if oid == NameOID.GIVEN_NAME.dotted_string else text)
        for oid, tag, text in _attributes(leaf)
    ]
    return authority.issue(leaf, subject=written(rows))


@account_defect("mixed-strings")
def mixed_strings(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """The same subject in the other string types, PrintableString where the letters allow it: to be borne."""
    rows = []
    for oid, tag, text in _attributes(leaf):
        other = PRINTABLE if set(text) <= _PRINTABLE else UTF8
        rows.append((oid, UTF8 if tag == PRINTABLE else other, text))
    return authority.issue(leaf, subject=written(rows))


@account_defect("other-birth-date")
def other_birth_date(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """The date of birth is the day after the one in the code."""
    country = _text(leaf, NameOID.COUNTRY_NAME)
    code = _text(leaf, NameOID.SERIAL_NUMBER).partition("-")[2]
    born = national_identifier.birth_date(country, code) or date(1970, 1, 1)
    return authority.issue(leaf.having(date_of_birth(born + timedelta(days=1))))


def _policies(leaf: Leaf) -> list[str]:
    found = leaf.value(x509.CertificatePolicies)
    return [one.policy_identifier.dotted_string for one in found or ()]


def _statements(leaf: Leaf, name: str) -> bytes:
    for one in leaf.extensions:
        if one.oid == QC_STATEMENTS:
            return one.value.public_bytes()
    raise _needs(name, "a Qualified account's signature certificate")


def _attributes(leaf: Leaf) -> list[tuple[str, int, str]]:
    """The subject's attributes: object identifier, tag of the string, text."""
    rows = parse(leaf.subject.public_bytes())[0].children()
    strings = [row.children()[0].children()[1] for row in rows]
    return [
        (attribute.oid.dotted_string, string.tag, str(attribute.value))
        for attribute, string in zip(leaf.subject, strings, strict=True)
    ]


def _text(leaf: Leaf, oid: x509.ObjectIdentifier) -> str:
    (attribute,) = leaf.subject.get_attributes_for_oid(oid)
    return str(attribute.value)


def _needs(name: str, what: str) -> StateError:
    return StateError(f"account defect {name}", what, "another certificate")
