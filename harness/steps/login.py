"""How a person logs in to the portal, and how somebody tries to without being that person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

from ..actor import Actor, Browser, Desk
from ..clients.login_client import Arrival, NoTicket, Why
from ..clients.tls_key import TlsKey
from ..clients.web_eid import NotActivated, WebEid
from ..pki.leaf import Use
from ..registration.login_ticket import Hint
from ..registration.refusal import Refused
from ..registration.visit import Visit
from ..registration.vocabulary import Code
from ..route import HANDS, KNOWN_ISSUER
from ..scenario.annotation import Between, Has
from ..scenario.reading import Who
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..scenario.words import RIGHT, Typed
from ..world import World
from .keyboard import NO_SIGNATURE, Keyboard, Pull, missing, why_not
from .token import Alteration, changed

Certificate = Annotated[Literal["auth", "sign"], "a certificate"]
By = Literal["web-eid", "mutual-tls"]
_USES: dict[str, Use] = {"auth": Use.AUTHENTICATION, "sign": Use.SIGNATURE}
_HINTS = {"blocked": Hint.UNBLOCK_PIN, "cancelled": Hint.CHECK_CARD, "card_removed": Hint.INSERT_CARD}


@step("log in", expect="QUESTIONS & portal.login.ok", harm="try", needs=KNOWN_ISSUER)
def log_in(
    world: World,
    me: Actor,
    reader: Desk,
    browser: Browser,
    *,
    by: By = "web-eid",
    certificate: Certificate = "auth",
    pin1: Typed = RIGHT,
    origin: str = "",
    pull: Pull | None = None,
    handshake: Literal["new", "resumed"] = "new",
) -> None:
    """Log in to the portal with the ID card.

    The PIN window comes again after a wrong PIN1; when nothing more is typed, the person closes it.

    Args:
        by: a Web eID token, or a TLS handshake with the login host.
        certificate: which of the card's two is shown.
        pin1: what is typed at the card's PIN1 prompt, or nothing; a list where the prompt comes again.
        origin: where the page that asks for the card really comes from; the portal by default. A look-alike
            hands on what the portal and the person say.
        pull: take the card out at the prompt, or between PIN and signature.
        handshake: resumed, where the browser goes on with the TLS session of its last login.
    """
    log_in_to(
        world, me, reader, browser, browser.fresh(), by, _USES[certificate], pin1, origin, pull, handshake
    )


def log_in_to(
    world: World,
    me: Actor,
    desk: Desk,
    browser: Browser,
    visit: Visit,
    by: By = "web-eid",
    use: Use = Use.AUTHENTICATION,
    pin1: Typed = RIGHT,
    origin: str = "",
    pull: Pull | None = None,
    handshake: Literal["new", "resumed"] = "new",
) -> None:
    """The same in a visit, for other steps too."""
    off = browser.spec.clock.delta
    _reach(world, off)
    if hint := missing(desk):
        if by == "web-eid":
            visit.abort_login(Code.NO_CLIENT_CERT, hint=hint)
        else:
            _without_certificate(world, me, visit, visit.invite(), off, hint)
        return
    browser.card = desk.card
    keyboard = Keyboard(desk, pin1, pull)
    if by == "web-eid":
        _by_token(visit, keyboard, origin or browser.portal.origin, use)
    else:
        again = handshake == "resumed"
        arrival = Arrival(me.name, visit.invite(), off, through=origin, again=again)
        _by_ticket(world, me, visit, keyboard, use, arrival)
    keyboard.done()


def _reach(world: World, off: timedelta) -> None:
    try:
        world.login_host.reach(off)
    except NoTicket as wrong:
        raise Refused(Code.TLS_CLOCK) from wrong


def _by_token(visit: Visit, keyboard: Keyboard, origin: str, use: Use) -> None:
    nonce = visit.challenge()
    try:
        token = WebEid(keyboard.client).authenticate(origin, nonce, keyboard.prompt, use)
    except NotActivated:
        visit.abort_login(Code.NO_CLIENT_CERT, hint=Hint.ACTIVATE_CARD)
        return
    except NO_SIGNATURE as error:
        keyboard.done()
        visit.abort_login(Code.LOGIN_CANCELLED, why=why_not(error))
        return
    visit.log_in(token)


def _by_ticket(world: World, me: Actor, visit: Visit, keyboard: Keyboard, use: Use, arrival: Arrival) -> None:
    try:
        key = TlsKey(keyboard.client, keyboard.prompt, use)
        if not key.certificate:
            _without_certificate(world, me, visit, arrival.link, arrival.off, Hint.ACTIVATE_CARD)
            return
        me.ticket = world.login_host.ticket(replace(arrival, key=key))
    except NO_SIGNATURE as error:
        keyboard.done()
        hint = _HINTS.get(why_not(error), Hint.CHECK_CARD)
        _without_certificate(world, me, visit, arrival.link, arrival.off, hint)
        return
    except NoTicket as failed:
        if failed.why is Why.CLOCK:
            raise Refused(Code.TLS_CLOCK) from failed
        visit.abort_login(Code.NO_CLIENT_CERT, why=str(failed.why))
        return
    visit.redeem(me.ticket)


def _without_certificate(
    world: World, me: Actor, visit: Visit, link: str, off: timedelta, hint: Hint
) -> None:
    """Go to the login host with nothing to offer: browsers do when no card signs for one."""
    me.ticket = world.login_host.ticket(Arrival(me.name, link, off, hint=hint))
    visit.redeem(me.ticket)


@step("take ticket", harm="try", needs=KNOWN_ISSUER)
def take_ticket(world: World, me: Actor, reader: Desk, browser: Browser) -> None:
    """Show the card to the login host, and do not come back to the portal with the ticket."""
    if missing(reader):
        raise Stuck("there is no card to show")
    off = browser.spec.clock.delta
    _reach(world, off)
    keyboard = Keyboard(reader, RIGHT)
    key = TlsKey(keyboard.client, keyboard.prompt)
    link = browser.fresh().invite()
    me.ticket = world.login_host.ticket(Arrival(me.name, link, off, key))


@step("redeem ticket", expect="QUESTIONS & portal.login.ok(method=mtls)")
def redeem_ticket(world: World, me: Actor, browser: Browser, *, of: Who | None = None) -> None:
    """Send the portal a ticket of the login host.

    Args:
        of: whose last one; one's own by default.
    """
    ticket = world.actors[of or me.name].ticket
    if not ticket:
        raise Stuck(f"{of or me.name} has no ticket of the login host")
    browser.fresh().redeem(ticket)


# --- token by token -------------------------------------------------------------------------------


@step("take challenge")
def take_challenge(world: World, me: Actor, browser: Browser) -> None:
    """Ask the portal for a challenge, and keep it."""
    me.challenge = browser.fresh().challenge()


@step("prepare token", harm="try", needs=KNOWN_ISSUER)
def prepare_token(
    world: World,
    me: Actor,
    reader: Desk,
    *,
    origin: str = "",
    altered: Alteration | None = None,
    algorithm: str = "",
    format: str = "",
    length: Annotated[int, Between(1, 20000)] | None = None,
) -> None:
    """Let the card answer the challenge that one has; the token is kept and not posted.

    Args:
        origin: where the page comes from; the portal by default.
        altered: what is changed in the token afterwards.
        algorithm: what the token calls its algorithm.
        format: what the token calls its format.
        length: characters that it is cut or stretched to.
    """
    if missing(reader):
        raise Stuck("there is no card to sign with")
    keyboard = Keyboard(reader, RIGHT)
    token = WebEid(keyboard.client).authenticate(origin or world.portal.origin, me.challenge, keyboard.prompt)
    other = world.issuers.other_certificate
    me.token = changed(token, altered, algorithm, format, length, other)


@step("post token", expect="QUESTIONS & portal.login.ok")
def post_token(
    world: World, me: Actor, browser: Browser, *, of: Annotated[Who, Has("card")] | None = None
) -> None:
    """Post a prepared token.

    Args:
        of: whose; one's own by default.
    """
    token = world.actors[of or me.name].token
    if not token:
        raise Stuck(f"{of or me.name} has prepared no token")
    browser.fresh().log_in(token)


# --- readers --------------------------------------------------------------------------------------


@step("disconnect reader", needs=HANDS)
def disconnect_reader(world: World, reader: Desk) -> None:
    """Pull the reader out of the computer, with what is in it."""
    reader.connected = False
    world.look_at_readers()


@step("connect reader", needs=HANDS)
def connect_reader(world: World, reader: Desk) -> None:
    """Put the reader back to the computer; a card in it must be inserted again."""
    reader.remove()
    reader.connected = True
