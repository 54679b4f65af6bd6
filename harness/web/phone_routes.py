"""The phones' pages and their forms: one function for each thing that a person does with a phone.

Every form is answered by 303 and the page of the phone; what was refused is shown there, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ..registration.app import App
from ..registration.pin_rule import PinNumber
from ..registration.vocabulary import AppState
from .pages.phone import PhoneView
from .phone_grip import Grip, Posted
from .phone_pad import KEYS
from .phone_pin import press, type_pin
from .phone_view import mark, with_told
from .site import router, see

Gripped = Annotated[Grip, Depends()]
_USES: Mapping[str, PinNumber] = {"authentication": 1, "signature": 2}

routes = router()


# --- what is seen ---------------------------------------------------------------------------------


@routes.get("/phones/{phone}")
def screen(grip: Gripped) -> Response:
    """What is on the screen."""
    return _shown(grip)


@routes.get("/phones/{phone}/mark")
def marked(grip: Gripped) -> Response:
    """Another text whenever the screen would look different."""
    view, _ = grip.look(lambda sight: sight.view())
    return JSONResponse({"mark": mark(view)})


@routes.get("/phones/{phone}/account")
def account(grip: Gripped) -> Response:
    """The account that is on the phone."""
    with grip.held.lock:
        grip.held.using = grip.held.used = None
        view = grip.look(lambda sight: sight.account_home())
    return _drawn(grip, view, "READY") if view else see(grip.path)


@routes.get("/phones/{phone}/delete")
def ask_to_delete(grip: Gripped) -> Response:
    """Ask before the account is deleted."""
    view = grip.look(lambda sight: sight.delete_account())
    return _drawn(grip, view, "READY") if view else see(grip.path)


def _shown(grip: Grip) -> Response:
    view, state = grip.look(lambda sight: sight.view())
    return _drawn(grip, view, state)


def _drawn(grip: Grip, view: PhoneView, state: str) -> Response:
    with grip.held.lock:
        view, error = with_told(view, grip.held)
    return grip.draw(view, state, error)


# --- step 1 ---------------------------------------------------------------------------------------


@routes.post("/phones/{phone}/register")
def register(grip: Gripped, form: Posted) -> Response:
    """Begin, or begin again."""
    return grip.do(form, App.register, anew=True)


@routes.post("/phones/{phone}/country")
def country(grip: Gripped, form: Posted) -> Response:
    """Say where one lives."""
    chosen = form.text("country").strip().upper()
    return grip.do(form, lambda app: app.choose_country(chosen))


@routes.post("/phones/{phone}/method")
def method(grip: Gripped, form: Posted) -> Response:
    """Say how to prove who one is."""
    chosen = form.text("method")
    return grip.do(form, lambda app: app.choose_method(chosen))


@routes.post("/phones/{phone}/terms")
def terms(grip: Gripped, form: Posted) -> Response:
    """Accept the terms of use in the language in which they were read, or do not."""
    accepts, scrolled = form.text("accept") == "yes", form.text("scrolled") == "yes"

    def say(app: App) -> None:
        if not accepts:
            app.decline_terms()
            return
        app.device.language = grip.language
        app.accept_terms(scrolled=scrolled)

    return grip.do(form, say)


# --- PINs -----------------------------------------------------------------------------------------


@routes.post("/phones/{phone}/pad")
def pad(grip: Gripped, form: Posted) -> Response:
    """Press a key of the pad."""
    key = form.text("key")
    return grip.act(form, lambda: press(grip, key) if key in KEYS else None)


@routes.post("/phones/{phone}/pin")
def pin(grip: Gripped, form: Posted) -> Response:
    """Type the same PIN on a keyboard."""
    typed = form.text("pin", 64)
    return grip.act(form, lambda: type_pin(grip, typed))


@routes.post("/phones/{phone}/propose")
def propose(grip: Gripped, form: Posted) -> Response:
    """Ask for PINs that the app draws, take them, or do not."""
    take, held = form.text("take"), grip.held

    def say() -> None:
        drawn, held.proposed = held.proposed, None
        if take == "yes" and drawn:
            grip.whole(lambda app: app.choose_pins(*drawn))
            held.forget()
        elif take in ("ask", "others"):
            held.proposed = grip.whole(App.proposed_pins)

    return grip.act(form, say)


@routes.post("/phones/{phone}/back")
def back(grip: Gripped, form: Posted) -> Response:
    """Go back to the first entry of PIN1."""

    def say() -> None:
        pad = grip.held.pad
        if pad and pad.number == 1:
            pad.again()
        else:
            grip.whole(App.back)

    return grip.act(form, say)


@routes.post("/phones/{phone}/recover")
def recover(grip: Gripped, form: Posted) -> Response:
    """Ask for a forgotten PIN."""
    return grip.do(form, App.recover_pins)


# --- the last step, and the end -------------------------------------------------------------------


@routes.post("/phones/{phone}/identity")
def identity(grip: Gripped, form: Posted) -> Response:
    """Say whether the person on the screen is who holds the phone."""
    said = form.text("accept")
    if said == "yes":
        return grip.do(form, App.accept_identity)
    if said == "no":
        return grip.do(form, App.reject_identity)
    raise HTTPException(400)


@routes.post("/phones/{phone}/stop")
def stop(grip: Gripped, form: Posted) -> Response:
    """Give the registration up."""
    return grip.do(form, App.delete, anew=True)


# --- the account ----------------------------------------------------------------------------------


@routes.post("/phones/{phone}/renew")
def renew(grip: Gripped, form: Posted) -> Response:
    """Renew the account."""
    return grip.do(form, App.renew, anew=True)


@routes.post("/phones/{phone}/use")
def use(grip: Gripped, form: Posted) -> Response:
    """Use a key: its PIN is asked for."""
    wanted = _USES.get(form.text("use"))

    def say() -> None:
        if grip.whole(lambda app: app.state) is AppState.ACTIVE:
            grip.held.forget()
            grip.held.using = wanted

    return grip.act(form, say)


@routes.post("/phones/{phone}/delete")
def delete(grip: Gripped, form: Posted) -> Response:
    """Delete the account."""
    typed = form.text("typed", 64)
    grip.do(form, lambda app: app.account.delete(typed))
    return see(f"{grip.path}/delete" if grip.held.told else grip.path)
