"""Cards as they are issued, seen through APDUs and through OCSP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from softeid.emulator import PersonalisationError
from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.card_state import CARD_STATES
from softeid.harness.pki.certificate_state import until
from softeid.harness.pki.error import StateError
from softeid.harness.pki.leaf import Use
from softeid.harness.pki.ocsp import Responder, request
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed

PROFILE = load_profile("esteid-2018")
POSSIBLE = [name for name in CARD_STATES if name not in ("transport-pin", "not-activated")]
JAAK, MARI = persons()["jaak"], persons()["mari"]
USES = [str(use) for use in Use]

Issue = Callable[..., IssuedCard]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def authority(clock: Clock) -> Authority:
    return Authority(Seed("issuing"), clock)


@pytest.fixture
def issue(authority: Authority, clock: Clock) -> Issue:
    def issued(state: str = "fresh", **more: object) -> IssuedCard:
        given = {
            "profile": PROFILE,
            "person": JAAK,
            "authority": authority,
            "seed": Seed("issuing"),
            "clock": clock,
        }
        card = issue_card(**{**given, "state": state, **more})  # type: ignore[arg-type]
        card.card.power_on()
        return card

    return issued


def send(issued: IssuedCard, *apdus: str) -> bytes:
    """Send commands in hex; all must succeed. Returns the data of the last."""
    data = b""
    for apdu in apdus:
        answer = issued.card.process(bytes.fromhex(apdu))
        assert answer[-2:] == b"\x90\x00", f"{apdu} {answer.hex()}"
        data = answer[:-2]
    assert not issued.faults
    return data


def record(issued: IssuedCard, number: int) -> bytes:
    return send(issued, "00A4000C", "00A4010C025000", f"00A4020C0250{number:02X}", "00B0000000")


AWP = "00A4040C0DE828BD080FF2504F5420415750"
QSCD = "00A4040C1051534344204170706C69636174696F6E"
MAIN = "00A4040010A000000077010800070000FE00000100"
CERTIFICATES = {"authentication": (AWP, "3401"), "signature": (QSCD, "341F")}


def read_certificate(issued: IssuedCard, use: str) -> bytes:
    application, fid = CERTIFICATES[use]
    send(issued, MAIN, application, f"00A4020C02{fid}")
    octets = b""
    size = len(issued.certificates[use].public_bytes(Encoding.DER))
    while len(octets) < size:
        octets += send(issued, f"00B0{len(octets):04X}E7")
    return octets


def authenticate(issued: IssuedCard, digest: bytes) -> bytes:
    pin = issued.pins["PIN1"].encode().ljust(12, b"\xff").hex()
    raw = send(issued, MAIN, AWP, f"002000010C{pin}", "002241A406800104840181", f"0088000030{digest.hex()}00")
    return encode_dss_signature(int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big"))


def fits(issued: IssuedCard) -> bool:
    digest = bytes(range(48))
    key = issued.certificates["authentication"].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(authenticate(issued, digest), digest, ec.ECDSA(Prehashed(hashes.SHA384())))
    except Exception:  # noqa: BLE001
        return False
    return True


@pytest.mark.parametrize(
    ("number", "content"),
    [
        (0x1, "JÕEORG"),
        (0x2, "JAAK-KRISTJAN"),
        (0x3, "M"),
        (0x4, "EST"),
        (0x5, "08 01 1980 EST"),
        (0x6, "38001085718"),
        (0x8, "01 03 2031"),
        (0x9, "01 03 2026"),
        *((number, "\0") for number in range(0xA, 0x10)),
    ],
)
def test_personal_data(issue: Issue, number: int, content: str) -> None:
    assert record(issue(), number).decode() == content


@pytest.mark.parametrize("handle", persons())
def test_every_person_gets_a_card(issue: Issue, handle: str) -> None:
    person = persons()[handle]
    issued = issue(person=person)
    assert record(issued, 1).decode() == person.surname
    assert record(issued, 3).decode() == person.sex
    assert issued.person == person


def test_the_document_number_is_in_both_places(issue: Issue) -> None:
    issued = issue()
    number = issued.document_number.encode()
    assert record(issued, 7) == number
    assert send(issued, "00A4000C", "00A4020C02D003", "00B000000B") == b"\x04\x09" + number
    assert issued.document_number.isalnum()
    assert len(issued.document_number) == 9


@pytest.mark.parametrize("series", ["AS", "AA", "NS", "PS"])
def test_the_document_number_is_of_no_real_series(issue: Issue, series: str) -> None:
    assert not issue().document_number.startswith(series)


@pytest.mark.parametrize("profile", ["esteid-2018", "esteid-2018x"])
@pytest.mark.parametrize("use", USES)
def test_the_card_gives_its_certificates(issue: Issue, profile: str, use: str) -> None:
    issued = issue(profile=load_profile(profile))
    assert read_certificate(issued, use) == issued.certificates[use].public_bytes(Encoding.DER)


def test_the_signature_fits_the_certificate(issue: Issue) -> None:
    assert fits(issue())


def test_pins_are_the_profiles_or_those_given(issue: Issue) -> None:
    assert issue().pins == {"PIN1": "1234", "PIN2": "12345", "PUK": "12345678"}
    issued = issue(pins={"PIN1": "0000"})
    assert issued.pins == {"PIN1": "0000", "PIN2": "12345", "PUK": "12345678"}
    assert fits(issued)
    with pytest.raises(PersonalisationError, match="PIN2"):
        issue(pins={"PIN2": "1234"})


# --- what a seed repeats ---------------------------------------------------------------------------


@pytest.mark.parametrize("state", POSSIBLE)
def test_one_seed_gives_the_same_card(authority: Authority, issue: Issue, clock: Clock, state: str) -> None:
    one, again = (issue(state, authority=Authority(Seed("issuing"), clock)) for _ in range(2))
    assert one.document_number == again.document_number
    assert one.certificates == again.certificates
    assert authenticate_or_none(one) == authenticate_or_none(again)
    assert send(one, "0084000008") == send(again, "0084000008")


def authenticate_or_none(issued: IssuedCard) -> bytes | None:
    return authenticate(issued, bytes(48)) if issued.permanent.pins["PIN1"].tries else None


def test_every_new_card_has_a_new_number(issue: Issue) -> None:
    cards = [
        issue(),
        issue(number=1),
        issue(number=2),
        issue(person=MARI),
        issue(profile=load_profile("esteid-2018x")),
        issue(seed=Seed("other")),
        issue(seed=Seed()),
        issue(seed=Seed()),
        issue(auth="expired"),
        issue(sign="expired"),
        *(issue(state) for state in POSSIBLE if state not in ("fresh", "renewed")),
    ]
    assert len({card.document_number for card in cards}) == len(cards)
    for use in USES:
        keys = {card.permanent.keys[use].private.private_numbers().private_value for card in cards}
        assert len(keys) == len(cards)


def test_the_next_day_brings_the_same_card_with_other_dates(
    authority: Authority, clock: Clock, issue: Issue
) -> None:
    one = issue()
    clock.move_to(clock.now + timedelta(days=1))
    other = issue()
    assert one.document_number == other.document_number
    for use in USES:
        assert one.certificates[use].public_key() == other.certificates[use].public_key()
        assert one.certificates[use].serial_number != other.certificates[use].serial_number


# --- states ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "tries"),
    [
        ("fresh", (3, 3, 3)),
        ("pin1-last-try", (1, 3, 3)),
        ("pin1-blocked", (0, 3, 3)),
        ("pin2-blocked", (3, 0, 3)),
        ("puk-blocked", (3, 3, 0)),
    ],
)
def test_tries(issue: Issue, state: str, tries: tuple[int, int, int]) -> None:
    issued = issue(state)
    assert tuple(issued.permanent.pins[name].tries for name in ("PIN1", "PIN2", "PUK")) == tries


def test_a_blocked_pin1_answers_so(issue: Issue) -> None:
    assert issue("pin1-blocked").card.process(bytes.fromhex("0020000100")) == b"\x69\x83"
    assert issue("pin1-last-try").card.process(bytes.fromhex("0020000100")) == b"\x63\xc1"


OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN = (
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN,
)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("fresh", OCSP_GOOD),
        ("expired", OCSP_GOOD),
        ("suspended", OCSP_REVOKED),
        ("revoked", OCSP_REVOKED),
        ("renewed", OCSP_GOOD),
        ("untrusted-issuer", OCSP_UNKNOWN),
    ],
)
def test_what_ocsp_says(
    authority: Authority, issue: Issue, clock: Clock, state: str, status: ocsp.OCSPCertStatus
) -> None:
    responder = Responder(authority, clock)
    for certificate in issue(state).certificates.values():
        answer = responder.answer(request(certificate, authority.issuer))
        assert ocsp.load_der_ocsp_response(answer).certificate_status is status


def test_a_renewed_card_is_the_same_document_with_other_keys(issue: Issue, authority: Authority) -> None:
    old, new = issue("fresh"), issue("renewed")
    assert old.document_number == new.document_number
    assert fits(new)
    for use in USES:
        assert old.certificates[use].public_key() != new.certificates[use].public_key()


def test_renewing_revokes_the_certificates_before(issue: Issue, authority: Authority) -> None:
    before = dict(authority.register.items())
    issued = issue("renewed")
    made = {serial: status for serial, status in authority.register.items() if serial not in before}
    current = {certificate.serial_number for certificate in issued.certificates.values()}
    assert len(made) == 4
    for serial, status in made.items():
        assert status.good == (serial in current)
        if not status.good:
            assert status.reason is x509.ReasonFlags.superseded


def test_a_mismatching_key_signs_what_nobody_can_verify(issue: Issue) -> None:
    assert not fits(issue("key-mismatch"))


def test_two_people(issue: Issue) -> None:
    issued = issue("two-people")
    names = [
        certificate.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)[0].value
        for certificate in issued.certificates.values()
    ]
    assert names == ["PNOEE-38001085718", "PNOEE-47101010033"]
    assert record(issued, 6) == b"38001085718"


def test_a_wrong_personal_code_is_everywhere(issue: Issue) -> None:
    issued = issue("wrong-personal-code")
    assert record(issued, 6) == b"38001085719"
    for certificate in issued.certificates.values():
        assert b"PNOEE-38001085719" in certificate.public_bytes(Encoding.DER)


def test_certificates_differ_in_state(issue: Issue, clock: Clock) -> None:
    issued = issue(auth="expired", sign="not-yet-valid")
    assert issued.certificates["authentication"].not_valid_after_utc < clock.now
    assert issued.certificates["signature"].not_valid_before_utc > clock.now
    assert record(issued, 8) == b"01 03 2031"


def test_one_certificate_differs_from_what_the_state_says(issue: Issue, authority: Authority) -> None:
    issued = issue("revoked", sign="valid")
    statuses = [str(authority.register.get(issued.certificates[use].serial_number)) for use in USES]
    assert statuses == ["revoked", "good"]


def test_neutral_policies(issue: Issue) -> None:
    for certificate in issue(policies="neutral").certificates.values():
        for policy in certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value:
            assert policy.policy_identifier.dotted_string.startswith("2.999.")


@pytest.mark.parametrize("given", [{"state": "broken"}, {"auth": "broken"}, {"sign": "broken"}])
def test_unknown_states_are_told(issue: Issue, given: dict[str, str]) -> None:
    with pytest.raises(StateError, match="found 'broken'"):
        issue(**given)


# --- a certificate replaced on the card ---------------------------------------------------------------


def test_a_bound_that_becomes_known_later(issue: Issue, clock: Clock, authority: Authority) -> None:
    issued = issue()
    before = issued.certificates["signature"]
    clock.move_to(clock.now + timedelta(minutes=3))
    bound = clock.now + timedelta(minutes=10)
    after = issued.reissue("signature", until(bound))
    assert after.not_valid_after_utc == bound
    assert after.public_key() == before.public_key()
    assert after.serial_number != before.serial_number
    assert issued.certificates["signature"] == after
    assert read_certificate(issued, "signature") == after.public_bytes(Encoding.DER)
    assert str(authority.register.get(before.serial_number)) == "good"


def test_reissuing_leaves_the_other_certificate_alone(issue: Issue) -> None:
    issued = issue()
    before = issued.certificates["authentication"]
    issued.reissue("signature", "revoked")
    assert issued.certificates["authentication"] == before
    assert read_certificate(issued, "authentication") == before.public_bytes(Encoding.DER)


def test_certificates_are_replaced_by_reissuing_only(issue: Issue) -> None:
    issued = issue()
    with pytest.raises(TypeError):
        issued.certificates["signature"] = issued.certificates["authentication"]  # type: ignore[index]


def test_faults_are_kept_and_told(issue: Issue, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exception] = []
    issued = issue(on_fault=told.append)

    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("softeid.emulator.card.Command.parse", broken)
    assert issued.card.process(b"\x00\xa4\x00\x0c") == b"\x6f\x00"
    assert [type(bug) for bug in told] == [type(bug) for bug in issued.faults] == [ZeroDivisionError]
