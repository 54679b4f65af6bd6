"""Screens of the phone with made-up content, for the gallery and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from ...registration.vocabulary import AppState, Code, KeyState, Reason
from . import phone, phone_account, phone_screen
from .gallery import LONG, MARI, MARY, NOW, Example
from .render import Problem

PHONE = phone.Phone(
    path="/phones/4b0e7f52",
    name="Mari’s phone",
    platform="Android 15",
    app_version="1.4.0",
    holder="Mari-Liis Männik",
    address="127.0.0.1",
    mark="7",
)
HOSTILE = replace(
    PHONE,
    name=LONG,
    platform="Android <script>alert(1)</script>",
    holder="",
    address="2001:db8::7",
    rooted=True,
    online=False,
    clock_off=timedelta(minutes=10),
    lab_clock_runs=True,
    copy_of="Mari’s \u202e phone & “x”",
)
ENDINGS = (
    ("EXPIRED", None),
    ("LOCKED", None),
    ("ABANDONED", None),
    ("CLOSED", None),
    ("KEY_DESTROYED", None),
    ("ACCOUNT_EXPIRED", None),
    ("REJECTED", Reason.NOT_ME),
    ("REJECTED", Reason.PORTAL_REFUSED),
    ("REJECTED", Reason.GUARDIAN_REFUSED),
    *(("TERMINATED", reason) for reason in Reason),
)
"""Every way in which a registration or an account ends."""


def phone_examples() -> Mapping[str, Example]:
    """By the name of its file."""
    return {**_start(), **_pins(), **_code(), **_finish(), **_account(), **_ends()}


def _start() -> dict[str, Example]:
    copy = replace(HOSTILE, path="/phones/9", running="killed")
    lines = (
        phone.PhoneLine(phone=PHONE, state="CODE_SHOWN"),
        phone.PhoneLine(phone=copy, state="ACTIVE"),
        phone.PhoneLine(phone=replace(PHONE, name="Thief One", running="back"), state="BOUND"),
    )
    phones = phone.PhoneList(phones=lines, least_version="1.4.0")
    wrong = Problem("name", "phone.refused.name", "phone.advice.name")
    country = phone_screen.Country(phone=PHONE, countries=("EE", "LV", "LT", "BE"))
    method = phone_screen.Method(phone=PHONE)
    terms = phone_screen.Terms(phone=PHONE, version="2026-01")
    return {
        "phone-list": _example(phones, "PHONES"),
        "phone-list-empty": _example(phone.PhoneList(phones=(), least_version="1.4.0"), "PHONES"),
        "phone-list-wrong": _example(replace(phones, problems=(wrong,)), "PHONES", Code.BAD_REQUEST),
        "phone-home": _example(phone_screen.Home(phone=PHONE), "HOME"),
        "phone-home-hostile": _example(phone_screen.Home(phone=HOSTILE), "HOME"),
        "phone-background": _example(
            phone_screen.Launcher(phone=replace(PHONE, running="back")), "CODE_SHOWN"
        ),
        "phone-killed": _example(phone_screen.Launcher(phone=replace(PHONE, running="killed")), "CODE_SHOWN"),
        "phone-deleted": _example(
            phone_screen.Launcher(phone=replace(PHONE, running="killed"), installed=False), "ABANDONED"
        ),
        "phone-country": _example(country, "COUNTRY"),
        "phone-country-wrong": _refused(country, "COUNTRY", Code.COUNTRY_UNSUPPORTED, "country"),
        "phone-method": _example(method, "METHOD"),
        "phone-method-wrong": _refused(method, "METHOD", Code.METHOD_NOT_IMPLEMENTED, "method"),
        "phone-terms": _example(terms, "TERMS"),
        "phone-terms-wrong": _refused(terms, "TERMS", Code.TERMS_NOT_READ, "terms"),
    }


def _pins() -> dict[str, Example]:
    one = phone_screen.PinPad(phone=PHONE, number=1, use="choose", least=4, most=12)
    two = phone_screen.PinPad(phone=PHONE, number=2, use="choose", least=5, most=12)
    weak = _refused(one, "PIN1_SET", Code.PIN_TOO_WEAK, phone.PAD, pin=1, rule="ascending")
    return {
        "phone-pin1": _example(replace(one, typed=3, pressed="7"), "PIN1_SET"),
        "phone-pin1-long": _example(replace(one, typed=12, pressed="delete"), "PIN1_SET"),
        "phone-pin1-weak": weak,
        "phone-pin1-short": _refused(one, "PIN1_SET", Code.PIN_TOO_SHORT, phone.PAD, pin=1, min=4),
        "phone-pin1-again": _example(replace(one, use="repeat"), "PIN1_SET"),
        "phone-pin2": _example(two, "PIN2_SET"),
        "phone-pin2-equal": _refused(two, "PIN2_SET", Code.PIN_EQUAL, phone.PAD, pin=2),
        "phone-pin2-again": _refused(
            replace(two, use="repeat"), "PIN2_SET", Code.PIN_REPEAT_MISMATCH, phone.PAD, pin=2
        ),
        "phone-proposed": _example(
            phone_screen.ProposedPins(phone=PHONE, pin1="4271", pin2="90358"), "PIN1_SET"
        ),
    }


def _code() -> dict[str, Example]:
    code = phone_screen.CodeShown(
        phone=PHONE,
        code="483 106 927",
        seconds_left=754,
        seconds_total=900,
        valid_until=NOW + timedelta(seconds=754),
        portal="portal.localhost:8443",
    )
    wait = phone_screen.Waiting(phone=PHONE, state=AppState.BOUND, until=NOW + timedelta(minutes=9))
    return {
        "phone-code": _example(code, "CODE_SHOWN"),
        "phone-code-runs": _example(
            replace(code, phone=replace(PHONE, lab_clock_runs=True), seconds_left=31), "CODE_SHOWN"
        ),
        "phone-code-over": _example(replace(code, seconds_left=0), "CODE_SHOWN"),
        "phone-code-warned": _example(replace(code, warnings=("PIN_PREFIX", "PIN_YEAR")), "CODE_SHOWN"),
        "phone-code-offline": _example(replace(code, phone=HOSTILE), "CODE_SHOWN"),
        "phone-keys-ready": _example(replace(wait, state=AppState.KEYS_READY, until=None), "KEYS_READY"),
        "phone-bound": _example(wait, "BOUND"),
        "phone-issuing": _example(replace(wait, state=AppState.ISSUING, until=None), "ISSUING"),
        "phone-guardian": _example(
            phone_screen.WaitGuardian(
                phone=PHONE,
                link="https://portal.localhost:8443/guardian/7Q2M9KXW4T",
                until=NOW + timedelta(days=7),
            ),
            "WAIT_GUARDIAN",
        ),
    }


def _finish() -> dict[str, Example]:
    identity = phone_screen.IdentityCheck(
        phone=PHONE, identity=MARI, logged_in_at=NOW - timedelta(minutes=3), until=NOW + timedelta(minutes=14)
    )
    pad = phone_screen.PinPad(phone=PHONE, number=1, use="confirm", least=4, most=12, attempts_left=3)
    ready = phone_screen.Ready(phone=PHONE, document_number="PNOEE-47101010033-K2GN-Q")
    other = phone_screen.OtherAccount(device=LONG, since=NOW - timedelta(days=400))
    return {
        "phone-identity": _example(identity, "IDENTITY_CHECK"),
        "phone-identity-warned": _example(
            replace(identity, identity=MARY, warnings=("PIN_BIRTHDAY",)), "IDENTITY_CHECK"
        ),
        "phone-confirm1": _example(replace(pad, typed=2), "PIN1_CONFIRM"),
        "phone-confirm1-wrong": _refused(
            replace(pad, attempts_left=2), "PIN1_CONFIRM", Code.PIN_WRONG, phone.PAD, pin=1, attempts_left=2
        ),
        "phone-confirm2": _example(replace(pad, number=2, least=5), "PIN2_CONFIRM"),
        "phone-confirm2-locked": _example(
            replace(pad, number=2, attempts_left=0, locked_until=NOW + timedelta(hours=3)),
            "PIN2_CONFIRM",
            Code.KEY_LOCKED,
        ),
        "phone-ready": _example(ready, "READY"),
        "phone-ready-others": _example(
            replace(ready, others=(other, replace(other, device="Tablet"))), "READY"
        ),
    }


def _account() -> dict[str, Example]:
    keys = (
        phone_account.KeyLine(pin=1, state=KeyState.READY),
        phone_account.KeyLine(pin=2, state=KeyState.READY, attempts_left=1),
    )
    account = phone_account.AccountHome(
        phone=PHONE,
        name="Mari-Liis Männik",
        document_number="PNOEE-47101010033-K2GN-Q",
        since=NOW - timedelta(days=30),
        until=NOW + timedelta(days=1066),
        keys=keys,
    )
    locked = (
        replace(keys[0], state=KeyState.TIMELOCKED, locked_until=NOW + timedelta(hours=3)),
        replace(keys[1], state=KeyState.DESTROYED),
    )
    pad = phone_screen.PinPad(phone=PHONE, number=2, use="use", least=5, most=12)
    delete = phone_account.DeleteAccount(phone=PHONE, document_number=account.document_number)
    return {
        "phone-account": _example(account, "READY"),
        "phone-account-ending": _example(
            replace(account, keys=locked, renewal=True, until=NOW + timedelta(days=40)), "READY"
        ),
        "phone-use": _example(pad, "READY"),
        "phone-use-login": _example(replace(pad, number=1, least=4), "READY"),
        "phone-used": _example(
            phone_account.KeyUsed(phone=PHONE, use="signature", algorithm="RS256"), "READY"
        ),
        "phone-used-login": _example(
            phone_account.KeyUsed(phone=PHONE, use="authentication", algorithm="PS512"), "READY"
        ),
        "phone-delete": _example(delete, "READY"),
        "phone-delete-wrong": _example(
            replace(delete, problems=(Problem("typed", "phone.refused.not-ok"),)),
            "READY",
            Code.BAD_REQUEST,
        ),
    }


def _ends() -> dict[str, Example]:
    shown: dict[str, Example] = {}
    for ending, reason in ENDINGS:
        name = f"phone-ended-{ending}-{reason}" if reason else f"phone-ended-{ending}"
        ended = phone_screen.Ended(phone=PHONE, ending=ending, reason=reason)
        shown[name.lower()] = _example(ended, ending)
    for code in Code:
        told = phone.problem(code, "", pin=1, min=4, max=12, rule="ascending", attempts_left=2)
        refusal = phone_screen.Refusal(phone=PHONE, code=code, told=told)
        shown[f"phone-refused-{code.lower()}"] = _example(refusal, "HOME", code)
    return shown


def _example(view: phone.PhoneView | phone.PhoneList, state: str, error: str = "") -> Example:
    return Example(view, state, error, None)


def _refused(view: phone.PhoneView, state: str, code: Code, field: str, **detail: object) -> Example:
    told = phone.problem(code, field, **detail)
    return Example(replace(view, problems=(told,)), state, code, None)
