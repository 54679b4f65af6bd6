"""What the registration specification leaves to configuration (marked cfg there), with its defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

DeadlineScope = Literal["code", "portal", "all"]
OnThree = Literal["terminate", "lock"]


@dataclass(frozen=True)
class Settings:
    """The rules of one Smart-ID side. Durations are those of the specification's table of timers (1.5)."""

    countries: tuple[str, ...] = ("EE", "LV", "LT", "BE")
    """Where accounts can be registered (1.7)."""
    terms_version: str = "2026-01"

    t_code: timedelta = timedelta(seconds=900)
    """How long a registration code lives; at exactly this age it is expired."""
    deadline_scope: DeadlineScope = "portal"
    """What must be done within `t_code`: the code typed, the application signed too, or everything."""
    code_refresh_resets: bool = True
    """Whether a refreshed code lives `t_code` from its own issue, or keeps the first one's deadline."""
    t_pin_entry: timedelta = timedelta(seconds=300)
    """Choosing both PINs, and typing both again in the last step: so long each."""
    t_confirm: timedelta = timedelta(seconds=900)
    """The last step as a whole, from the signed application on."""
    t_portal_idle: timedelta = timedelta(seconds=1800)
    t_nonce: timedelta = timedelta(seconds=300)
    """How long a Web eID challenge can be answered."""
    t_issue_retry: timedelta = timedelta(seconds=10)
    """The pause before certificates are asked for again (our choice)."""
    issue_attempts: int = 3

    max_attempts: int = 3
    """Wrong registration codes in one login."""
    cooldown_attempts: int = 9
    cooldown: timedelta = timedelta(hours=24)
    """So many wrong codes of one person within this time, and no more are taken."""

    pin1_digits: tuple[int, int] = (4, 12)
    pin2_digits: tuple[int, int] = (5, 12)
    pin_allow_equal: bool = False
    on_three: OnThree = "terminate"
    """What the third wrong PIN in the last step does: end the registration, or lock the key for a while."""

    key_bits: Literal[2048, 3072, 4096] = 3072
    lock_1: timedelta = timedelta(hours=3)
    """After three wrong PINs in a row; after nine the key is destroyed (ST, FIA_AFL.1)."""
    lock_2: timedelta = timedelta(hours=24)
    t_repeat: timedelta = timedelta(seconds=60)
    """How long the answer to a key operation is kept for the same request (5.3)."""
    account_years: int = 3

    ocsp_max_age: timedelta = timedelta(seconds=120)
    ocsp_skew: timedelta = timedelta(seconds=900)
    """How far `thisUpdate` may lie in the future, or `nextUpdate` in the past."""
    ocsp_soft_fail: bool = False
    """Go on when no OCSP answer can be had: for experiments only."""
    bad_origins: tuple[str, ...] = ()
    """Origins of known phishing sites: a token that was signed for one is told in the audit trail."""
