"""A portal with its pages, and a person at a browser without scripts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.harness.registration.conftest import ORIGIN, Lab
from tests.harness.web.site_browser import Browser, PageSeen

from softeid.harness.issuing import IssuedCard
from softeid.harness.registration.app import App
from softeid.harness.web.api import Behind
from softeid.harness.web.portal_site import portal_site
from softeid.harness.web.portal_window import PortalDress
from softeid.harness.web.security import Policy
from softeid.harness.web.session import Site

LOGIN_HOST = "https://login.softeid.test/auth/mtls"


class PortalLab:
    """The registration tests' lab behind the portal's pages."""

    def __init__(self, lab: Lab, policy: Policy | None = None, **dress: Any) -> None:
        self.lab = lab
        self.policy = policy or Policy(ORIGIN)
        behind = Behind((lab.phones.store, lab.core.store), lab.core.wake)
        self.site = Site(self.policy, behind, lab.portal)
        self.app = portal_site(self.site, PortalDress(login=LOGIN_HOST, **dress))
        self._browsers: list[Browser] = []

    def browser(self, **more: Any) -> Browser:
        """One more browser."""
        self._browsers.append(Browser(self.app, self.policy, **more))
        return self._browsers[-1]

    def close(self) -> None:
        for browser in self._browsers:
            browser.close()

    # --- the story, by forms ----------------------------------------------------------------------

    def token(self, browser: Browser, card: IssuedCard, **changed: str) -> str:
        """What web-eid.js puts into the login form."""
        nonce = browser.raw("GET", "/auth/challenge").json()["nonce"]
        prompt = lambda *_: card.pins["PIN1"]  # noqa: E731
        token = json.loads(self.lab.web_eid(card).authenticate(ORIGIN, nonce, prompt))
        return json.dumps({**token, **changed})

    def log_in(self, browser: Browser, card: IssuedCard, at: str = "/login") -> PageSeen:
        page = browser.open(at)
        action = next(one.action for one in page.forms if one.action.startswith("/login"))
        return browser.send(page, action, token=self.token(browser, card))

    def to_code(self, browser: Browser, card: IssuedCard) -> PageSeen:
        page = self.log_in(browser, card)
        return browser.send(page, "/questions", email="jaak@example.test", phone="", consent="true")

    def to_review(self, browser: Browser, card: IssuedCard, app: App | None = None) -> tuple[PageSeen, App]:
        app = app or self.lab.to_code(self.lab.app())
        return browser.send(self.to_code(browser, card), "/code", code=app.device.code), app

    def signature(self, page: PageSeen, card: IssuedCard) -> dict[str, str]:
        """What web-eid.js puts into the form of the application."""
        found = re.search(r'data-hash="([^"]+)" data-hash-function="([^"]+)"', page.source)
        assert found
        web_eid = self.lab.web_eid(card)
        certificate = web_eid.signing_certificate()
        signed = web_eid.sign(certificate, base64.b64decode(found[1]), found[2], lambda *_: card.pins["PIN2"])
        return {
            "certificate": base64.b64encode(certificate).decode(),
            "signature": base64.b64encode(signed.octets).decode(),
            "algorithm": signed.algorithm,
        }

    def to_wait(self, browser: Browser, card: IssuedCard) -> tuple[PageSeen, App]:
        page, app = self.to_review(browser, card)
        page = browser.send(page, "/review", mine="yes")
        return browser.send(page, "/sign", **self.signature(page, card)), app


def where(page: PageSeen) -> tuple[str, str, str]:
    """Where a browser is: path, state, error."""
    return page.path, page.state, page.error


@contextmanager
def standing(lab: Lab, policy: Policy | None = None, **dress: Any) -> Iterator[PortalLab]:
    """A portal until the context ends."""
    portal = PortalLab(lab, policy, **dress)
    try:
        yield portal
    finally:
        portal.close()
