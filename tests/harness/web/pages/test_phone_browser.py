"""The phone's scripts, in a real Chromium that gets its pages from the test and nothing from a network."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from softeid.harness.web.pages import phone_gallery
from softeid.harness.web.pages.gallery import frame_of
from softeid.harness.web.pages.render import STATIC, render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

HOST = "http://phone.localhost"
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Phone:
    """What the page's server says.

    Attributes:
        name: of the gallery's page that it answers with.
        mark: what it says of the screen.
        drawn: how often the page was asked for.
        posted: the bodies that were posted.
    """

    def __init__(self) -> None:
        self.name = "phone-bound"
        self.mark = phone_gallery.PHONE.mark
        self.drawn = 0
        self.posted: list[str] = []

    def answer(self, route: Route) -> None:
        """Answer one request."""
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/static/"):
            kind = KINDS[path.rpartition(".")[2]]
            route.fulfill(body=(STATIC / path.removeprefix("/static/")).read_bytes(), content_type=kind)
        elif path.endswith("/mark"):
            route.fulfill(body=json.dumps({"mark": self.mark}), content_type="application/json")
        elif route.request.method == "POST":
            self.posted.append(route.request.post_data or "")
            route.fulfill(body="<title>posted</title>", content_type="text/html")
        else:
            self.drawn += 1
            example = phone_gallery.phone_examples()[self.name]
            assert hasattr(example.view, "phone")
            view = replace(example.view, phone=replace(example.view.phone, mark=self.mark))  # type: ignore[call-arg]
            route.fulfill(body=render(view, frame_of(example)), content_type="text/html")


def opened(browser: Browser, phone: Phone, **context: Any) -> Page:
    page = browser.new_context(**context).new_page()
    page.route("**/*", phone.answer)
    page.goto(f"{HOST}{phone_gallery.PHONE.path}")
    return page


def test_the_terms_count_as_read_once_their_end_was_seen(browser: Browser) -> None:
    phone = Phone()
    phone.name = "phone-terms"
    page = opened(browser, phone)
    told = page.locator("[data-scrolled]")
    assert told.input_value() == "no"
    page.locator(".scrolled").evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
    page.wait_for_function("document.querySelector('[data-scrolled]').value === 'yes'")
    page.click("button[value=yes]")
    assert "scrolled=yes&accept=yes" in phone.posted[0]


def test_terms_sent_off_unread_say_so(browser: Browser) -> None:
    phone = Phone()
    phone.name = "phone-terms"
    page = opened(browser, phone)
    page.locator("button[value=yes]").evaluate("(button) => button.form.requestSubmit(button)")
    page.wait_for_url("**/terms")
    assert "scrolled=no&accept=yes" in phone.posted[0]


def test_without_script_whoever_reaches_the_button_has_read(browser: Browser) -> None:
    phone = Phone()
    phone.name = "phone-terms"
    page = opened(browser, phone, java_script_enabled=False)
    page.click("button[value=yes]")
    assert "scrolled=yes&accept=yes" in phone.posted[0]


def test_a_key_of_the_pad_is_a_button_that_posts_one_digit(browser: Browser) -> None:
    phone = Phone()
    phone.name = "phone-pin1"
    page = opened(browser, phone, java_script_enabled=False)
    page.get_by_role("button", name="7", exact=True).click()
    assert phone.posted[0].endswith("key=7")


def test_digits_of_a_keyboard_go_into_the_field_and_enter_sends_them(browser: Browser) -> None:
    phone = Phone()
    phone.name = "phone-pin1-again"
    page = opened(browser, phone)
    page.keyboard.type("42719")
    page.keyboard.press("Backspace")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert phone.posted[0].endswith("pin=4271")


@pytest.mark.parametrize(("key", "posted"), [("7", "7"), ("Backspace", "delete"), ("Enter", "ok")])
def test_a_keyboard_goes_on_with_what_was_tapped(browser: Browser, key: str, posted: str) -> None:
    phone = Phone()
    phone.name = "phone-confirm1"
    page = opened(browser, phone)
    with page.expect_navigation():
        page.keyboard.press(key)
    assert phone.posted[0].endswith(f"key={posted}")


def test_a_key_that_is_chosen_with_tab_is_pressed_by_enter(browser: Browser) -> None:
    phone = Phone()
    phone.name = "phone-confirm1"
    page = opened(browser, phone)
    page.get_by_role("button", name="7", exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert phone.posted[0].endswith("key=7")


def test_the_screen_comes_again_when_it_would_look_different(browser: Browser) -> None:
    phone = Phone()
    page = opened(browser, phone)
    assert phone.drawn == 1
    phone.name, phone.mark = "phone-identity", "8"
    page.wait_for_selector("body[data-state=IDENTITY_CHECK]")
    assert phone.drawn == 2
