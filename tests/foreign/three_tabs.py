"""A person with three browser tabs: portal, phone and card desk."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.foreign.running_lab import RunningLab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PIN1, PIN2, PUK = "1234", "12345", "12345678"
"""Of every new card of the lab."""
PHONE_PIN1, PHONE_PIN2 = "7305", "83914"
SCREENSHOTS = "SOFTEID_SCREENSHOTS"
"""A folder for a picture of each page that a walk sees; none are taken without it."""
_WIDTH, _HEIGHT = 1280, 900


class ThreeTabs:
    """One person at a browser.

    Attributes:
        portal, phone, desk: the tabs.
    """

    def __init__(self, browser: Browser, lab: RunningLab, album: str = "") -> None:
        """Open the three.

        Args:
            browser: a running one.
            lab: that is up.
            album: where pictures go, below the folder of all; empty takes none.
        """
        self.lab = lab
        self._album = album
        self._pictures = 0
        self.context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en")
        self.context.set_default_timeout(20_000)
        self.faults: list[str] = []
        self.context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.portal, self.phone, self.desk = (self.context.new_page() for _ in range(3))
        self.portal.goto(lab.address("portal"))
        self.phone.goto(lab.address("phones"))
        self.desk.goto(lab.address("desk"))

    def close(self) -> None:
        """The person goes."""
        self.context.close()

    def picture(self, page: Page, name: str) -> None:
        """Take one, where they are wanted."""
        folder = os.environ.get(SCREENSHOTS)
        if folder and self._album:
            self._pictures += 1
            place = Path(folder) / self._album
            place.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=place / f"{self._pictures:02d}-{name}.png", full_page=True)

    # --- cards ----------------------------------------------------------------------------------------

    def take_card(self, person: str, state: str = "fresh") -> None:
        """Have a card made, and put it into the reader."""
        self.desk.goto(f"{self.lab.address('desk')}cards?person={person}&state={state}")
        self.picture(self.desk, f"card-{state}")
        self.desk.get_by_role("button", name="Make the card").click()
        shows(self.desk, "CARD_INSERTED")

    # --- the phone --------------------------------------------------------------------------------------

    def register_on_phone(self, name: str) -> str:
        """Steps 1 and 2: a new phone, a registration, PINs; the code that it shows."""
        self.phone.goto(self.lab.address("phones"))
        self.phone.get_by_label("Name").first.fill(name)
        self.picture(self.phone, "phones")
        self.phone.get_by_role("button", name="Add").click()
        shows(self.phone, "HOME")
        self.picture(self.phone, "phone-home")
        self.phone.get_by_role("button", name="Register").click()
        shows(self.phone, "COUNTRY")
        self.picture(self.phone, "phone-country")
        self.phone.get_by_role("button", name="Estonia").click()
        shows(self.phone, "METHOD")
        self.picture(self.phone, "phone-method")
        self.phone.get_by_role("button", name=re.compile("ID card")).first.click()
        shows(self.phone, "TERMS")
        self.picture(self.phone, "phone-terms")
        self.phone.get_by_role("button", name=re.compile("^(I )?[Aa]ccept")).click()
        shows(self.phone, "PIN1_SET")
        for _ in range(2):
            self.press(PHONE_PIN1)
        shows(self.phone, "PIN2_SET")
        for _ in range(2):
            self.press(PHONE_PIN2)
        shows(self.phone, "CODE_SHOWN")
        self.picture(self.phone, "phone-code")
        return self.code()

    def press(self, pin: str) -> None:
        """Tap digits, then OK."""
        for digit in pin:
            self.phone.get_by_role("button", name=digit, exact=True).click()
        if pin == PHONE_PIN1:
            self.picture(self.phone, "phone-pin")
        self.phone.get_by_role("button", name="OK", exact=True).first.click()

    def code(self) -> str:
        """The registration code on the screen."""
        return self.phone.locator("data.bigcode").get_attribute("value") or ""

    def finish_on_phone(self) -> None:
        """Step 6, to its end."""
        self.confirm_on_phone()
        shows(self.phone, "READY")
        self.picture(self.phone, "phone-ready")

    def confirm_on_phone(self) -> None:
        """Step 6: identity, PIN1, PIN2."""
        shows(self.phone, "IDENTITY_CHECK")
        self.picture(self.phone, "phone-identity")
        self.phone.locator("button[name=accept][value=yes]").click()
        shows(self.phone, "PIN1_CONFIRM")
        self.press(PHONE_PIN1)
        shows(self.phone, "PIN2_CONFIRM")
        self.press(PHONE_PIN2)

    # --- the portal -------------------------------------------------------------------------------------

    def forget_portal(self) -> None:
        """Another browser, which the portal does not know."""
        self.context.clear_cookies()

    def begin_login(self) -> Page:
        """Go to the login, and ask for the card: the desk's window."""
        self.portal.goto(self.lab.address("portal"))
        self.picture(self.portal, "portal-start")
        self.portal.goto(f"{self.lab.address('portal')}login")
        self.picture(self.portal, "portal-login")
        return self.window()

    def window(self, kind: Literal["authenticate", "sign"] = "authenticate") -> Page:
        """Press the button that needs the card; the desk's window."""
        with self.portal.expect_popup() as opened:
            self.portal.locator(f"button[data-web-eid={kind}]").click()
        return opened.value

    def log_in(self, pin1: str = PIN1) -> None:
        """Step 3, as it goes when nothing is wrong."""
        window = self.begin_login()
        shows(window, "PIN1_ASKED")
        self.picture(window, "desk-pin1")
        type_pin(window, pin1)

    def answer(self, email: str = "mari@example.test") -> None:
        """Step 4: the questions."""
        shows(self.portal, "QUESTIONS")
        self.portal.get_by_label("E-mail").fill(email)
        self.portal.get_by_role("checkbox").check()
        self.picture(self.portal, "portal-questions")
        self.portal.get_by_role("button", name="Continue").click()
        shows(self.portal, "CODE_ENTRY")

    def enter(self, code: str) -> None:
        """Step 4: the code."""
        self.portal.locator("#code").fill(code)
        self.picture(self.portal, "portal-code")
        self.portal.get_by_role("button", name="Continue").click()

    def confirm(self) -> None:
        """Step 5: yes, this is my phone."""
        shows(self.portal, "REVIEW")
        self.portal.locator("#mine").check()
        self.picture(self.portal, "portal-review")
        self.portal.get_by_role("button", name="Continue").click()
        shows(self.portal, "SIGNING")
        self.picture(self.portal, "portal-sign")

    def sign(self, pin2: str = PIN2) -> None:
        """Step 5: the certificate, then PIN2, in one window."""
        window = self.window("sign")
        shows(window, "CERTIFICATE_ASKED")
        self.picture(window, "desk-certificate")
        window.locator("button[name=go]").click()
        shows(window, "PIN2_ASKED")
        self.picture(window, "desk-pin2")
        type_pin(window, pin2)


def shows(page: Page, state: str, error: str | None = None) -> None:
    """Wait until a page is in a state, perhaps with an error."""
    where = f'body[data-state="{state}"]'
    page.wait_for_selector(where if error is None else f'{where}[data-error="{error}"]', state="attached")


def type_pin(window: Page, pin: str) -> None:
    """Type a PIN into the desk's window, and confirm it; the window may close at once."""
    window.locator("#pin").fill(pin)
    window.locator("form:has(#pin) button.button").first.click()
