"""What a person does on the portal, from the questions to the signature, and what its page shows."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ..actor import Actor, Browser, Desk
from ..clients.web_eid import NotActivated, WebEid
from ..registration.refusal import Refused
from ..registration.registration_code import grouped
from ..registration.visit import Visit
from ..route import KNOWN_ISSUER
from ..scenario.annotation import Between
from ..scenario.reading import Who
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..scenario.words import RIGHT, Typed
from ..world import World
from .keyboard import NO_SIGNATURE, Keyboard, Pull, missing, why_not
from .typed import SentCode, ShownCode

Algorithm = Literal["card", "RS256", "PS256"]
Over = Literal["own", "another", "earlier"]


@step("answer questions", expect="CODE_ENTRY")
def answer_questions(
    world: World,
    browser: Browser,
    *,
    email: str = "someone@example.test",
    telephone: str = "",
    consent: bool = True,
) -> None:
    """Answer the portal's questions.

    Args:
        email: where the person can be reached.
        telephone: with country code, or nothing.
        consent: to the use of identity data.
    """
    browser.visit.answer(email, telephone, consent=consent)


@step("enter code", expect="CODE_MATCHED & REVIEW & BOUND & code.accepted")
def enter_code(
    world: World,
    me: Actor,
    browser: Browser,
    *,
    of: Who | None = None,
    on: str = "",
    code: ShownCode = "right",
) -> None:
    """Type a registration code into the portal.

    Args:
        of: whose phone shows it; one's own by default.
        on: which of their phones, by name; the first by default.
        code: right (what that phone shows), grouped (the same with a blank and a dash), wrong, previous (the
            one before), or what is typed.
    """
    phones = world.actors[of or me.name].phones
    if on and on not in phones:
        raise Stuck(f"{of or me.name} has no phone named {on}")
    codes = phones[on].codes if on else next(iter(phones.values())).codes
    browser.visit.enter_code(_typed_code(code, codes))


def _typed_code(code: str, shown: list[str]) -> str:
    if code in ("right", "grouped", "previous"):
        number = 2 if code == "previous" else 1
        if len(shown) < number:
            raise Stuck(f"no phone has shown the {code} code yet")
        # "123 456-789": as the phone shows it, and as somebody notes it down
        return shown[-number] if code != "grouped" else "-".join(grouped(shown[-1]).rsplit(" ", 1))
    if code == "wrong":  # well-formed; differs from every code that was shown
        return next(other for digit in range(10) if (other := str(digit) * 9) not in shown)
    return code


# --- review and signature -------------------------------------------------------------------------


@step("sign application", expect="CONFIRMED & application.signed", harm="try", needs=KNOWN_ISSUER)
def sign_application(
    world: World,
    reader: Desk,
    browser: Browser,
    *,
    pin2: Typed = RIGHT,
    pull: Pull | None = None,
    over: Over = "own",
    clicks: Annotated[int, Between(1, 3)] = 1,
    algorithm: Algorithm = "card",
) -> None:
    """Confirm the review page and sign the application with the card's signature key.

    Args:
        pin2: what is typed at the card's PIN2 prompt, or nothing; a list where the prompt comes again.
        pull: take the card out at the prompt, or between PIN and signature.
        over: what is really signed: another text, or an earlier application of this visit.
        clicks: how often each button is pressed.
        algorithm: what the signature is made with; RS256 and PS256 by a program that has the key of the
            certificate on the card (state `rsa`), since no ID card has an RSA key.
    """
    sign_in(world, reader, browser.visit, pin2, pull, over, clicks, algorithm)


def sign_in(
    world: World,
    desk: Desk,
    visit: Visit,
    pin2: Typed = RIGHT,
    pull: Pull | None = None,
    over: Over = "own",
    clicks: int = 1,
    algorithm: Algorithm = "card",
) -> None:
    """The same in a visit, for other steps too."""
    hash_function = "SHA-384" if algorithm == "card" else "SHA-256"
    application = visit.confirm(hash_function)
    digest = application.digest
    if over == "earlier":
        with suppress(Refused):  # SIGN_ABORTED
            visit.abort_signing()
        application = visit.confirm(hash_function)
    elif over == "another":
        digest = bytes(octet ^ 0xFF for octet in digest)
    for _ in range(clicks - 1):
        visit.confirm(hash_function)
    if missing(desk):
        visit.abort_signing("card_removed")
        return
    keyboard = Keyboard(desk, pin2, pull)
    web_eid = WebEid(keyboard.client)
    try:
        certificate = web_eid.signing_certificate()
        if algorithm == "card":
            signature = web_eid.sign(certificate, digest, hash_function, keyboard.prompt)
            octets, name = signature.octets, signature.algorithm
        else:
            octets, name = _by_program(desk, digest, algorithm), algorithm
    except (*NO_SIGNATURE, NotActivated) as error:
        keyboard.done()
        visit.abort_signing(why_not(error))
        return
    keyboard.done()
    for _ in range(clicks):
        visit.sign(certificate, octets, name)


def _by_program(desk: Desk, digest: bytes, algorithm: Algorithm) -> bytes:
    """A signature with the key of an `rsa` certificate."""
    assert desk.card
    key = desk.card.issued.software_key("signature")
    assert isinstance(key, rsa.RSAPrivateKey)
    sha256 = hashes.SHA256()
    ways = {"RS256": padding.PKCS1v15(), "PS256": padding.PSS(padding.MGF1(sha256), sha256.digest_size)}
    return key.sign(digest, ways[algorithm], Prehashed(sha256))


@step("confirm application", expect="CONFIRMED & application.signed(by=click)")
def confirm_application(world: World, browser: Browser) -> None:
    """Press the review page's button, where a click is enough."""
    browser.visit.click()


