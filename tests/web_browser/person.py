"""Somebody at a browser: portal, phone and card desk by clicks; what came before, by a shorter way."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.harness.registration.conftest import START
from tests.web_browser.stage import CARD_PINS, BrowserLab, Deed, Stage
from tests.web_browser.watch import Watch

from softeid.harness.clients.eid_client import EidClient
from softeid.harness.clients.web_eid import WebEid
from softeid.harness.registration.app import App
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.visit import Visit
from softeid.harness.service.card_desk import DeskCard

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PIN1, PIN2 = CARD_PINS["PIN1"], CARD_PINS["PIN2"]
PHONE_PIN1, PHONE_PIN2 = "48270935", "61739402"
HERE = "127.0.0.1"
_PATIENCE_MS = 15_000
_LOADED_MS = 1000  # that web-eid.js gives an extension before it asks
_POLL_MS = 500  # between two questions of the desk's script
_LOOKS = 40


class Seat:
    """A browser in one language, where one person after the other sits down.

    Attributes:
        context, page: the browser's.
        watch: sees what it does.
    """

    def __init__(self, browser: Browser, language: str) -> None:
        self.language = language
        self.context = browser.new_context(
            viewport={"width": 1440, "height": 900}, locale=language, ignore_https_errors=True
        )
        self.context.set_default_timeout(_PATIENCE_MS)
        self.context.clock.install()
        self.watch = Watch(self.context)
        self.page = self.context.new_page()

    def tidy(self) -> None:
        """The person goes: windows are closed, cookies and what was watched are forgotten."""
        for page in self.context.pages:
            if page is not self.page:
                page.close()
        self.page.unroute_all()
        self.page.goto("about:blank")
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.context.clear_cookies()
        self.watch.forget()


class Person:
    """One person, and the world around them.

    Attributes:
        lab: the world.
        page: the portal's tab.
        watch: sees what the browser does.
        secrets: what no page may show.
    """

    def __init__(self, seat: Seat, stage: Stage, **rules: object) -> None:
        self.stage = stage
        self.lab: BrowserLab = stage.put(replace(Settings(key_bits=2048), **rules))  # type: ignore[arg-type]
        self._context, self.page, self.watch = seat.context, seat.page, seat.watch
        self.secrets = [*CARD_PINS.values(), PHONE_PIN1, PHONE_PIN2]

    def tab(self) -> Page:
        """One more tab."""
        return self._context.new_page()

    def open(self, path: str = "/", server: str = "portal", page: Page | None = None) -> Page:
        """Type an address."""
        page = page or self.page
        page.goto(self.stage.origins[server] + path)
        return page

    def press(self, what: str, page: Page | None = None) -> None:
        """Press a button, or follow a link."""
        (page or self.page).locator(what).first.click()

    def happen(self, *deeds: Deed) -> None:
        """Let something befall the world."""
        with self.stage.still() as lab:
            for deed in deeds:
                deed(lab)

    def later(self, **time: float) -> None:
        """Move the lab's clock on from where the world began."""
        self.happen(lambda lab: lab.core.move_clock(START + timedelta(**time)))

    def await_page(self, page: Page, state: str, error: str) -> None:
        """Wait until a page is in a state; scripts that look again now and then look at once."""
        from playwright.sync_api import Error, TimeoutError

        where = f'[data-state="{state}"][data-error="{error}"]'
        for look in range(_LOOKS):
            try:
                page.wait_for_selector(where, state="attached", timeout=min(50 * (look + 1), 500))
                break
            except TimeoutError:
                with suppress(Error):  # the desk's window closes just now
                    page.clock.fast_forward(_POLL_MS)
        else:
            seen = page.locator("[data-state]").first
            found = seen.get_attribute("data-state"), seen.get_attribute("data-error")
            raise AssertionError(f"expected {(state, error)}, found {found} at {page.url}")

    # --- the card ---------------------------------------------------------------------------------

    def card(self, person: str = "jaak", **states: object) -> DeskCard:
        """A new card in the reader."""
        with self.stage.still() as lab:
            return lab.lay(person, **states)

    def ask(self, kind: str = "authenticate") -> Page:
        """Press the button that needs the card; the desk's window."""
        self.page.clock.fast_forward(_LOADED_MS)
        with self.page.expect_popup() as opened:
            self.page.locator(f"button[data-web-eid={kind}]").click()
        window = opened.value
        window.wait_for_selector("#main form[action^='/prompts/'], #main .slot")
        return window

    def log_in(self, pin: str = PIN1, at: str = "/login") -> Page:
        """Log in at the portal with the card in the reader."""
        self.open(at)
        type_pin(self.ask(), pin)
        return self.page

    def certified(self) -> Page:
        """Ask for the signature, and show the certificate; the window that asks for PIN2."""
        window = self.ask("sign")
        window.locator("button[name=go]").click()
        window.wait_for_selector("body[data-state^=PIN2_]")
        return window

    def sign(self, pin: str = PIN2) -> Page:
        """Sign with the card in the reader."""
        type_pin(self.certified(), pin)
        return self.page

    # --- the portal, by the shorter way -----------------------------------------------------------

    def sit_down(self, visit: Visit, path: str) -> Page:
        """Go on with a visit in this browser."""
        name, value = self.stage.cookie, visit.record.session_id
        self._context.add_cookies([{"name": name, "value": value, "url": self.stage.origins["portal"]}])
        return self.open(path)

    def forget_cookies(self) -> None:
        """The browser keeps none."""
        self._context.clear_cookies()

    def logged_in(self, card: DeskCard | None = None, owner: str = "jaak") -> Visit:
        """A visit at the questions."""
        card = card or self.card(owner)
        with self.stage.still() as lab:
            visit = lab.portal.visit(owner, "Browser", address=HERE)
            visit.log_in(token(visit, card))
            return visit

    def answered(self, card: DeskCard | None = None, owner: str = "jaak") -> Visit:
        """A visit that waits for a code."""
        visit = self.logged_in(card, owner)
        with self.stage.still():
            visit.answer("jaak@example.test")
        return visit

    def matched(self, app: App, card: DeskCard | None = None, owner: str = "jaak") -> Visit:
        """A visit at the review page."""
        visit = self.answered(card, owner)
        with self.stage.still():
            visit.enter_code(app.device.code)
        return visit

    def signing(self, app: App, card: DeskCard | None = None, owner: str = "jaak") -> Visit:
        """A visit that waits for the signature; its page is open."""
        visit = self.matched(app, card, owner)
        with self.stage.still():
            visit.confirm()
        self.sit_down(visit, "/sign")
        return visit

    def signed(self, app: App, card: DeskCard | None = None, owner: str = "jaak") -> Visit:
        """A visit that has signed: the phone is next."""
        card = card or self.card(owner)
        visit = self.matched(app, card, owner)
        with self.stage.still():
            application = visit.confirm()
            web_eid = web_eid_of(card)
            certificate = web_eid.signing_certificate()
            signed = web_eid.sign(certificate, application.digest, application.hash_function, lambda *_: PIN2)
            visit.sign(certificate, signed.octets, signed.algorithm)
        return visit

    # --- the phone, by the shorter way ------------------------------------------------------------

    def phone(self, name: str = "Phone", owner: str = "jaak", **facts: object) -> App:
        """A new one."""
        with self.stage.still() as lab:
            return lab.phones.install(owner, name, "Android 15", address=HERE, **facts)  # type: ignore[arg-type]

    def app_at_pins(self, name: str = "Phone", owner: str = "jaak", country: str = "EE") -> App:
        """An app that asks for PIN1."""
        app = self.phone(name, owner)
        with self.stage.still() as lab:
            return lab.to_pins(app, country)

    def app_with_code(self, name: str = "Phone", owner: str = "jaak", country: str = "EE") -> App:
        """An app that shows a code."""
        app = self.app_at_pins(name, owner, country)
        with self.stage.still():
            app.choose_pins(PHONE_PIN1, PHONE_PIN2)
        self.secrets.append(app.device.code)
        return app

    def app_at_identity(self, name: str = "Phone", owner: str = "jaak") -> App:
        """An app that asks whether this is you."""
        app = self.app_with_code(name, owner)
        self.signed(app, owner=owner)
        return app

    def app_at_confirm(self, name: str = "Phone", owner: str = "jaak") -> App:
        """An app that asks for PIN1 once more."""
        app = self.app_at_identity(name, owner)
        with self.stage.still():
            app.accept_identity()
        return app

    def account(self, name: str = "Phone", owner: str = "jaak") -> App:
        """An app with an account."""
        app = self.app_at_confirm(name, owner)
        with self.stage.still():
            app.confirm_pin(1, PHONE_PIN1)
            app.confirm_pin(2, PHONE_PIN2)
        return app

    def look(self, app: App, path: str = "") -> Page:
        """Open a phone's page."""
        return self.open(f"/phones/{app.device.phone_id}{path}", "phones")

    def type(self, *pins: str) -> Page:
        """Type PINs on the phone by keyboard, OK after each."""
        for pin in pins:
            field = self.page.locator("#pin")
            if not field.is_visible():
                self.press("details:has(#pin) summary")
            field.fill(pin)
            self.press("form:has(#pin) button")
        return self.page


def type_pin(window: Page, pin: str) -> None:
    """Type a PIN into the desk's window, and confirm it; the window may close at once."""
    window.locator("#pin").fill(pin)
    window.locator("form:has(#pin) button.button").first.click()


def web_eid_of(card: DeskCard) -> WebEid:
    """The Web eID application with a card."""
    return WebEid(EidClient(card.issued.card.process), plain_localhost=True)


def token(visit: Visit, card: DeskCard) -> str:
    """What logs a visit in."""
    nonce = visit.challenge()
    return web_eid_of(card).authenticate(visit._portal.origin, nonce, lambda *_: PIN1)
