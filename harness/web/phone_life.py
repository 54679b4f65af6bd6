"""The list of phones, and what befalls one: it is cut off, its app is killed, its storage is copied."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import ip_address

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..registration.app import App
from ..registration.app_life import APP_LIFE, AppEvent
from ..registration.model import Device
from ..registration.phones import Phones
from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from .app_api import Shop, phones_of
from .pages import phone as pages
from .pages.render import Problem
from .phone_grip import Grip, Posted, window_of
from .phone_pad import Pockets
from .phone_routes import Gripped
from .phone_view import Bench, PhoneSight, originals_of, path_of
from .site import Form, language_of, router, see

_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}", re.ASCII)
_LONGEST_NAME, _LONGEST_PLATFORM = 64, 64
_OWNER = "lab"  # of phones that nobody in particular holds

routes = router()


@routes.api_route("/", methods=["GET", "HEAD"])
def phones(request: Request) -> Response:
    """Every phone, and a form for one more."""
    return _list(request)


@routes.post("/phones")
def add(request: Request, form: Posted) -> Response:
    """A new phone with the app on it."""
    window_of(request).prove(request, form)
    names = ("name", "platform", "app_version", "rooted", "address")
    typed = {name: form.text(name) for name in names if name in form}
    name, platform = typed.get("name", "").strip(), typed.get("platform", "").strip()
    version, address = typed.get("app_version", "").strip(), typed.get("address", "").strip()
    wrong = {
        "name": not 0 < len(name) <= _LONGEST_NAME,
        "platform": not 0 < len(platform) <= _LONGEST_PLATFORM,
        "app_version": not _VERSION.fullmatch(version),
        "address": bool(address) and not _is_address(address),
    }
    problems = tuple(_not_read(field) for field, bad in wrong.items() if bad)
    if problems:
        return _list(request, typed, problems)
    shop: Shop = request.app.state.shop
    language = language_of(request)

    def install() -> str:
        every = phones_of(shop)
        made = every.install(
            _OWNER,
            _free(every, name),
            platform,
            app_version=version,
            rooted=typed.get("rooted") == "yes",
            address=address,
            language=language,
        )
        return made.device.phone_id

    return see(path_of(shop.behind.whole(install)))


def _not_read(field: str) -> Problem:
    told = "name" if field == "name" else "BAD_REQUEST"
    return Problem(field, f"phone.refused.{told}", f"phone.advice.{told}")


def _list(
    request: Request, typed: Mapping[str, str] | None = None, problems: tuple[Problem, ...] = ()
) -> Response:
    shop: Shop = request.app.state.shop
    bench: Bench = request.app.state.bench
    pockets: Pockets = request.app.state.pockets

    def look() -> pages.PhoneList:
        every = phones_of(shop)
        apps = every.apps()
        first = originals_of(apps)
        return pages.PhoneList(
            phones=tuple(
                PhoneSight(bench, every, app, pockets[app.device.phone_id], first).line() for app in apps
            ),
            least_version=every.core.settings.min_app_version,
            typed=typed or {},
            problems=problems,
        )

    error = str(Code.BAD_REQUEST) if problems else ""
    return window_of(request).draw(request, shop.behind.whole(look), "PHONES", error, "/")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _free(phones: Phones, name: str) -> str:
    """A name that no other phone of the lab has: with a seed, what a phone draws hangs on it."""
    taken = {one.device.label for one in phones.apps()}
    return next(one for one in _numbered(name, len(taken)) if one not in taken)


def _numbered(name: str, taken: int) -> list[str]:
    return [name, *(f"{name} {number}" for number in range(2, taken + 3))]


# --- what befalls one -----------------------------------------------------------------------------


@routes.post("/phones/{phone}/life")
def life(grip: Gripped, form: Posted) -> Response:
    """One of the buttons beside the phone."""
    what = form.text("do")
    if what == "clone":
        return _clone(grip, form)
    deed = _LIFE.get(what)
    if deed is None:
        raise HTTPException(400)
    return grip.act(form, lambda: deed(grip))


@routes.post("/phones/{phone}/clock")
def clock(grip: Gripped, form: Posted) -> Response:
    """Put the phone's own clock wrong, or right."""
    chosen = form.text("off")
    known = {str(minutes): minutes for minutes in pages.MINUTES_OFF}
    if chosen not in known:
        raise HTTPException(400)

    def put() -> None:
        grip.held.clock_off = timedelta(minutes=known[chosen])

    return grip.act(form, put)


def _background(grip: Grip) -> None:
    grip.whole(App.background)
    grip.held.running = "back"


def _foreground(grip: Grip) -> None:
    grip.held.running = "front"
    try:
        grip.whole(App.foreground)
    except Refused as refusal:
        if refusal.code is not Code.CORE_UNAVAILABLE:  # the screen tells that anyway
            raise


def _kill(grip: Grip) -> None:
    grip.held.forget()
    grip.whole(lambda app: grip.phones.memory(app.device).forget())
    grip.held.running = "killed"


def _start(grip: Grip) -> None:
    """Start the app; where there is none, install it first: it knows nothing then."""
    held = grip.held
    held.running = "front"
    if held.installed:
        grip.whole(App.restart)
        return
    grip.whole(lambda app: _wipe(grip.phones, app.device))
    held.installed = True


def _uninstall(grip: Grip) -> None:
    """Delete the app: a registration under way is given up; keys of an account are gone from the phone."""
    grip.held.forget()

    def delete(app: App) -> None:
        if (app.state, AppEvent.DELETED) in APP_LIFE:
            app.delete()
        else:
            _wipe(grip.phones, app.device)

    grip.whole(delete)
    grip.held.installed, grip.held.running = False, "killed"


def _wipe(phones: Phones, device: Device) -> None:
    phones.wiped(device, keep_account=False)


def _offline(grip: Grip) -> None:
    _line(grip, up=False)


def _online(grip: Grip) -> None:
    _line(grip, up=True)
    if grip.held.running == "front":
        grip.whole(App.try_again)


def _line(grip: Grip, *, up: bool) -> None:
    def put(app: App) -> None:
        grip.phones.memory(app.device).line.up = up

    grip.whole(put)


_LIFE: Mapping[str, Callable[[Grip], None]] = {
    "background": _background,
    "foreground": _foreground,
    "kill": _kill,
    "start": _start,
    "uninstall": _uninstall,
    "offline": _offline,
    "online": _online,
}


def _clone(grip: Grip, form: Form) -> Response:
    """Copy everything that the phone stores onto a new one, as malware would, and go there."""
    window_of(grip.request).prove(grip.request, form)

    def copy(app: App) -> str:
        phones, info = grip.phones, app.device.info
        onto = phones.install(
            app.device.owner,
            _free(phones, app.device.label),
            info.platform,
            app_version=info.app_version,
            rooted=info.rooted,
            address=info.address,
            language=app.device.language,
        )
        return phones.copied(app.device, onto.device).device.phone_id

    return see(path_of(grip.whole(copy)))
