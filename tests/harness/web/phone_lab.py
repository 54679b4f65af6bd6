"""Phones with their pages, and somebody who presses the buttons on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.harness.registration.conftest import Lab
from tests.harness.web.site_browser import Browser, PageSeen

from softeid.harness.registration.app import App
from softeid.harness.web.api import Behind
from softeid.harness.web.app_api import Shop
from softeid.harness.web.phone_site import phone_site
from softeid.harness.web.phone_view import Bench
from softeid.harness.web.security import Policy

HERE = "http://localhost:8441"
PORTAL = "http://localhost:8440"


class PhoneLab:
    """The registration tests' lab behind the phones' pages."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        policy = Policy(HERE)
        behind = Behind((lab.phones.store, lab.core.store), lab.core.wake)
        self.site = phone_site(Shop(policy, behind, lab.phones), Bench(PORTAL))
        self.browser = Browser(self.site, policy)

    def app(self, page: PageSeen) -> App:
        """The app whose page this is."""
        app = self.lab.phones.app(page.path.split("/")[2])
        assert app
        return app

    def add(self, name: str = "Mari’s phone", **typed: str) -> PageSeen:
        """A new phone."""
        page = self.browser.open("/")
        typed = {"name": name, "platform": "Android 15", "app_version": "3.0", "address": "", **typed}
        return self.browser.send(page, "/phones", **typed)

    def press(self, page: PageSeen, what: str, **typed: str) -> PageSeen:
        """Press a button of a phone."""
        here = "/".join(page.path.split("/")[:3])
        return self.browser.send(page, f"{here}/{what}", **typed)

    def type(self, page: PageSeen, digits: str) -> PageSeen:
        """Type on the pad, and press OK."""
        for key in (*digits, "ok"):
            page = self.press(page, "pad", key=key)
        return page

    def to_pins(self, page: PageSeen | None = None) -> PageSeen:
        page = self.press(page or self.add(), "register")
        page = self.press(page, "country", country="EE")
        page = self.press(page, "method", method="id-card")
        return self.press(page, "terms", accept="yes", scrolled="yes")

    def to_code(self, page: PageSeen | None = None) -> PageSeen:
        page = self.to_pins(page)
        for digits in ("4271", "4271", "58362", "58362"):
            page = self.type(page, digits)
        return page


@contextmanager
def standing(lab: Lab) -> Iterator[PhoneLab]:
    """Phones until the context ends."""
    phones = PhoneLab(lab)
    try:
        yield phones
    finally:
        phones.browser.close()
