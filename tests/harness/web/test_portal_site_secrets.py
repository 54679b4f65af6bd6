"""No PIN and no code leaves in an address, a log, a referrer, or a page that is not its own (SID-SEC-011)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from tests.harness.registration.conftest import ORIGIN, Lab
from tests.harness.web.phone_lab import PhoneLab
from tests.harness.web.portal_lab import PortalLab

from softeid.harness.pki.leaf import Use
from softeid.harness.registration.login_ticket import Hint, How
from softeid.harness.web.portal_card import present

PIN1, PIN2 = "7391468205", "82046173951"  # as long as no digest has digits in a row by chance


def stands(secret: str, text: str) -> bool:
    """Whether a text has a secret in it, as a word or as digits in groups."""
    spaced = r"[\s-]?".join(map(re.escape, secret)) if secret.isdigit() else re.escape(secret)
    return bool(re.search(rf"(?<![\w-]){spaced}(?![\w-])", text))


@pytest.mark.covers("SID-SEC-011")
def test_logs_and_traffic_have_no_code_no_pin_and_no_token(
    make_lab: Callable[..., Lab], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lab = make_lab(step_up=True)
    portal, phones = PortalLab(lab), PhoneLab(lab)
    card, browser = lab.card(), portal.browser()

    page = phones.to_pins()
    for digits in (PIN1, PIN1, PIN2, PIN2):
        page = phones.type(page, digits)
    phone = page.path
    code = phones.app(page).device.code

    browser.open("/login")
    link = browser.raw("GET", "/auth/certificate").headers["location"].partition("=")[2]
    back = present(portal.site)(
        link, lab.web_eid(card).certificate(Use.AUTHENTICATION), How.SIGNED, Hint.CHECK_CARD
    )
    ticket = back.partition("=")[2]
    before = browser.cookies["__Host-softeid"]
    seen = browser.open(back.removeprefix(ORIGIN))
    seen = browser.send(seen, "/questions", email="jaak@example.test", phone="", consent="true")
    seen = browser.send(seen, "/code", code="999 999 998")
    seen = browser.send(seen, "/code", code=code)
    seen = browser.send(seen, "/review", mine="yes")
    further = re.search(r": (\d{6})\.", lab.core.outbox.messages[-1].text)
    assert further
    seen = browser.send(seen, "/step-up", otp=further[1])
    seen = browser.send(seen, "/review", mine="yes")
    signature = portal.signature(seen, card)
    seen = browser.send(seen, "/sign", **signature)
    assert seen.state == "CONFIRMED"

    page = phones.press(phones.browser.open(phone), "identity", accept="yes")
    page = phones.type(page, "135790864")  # a wrong one
    for digits in (PIN1, PIN2):
        page = phones.type(page, digits)
    assert page.state == "READY"

    typed = (PIN1, PIN2, "135790864", further[1], "999999998")
    sessions = (before, browser.cookies["__Host-softeid"])
    tokens = {one.hidden["csrf"] for seen in (seen, page) for one in seen.forms if "csrf" in one.hidden}
    log = "\n".join(f"{one.name} {one.getMessage()}" for one in caplog.records if one.name != "httpx")
    for secret in (*typed, code, ticket, link, *sessions, *tokens, signature["signature"]):
        assert not stands(secret, log)
    for tab in (browser, phones.browser):
        for answer in tab.log:
            address = str(answer.request.url)
            leads = answer.headers.get("location", "")
            assert "referer" not in answer.request.headers
            assert answer.headers["referrer-policy"] == "no-referrer"
            for secret in (*typed, code, *sessions, *tokens):
                assert not stands(secret, address + " " + leads)
            for secret in (*typed, *sessions, ticket, link):
                assert not stands(secret, answer.text)
            if not (tab is phones.browser and answer.url.path == phone):
                assert not stands(code, answer.text)
    shown = [answer for answer in phones.browser.log if stands(code, answer.text)]
    assert shown, "the phone itself shows the code, or this test sees nothing"
    assert any("POST /code 303" in one.getMessage() for one in caplog.records)
    portal.close()
    phones.browser.close()
