"""What a person does on the portal, and what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..actor import Actor, Browser, Card, OwnCard, PinName
from ..clients.eid_client import CardRefused
from ..clients.web_eid import Prompt, WebEid, WebEidError
from ..scenario.reading import Who
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..scenario.words import RIGHT, Typed
from ..world import World
from .phone import Handle, ReasonName, handle_of


@step("log in", expect="QUESTIONS & portal.login.ok", harm="try")
def log_in(
    world: World,
    card: Card,
    browser: Browser,
    *,
    by: Literal["web-eid"] = "web-eid",
    pin1: Typed = RIGHT,
    origin: str = "",
) -> None:
    """Log in to the portal with the ID card.

    The PIN window comes again after a wrong PIN1; when nothing more is typed, the person closes it.

    Args:
        by: a Web eID token.
        pin1: what is typed at the card's PIN1 prompt, or nothing; a list where the prompt comes again.
        origin: where the page that asks for the card really comes from; the portal by default. A look-alike
            hands the portal's challenge on and the token back.
    """
    visit = browser.fresh()
    nonce = visit.challenge()
    keyboard = _Keyboard(card.own, pin1)
    try:
        token = WebEid(card.client).authenticate(origin or browser.portal.origin, nonce, keyboard.prompt)
    except (WebEidError, CardRefused):
        keyboard.done()
        visit.abort_login()
        return
    keyboard.done()
    visit.log_in(token)


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
    world: World, me: Actor, browser: Browser, *, of: Who | None = None, on: str = "", code: str = "right"
) -> None:
    """Type a registration code into the portal.

    Args:
        of: whose phone shows it; one's own by default.
        on: which of their phones, by name; the first by default.
        code: right (what that phone shows), wrong, previous (the one before), or what is typed.
    """
    phones = world.actors[of or me.name].phones
    if on and on not in phones:
        raise Stuck(f"{of or me.name} has no phone named {on}")
    codes = phones[on].codes if on else next(iter(phones.values())).codes
    browser.visit.enter_code(_typed_code(code, codes))


def _typed_code(code: str, shown: list[str]) -> str:
    if code == "right" or code == "previous":
        number = 1 if code == "right" else 2
        if len(shown) < number:
            raise Stuck(f"no phone has shown the {code} code yet")
        return shown[-number]
    if code == "wrong":  # well-formed; differs from every code that was shown
        return next(other for digit in range(10) if (other := str(digit) * 9) not in shown)
    return code


@step("sign application", expect="CONFIRMED & application.signed", harm="try")
def sign_application(world: World, card: Card, browser: Browser, *, pin2: Typed = RIGHT) -> None:
    """Confirm the review page and sign the application with the card's signature key.

    Args:
        pin2: what is typed at the card's PIN2 prompt, or nothing; a list where the prompt comes again.
    """
    visit = browser.visit
    application = visit.confirm()
    keyboard = _Keyboard(card.own, pin2)
    web_eid = WebEid(card.client)
    try:
        certificate = web_eid.signing_certificate()
        signature = web_eid.sign(certificate, application.digest, application.hash_function, keyboard.prompt)
    except (WebEidError, CardRefused):
        keyboard.done()
        visit.abort_signing()
        return
    keyboard.done()
    visit.sign(certificate, signature.octets, signature.algorithm)


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


@dataclass(frozen=True)
class Page:
    """A page of the portal."""

    state: str
    reason: ReasonName | None = None
    identity: Handle | None = None
    attempts: int | None = None
    device: str | None = None
    country: str | None = None
    email: str | None = None
    terms: str | None = None
    account: Literal["new"] | None = None


@step("portal shows")
def portal_shows(world: World, browser: Browser) -> Page:
    """Look at the portal's page."""
    page = browser.visit.page()
    return Page(
        str(page.state),
        page.reason,
        handle_of(page.identity),
        page.attempts_left,
        page.device or None,
        page.country or None,
        page.email or None,
        page.terms or None,
        "new" if page.account == "new" else None,
    )


class _Keyboard:
    """Types what a scenario says at each prompt, then closes the window."""

    def __init__(self, own: OwnCard, typed: Typed) -> None:
        self._own = own
        self._left = list(typed.tries)
        self._optional = typed == RIGHT

    @property
    def prompt(self) -> Prompt:
        def answer(pin: str, tries_left: int) -> str | None:
            if not self._left:
                return None
            name: PinName = "pin1" if pin == "PIN1" else "pin2"
            return self._own.typed(name, self._left.pop(0))

        return answer

    def done(self) -> None:
        """The window is gone. A right PIN alone need not be typed: a blocked one is not asked for.

        Raises:
            Stuck: the scenario had more to type: the PIN was right, or blocked, before.
        """
        if self._left and not self._optional:
            raise Stuck(f"the prompt did not come back: {len(self._left)} left to type")
