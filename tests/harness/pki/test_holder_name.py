"""Names that try something: they stand in a certificate as they are, and the common name keeps its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from unicodedata import normalize

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given as drawn
from hypothesis import strategies as st

from softeid.harness.clock import Clock
from softeid.harness.issuing import issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.error import StateError
from softeid.harness.pki.leaf import authentication, holder_name
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
END = datetime(2030, 6, 1, 21, 59, 59, tzinfo=UTC)

HOSTILE = {
    "diacritics": ("ŠÕÄÖÜŽ", "ĪŅĢŲĖ"),
    "an apostrophe": ("O\u2019CONNEŽ", "D'ARTAGNAN"),
    "a hyphen": ("TAMM-KASK", "ANNA-LIISA"),
    "a comma": ("TAMM, KASK", "ANNA,LIISA"),
    "HTML": ("<script>alert(1)</script>", "&amp;\"'"),
    "attributes": ("X,CN=SOFTEID TEST root+O=X", "/CN=X"),
    "a newline": ("TAMM\r\nX: Y", "\t"),
    "a zero": ("TAMM\0KASK", "\0"),
    "right to left": ("\u202eMMAT", "\u200f"),
    "an emoji": ("\U0001f600", "\U0001f600" * 20),
    "64 letters": ("A" * 64, "B"),
    "a thousand letters": ("Õ" * 500, "Ä" * 500),
    "no given name": ("TAMM", ""),
    "letters and accents apart": ("TA\u0303MM", "E\u0308"),
}


@pytest.mark.parametrize(("surname", "given"), HOSTILE.values(), ids=HOSTILE)
def test_names_stand_unchanged_and_the_common_name_keeps_its_limit(
    authority: Authority, key: ec.EllipticCurvePrivateKey, surname: str, given: str
) -> None:
    person = replace(persons()["jaak"], surname=surname, given_names=given)
    certificate = authority.issue(authentication(person, key.public_key(), BEGIN, END))
    again = x509.load_der_x509_certificate(certificate.public_bytes(Encoding.DER))
    told = {one.oid: str(one.value) for one in again.subject}
    assert told[NameOID.SURNAME] == normalize("NFC", surname)
    assert told.get(NameOID.GIVEN_NAME, "") == normalize("NFC", given)
    common = told[NameOID.COMMON_NAME]
    assert len(common.encode()) <= 64
    names, _, code = common.rpartition(",")
    assert code == person.code
    whole = ",".join(filter(None, (normalize("NFC", surname), normalize("NFC", given))))
    assert whole.startswith(names)
    assert names == whole or len(whole.encode()) > 64 - len(",38001085718"), "nothing is cut without need"


@pytest.mark.parametrize(("surname", "given"), [("", "JAAK"), ("\ud800", "JAAK"), ("TAMM", "\udfff")])
def test_names_that_no_certificate_can_hold_are_told(
    key: ec.EllipticCurvePrivateKey, surname: str, given: str
) -> None:
    person = replace(persons()["jaak"], surname=surname, given_names=given)
    with pytest.raises(StateError, match="a holder's name: expected a surname, and text in UTF-8"):
        authentication(person, key.public_key(), BEGIN, END)


@drawn(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(alphabet="ÕA ", max_size=90),
)
def test_every_name_fits(surname: str, given_names: str) -> None:
    name = holder_name(replace(persons()["jaak"], surname=surname, given_names=given_names))
    (common,) = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert str(common.value).endswith(",38001085718")


@pytest.mark.parametrize(("surname", "given"), HOSTILE.values(), ids=HOSTILE)
def test_a_card_bears_the_name(
    authority: Authority, seed: Seed, clock: Clock, surname: str, given: str
) -> None:
    person = replace(persons()["jaak"], surname=surname, given_names=given)
    issued = issue_card(load_profile("esteid-2018"), person, authority, seed=seed, clock=clock)
    for certificate in issued.certificates.values():
        assert certificate.subject == holder_name(person)
