"""Every fault of a responder, seen by the portal's check: its code in the catalogue (SID-CRT-007 to 017)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from softeid.harness.clock import Clock
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.leaf import authentication
from softeid.harness.pki.ocsp import Responder
from softeid.harness.pki.ocsp_fault import OCSP_FAULTS, faulty
from softeid.harness.pki.shape import ESTEID2018_LEAF
from softeid.harness.registration.ocsp_check import OcspCheck
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SEED = Seed("faults")
CODES: dict[str, tuple[Code, str | None] | None] = {
    "down": (Code.OCSP_UNAVAILABLE, "down"),
    "timeout": (Code.OCSP_UNAVAILABLE, "timeout"),
    "http-500": (Code.OCSP_UNAVAILABLE, "http_500"),
    "try-later": (Code.OCSP_UNAVAILABLE, "try_later"),
    "unauthorized": (Code.OCSP_UNAVAILABLE, "unauthorized"),
    "garbage": (Code.OCSP_INVALID, "unreadable"),
    "stale": (Code.OCSP_STALE, "old"),
    "future": (Code.OCSP_STALE, "future"),
    "wrong-signer": (Code.OCSP_INVALID, "signature"),
    "no-purpose": (Code.OCSP_INVALID, "purpose"),
    "foreign-responder": (Code.OCSP_INVALID, "foreign"),
    "wrong-serial": (Code.OCSP_INVALID, "serial"),
    "two-answers": (Code.OCSP_INVALID, "answers"),
    "nonce-missing": (Code.OCSP_INVALID, "nonce_missing"),
    "nonce-other": (Code.OCSP_INVALID, "nonce_other"),
    "unknown": (Code.CERT_STATUS_UNKNOWN, None),
    "slow": None,
}


def test_every_fault_has_a_code() -> None:
    assert CODES.keys() == OCSP_FAULTS.keys()


@pytest.mark.parametrize(("fault", "told"), CODES.items())
def test_codes(fault: str, told: tuple[Code, str | None] | None) -> None:
    clock = Clock(NOW)
    authority = Authority(SEED, clock)
    key = SEED.ec_key(ESTEID2018_LEAF.curve, "holder").public_key()
    begin, end = NOW - timedelta(days=1), NOW + timedelta(days=1)
    certificate = authority.issue(authentication(persons()["jaak"], key, begin, end))

    def wait(time: timedelta) -> None:
        clock.move_to(clock.now + time)

    fetch = faulty(fault, Responder(authority, clock), wait)
    check = OcspCheck(fetch, Settings(), SEED.stream("nonces"))
    if told is None:
        check.check(certificate, authority.issuer, NOW)
    else:
        with pytest.raises(Refused) as caught:
            check.check(certificate, authority.issuer, NOW)
        assert (caught.value.code, caught.value.detail.get("why")) == told
