"""The portal's pages where more than a card is needed: further codes, clicks, guardians."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.harness.registration.conftest import Lab
from tests.harness.web.portal_lab import PortalLab, standing, where

from softeid.harness.person import persons
from softeid.harness.registration.outbox import Message
from softeid.harness.registration.population_register import Entry, Guardian
from softeid.harness.web.messages import text

MakeLab = Callable[..., Lab]


def _sent_code(messages: tuple[Message, ...]) -> str:
    digits = [one.text for one in messages if one.kind == "code sent"][-1].partition(": ")[2]
    return digits[:6]


def test_a_further_code_comes_before_the_signature(make_lab: MakeLab) -> None:
    lab = make_lab(step_up=True)
    with standing(lab) as portal:
        browser, card = portal.browser(), lab.card()
        page, _ = portal.to_review(browser, card)
        page = browser.send(page, "/review", mine="yes")
        assert where(page) == ("/step-up", "REVIEW", "")
        assert "j***@example.test" in page.text
        code = _sent_code(lab.core.outbox.messages)
        page = browser.send(page, "/step-up", otp="0" + code[:5])
        assert where(page) == ("/step-up", "REVIEW", "STEP_UP_FAILED")
        page = browser.send(page, "/step-up", otp=code)
        assert where(page) == ("/review", "REVIEW", "")
        page = browser.send(page, "/review", mine="yes")
        assert browser.send(page, "/sign", **portal.signature(page, card)).path == "/wait"


def test_who_stops_at_the_further_code_stops_the_phone(make_lab: MakeLab) -> None:
    lab = make_lab(step_up=True)
    with standing(lab) as portal:
        browser = portal.browser()
        page, app = portal.to_review(browser, lab.card())
        page = browser.send(page, "/review", mine="yes")
        assert browser.send(page, "/step-up", stop="yes").path == "/closed"
        assert str(app.state) == "REJECTED"


def test_a_click_where_that_is_enough_is_given_under_the_text_itself(make_lab: MakeLab) -> None:
    lab = make_lab(confirm="click")
    with standing(lab) as portal:
        browser = portal.browser()
        page, app = portal.to_review(browser, lab.card())
        page = browser.send(page, "/review", mine="yes")
        assert where(page) == ("/sign", "REVIEW", "")
        assert page.scripts == []
        shown = page.text
        assert browser.send(page, "/sign", stop="yes").path == "/review"
        page = browser.send(browser.open("/review"), "/review", mine="yes")
        page = browser.send(page, "/sign")
        assert page.path == "/wait"
        signed = lab.core.registration(app.device.registration).application
        assert signed
        assert signed.text in shown


class Family:
    """Kadri's phone, and her mother at a computer of her own."""

    def __init__(self, portal: PortalLab) -> None:
        kadri, mari = persons()["kadri"], persons()["mari"]
        entry = Entry(kadri.serial_number, guardians=(Guardian(mari.serial_number, mari.name),))
        portal.lab.portal.register.say(entry)
        self.portal, self.minor = portal, portal.browser()
        self.app = portal.lab.to_code(portal.lab.app("kadri"))
        card = portal.lab.card("kadri")
        page, _ = portal.to_review(self.minor, card, self.app)
        assert mari.name in page.text
        page = self.minor.send(page, "/review", mine="yes")
        self.page = self.minor.send(page, "/sign", **portal.signature(page, card))
        found = re.search(r"/guardian/[\w-]+", self.page.text)
        assert found
        self.link = found[0]


def test_a_guardian_comes_by_the_link_and_signs(portal: PortalLab) -> None:
    family = Family(portal)
    assert family.page.path == "/wait"
    browser, card = portal.browser(), portal.lab.card("mari")
    page = browser.open(family.link)
    assert where(page) == (family.link, "ANON", "")
    assert "KADRI" not in page.text  # nothing tells whose application it is
    assert browser.open("/code").path == "/login"
    page = browser.send(page, "/login", token=portal.token(browser, card))
    assert where(page) == ("/review", "REVIEW", "")
    assert "KADRI" in page.text
    assert browser.send(page, "/review").answer.status_code == 400
    page = browser.send(page, "/review", agree="yes")
    page = browser.send(page, "/sign", **portal.signature(page, card))
    assert where(page) == ("/done", "DONE", "")
    assert page.heading == text("en", "portal.guardian-signed")
    assert where(portal.browser().open(family.link))[2] == "GUARDIAN_LINK_USED"


def test_a_guardian_who_says_no(portal: PortalLab) -> None:
    family = Family(portal)
    browser = portal.browser()
    page = browser.open(family.link)
    page = browser.send(page, "/login", token=portal.token(browser, portal.lab.card("mari")))
    page = browser.send(page, "/review", agree="no")
    assert (page.path, page.heading) == ("/closed", text("en", "portal.guardian-refused"))
    assert str(family.app.state) == "REJECTED"


def test_nobody_else_sees_the_minors_application(portal: PortalLab) -> None:
    family = Family(portal)
    browser = portal.browser()
    page = browser.open(family.link)
    page = browser.send(page, "/login", token=portal.token(browser, portal.lab.card()))
    assert where(page) == ("/refused", "ANON", "GUARDIAN_MISMATCH")
    assert "KADRI" not in page.text
    assert browser.open("/").path == "/"  # the link is left behind
    page = portal.log_in(browser, portal.lab.card())
    assert page.path == "/questions"


def test_a_link_is_no_way_into_somebodys_visit(portal: PortalLab) -> None:
    family = Family(portal)
    browser = portal.browser()
    portal.log_in(browser, portal.lab.card("mari"))
    page = browser.open(family.link)
    assert (page.answer.status_code, page.error) == (409, "WRONG_STEP")
    assert browser.open("/questions").state == "QUESTIONS"


def test_an_address_that_is_no_link_of_a_guardian(portal: PortalLab) -> None:
    page = portal.browser().open("/guardian/abc")
    assert (page.answer.status_code, page.heading) == (404, text("en", "portal.not_found.title"))
