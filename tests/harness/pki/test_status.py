"""What an authority says about certificates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509

from softeid.harness.pki.error import StatusRefused
from softeid.harness.pki.status import (
    GOOD,
    STATUS_LIFE,
    Status,
    StatusRegister,
    followed,
    revoked,
    suspended,
)

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
LOST, REPLACED = x509.ReasonFlags.key_compromise, x509.ReasonFlags.superseded


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
    with pytest.raises(ValueError, match="revokes nothing"):
        revoked(NINE, x509.ReasonFlags.remove_from_crl)


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (GOOD, GOOD, GOOD),
        (GOOD, suspended(TEN), suspended(TEN)),
        (GOOD, revoked(TEN, LOST), revoked(TEN, LOST)),
        (suspended(NINE), GOOD, GOOD),
        (suspended(NINE), suspended(TEN), suspended(NINE)),
        (suspended(NINE), revoked(TEN), revoked(NINE)),
        (suspended(NINE), revoked(TEN, LOST), revoked(NINE, LOST)),
        (revoked(NINE, LOST), revoked(TEN), revoked(NINE, LOST)),
        (revoked(NINE, LOST), revoked(TEN, LOST), revoked(NINE, LOST)),
        (revoked(NINE), GOOD, None),
        (revoked(NINE), suspended(TEN), None),
        (revoked(NINE, LOST), revoked(TEN, REPLACED), None),
        (revoked(NINE), revoked(TEN, REPLACED), None),
    ],
    ids=str,
)
def test_what_may_follow(before: Status, wanted: Status, after: Status | None) -> None:
    assert (str(wanted) in STATUS_LIFE[str(before)]) or after is None
    if after is None:
        with pytest.raises(StatusRefused):
            followed(before, wanted)
    else:
        assert followed(before, wanted) == after


def test_every_status_has_a_row() -> None:
    every = {str(one) for one in (GOOD, suspended(NINE), revoked(NINE))}
    assert STATUS_LIFE.keys() == every
    assert all(row <= every for row in STATUS_LIFE.values())
