"""What the registration specification leaves to configuration (marked cfg there), with its defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

DeadlineScope = Literal["code", "portal", "all"]
OnThree = Literal["terminate", "lock"]
Rooted = Literal["allow", "warn", "deny"]
LeapRule = Literal["march", "february"]
Confirm = Literal["signature", "click"]
AddressMismatch = Literal["tell", "confirm"]
PortalSessions = Literal["kept", "lost"]


@dataclass(frozen=True)
class Settings:
    """The rules of one Smart-ID side. Durations are those of the specification's table of timers (1.5).

    Args:
        countries: where accounts can be registered (1.7)
        terms_version: the terms of use that are in force
        min_app_version: older apps are turned away before a registration begins (SID-APP-012)
        rooted: whether a device whose owner can change its system is taken (SID-APP-013)
        adult_age: years from which on nobody has to sign for a person
        leap_rule: when somebody born on 29 February has a birthday in other years
        t_code: how long a registration code lives; at exactly this age it is expired
        deadline_scope: what must be done within `t_code`: the code typed, the application signed too, or all
        code_refresh_resets: whether a refreshed code lives `t_code` anew, or keeps the first one's deadline
        t_pin_entry: choosing both PINs, and typing both again in the last step: so long each
        t_confirm: the last step as a whole, from the signed application on
        t_portal_idle: how long a visit lasts in which nothing is done
        t_nonce: how long a Web eID challenge can be answered
        t_ticket: how long a login by mutual TLS may take from the login host to the portal
        t_guardian: how long a guardian's link can be used
        t_issue_retry: the pause before certificates are asked for again (our choice)
        issue_attempts: how often certificates are asked for before the registration ends
        max_attempts: wrong registration codes in one login
        cooldown_attempts: so many wrong codes of one person within `cooldown`, and no more are taken
        guess_limit: so many wrong codes from one address within `guess_window`, and no more are taken
        guess_window: the time within which wrong codes of one address are counted
        cooldown: the time within which wrong codes of one person are counted
        pin1_digits: how many digits PIN1 has, at least and at most
        pin2_digits: how many digits PIN2 has, at least and at most
        pin_allow_equal: whether PIN1 and PIN2 may be the same
        pin_deny_birthday: refuse PINs that are the person's birthday, once it is known who they are
        confirm: what the review page asks for: a signature by the card, or a click, which proves less
        step_up: ask for a code that is sent to an address that the person had before
        step_up_attempts: wrong codes of that kind in one visit
        require_card_presence: close a visit when its card is taken out of the reader
        address_mismatch: what phone and browser in different networks mean: to be told, or confirmed too
        portal_sessions: what becomes of visits when the portal restarts
        login_resumption: whether the login host takes up TLS sessions without a new signature: a mistake
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
    min_app_version: str = "1.0"
    rooted: Rooted = "warn"
    adult_age: int = 18
    leap_rule: LeapRule = "march"

    t_code: timedelta = timedelta(seconds=900)
    deadline_scope: DeadlineScope = "portal"
    code_refresh_resets: bool = True
    t_pin_entry: timedelta = timedelta(seconds=300)
    t_confirm: timedelta = timedelta(seconds=900)
    t_portal_idle: timedelta = timedelta(seconds=1800)
    t_nonce: timedelta = timedelta(seconds=300)
    t_ticket: timedelta = timedelta(seconds=30)
    t_guardian: timedelta = timedelta(days=7)
    t_issue_retry: timedelta = timedelta(seconds=10)
    issue_attempts: int = 3

    max_attempts: int = 3
    cooldown_attempts: int = 9
    cooldown: timedelta = timedelta(hours=24)
    guess_limit: int = 30
    guess_window: timedelta = timedelta(hours=1)

    pin1_digits: tuple[int, int] = (4, 12)
    pin2_digits: tuple[int, int] = (5, 12)
    pin_allow_equal: bool = False
    pin_deny_birthday: bool = False
    confirm: Confirm = "signature"
    step_up: bool = False
    step_up_attempts: int = 3
    require_card_presence: bool = False
    address_mismatch: AddressMismatch = "tell"
    portal_sessions: PortalSessions = "kept"
    login_resumption: bool = False
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
