"""The phones as browsers and programs reach them: pages that look like phones, and the control API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fastapi import FastAPI, Request
from starlette.responses import Response

from ..registration.vocabulary import Code
from . import phone_life, phone_routes
from .app_api import Shop, app_api
from .lab_window import Window
from .pages.mishap import Mishap
from .phone_pad import Pockets
from .phone_view import Bench
from .problem import RimCode
from .site import Dress, furnish

PROGRAMS = ("/app/", "/openapi.json")
"""Beginnings of paths that only programs ask."""


@dataclass(frozen=True, kw_only=True)
class PhoneMishap(Mishap):
    """A request about phones came to nothing."""

    service = "phone.service"
    back: ClassVar[str] = "phone.all-phones"


def phone_site(shop: Shop, bench: Bench, dress: Dress | None = None) -> FastAPI:
    """The application.

    Args:
        shop: the phones that it serves.
        bench: what stands around every phone.
        dress: what its server adds to its pages.
    """

    def now() -> datetime:
        return shop.phones.core.clock.now if shop.phones else datetime.now(UTC)

    window = Window("phones", shop.policy, now, PhoneMishap, dress or Dress())
    app = app_api(shop)
    app.state.policy, app.state.window = shop.policy, window
    app.state.bench, app.state.pockets = bench, Pockets()
    app.include_router(phone_life.routes)
    app.include_router(phone_routes.routes)

    def wrong(request: Request, code: Code | RimCode, detail: Mapping[str, object]) -> Response:
        return window.wrong(request, code, detail)

    furnish(app, wrong, PROGRAMS)
    return app
