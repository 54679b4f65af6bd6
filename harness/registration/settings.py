"""What the registration specification leaves to configuration (marked cfg there), with its defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

DeadlineScope = Literal["code", "portal", "all"]
OnThree = Literal["terminate", "lock"]


@dataclass(frozen=True)
class Settings:
    """The rules of one Smart-ID side. Durations are those of the specification's table of timers (1.5).

    Args:
        countries: where accounts can be registered (1.7)
        terms_version: the terms of use that are in force
        t_code: how long a registration code lives; at exactly this age it is expired
        deadline_scope: what must be done within `t_code`: the code typed, the application signed too, or all
        code_refresh_resets: whether a refreshed code lives `t_code` anew, or keeps the first one's deadline
        t_pin_entry: choosing both PINs, and typing both again in the last step: so long each
        t_confirm: the last step as a whole, from the signed application on
        t_portal_idle: how long a visit lasts in which nothing is done
        t_nonce: how long a Web eID challenge can be answered
        t_issue_retry: the pause before certificates are asked for again (our choice)
        issue_attempts: how often certificates are asked for before the registration ends
        max_attempts: wrong registration codes in one login
        cooldown_attempts: so many wrong codes of one person within `cooldown`, and no more are taken
        cooldown: the time within which wrong codes of one person are counted
        pin1_digits: how many digits PIN1 has, at least and at most
        pin2_digits: how many digits PIN2 has, at least and at most
        pin_allow_equal: whether PIN1 and PIN2 may be the same
        on_three: what the third wrong PIN in the last step does: end the registration, or lock the key
        key_bits: size of account keys
        lock_1: how long a key is locked after three wrong PINs in a row (ST, FIA_AFL.1)
        lock_2: likewise after six; after nine the key is destroyed
        t_repeat: how long the answer to a key operation is kept for the same request (5.3)
        account_years: how long an account and its certificates live
        ocsp_max_age: how old `thisUpdate` of an OCSP answer may be
        ocsp_skew: how far `thisUpdate` may lie in the future, or `nextUpdate` in the past
        ocsp_soft_fail: go on when no OCSP answer can be had: for experiments only
        bad_origins: origins of known phishing sites: a token signed for one is told in the audit trail
    """

    countries: tuple[str, ...] = ("EE", "LV", "LT", "BE")
    terms_version: str = "2026-01"

    t_code: timedelta = timedelta(seconds=900)
    deadline_scope: DeadlineScope = "portal"
    code_refresh_resets: bool = True
    t_pin_entry: timedelta = timedelta(seconds=300)
    t_confirm: timedelta = timedelta(seconds=900)
    t_portal_idle: timedelta = timedelta(seconds=1800)
    t_nonce: timedelta = timedelta(seconds=300)
    t_issue_retry: timedelta = timedelta(seconds=10)
    issue_attempts: int = 3

    max_attempts: int = 3
    cooldown_attempts: int = 9
    cooldown: timedelta = timedelta(hours=24)

    pin1_digits: tuple[int, int] = (4, 12)
    pin2_digits: tuple[int, int] = (5, 12)
    pin_allow_equal: bool = False
    on_three: OnThree = "terminate"

    key_bits: Literal[2048, 3072, 4096] = 3072
    lock_1: timedelta = timedelta(hours=3)
    lock_2: timedelta = timedelta(hours=24)
    t_repeat: timedelta = timedelta(seconds=60)
    account_years: int = 3

    ocsp_max_age: timedelta = timedelta(seconds=120)
    ocsp_skew: timedelta = timedelta(seconds=900)
    ocsp_soft_fail: bool = False
    bad_origins: tuple[str, ...] = ()
