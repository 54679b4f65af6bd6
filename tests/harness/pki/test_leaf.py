"""Every field of both certificates against the Estonian certificate profile of 2018."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from softeid.emulator.tlv import DataObject, find, parse
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.leaf import QC_STATEMENTS, Leaf, Policies, Use, authentication, signature
from softeid.harness.pki.shape import ESTEID2018_LEAF

PRINTABLE, UTF8 = 0x13, 0x0C
# OIDs as they stand in DER.
COUNTRY, COMMON_NAME, SURNAME, GIVEN_NAME, SERIAL = "550406", "550403", "550404", "55042A", "550405"
ORGANIZATION, ORGANIZATION_IDENTIFIER = "55040A", "550461"

BOTH = pytest.mark.parametrize("use", list(Use))
BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
END = datetime(2030, 6, 1, 21, 59, 59, tzinfo=UTC)

MakeLeaf = Callable[[Use], Leaf]


def attributes(name: x509.Name) -> list[tuple[str, int, str]]:
    """Each attribute of a name as encoded: OID in hex, tag of the string type, text."""
    found = []
    for one in parse(name.public_bytes())[0].children():
        (pair,) = one.children()
        oid, value = pair.children()
        found.append((oid.value.hex().upper(), value.tag, value.value.decode()))
    return found


def tbs(certificate: x509.Certificate) -> list[DataObject]:
    return parse(certificate.tbs_certificate_bytes)[0].children()


def value_of(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> tuple[object, bool]:
    extension = certificate.extensions.get_extension_for_class(kind)
    return extension.value, extension.critical


@pytest.fixture
def issued(authority: Authority, leaf: MakeLeaf) -> Callable[[Use], x509.Certificate]:
    return lambda use: authority.issue(leaf(use))


Issued = Callable[[Use], x509.Certificate]


@BOTH
def test_subject_in_encoding_order_with_its_string_types(issued: Issued, use: Use) -> None:
    assert attributes(issued(use).subject) == [
        (COUNTRY, PRINTABLE, "EE"),
        (COMMON_NAME, UTF8, "JÕEORG,JAAK-KRISTJAN,38001085718"),
        (SURNAME, UTF8, "JÕEORG"),
        (GIVEN_NAME, UTF8, "JAAK-KRISTJAN"),
        (SERIAL, PRINTABLE, "PNOEE-38001085718"),
    ]


@BOTH
def test_issuer_in_encoding_order_with_its_string_types(issued: Issued, use: Use) -> None:
    assert attributes(issued(use).issuer) == [
        (COUNTRY, PRINTABLE, "EE"),
        (ORGANIZATION, UTF8, "SOFTEID TEST"),
        (ORGANIZATION_IDENTIFIER, UTF8, "NTREE-TEST0000"),
        (COMMON_NAME, UTF8, "SOFTEID TEST of ESTEID2018"),
    ]


@pytest.mark.parametrize("handle", persons())
def test_every_person_fits_into_a_subject(
    authority: Authority, key: ec.EllipticCurvePrivateKey, handle: str
) -> None:
    person = persons()[handle]
    certificate = authority.issue(authentication(person, key.public_key(), BEGIN, END))
    told = {oid: text for oid, _, text in attributes(certificate.subject)}
    assert told[COMMON_NAME] == f"{person.surname},{person.given_names},{person.code}"
    assert (told[SURNAME], told[GIVEN_NAME]) == (person.surname, person.given_names)


@BOTH
def test_version_3_and_ecdsa_with_sha512(issued: Issued, use: Use) -> None:
    certificate = issued(use)
    assert certificate.version is x509.Version.v3
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.840.10045.4.3.4"
    assert find(tbs(certificate)[2].value, 0x06) == bytes.fromhex("2A8648CE3D040304")


@BOTH
def test_key_is_on_a_named_curve_and_uncompressed(issued: Issued, use: Use) -> None:
    algorithm, bits = tbs(issued(use))[6].children()
    assert algorithm.value.hex().upper() == "06072A8648CE3D020106052B81040022"  # id-ecPublicKey, secp384r1
    assert bits.value[:2] == b"\x00\x04"
    assert len(bits.value) == 2 + 2 * 48


@BOTH
def test_validity_is_in_whole_seconds_of_utc_time(issued: Issued, use: Use) -> None:
    times = tbs(issued(use))[4].children()
    assert [(one.tag, one.value.decode()) for one in times] == [
        (0x17, "250601000000Z"),
        (0x17, "300601215959Z"),
    ]


@BOTH
def test_serial_number_is_positive_and_has_16_octets(issued: Issued, use: Use) -> None:
    serial = tbs(issued(use))[1].value
    assert len(serial) == 16
    assert 0x40 <= serial[0] < 0x80


# Extensions in the order of the recorded certificates: OID, critical.
BASIC, USAGE, POLICIES, NAMES, KEY_ID = "2.5.29.19", "2.5.29.15", "2.5.29.32", "2.5.29.17", "2.5.29.14"
STATEMENTS, PURPOSES, AUTHORITY_ID = "1.3.6.1.5.5.7.1.3", "2.5.29.37", "2.5.29.35"
ACCESS = "1.3.6.1.5.5.7.1.1"


@pytest.mark.parametrize(
    ("use", "extensions"),
    [
        (
            Use.AUTHENTICATION,
            [
                (BASIC, False),
                (USAGE, True),
                (POLICIES, False),
                (NAMES, False),
                (KEY_ID, False),
                (STATEMENTS, False),
                (PURPOSES, True),
                (AUTHORITY_ID, False),
                (ACCESS, False),
            ],
        ),
        (
            Use.SIGNATURE,
            [
                (BASIC, False),
                (USAGE, True),
                (POLICIES, False),
                (KEY_ID, False),
                (STATEMENTS, False),
                (AUTHORITY_ID, False),
                (ACCESS, False),
            ],
        ),
    ],
)
def test_extensions_in_order_with_criticality(
    issued: Issued, use: Use, extensions: list[tuple[str, bool]]
) -> None:
    found = [(one.oid.dotted_string, one.critical) for one in issued(use).extensions]
    assert found == extensions


@BOTH
def test_basic_constraints_say_nothing_but_no_authority(issued: Issued, use: Use) -> None:
    assert value_of(issued(use), x509.BasicConstraints)[0] == x509.BasicConstraints(False, None)
    (extension,) = (
        one
        for one in tbs(issued(use))[7].children()[0].children()
        if one.children()[0].value == b"\x55\x1d\x13"
    )
    assert extension.children()[-1].value == b"\x30\x00"  # FALSE is the default and not encoded


@pytest.mark.parametrize(
    ("use", "usage"),
    [
        (Use.AUTHENTICATION, {"digital_signature", "key_agreement"}),
        (Use.SIGNATURE, {"content_commitment"}),
    ],
)
def test_key_usage(issued: Issued, use: Use, usage: set[str]) -> None:
    found = issued(use).extensions.get_extension_for_class(x509.KeyUsage).value
    bits = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    )
    assert {name for name in bits if getattr(found, name)} == usage
    if found.key_agreement:
        assert not found.encipher_only
        assert not found.decipher_only


def test_purposes_of_the_authentication_certificate(issued: Issued) -> None:
    found = issued(Use.AUTHENTICATION).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    # clientAuth, emailProtection
    assert [one.dotted_string for one in found] == ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"]


@pytest.mark.parametrize(
    ("use", "policies", "expected"),
    [
        (Use.AUTHENTICATION, "card", ["1.3.6.1.4.1.51361.1.1.1", "0.4.0.2042.1.2"]),
        (Use.SIGNATURE, "card", ["1.3.6.1.4.1.51361.1.1.1", "0.4.0.194112.1.2"]),
        (Use.AUTHENTICATION, "neutral", ["2.999.1.3.6.1.4.1.51361.1.1.1", "2.999.0.4.0.2042.1.2"]),
        (Use.SIGNATURE, "neutral", ["2.999.1.3.6.1.4.1.51361.1.1.1", "2.999.0.4.0.194112.1.2"]),
    ],
)
def test_policies_document_first_then_etsi(
    authority: Authority, key: ec.EllipticCurvePrivateKey, use: Use, policies: Policies, expected: list[str]
) -> None:
    recipe = authentication if use is Use.AUTHENTICATION else signature
    certificate = authority.issue(recipe(persons()["jaak"], key.public_key(), BEGIN, END, policies=policies))
    found = list(certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value)
    assert [one.policy_identifier.dotted_string for one in found] == expected
    assert [one.policy_qualifiers for one in found] == [["https://softeid.invalid/CPS"], None]


def test_mail_address_of_the_authentication_certificate(issued: Issued) -> None:
    names = issued(Use.AUTHENTICATION).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.RFC822Name("38001085718@eesti.invalid")]


@pytest.mark.parametrize(
    ("use", "identifiers"),
    [
        (Use.AUTHENTICATION, ["0.4.0.1862.1.5"]),
        (Use.SIGNATURE, ["0.4.0.1862.1.1", "0.4.0.1862.1.4", "0.4.0.1862.1.6", "0.4.0.1862.1.5"]),
    ],
)
def test_qualified_statements(issued: Issued, use: Use, identifiers: list[str]) -> None:
    extension = issued(use).extensions.get_extension_for_oid(QC_STATEMENTS).value
    assert isinstance(extension, x509.UnrecognizedExtension)
    statements = parse(extension.value)[0].children()
    found = [dotted(one.children()[0].value) for one in statements]
    assert found == identifiers
    locations = statements[-1].children()[1]
    url, language = locations.children()[0].children()
    assert (url.tag, url.value) == (0x16, b"https://softeid.invalid/conditions-for-use-of-certificates/")
    assert (language.tag, language.value) == (PRINTABLE, b"EN")
    if use is Use.SIGNATURE:
        types = statements[2].children()[1]
        assert [dotted(one.value) for one in types.children()] == ["0.4.0.1862.1.6.1"]  # esign


def dotted(octets: bytes) -> str:
    """An OID below arcs 0 to 2 from its content octets."""
    numbers, number = [octets[0] // 40, octets[0] % 40], 0
    for octet in octets[1:]:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    return ".".join(map(str, numbers))


@BOTH
def test_key_identifiers_are_sha1(issued: Issued, authority: Authority, use: Use) -> None:
    certificate = issued(use)
    own, _ = value_of(certificate, x509.SubjectKeyIdentifier)
    assert own == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    above = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    anchor = authority.issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert above.key_identifier == anchor.digest
    assert len(anchor.digest) == 20
    assert above.authority_cert_issuer is None


@BOTH
def test_addresses_lead_nowhere_real(issued: Issued, authority: Authority, use: Use) -> None:
    found = issued(use).extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [(one.access_method.dotted_string, one.access_location.value) for one in found] == [
        ("1.3.6.1.5.5.7.48.1", "http://aia.softeid.invalid/esteid2018"),
        ("1.3.6.1.5.5.7.48.2", "http://c.softeid.invalid/esteid2018.der.crt"),
    ]
    assert authority.url == "http://aia.softeid.invalid/esteid2018"


@BOTH
def test_no_address_or_mail_of_anybody_real(issued: Issued, use: Use) -> None:
    octets = issued(use).public_bytes(Encoding.DER)
    assert b".ee" not in octets
    for start in (at for at in range(len(octets)) if octets.startswith(b"http", at)):
        host = octets[start:].split(b"/")[2]
        assert host.endswith((b".invalid", b".test"))


def test_a_leaf_moves_within_its_length(leaf: MakeLeaf) -> None:
    ordinary = leaf(Use.SIGNATURE)
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
    between = datetime(2027, 1, 1, tzinfo=UTC)
    assert (ordinary.until(between).not_before, ordinary.until(between).not_after) == (BEGIN, between)
    assert (ordinary.since(between).not_before, ordinary.since(between).not_after) == (between, END)
    for moved, fixed in ((ordinary.until(early), early), (ordinary.since(late), late)):
        assert moved.not_after - moved.not_before == END - BEGIN
        assert fixed in (moved.not_before, moved.not_after)


@pytest.mark.parametrize("policies", ["card", "neutral"])
def test_kinds_of_document(key: ec.EllipticCurvePrivateKey, policies: Policies) -> None:
    found = {}
    for document in ESTEID2018_LEAF.documents:
        made = authentication(
            persons()["jaak"], key.public_key(), BEGIN, END, policies=policies, document=document
        )
        ordinary = authentication(persons()["jaak"], key.public_key(), BEGIN, END, policies=policies)
        assert made == ordinary.of_document(document)
        value = made.value(x509.CertificatePolicies)
        assert value
        found[document] = value[0].policy_identifier.dotted_string.removeprefix("2.999.")
    assert found == ESTEID2018_LEAF.documents
    assert len(set(found.values())) == len(found)
