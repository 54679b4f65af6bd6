"""What a card in each state looks like at a moment: its findings, its certificates, its files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.harness.report.made_card import NOW, STATES, issued, record, view

from softeid.emulator import PersonalisationError
from softeid.emulator.pin import PinState
from softeid.harness.pki.status import GOOD, Status, revoked
from softeid.harness.report.card_certificate import (
    CertificateView,
    IssuerSays,
    NoCertificate,
    view_certificate,
)
from softeid.harness.report.card_finding import findings
from softeid.harness.report.card_view import CardView, view_card

BOTH = ("authentication", "signature")
ALL = ("document", *BOTH)

# What each state shows: codes of findings and what they are about. A state without any is in order.
SHOWN: dict[str, set[tuple[str, str]]] = {
    "fresh": set(),
    "pin1-last-try": {("last-try", "PIN1")},
    "pin1-blocked": {("blocked", "PIN1")},
    "pin2-blocked": {("blocked", "PIN2")},
    "puk-blocked": {("blocked", "PUK")},
    "expired": {("expired", about) for about in ALL},
    "expires-tomorrow": {("expires-soon", about) for about in ALL},
    "not-yet-valid": {("not-yet-valid", about) for about in ALL},
    "suspended": {("suspended", use) for use in BOTH},
    "revoked": {("revoked", use) for use in BOTH},
    "untrusted-issuer": {("unknown", use) for use in BOTH},
    "wrong-usage": {("other-usage", use) for use in BOTH},
    "digital-id": set(),
    "residence-permit": set(),
    "e-resident": set(),
    "renewed": set(),
    "no-certificates": {("no-certificate", use) for use in BOTH},
    "key-mismatch": {("other-key", use) for use in BOTH},
    "two-people": {("other-person", "signature")},
    "wrong-personal-code": {("impossible-code", "holder")},
}


def seen(state: str, at: datetime = NOW) -> CardView:
    """A card whose issuer answers as OCSP would."""

    def says(use: str) -> IssuerSays:
        return issued(state).status(use) or "unknown"

    return view_card(record(state), at, says)


def certificate(card: CardView, use: str) -> CertificateView:
    found = card.certificates[use]
    assert isinstance(found, CertificateView)
    return found


def test_every_state_is_looked_at() -> None:
    assert SHOWN.keys() == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_what_a_state_shows(state: str) -> None:
    assert {(one.code, one.about) for one in findings(seen(state))} == SHOWN[state]


def test_what_is_wrong_comes_first() -> None:
    card = seen("expired")
    last_try = replace(card.pins["PIN1"], tries=1)
    found = findings(replace(card, pins={**card.pins, "PIN1": last_try}))
    assert [one.wrong for one in found] == [True, True, True, False]


@pytest.mark.parametrize(
    ("state", "at", "words"),
    [
        ("fresh", NOW, "expires in 4 years 11 months"),
        ("expired", NOW, "expired 11 hours ago"),
        ("expires-tomorrow", NOW, "expires in 1 day 12 hours"),
        ("not-yet-valid", NOW, "not valid until 2026-03-03"),
        ("renewed", NOW, "expires in 3 years 11 months"),
        ("fresh", datetime(2031, 2, 28, 9, tzinfo=UTC), "expires in 1 day 12 hours"),
        ("fresh", datetime(2032, 2, 29, 9, tzinfo=UTC), "expired 11 months 27 days ago"),
        ("fresh", NOW - timedelta(days=3), "not valid until 2026-03-01"),
    ],
)
def test_validities_at_a_moment(state: str, at: datetime, words: str) -> None:
    card = seen(state, at)
    assert {what: one.words(at) for what, one in card.validities.items()} == dict.fromkeys(ALL, words)


def test_a_renewed_card_is_older_than_its_certificates() -> None:
    document, auth, sign = seen("renewed").validities.values()
    assert document.begins < auth.begins == sign.begins
    assert document.ends == auth.ends == sign.ends


def test_a_status_holds_from_its_beginning() -> None:
    later = revoked(NOW + timedelta(days=1), x509.ReasonFlags.superseded)
    card = view_card(record(), NOW, lambda use: later)
    assert certificate(card, "signature").status == GOOD
    card = view_card(record(), NOW + timedelta(days=1), lambda use: later)
    assert certificate(card, "signature").status == later


def test_nobody_may_know_a_status() -> None:
    card = view_card(record(), NOW, lambda use: None)
    assert certificate(card, "signature").status is None
    assert findings(card) == ()


def test_a_certificate_says_what_it_says() -> None:
    card = seen("fresh")
    auth = certificate(card, "authentication")
    own = issued().certificates["authentication"]
    assert auth.subject == "JÕEORG,JAAK-KRISTJAN,*******5718"
    assert auth.serial_number == "PNOEE-*******5718"
    assert auth.issuer == "SOFTEID TEST of ESTEID2018"
    assert auth.serial == f"{own.serial_number:X}"
    assert auth.validity == (own.not_valid_before_utc, own.not_valid_after_utc)
    assert (auth.key, auth.of_the_card, auth.of_the_holder) == ("EC secp384r1", True, True)
    assert auth.usages == ("digitalSignature", "keyAgreement")
    assert auth.purposes == ("clientAuth", "emailProtection")
    assert auth.status == Status()
    sign = certificate(card, "signature")
    assert (sign.usages, sign.purposes) == (("contentCommitment",), ())


@pytest.mark.parametrize(
    ("der", "empty"),
    [(b"", True), (b"\0", False), (b"0\x82\x01", False), (bytes(4000), False)],
    ids=["empty", "a zero", "cut off", "zeros"],
)
def test_a_file_may_hold_no_certificate(der: bytes, empty: bool) -> None:
    made = record()
    card = view_card(
        replace(made, certificates={**made.certificates, "signature": der}), NOW, lambda use: None
    )
    found = card.certificates["signature"]
    assert isinstance(found, NoCertificate)
    assert found.empty is empty
    assert {one.code for one in findings(card)} == {"no-certificate" if empty else "unreadable"}
    assert "signature" not in card.validities


def strange_certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> bytes:
    """One that says next to nothing."""
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW).public_key(key.public_key())
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_a_certificate_may_say_next_to_nothing() -> None:
    own, other = (ec.generate_private_key(curve) for curve in (ec.SECP384R1(), ec.SECP256R1()))
    found = view_certificate(strange_certificate(x509.Name([]), other), own, "38001085718", None, NOW)
    assert isinstance(found, CertificateView)
    assert (found.subject, found.issuer, found.usages, found.purposes) == ("", "", (), ())
    assert (found.key, found.of_the_card, found.of_the_holder) == ("EC secp256r1", False, False)


def test_every_truncation_of_a_certificate_is_told() -> None:
    made = record()
    whole, key = made.certificates["signature"], made.keys["signature"]
    for length in range(1, len(whole)):
        assert isinstance(view_certificate(whole[:length], key, "", None, NOW), NoCertificate)


def test_the_holder_is_whom_the_records_name() -> None:
    holder = seen("fresh").holder
    assert (holder.name, holder.code) == ("JAAK-KRISTJAN JÕEORG", "*******5718")
    assert (holder.sex, holder.citizenship) == ("M", "EST")
    assert "specimen" in holder.source


def test_records_may_hold_no_days() -> None:
    made = record()
    holder = {**made.holder, "expiry": "soon"}
    assert view_card(replace(made, holder=holder), NOW, lambda use: None).document is None


@pytest.mark.parametrize("state", STATES)
def test_pins_are_as_the_card_keeps_them(state: str) -> None:
    card = seen(state)
    for name, pin in issued(state).permanent.pins.items():
        told = card.pins[name]
        assert (told.tries, told.state, told.value) == (pin.tries, pin.state, None)


def test_a_transport_pin_wants_to_be_changed() -> None:
    made = record()
    pins = {**made.pins, "PIN1": replace(made.pins["PIN1"], state=PinState.TRANSPORT)}
    (found,) = findings(view_card(replace(made, pins=pins), NOW, lambda use: None))
    assert (found.code, found.about) == ("transport", "PIN1")


def test_pins_are_told_to_those_who_ask() -> None:
    made = record()
    own = replace(made.pins["PIN2"], block=made.profile.pins["PIN2"].block("8642097"))
    card = view_card(replace(made, pins={**made.pins, "PIN2": own}), NOW, lambda use: None, pins=True)
    assert {name: pin.value for name, pin in card.pins.items()} == {
        "PIN1": "1234",
        "PIN2": "8642097",
        "PUK": "12345678",
    }
    assert "8642097" not in repr(card)


def test_the_files_are_those_of_the_card() -> None:
    made = issued()
    sizes = {one.facts.fid: one.size for one in view().root.below()}
    own = {one.fid: getattr(one, "content", None) for one in made.permanent.root.below()}
    assert sizes == {fid: None if content is None else len(content) for fid, content in own.items()}


def test_a_switch_brings_a_file() -> None:
    assert 0x2F00 not in {one.facts.fid for one in view().root.below()}
    card = view(ef_dir="present")
    assert 0x2F00 in {one.facts.fid for one in card.root.below()}
    assert {one.facts.name for one in card.switches if one.changed} == {"ef-dir"}


@pytest.mark.parametrize(
    ("fid", "text"), [(0x3F00, ""), (0x5000, ""), (0xADF1, "POT AWP"), (0xADF2, "QSCD Application")]
)
def test_what_can_be_read_in_an_aid(fid: int, text: str) -> None:
    (found,) = (one for one in view().root.below() if one.facts.fid == fid)
    assert found.aid_text == text


def test_every_fact_has_its_evidence() -> None:
    card = view()
    algorithms = len(card.profile.algorithms)
    files = len(list(card.root.below()))
    assert len(list(card.evidence())) == 2 + 3 + 2 + algorithms + files + len(card.switches)


def test_a_moment_is_told_in_utc() -> None:
    tallinn = datetime.fromisoformat("2026-03-02T11:00:00+02:00")
    assert view_card(record(), tallinn, lambda use: None).at == NOW
    assert view_card(record(), tallinn, lambda use: None).at.tzinfo is UTC


def test_a_record_that_does_not_fit_is_refused() -> None:
    with pytest.raises(PersonalisationError):
        view_card(replace(record(), keys={}), NOW, lambda use: None)


def test_no_secret_is_in_a_view() -> None:
    made = record()
    shown = repr(view_card(made, NOW, lambda use: None, pins=True))
    for key in made.keys.values():
        assert str(key.private_numbers().private_value) not in shown
        assert f"{key.private_numbers().private_value:x}" not in shown.lower()
    assert made.person.code not in shown
    assert str(made.seed) not in shown


def test_octets_that_are_no_digits_are_told_in_hex() -> None:
    made = record()
    own = replace(made.pins["PIN1"], block=bytes.fromhex("31323334FF35") + bytes(6))
    card = view_card(replace(made, pins={**made.pins, "PIN1": own}), NOW, lambda use: None, pins=True)
    assert card.pins["PIN1"].value == "31323334FF35000000000000"


def test_a_profile_of_ones_own_is_told() -> None:
    assert view_card(replace(record(), profile_text="profile: x"), NOW, lambda use: None).own_profile
    assert not view().own_profile
