"""Between a browser and a phone: draws the phone's page, and does what a form asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..registration.app import App
from ..registration.phones import Phones
from ..registration.refusal import Refused
from .app_api import Shop, phones_of
from .lab_window import Window
from .pages.phone import PhoneView
from .phone_pad import Held, Pockets, Told
from .phone_view import Bench, PhoneSight, mark, path_of
from .site import Form, language_of, posted, see

T = TypeVar("T")
Posted = Annotated[Form, Depends(posted)]


class Grip:
    """Holds one phone.

    Attributes:
        request: the browser's.
        path: of the phone's page.
        held: what the page remembers of the phone.
    """

    def __init__(self, request: Request, phone: Annotated[str, Path(pattern="^[0-9a-f]{1,64}$")]) -> None:
        """Take it.

        Raises:
            HTTPException: 404, there is no such phone.
            Refused: CORE_UNAVAILABLE.
        """
        self.request = request
        self.path = path_of(phone)
        self._phone = phone
        self._shop: Shop = request.app.state.shop
        self.whole(lambda app: app.state)  # nothing is remembered of phones that there are not
        pockets: Pockets = request.app.state.pockets
        self.held: Held = pockets[phone]

    @property
    def language(self) -> str:
        """Of the page."""
        return language_of(self.request)

    @property
    def phones(self) -> Phones:
        """Every phone."""
        return phones_of(self._shop)

    def whole(self, act: Callable[[App], T]) -> T:
        """Do something with the app in one transaction, which may be tried again from its beginning.

        Raises:
            HTTPException: 404, there is no such phone.
            Refused: as the act does.
        """

        def with_app() -> T:
            app = self.phones.app(self._phone)
            if app is None:
                raise HTTPException(404)
            return act(app)

        return self._shop.behind.whole(with_app)

    def look(self, at: Callable[[PhoneSight], T]) -> T:
        """Look at the phone."""
        bench: Bench = self.request.app.state.bench
        with self.held.lock:
            return self.whole(lambda app: at(PhoneSight(bench, self.phones, app, self.held)))

    def act(self, form: Form, deed: Callable[[], object]) -> Response:
        """Do what a form asks for; a refusal is shown on the page that follows.

        Raises:
            Refused: COOKIES_REQUIRED, CSRF.
        """
        window_of(self.request).prove(self.request, form)
        with self.held.lock:
            self.held.told = None
            try:
                deed()
            except Refused as refusal:
                self.held.told = Told(refusal.code, dict(refusal.detail))
        return see(self.path)

    def do(self, form: Form, deed: Callable[[App], object], *, anew: bool = False) -> Response:
        """The same with the app.

        Args:
            form: with the token.
            deed: what to do.
            anew: something else begins: what was typed is forgotten.
        """

        def say() -> None:
            if anew:
                self.held.forget()
            self.whole(deed)

        return self.act(form, say)

    def draw(self, view: PhoneView, state: str, error: str) -> Response:
        """The phone's page as an answer."""
        view = marked(view)
        answer = window_of(self.request).draw(self.request, view, state, error)
        answer.status_code = 200
        return answer


def marked(view: PhoneView) -> PhoneView:
    """A view whose phone carries its mark; what was refused is no part of it."""
    plain = replace(view, problems=())
    return replace(view, phone=replace(view.phone, mark=mark(plain)))


def window_of(request: Request) -> Window:
    """What every page of the server needs."""
    window: Window = request.app.state.window
    return window
