"""Names of authorities: ours are a test's, and nobody else's."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from softeid.emulator.mistake import FileError
from softeid.harness.pki import name
from softeid.harness.pki.error import NameRefused
from softeid.harness.pki.shape import ESTEID2018

OURS = [ESTEID2018.root, ESTEID2018.issuer]
COMMON_NAMES = name.real_names()[NameOID.COMMON_NAME]


@pytest.mark.parametrize("common_name", OURS)
def test_our_names_begin_so_that_everybody_sees_it(common_name: str) -> None:
    assert common_name.startswith("SOFTEID TEST ")
    name.check_ours(name.authority_name(common_name))


@pytest.mark.parametrize("common_name", OURS)
def test_none_of_our_attributes_is_anybody_elses(common_name: str) -> None:
    ours = name.authority_name(common_name)
    for oid, real in name.real_names().items():
        for attribute in ours.get_attributes_for_oid(oid):
            assert name.folded(str(attribute.value)) not in real


@pytest.mark.parametrize("real", COMMON_NAMES)
def test_every_real_name_is_refused(real: str) -> None:
    with pytest.raises(NameRefused):
        name.authority_name(real)


@pytest.mark.parametrize(
    ("common_name", "organization", "identifier"),
    [
        ("SOFTEID TEST x", "SOFTEID TEST", "NTREE-10747013"),
        ("SOFTEID TEST x", "SOFTEID TEST", "ntree-10747013 "),
        ("SOFTEID TEST x", "SK ID Solutions AS", "NTREE-TEST0000"),
        ("SOFTEID TESTED", "SOFTEID TEST", "NTREE-TEST0000"),
        ("TEST of ESTEID2018", "SOFTEID TEST", "NTREE-TEST0000"),
        ("softeid test x", "SOFTEID TEST", "NTREE-TEST0000"),
    ],
    ids=[
        "SK's register number",
        "in small letters",
        "SK's organization",
        "only nearly our prefix",
        "SK's test authority",
        "our prefix in small letters",
    ],
)
def test_every_attribute_counts(common_name: str, organization: str, identifier: str) -> None:
    made = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, identifier),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    with pytest.raises(NameRefused, match="authority name: expected a name"):
        name.check_ours(made)


def test_our_register_number_cannot_be_real() -> None:
    assert not name.IDENTIFIER.removeprefix("NTREE-").isdigit()


@pytest.mark.parametrize("needed", ["EE-GovCA2018", "ESTEID2018", "TEST of ESTEID2018", "Test ESTEID2025"])
def test_the_list_has_those_whose_form_we_take(needed: str) -> None:
    assert name.folded(needed) in COMMON_NAMES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names.yaml:1:1: expected a list of names, found an empty file"),
        (
            "a: []",
            "names.yaml:1:1: expected a list under common-names, organizations or identifiers, found 'a'",
        ),
        ("common-names: [X]", "names.yaml:1:16: expected a name with its source, found 'X'"),
        ("common-names: [{name: X}]", "names.yaml:1:16: expected a name with its source, found a mapping"),
        ("common-names: []", "names.yaml:1:1: expected names under common-names, found none"),
    ],
)
def test_a_wrong_list_is_told_at_its_place(text: str, told: str) -> None:
    with pytest.raises(FileError) as caught:
        name.parse_real_names(text.encode(), "names.yaml")
    assert told in str(caught.value).splitlines()