@step("enter step-up code", expect="REVIEW")
def enter_step_up_code(world: World, browser: Browser, *, code: SentCode = "right") -> None:
    """Type the further code that lies in the outbox.

    Args:
        code: right, wrong, or what is typed.
    """
    with world.records():
        sent = [one.text for one in world.core.outbox.messages if one.kind == "code sent"]
    if not sent:
        raise Stuck("no further code was sent yet")
    digits = re.search(r": (\d{6})\.", sent[-1])
    assert digits
    wrong = "".join(str((int(digit) + 1) % 10) for digit in digits[1])
    browser.visit.step_up({"right": digits[1], "wrong": wrong}.get(code, code))


@step("refuse application", expect="CLOSED(USER_REFUSED) & REJECTED(PORTAL_REFUSED)")
def refuse_application(world: World, browser: Browser) -> None:
    """Say no on the review page."""
    browser.visit.cancel()


@step("report fraud", expect="CLOSED(REPORTED) & TERMINATED(REPORTED)")
def report_fraud(world: World, browser: Browser) -> None:
    """Say on the portal that this is fraud."""
    browser.visit.report()


@step("log out", expect="CLOSED(LOGOUT)")
def log_out(world: World, browser: Browser) -> None:
    """Leave the portal."""
    browser.visit.log_out()


@step("close browser")
def close_browser(world: World, browser: Browser) -> None:
    """Close the browser's window; nobody tells the portal."""
    browser.close()


@step("delete account on the portal", expect="account.closed(by=portal)")
def delete_account(
    world: World, me: Actor, browser: Browser, *, document: str = "own", typed: str = "OK"
) -> None:
    """End an account in self-service.

    Args:
        document: own (the newest that can be used), a person whose it is, or a document number.
        typed: what is typed to show that it is meant.
    """
    if document == "own":
        active = [one for one in browser.visit.page().accounts if one.status == "ACTIVE"]
        if not active:
            raise Stuck(f"{me.name} has no account that could be deleted")
        document = active[-1].document_number
    elif document in world.actors:
        document = _document_of(world, document)
    browser.visit.delete_account(document, typed)


def _document_of(world: World, who: str) -> str:
    own = world.actors[who].own
    with world.records():
        numbers = [
            one.document_number
            for one in world.core.accounts.values()
            if own and one.identity.personal_code == own.issued.person.code
        ]
    if not numbers:
        raise Stuck(f"{who} has no account")
    return numbers[-1]
