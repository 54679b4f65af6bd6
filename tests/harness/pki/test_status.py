"""What an authority says about certificates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509

from softeid.harness.pki.status import GOOD, StatusRegister, revoked, suspended

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_suspended_certificate_may_become_good_again() -> None:
    register = StatusRegister()
    assert register.get(7) is None
    assert 7 not in register
    for status, name in (
        (GOOD, "good"),
        (suspended(NINE), "suspended"),
        (GOOD, "good"),
        (revoked(NINE), "revoked"),
    ):
        register.set(7, status)
        assert register.get(7) == status
        assert str(status) == name
        assert (status.good, status.suspended) == (name == "good", name == "suspended")
    assert register.get(8) is None


def test_a_suspension_is_no_revocation() -> None:
    with pytest.raises(ValueError, match="suspension"):
        revoked(NINE, x509.ReasonFlags.certificate_hold)
