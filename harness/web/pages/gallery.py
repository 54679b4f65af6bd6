"""Every page of the portal with made-up content, as files to look at: `python -m ...pages.gallery DIRECTORY`.

The persons are those of `persons.yaml` and the specimens that stand there; the tests draw the same pages.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha384
from pathlib import Path

from ...registration.identity import Identity
from ...registration.vocabulary import AppState, Code, Reason
from ..messages import LANGUAGES
from . import portal, portal_account, portal_end, portal_guardian
from .render import STATIC, Frame, Problem, View, render

NOW = datetime(2026, 3, 2, 9, 7, 30, tzinfo=timezone(timedelta(hours=2)))
MARI = Identity("PNOEE-47101010033", "EE", "47101010033", "MÄNNIK", "MARI-LIIS", None)
KADRI = Identity("PNOEE-61101019999", "EE", "61101019999", "TESTNUMBER", "KADRI", None)
MARY = Identity("PNOEE-60001019906", "EE", "60001019906", "O’CONNEŽ-ŠUSLIK TESTNUMBER", "MARY ÄNN", None)
GUARDIANS = (MARI.name, MARY.name)
LONG = "Extraordinarily-long-name-of-a-phone <b>" + "W" * 40
APPLICATION = f"""SOFTEID TEST: application for a new account, without legal effect
Application: 8f3a1c5be2d04f7791c06a35
Written: {NOW.astimezone(UTC).isoformat()}
Person: {MARI.name}, {MARI.semantics_id}
Country: EE
Device: Thief One (Android 15), 4b0e7f52-5ad4-4c1e-9f5c-6f7c0c0f1a11
E-mail: mari@example.test
Telephone: none
Terms: 2026-01 (en), accepted 2026-03-02T06:58:11+00:00
Key for authentication: 0f4d2a6e8b1c3d5f7091b3d5f70918c2a4e6f80b1d3f5a7c9e0b2d4f6a8c0e1f
Key for signature: a1c3e5f708192b3d4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6
"""


@dataclass(frozen=True)
class Example:
    """A view and what stands around it."""

    view: View
    state: str
    error: str = ""
    identity: Identity | None = MARI
    path: str = "/"


def examples() -> Mapping[str, Example]:
    """By the name of its file."""
    return {**_way(), **_ends(), **_guardian(), **_accounts()}


def frame_of(example: Example, language: str = "en") -> Frame:
    """The frame of an example."""
    return Frame(
        state=example.state,
        now=NOW,
        language=language,
        error=example.error,
        csrf="made-afresh-for-every-session",
        path=example.path,
        identity=example.identity,
    )


def _aborted(why: str) -> Problem:
    return Problem("", f"error.{Code.SIGN_ABORTED}.title", f"portal.aborted-{why}")


def _way() -> dict[str, Example]:
    login = portal.Login(certificate_url="https://login.localhost:8446/auth/mtls")
    questions = portal.Questions(identity=MARI)
    review = portal.Review(
        identity=MARI,
        device="Thief One",
        platform="Android 15",
        country="EE",
        email="m***@example.test",
        terms="2026-01",
        terms_at=NOW - timedelta(minutes=9),
        accounts=1,
        address="198.51.100.7",
    )
    sign = portal.Sign(
        device="Thief One",
        text=APPLICATION,
        digest=sha384(APPLICATION.encode()).digest(),
        hash_function="SHA-384",
    )
    wait = portal.Wait(device="Mari’s phone", signed_at=NOW, until=NOW + timedelta(minutes=15))
    return {
        "start": Example(portal.Start(address="portal.localhost:8443"), "ANON", identity=None),
        "login": Example(login, "ANON", identity=None, path="/login"),
        "login-no-card": Example(
            replace(login, hint="insert_card", problems=(Problem.of("", Code.NO_CLIENT_CERT),)),
            "ANON",
            Code.NO_CLIENT_CERT,
            None,
        ),
        "login-cancelled": Example(
            replace(login, problems=(Problem.of("", Code.LOGIN_CANCELLED),)),
            "ANON",
            Code.LOGIN_CANCELLED,
            None,
        ),
        "questions": Example(questions, "QUESTIONS"),
        "questions-wrong": Example(
            replace(
                questions,
                email="mari.naidis.example.test",
                phone="5550 <i>0142",
                consent=True,
                problems=(Problem.of("email", Code.EMAIL_INVALID), Problem.of("phone", Code.PHONE_INVALID)),
            ),
            "QUESTIONS",
            Code.EMAIL_INVALID,
        ),
        "questions-unticked": Example(
            replace(questions, problems=(Problem("consent", "portal.consent-needed"),)), "QUESTIONS"
        ),
        "code": Example(portal.CodeEntry(attempts_left=3), "CODE_ENTRY"),
        "code-wrong": Example(
            portal.CodeEntry(attempts_left=2, problems=(Problem.of("code", Code.RC_WRONG),)),
            "CODE_ENTRY",
            Code.RC_WRONG,
        ),
        "review": Example(review, "REVIEW"),
        "review-renewal": Example(replace(review, device="Mari’s phone", account="renewal"), "REVIEW"),
        "review-minor": Example(
            replace(review, identity=KADRI, device="Kadri’s phone", accounts=0, guardians=GUARDIANS),
            "REVIEW",
            identity=KADRI,
        ),
        "review-not-signed": Example(
            replace(review, problems=(_aborted("cancelled"),)), "REVIEW", Code.SIGN_ABORTED
        ),
        "review-card-removed": Example(
            replace(review, problems=(_aborted("card_removed"),)), "REVIEW", Code.SIGN_ABORTED
        ),
        "review-unchosen": Example(
            replace(
                review,
                device=LONG,
                identity=MARY,
                elsewhere=True,
                terms_at=None,
                confirm="click",
                problems=(Problem("mine", "portal.choose"),),
            ),
            "REVIEW",
            identity=MARY,
        ),
        "sign": Example(sign, "SIGNING"),
        "confirm": Example(replace(sign, confirm="click"), "SIGNING"),
        "step-up": Example(
            portal.StepUp(channel="email", masked="m***@example.test", attempts_left=3), "REVIEW"
        ),
        "step-up-wrong": Example(
            portal.StepUp(
                channel="phone",
                masked="+372 *** 0142",
                attempts_left=2,
                problems=(Problem.of("otp", Code.STEP_UP_FAILED),),
            ),
            "REVIEW",
            Code.STEP_UP_FAILED,
        ),
        **{
            f"wait-{at.lower()}": Example(replace(wait, phone=at), "CONFIRMED")
            for at in portal.WAITS
            if at is not AppState.WAIT_GUARDIAN
        },
        "wait-other": Example(replace(wait, phone=AppState.BOUND), "CONFIRMED"),
        "wait-guardian": Example(
            replace(
                wait,
                device="Kadri’s phone",
                phone=AppState.WAIT_GUARDIAN,
                guardian_link="https://portal.localhost:8443/guardian/7Q2M9KXW4T",
                guardian_until=NOW + timedelta(days=7),
                guardians=GUARDIANS,
            ),
            "CONFIRMED",
            identity=KADRI,
        ),
        "done": Example(
            portal.Done(
                device="Mari’s phone",
                document_number="PNOEE-47101010033-K2GN-Q",
                until=NOW + timedelta(days=1096),
                accounts=2,
            ),
            "DONE",
        ),
    }


def _ends() -> dict[str, Example]:
    refused = portal_end.Refused(
        code=Code.CERT_EXPIRED,
        valid_from=datetime(2021, 1, 14, tzinfo=UTC),
        valid_until=datetime(2026, 1, 14, 21, 59, 59, tzinfo=UTC),
        holder=MARI,
        detail={
            "subject": "MÄNNIK,MARI-LIIS,PNOEE-47101010033",
            "issuer": "TEST of softeid ID card CA 2021",
            "serial": "7C 31 0A 55",
            "way": "Web eID",
        },
    )
    reader = portal_end.Refused(code=Code.NO_CLIENT_CERT, hint="connect_reader", detail={"strange": "<b>"})
    return {
        "refused": Example(refused, "ANON", Code.CERT_EXPIRED, None),
        "refused-early": Example(
            replace(
                refused,
                code=Code.CERT_NOT_YET_VALID,
                valid_from=NOW + timedelta(days=4),
                valid_until=NOW + timedelta(days=1800),
            ),
            "ANON",
            Code.CERT_NOT_YET_VALID,
            None,
        ),
        "refused-revoked": Example(
            replace(
                refused,
                code=Code.CERT_REVOKED,
                valid_until=NOW + timedelta(days=900),
                detail={**refused.detail, "reason": "keyCompromise"},
            ),
            "ANON",
            Code.CERT_REVOKED,
            None,
        ),
        "refused-not-activated": Example(
            portal_end.Refused(code=Code.CARD_NOT_ACTIVATED, hint="activate_card"),
            "ANON",
            Code.CARD_NOT_ACTIVATED,
            None,
        ),
        "refused-no-reader": Example(reader, "ANON", Code.NO_CLIENT_CERT, None),
        "refused-later": Example(
            portal_end.Refused(code=Code.SIGNER_MISMATCH, logged_in=True, holder=MARI, retry="/sign"),
            "REVIEW",
            Code.SIGNER_MISMATCH,
        ),
        **{
            f"closed-{reason.lower()}": Example(
                portal_end.Closed(reason=reason, device="Thief One" if reason is Reason.REPORTED else ""),
                "CLOSED",
                str(reason) if reason in Code.__members__ else "",
                None,
            )
            for reason in Reason
        },
        "closed-abandoned": Example(
            portal_end.Closed(reason="ABANDONED", device="Phone"), "CLOSED", Code.APP_REJECTED, None
        ),
        **{f"help-{code.lower()}": Example(portal_end.Help(code=code), "ANON", code, None) for code in Code},
        "maintenance": Example(portal_end.Notice(about="maintenance"), "ANON", "", None),
        "cookies": Example(portal_end.Notice(about="cookies"), "ANON", Code.COOKIES_REQUIRED, None),
        "not-found": Example(portal_end.Notice(about="not_found"), "ANON", "", None),
        "bad-request": Example(portal_end.Notice(about="bad_request"), "ANON", Code.BAD_REQUEST, None),
    }


def _guardian() -> dict[str, Example]:
    start = portal_guardian.GuardianStart(
        action="/guardian/7Q2M9KXW4T/login", certificate_url="https://login.localhost:8446/auth/mtls"
    )
    review = portal_guardian.GuardianReview(
        minor=KADRI,
        device="Kadri’s phone",
        platform="iOS 18",
        country="EE",
        asked_at=NOW - timedelta(hours=20),
        action="/guardian/7Q2M9KXW4T/review",
    )
    sign = portal.Sign(
        device="Kadri’s phone",
        text=APPLICATION,
        digest=sha384(b"").digest(),
        hash_function="SHA-384",
        minor=KADRI.name,
        action="/guardian/7Q2M9KXW4T/sign",
    )
    codes: tuple[portal_guardian.GuardianCode, ...] = (
        Code.GUARDIAN_LINK_EXPIRED,
        Code.GUARDIAN_LINK_USED,
        Code.GUARDIAN_MISMATCH,
        Code.NO_GUARDIAN,
    )
    return {
        "guardian-start": Example(start, "ANON", identity=None),
        "guardian-review": Example(review, "REVIEW"),
        "guardian-sign": Example(sign, "SIGNING"),
        "guardian-signed": Example(portal_guardian.GuardianDone(minor=KADRI.name), "DONE"),
        "guardian-refused": Example(portal_guardian.GuardianDone(minor=KADRI.name, signed=False), "CLOSED"),
        **{
            f"guardian-{code.lower()}": Example(
                portal_guardian.GuardianClosed(code=code), "CLOSED", code, None
            )
            for code in codes
        },
    }


def _accounts() -> dict[str, Example]:
    row = portal_account.AccountRow(
        "PNOEE-47101010033-K2GN-Q", "Mari’s phone", "ACTIVE", NOW, NOW + timedelta(days=1096)
    )
    old = replace(
        row,
        document_number="PNOEE-47101010033-9T27-Q",
        device="Tablet",
        until=NOW + timedelta(days=40),
        renewable=True,
    )
    rows = (
        row,
        old,
        replace(row, device=LONG, status="CLOSED"),
        replace(row, device="Old", status="EXPIRED"),
    )
    deeds: tuple[portal_account.Deed, ...] = (
        "closed", "renewed", "locked", "refused", "signed", "authenticated", "registered",
    )  # fmt: skip
    history = tuple(
        portal_account.HistoryRow(
            NOW - timedelta(hours=i), deed, "Mari’s phone", "Test bank <i>" if i in (4, 5) else ""
        )
        for i, deed in enumerate(deeds)
    )
    wrong = Problem("confirmation", "portal.confirmation-wrong")
    delete = portal_account.DeleteAccount(account=row, action="/selfservice/PNOEE-47101010033-K2GN-Q/delete")
    return {
        "accounts": Example(portal_account.Accounts(accounts=rows, deleted="Old phone"), "AUTHENTICATED"),
        "accounts-none": Example(portal_account.Accounts(accounts=()), "AUTHENTICATED"),
        "history": Example(portal_account.History(entries=history), "AUTHENTICATED"),
        "history-none": Example(portal_account.History(entries=()), "AUTHENTICATED"),
        "delete": Example(delete, "AUTHENTICATED"),
        "delete-wrong": Example(replace(delete, problems=(wrong,)), "AUTHENTICATED"),
    }


def write(directory: Path) -> int:
    """Write every page in every language, with stylesheet and scripts; how many pages that were."""
    shutil.copytree(STATIC, directory / "static", dirs_exist_ok=True)
    pages = [(name, language) for name in examples() for language in LANGUAGES]
    for name, language in pages:
        example = examples()[name]
        frame = replace(frame_of(example, language), static="static")
        file = f"{name}.html" if language == "en" else f"{name}.{language}.html"
        (directory / file).write_text(render(example.view, frame), encoding="utf-8")
    return len(pages)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m softeid.harness.web.pages.gallery DIRECTORY")
    sys.stdout.write(f"{write(Path(sys.argv[1]))} pages\n")
