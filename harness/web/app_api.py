"""The device app's control API (registration specification, 3.2): one function for each thing a person does.

Every POST is answered with the screen that follows; a refusal is a problem. It is for programs on this
machine: whoever knows a device's identifier holds the phone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Path, Request
from starlette.exceptions import HTTPException

from ..pki.leaf import Use
from ..registration.app import App
from ..registration.phones import Phones
from ..registration.refusal import Refused
from ..registration.screen import Screen
from ..registration.vocabulary import Code
from .api import Behind, Description, JsonRoute, application, caller
from .problem import RimCode, refusals
from .schemas import (
    ChosenPin,
    Copied,
    Country,
    Decision,
    Empty,
    Installed,
    KeySigned,
    KeyUse,
    Method,
    NewDevice,
    Pins,
    Proposed,
    Refreshed,
    Terms,
    TypedOk,
    TypedPin1,
    TypedPin2,
    base64_of,
    octets,
)
from .security import Policy

T = TypeVar("T")


@dataclass
class Shop:
    """The phones that an application serves.

    Attributes:
        policy: what its server insists on.
        behind: the stores and timers behind it.
        phones: every phone; others with the next world.
    """

    policy: Policy
    behind: Behind
    phones: Phones | None = None


class Hand:
    """Holds one phone."""

    def __init__(self, request: Request, device: Annotated[str, Path(pattern="^[0-9a-f]{1,64}$")]) -> None:
        """Take it by its identifier; the store is not asked yet."""
        self._shop: Shop = request.app.state.shop
        self._device = device

    def do(self, act: Callable[[App], object]) -> Screen:
        """Do something, and look at the screen that follows.

        Raises:
            Refused: as the act does.
            HTTPException: 404, there is no such phone.
        """

        def and_look(app: App) -> Screen:
            act(app)
            return app.screen()

        return self.get(and_look)

    def copy(self, of: str) -> Screen:
        """Take over everything that another phone stores.

        Raises:
            HTTPException: 404, there is no such phone.
        """

        def copied(app: App) -> Screen:
            phones = phones_of(self._shop)
            other = phones.app(of)
            if other is None:
                raise HTTPException(404)
            return phones.copied(other.device, app.device).screen()

        return self.get(copied)

    def get(self, act: Callable[[App], T]) -> T:
        """Do something, and return what comes of it.

        Raises:
            Refused: as the act does.
            HTTPException: 404, there is no such phone.
        """

        def with_app() -> T:
            app = phones_of(self._shop).app(self._device)
            if app is None:
                raise HTTPException(404)
            return act(app)

        return self._shop.behind.whole(with_app)


Holding = Annotated[Hand, Depends()]

_ANY = (RimCode.NOT_FOUND, Code.APP_BAD_STATE, Code.APP_TOO_OLD)
_KEY = (Code.PIN_FORMAT, Code.PIN_WRONG, Code.KEY_LOCKED, Code.KEY_DESTROYED, Code.ACCOUNT_EXPIRED)
_PIN_RULES = (
    Code.PIN_TOO_SHORT,
    Code.PIN_TOO_LONG,
    Code.PIN_FORMAT,
    Code.PIN_TOO_WEAK,
    Code.PIN_EQUAL,
    Code.PIN_REPEAT_MISMATCH,
)

routes = APIRouter(route_class=JsonRoute)


def app_api(shop: Shop) -> FastAPI:
    """The application.

    Args:
        shop: the phones that it serves.
    """
    about = "The app on every phone of a test lab. Made-up PINs only."
    app = application(Description("softeid TEST: device app", about, (routes,)))
    app.state.shop = shop
    return app


def phones_of(shop: Shop) -> Phones:
    """The phones.

    Raises:
        Refused: CORE_UNAVAILABLE: there is no world behind the application just now.
    """
    if shop.phones is None:
        raise Refused(Code.CORE_UNAVAILABLE)
    return shop.phones


@routes.post("/app/devices")
def install(body: NewDevice, request: Request) -> Installed:
    """Install the app on a new phone."""
    shop: Shop = request.app.state.shop
    who = caller(request, labelled=shop.behind.labelled, policy=shop.policy)

    def installed() -> App:
        return phones_of(shop).install(
            who.owner,
            body.name,
            body.platform,
            app_version=body.app_version,
            rooted=body.rooted,
            address=who.address,
            language=body.language,
        )

    return Installed(device_id=shop.behind.whole(installed).device.phone_id)


@routes.get("/app/{device}/screen", responses=refusals(RimCode.NOT_FOUND))
def screen(phone: Holding) -> Screen:
    """Look at the screen."""
    return phone.get(App.screen)


# --- step 1 ---------------------------------------------------------------------------------------


@routes.post(
    "/app/{device}/register", responses=refusals(*_ANY, Code.DEVICE_HAS_ACCOUNT, Code.DEVICE_NOT_ALLOWED)
)
def register(body: Empty, phone: Holding) -> Screen:
    """Start a registration."""
    return phone.do(App.register)


@routes.post(
    "/app/{device}/renew", responses=refusals(*_ANY, Code.DEVICE_HAS_ACCOUNT, Code.DEVICE_NOT_ALLOWED)
)
def renew(body: Empty, phone: Holding) -> Screen:
    """Start a registration in place of an account that ends soon."""
    return phone.do(App.renew)


@routes.post("/app/{device}/country", responses=refusals(*_ANY, Code.COUNTRY_UNSUPPORTED))
def country(body: Country, phone: Holding) -> Screen:
    """Say in which country one lives."""
    return phone.do(lambda app: app.choose_country(body.country))


@routes.post("/app/{device}/method", responses=refusals(*_ANY, Code.METHOD_NOT_IMPLEMENTED))
def method(body: Method, phone: Holding) -> Screen:
    """Choose how to prove who one is."""
    return phone.do(lambda app: app.choose_method(body.method))


@routes.post("/app/{device}/terms", responses=refusals(*_ANY, Code.TERMS_NOT_READ))
def terms(body: Terms, phone: Holding) -> Screen:
    """Accept the terms of use, or do not."""
    if not body.accepted:
        return phone.do(App.decline_terms)
    return phone.do(lambda app: app.accept_terms(scrolled=body.scrolled))


# --- step 2 ---------------------------------------------------------------------------------------


@routes.post("/app/{device}/pins", responses=refusals(*_ANY, *_PIN_RULES))
def pins(body: Pins, phone: Holding) -> Screen:
    """Choose both PINs at once; the keys are made and a code is shown."""
    return phone.do(lambda app: app.choose_pins(body.pin1, body.pin2, body.pin1_repeat, body.pin2_repeat))


@routes.post("/app/{device}/pins/1", responses=refusals(*_ANY, *_PIN_RULES))
def pin1(body: ChosenPin, phone: Holding) -> Screen:
    """Choose PIN1."""
    return phone.do(lambda app: app.choose_pin1(body.pin, body.repeat))


@routes.post("/app/{device}/pins/2", responses=refusals(*_ANY, *_PIN_RULES))
def pin2(body: ChosenPin, phone: Holding) -> Screen:
    """Choose PIN2; the keys are made and a code is shown."""
    return phone.do(lambda app: app.choose_pin2(body.pin, body.repeat))


@routes.post("/app/{device}/pins/proposed", responses=refusals(RimCode.NOT_FOUND))
def proposed_pins(body: Empty, phone: Holding) -> Proposed:
    """Random PINs that satisfy every rule; nothing is chosen by it."""
    one, two = phone.get(App.proposed_pins)
    return Proposed(pin1=one, pin2=two)


@routes.post("/app/{device}/back", responses=refusals(*_ANY))
def back(body: Empty, phone: Holding) -> Screen:
    """Go back from PIN2 to PIN1."""
    return phone.do(App.back)


@routes.post("/app/{device}/recover", responses=refusals(RimCode.NOT_FOUND, Code.PIN_UNRECOVERABLE))
def recover(body: Empty, phone: Holding) -> Screen:
    """Ask for forgotten PINs; always a refusal."""
    return phone.do(App.recover_pins)


# --- steps 3 to 6 ---------------------------------------------------------------------------------


@routes.post("/app/{device}/foreground", responses=refusals(*_ANY))
def foreground(body: Empty, phone: Holding) -> Screen:
    """Bring the app back to the foreground."""
    return phone.do(App.foreground)


@routes.post("/app/{device}/background", responses=refusals(*_ANY))
def background(body: Empty, phone: Holding) -> Screen:
    """Send the app to the background."""
    return phone.do(App.background)


@routes.post("/app/{device}/retry", responses=refusals(*_ANY, *_KEY, Code.TERMS_OUTDATED))
def try_again(body: Empty, phone: Holding) -> Screen:
    """Let the app ask the core again for what it did not answer."""
    return phone.do(App.try_again)


@routes.post("/app/{device}/kill", responses=refusals(*_ANY))
def kill(body: Empty, phone: Holding) -> Screen:
    """Kill the app and start it again."""
    return phone.do(App.restart)


@routes.post("/app/{device}/identity", responses=refusals(*_ANY, Code.PIN_TOO_WEAK))
def identity(body: Decision, phone: Holding) -> Screen:
    """Say whether the shown person is who holds the phone."""
    return phone.do(App.accept_identity if body.accept else App.reject_identity)


@routes.post(
    "/app/{device}/pin",
    responses=refusals(*_ANY, *_KEY, Code.TERMS_OUTDATED),
)
def confirm_pin(body: TypedPin1 | TypedPin2, phone: Holding) -> Screen:
    """Type a chosen PIN again; whether it is right is found out by the core."""
    if isinstance(body, TypedPin1):
        return phone.do(lambda app: app.confirm_pin(1, body.pin1))
    return phone.do(lambda app: app.confirm_pin(2, body.pin2))


@routes.post("/app/{device}/delete", responses=refusals(*_ANY))
def delete(body: Empty, phone: Holding) -> Screen:
    """Delete the app with a registration that is not finished."""
    return phone.do(App.delete)


@routes.post("/app/{device}/clone", responses=refusals(RimCode.NOT_FOUND))
def clone(body: Copied, phone: Holding) -> Screen:
    """Copy everything that another phone stores onto this one, as malware or a backup would."""
    return phone.copy(body.of)


# --- the account ----------------------------------------------------------------------------------


@routes.post("/app/{device}/account/key", responses=refusals(RimCode.NOT_FOUND, *_KEY))
def use_key(body: KeyUse, phone: Holding) -> KeySigned:
    """Sign something with an account key."""
    content, otp = octets(body.content, "content"), octets(body.otp, "otp") or None
    signature, wanted = phone.get(
        lambda app: app.account.use_key(
            Use(body.key), body.pin, content, body.padding, body.hash, number=body.account, otp=otp
        )
    )
    return KeySigned(signature=base64_of(signature), salt=base64_of(wanted.salt))


@routes.post("/app/{device}/account/key/refresh", responses=refusals(RimCode.NOT_FOUND, Code.KEY_DESTROYED))
def refresh_key(body: Refreshed, phone: Holding) -> Screen:
    """Get a new one-time password for an account key."""
    return phone.do(lambda app: app.account.refresh_key(Use(body.key)))


@routes.post("/app/{device}/account/delete", responses=refusals(RimCode.NOT_FOUND))
def delete_account(body: TypedOk, phone: Holding) -> Screen:
    """Delete the account."""
    return phone.do(lambda app: app.account.delete(body.typed))
