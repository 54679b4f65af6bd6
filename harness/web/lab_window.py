"""Between a browser and the pages of desk and lab: frames, forms, errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request
from starlette.responses import Response

from ..registration.vocabulary import Code
from .page_session import PageSessions
from .pages.mishap import Mishap
from .pages.render import Frame, View
from .problem import RimCode, status_of
from .security import Policy
from .site import STATIC_PATH, Dress, Form, language_of, page


@dataclass
class Window:
    """What every page of one of these servers needs.

    Attributes:
        policy: what its server insists on.
        now: the lab's clock.
        mishap: the page for what came to nothing.
        state: `data-state` of such a page.
        dress: what is added to each page.
        sessions: of its browsers.
    """

    what: str
    policy: Policy
    now: Callable[[], datetime]
    mishap: type[Mishap]
    dress: Dress = field(default_factory=Dress)

    def __post_init__(self) -> None:
        """Begin without a browser."""
        self.sessions = PageSessions(self.what, self.policy)

    def prove(self, request: Request, form: Form) -> None:
        """Insist that a form comes from a page of ours.

        Raises:
            Refused: COOKIES_REQUIRED, CSRF.
        """
        self.sessions.prove(request, form.csrf)

    def draw(self, request: Request, view: View, state: str, error: str = "", path: str = "") -> Response:
        """A page as an answer; with problems it is a 400.

        Args:
            request: the browser's.
            view: what it shows.
            state: the word for where things stand.
            error: the catalogue's code of what was refused.
            path: of the page where a form stands, if that is another.
        """
        frame = Frame(
            state=state,
            now=self.now().astimezone(self.dress.zone),
            language=language_of(request),
            error=error,
            csrf=self.sessions.csrf(request),
            path=path or request.url.path,
            watermark=self.dress.watermark,
            static=STATIC_PATH,
        )
        return page(request, view, frame, 400 if view.problems else 200)

    def wrong(self, request: Request, code: Code | RimCode, detail: Mapping[str, object]) -> Response:
        """The page for what was refused."""
        answer = self.draw(request, self._mishap(code), "ERROR", str(code))
        answer.status_code = status_of(code)
        return answer

    def _mishap(self, code: Code | RimCode) -> Mishap:
        if isinstance(code, Code):
            return self.mishap(title=f"error.{code}.title", advice=f"error.{code}.todo")
        about = "not_found" if code is RimCode.NOT_FOUND else "bad_request"
        return self.mishap(title=f"portal.{about}.title", advice=f"portal.{about}.text")
