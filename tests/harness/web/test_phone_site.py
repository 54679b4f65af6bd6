"""The phones' pages, with a browser that runs no script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from tests.harness.registration.conftest import START, Lab
from tests.harness.web.phone_lab import PORTAL, PhoneLab, standing
from tests.harness.web.site_browser import PageSeen

from softeid.harness.person import persons
from softeid.harness.registration.population_register import Entry, Guardian
from softeid.harness.registration.vocabulary import AppState
from softeid.harness.web.messages import text
from softeid.harness.web.phone_pad import Held, Pad, Pockets

MakeLab = Callable[..., Lab]


@pytest.fixture
def phones(lab: Lab) -> Iterator[PhoneLab]:
    with standing(lab) as made:
        yield made


def sign(phones: PhoneLab, page: PageSeen, person: str = "jaak") -> PageSeen:
    """What happens at the computer."""
    lab, app = phones.lab, phones.app(page)
    visit, card = lab.visit(person), lab.card(person)
    lab.to_code_entry(visit, card).enter_code(app.device.code)
    lab.sign(visit, card)
    return phones.browser.open(page.path)


def to_account(phones: PhoneLab) -> PageSeen:
    page = sign(phones, phones.to_code())
    page = phones.press(page, "identity", accept="yes")
    return phones.type(phones.type(page, "4271"), "58362")


# --- the way ----------------------------------------------------------------------------------------


def test_a_registration_from_the_list_to_the_account_by_buttons_alone(phones: PhoneLab) -> None:
    page = phones.browser.open("/")
    assert (page.state, page.heading) == ("PHONES", text("en", "phone.list-title"))
    page = phones.add()
    states = [page.state]
    for what, typed in (
        ("register", {}),
        ("country", {"country": "ee"}),
        ("method", {"method": "id-card"}),
        ("terms", {"accept": "yes", "scrolled": "yes"}),
    ):
        page = phones.press(page, what, **typed)
        states.append(page.state)
    assert states == ["HOME", "COUNTRY", "METHOD", "TERMS", "PIN1_SET"]
    for digits in ("4271", "4271", "58362", "58362"):
        page = phones.type(page, digits)
    assert page.state == "CODE_SHOWN"
    code = phones.app(page).device.code
    assert f"{code[:3]} {code[3:6]} {code[6:]}" in page.text
    page = sign(phones, page)
    assert page.state == "IDENTITY_CHECK"
    assert "JAAK-KRISTJAN" in page.text
    page = phones.press(page, "identity", accept="yes")
    assert page.state == "PIN1_CONFIRM"
    page = phones.type(page, "4271")
    assert page.state == "PIN2_CONFIRM"
    page = phones.type(page, "58362")
    assert page.state == "READY"
    page = phones.browser.open(f"{page.path}/account")
    assert phones.app(page).screen().document_number in page.text


def test_the_same_pins_from_a_keyboard(phones: PhoneLab) -> None:
    page = phones.to_pins()
    for digits in ("4271", "4271", "58362", "58362"):
        page = phones.press(page, "pin", pin=digits)
    assert page.state == "CODE_SHOWN"


def test_pins_that_the_app_proposes(phones: PhoneLab) -> None:
    page = phones.press(phones.to_pins(), "propose", take="ask")
    assert page.heading == text("en", "phone.proposed-title")
    first = page.text
    page = phones.press(page, "propose", take="others")
    assert page.text != first
    page = phones.press(page, "propose", take="no")
    assert page.state == "PIN1_SET"
    page = phones.press(phones.press(page, "propose", take="ask"), "propose", take="yes")
    assert page.state == "CODE_SHOWN"


# --- the pad ----------------------------------------------------------------------------------------


def test_a_page_has_the_number_of_digits_and_never_the_digits(phones: PhoneLab) -> None:
    page = phones.to_pins()
    for number, key in enumerate("739", 1):
        page = phones.press(page, "pad", key=key)
        assert text("en", "phone.digits-typed", n=number) in page.text
        assert page.source.count('class="on"') == number
    page = phones.press(page, "pad", key="delete")
    assert page.source.count('class="on"') == 2
    assert "value" not in page.forms[-1].hidden


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("1111",), "PIN_TOO_WEAK"),
        (("427",), "PIN_TOO_SHORT"),
        (("",), "PIN_TOO_SHORT"),
        (("4271", "4272"), "PIN_REPEAT_MISMATCH"),
        (("4271", "4271", "4271"), "PIN_TOO_SHORT"),
        (("42719", "42719", "42719", "42719"), "PIN_EQUAL"),
    ],
)
def test_a_pin_that_cannot_be_taken_is_told_once_at_the_pad(
    phones: PhoneLab, typed: tuple[str, ...], code: str
) -> None:
    page = phones.to_pins()
    for digits in typed:
        page = phones.type(page, digits)
    assert (page.error, page.title[:6]) == (code, "Error:")
    assert 'href="#pad"' in page.source
    assert page.source.count('class="on"') == 0
    assert phones.browser.open(page.path).error == ""


def test_pins_that_look_alike_are_warned_of_with_the_code(phones: PhoneLab) -> None:
    page = phones.to_pins()
    for digits in ("4271", "4271", "42718", "42718"):
        page = phones.type(page, digits)
    words = text("en", "phone.warning.PIN_PREFIX").partition(".")[0]
    assert page.state == "CODE_SHOWN"
    assert words in page.text
    app = phones.app(page)
    lab = phones.lab
    card = lab.card()
    visit = lab.to_code_entry(lab.visit(), card)
    visit.enter_code(app.device.code)
    lab.sign(visit, card)
    page = phones.browser.open(page.path)
    assert page.state == "IDENTITY_CHECK"
    assert words not in page.text


def test_letters_from_a_keyboard_are_refused(phones: PhoneLab) -> None:
    page = phones.press(phones.to_pins(), "pin", pin="42a1")
    assert page.error == "PIN_FORMAT"
    assert "42a1" not in page.source


def test_back_from_the_second_entry_and_from_pin2(phones: PhoneLab) -> None:
    page = phones.type(phones.to_pins(), "4271")
    assert page.heading == text("en", "phone.pin-repeat", pin="PIN1")
    page = phones.press(page, "back")
    assert page.heading == text("en", "phone.pin-choose", pin="PIN1")
    page = phones.type(phones.type(page, "4271"), "4271")
    page = phones.type(page, "58362")
    assert (page.state, page.heading) == ("PIN2_SET", text("en", "phone.pin-repeat", pin="PIN2"))
    page = phones.press(page, "back")
    assert (page.state, page.heading) == ("PIN1_SET", text("en", "phone.pin-choose", pin="PIN1"))


def test_a_wrong_pin_in_the_last_step_says_how_many_tries_are_left(phones: PhoneLab) -> None:
    page = phones.press(sign(phones, phones.to_code()), "identity", accept="yes")
    page = phones.type(page, "9999")
    assert (page.state, page.error) == ("PIN1_CONFIRM", "PIN_WRONG")
    assert text("en", "phone.refused.PIN_WRONG", pin=1, attempts_left=2) in page.text


def test_a_pad_forgets_what_was_typed_for_something_else() -> None:
    held = Held()
    pad = held.asks(AppState.PIN1_SET)
    assert pad
    for key in "4271":
        pad.press(key, 12)
    assert held.asks(AppState.PIN1_SET) is pad
    assert held.asks(AppState.PIN2_SET) != pad
    assert held.asks(AppState.CODE_SHOWN) is None
    again = held.asks(AppState.PIN1_SET)
    assert again
    assert again.digits == ""


def test_nothing_typed_stands_in_what_a_pad_says_of_itself() -> None:
    pad = Pad(1, "choose", "4271", "4271")
    held = Held(pad=pad, proposed=("9753", "86420"))
    assert not any(pin in repr(held) for pin in ("4271", "9753", "86420"))


def test_no_more_digits_are_taken_than_a_pin_has() -> None:
    pad = Pad(1, "choose")
    for _ in range(20):
        pad.press("7", 12)
    assert len(pad.take()) == 12
    assert pad.digits == ""


# --- what befalls a phone ---------------------------------------------------------------------------


def test_a_code_that_is_shown_again_is_a_fresh_one(phones: PhoneLab) -> None:
    page = phones.to_code()
    before = phones.app(page).device.code
    page = phones.press(page, "life", do="background")
    assert page.heading == text("en", "phone.launcher-title")
    page = phones.press(page, "life", do="foreground")
    assert page.state == "CODE_SHOWN"
    assert phones.app(page).device.code != before


def test_a_killed_app_has_forgotten_what_was_typed(phones: PhoneLab) -> None:
    page = phones.to_pins()
    page = phones.type(phones.type(page, "4271"), "4271")
    page = phones.press(page, "pad", key="5")
    page = phones.press(page, "life", do="kill")
    assert "PIN2" not in page.heading
    page = phones.press(page, "life", do="start")
    assert page.state == "PIN1_SET"
    assert page.source.count('class="on"') == 0


def test_without_network_the_screen_says_so_and_a_fresh_code_comes_with_it(phones: PhoneLab) -> None:
    page = phones.press(phones.to_code(), "life", do="offline")
    assert page.state == "CODE_SHOWN"
    assert text("en", "phone.no-connection") in page.text
    before = phones.app(page).device.code
    page = phones.press(page, "life", do="online")
    assert text("en", "phone.no-connection") not in page.text
    assert phones.app(page).device.code != before


def test_keys_that_the_core_did_not_hear_of_are_sent_again(phones: PhoneLab) -> None:
    page = phones.press(phones.to_pins(), "life", do="offline")
    for digits in ("4271", "4271", "58362", "58362"):
        page = phones.type(page, digits)
    assert page.error in ("CORE_UNAVAILABLE", "")
    assert text("en", "phone.refused.CORE_UNAVAILABLE") in page.text
    assert phones.press(page, "life", do="online").state == "CODE_SHOWN"


def test_a_copy_stands_beside_its_original(phones: PhoneLab) -> None:
    page = phones.to_code(phones.add("Old"))
    copy = phones.press(page, "life", do="clone")
    assert copy.path != page.path
    assert (copy.state, "copy of Old" in copy.text) == ("CODE_SHOWN", True)
    listed = phones.browser.open("/")
    assert "Old 2" in listed.text
    assert "copy of Old" in listed.text


def test_deleting_the_app_ends_a_registration(phones: PhoneLab) -> None:
    page = phones.press(phones.to_code(), "life", do="uninstall")
    assert (page.state, page.heading) == ("ABANDONED", text("en", "phone.launcher-title"))
    assert phones.press(page, "life", do="start").state == "HOME"


def test_giving_a_registration_up(phones: PhoneLab) -> None:
    page = phones.press(phones.to_code(), "stop")
    assert page.state == "ABANDONED"
    assert phones.press(page, "register").state == "COUNTRY"


def test_a_phones_clock_is_its_own(phones: PhoneLab) -> None:
    page = phones.press(phones.to_code(), "clock", off="10")
    assert "09:10" in page.text
    assert "15:00" in page.text  # the code's time is the server's


def test_time_that_runs_out_is_seen(phones: PhoneLab) -> None:
    page = phones.to_code()
    phones.lab.core.move_clock(START + timedelta(minutes=15))
    assert phones.browser.open(page.path).state == "EXPIRED"


# --- the account ------------------------------------------------------------------------------------


def test_an_account_is_used_and_deleted(phones: PhoneLab) -> None:
    page = to_account(phones)
    account = phones.browser.open(f"{page.path}/account")
    page = phones.press(account, "use", use="signature")
    assert page.heading == text("en", "phone.pin-use", pin="PIN2")
    page = phones.type(page, "1111")
    assert page.error == "PIN_WRONG"
    page = phones.type(page, "58362")
    assert page.heading == text("en", "phone.used-signature")
    page = phones.press(account, "recover")
    assert page.error == "PIN_UNRECOVERABLE"
    page = phones.press(account, "register")
    assert page.error == "DEVICE_HAS_ACCOUNT"
    page = phones.browser.open(f"{page.path}/delete")
    page = phones.press(page, "delete", typed="ok")
    assert (page.path.rpartition("/")[2], page.error) == ("delete", "BAD_REQUEST")
    page = phones.press(page, "delete", typed="OK")
    assert page.heading == text("en", "phone.ended.CLOSED.title")


def test_an_app_that_is_deleted_has_no_account_any_more(phones: PhoneLab) -> None:
    page = phones.press(to_account(phones), "life", do="uninstall")
    assert phones.press(page, "life", do="start").state == "HOME"
    assert phones.browser.open(f"{page.path}/account").state == "HOME"


# --- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "typed", "code"),
    [
        ("country", {"country": "FI"}, "COUNTRY_UNSUPPORTED"),
        ("country", {"country": "Finland"}, "BAD_REQUEST"),
    ],
)
def test_a_country_that_is_not_served(phones: PhoneLab, what: str, typed: dict[str, str], code: str) -> None:
    page = phones.press(phones.press(phones.add(), "register"), what, **typed)
    assert (page.state, page.error) == ("COUNTRY", code)
    assert 'id="country-error"' in page.source


def test_terms_that_were_not_read_and_a_way_that_is_not_built(phones: PhoneLab) -> None:
    page = phones.press(phones.press(phones.add(), "register"), "country", country="EE")
    page = phones.press(page, "method", method="nfc")
    assert (page.state, page.error) == ("METHOD", "METHOD_NOT_IMPLEMENTED")
    page = phones.press(page, "method", method="id-card")
    page = phones.press(page, "terms", accept="yes", scrolled="no")
    assert (page.state, page.error) == ("TERMS", "TERMS_NOT_READ")
    assert phones.press(page, "terms", accept="no", scrolled="no").state == "METHOD"


def test_the_terms_are_accepted_in_the_language_in_which_they_were_read(phones: PhoneLab) -> None:
    page = phones.add()
    phones.browser.open(f"{page.path}?lang=lt")
    page = phones.to_pins(page)
    terms = phones.app(page).device.terms
    assert terms
    assert (terms.language, page.language) == ("lt", "lt")


def test_an_old_app_is_turned_away(make_lab: MakeLab) -> None:
    with standing(make_lab(min_app_version="4.0")) as phones:
        page = phones.press(phones.add(), "register")
        assert page.error == "APP_TOO_OLD"
        assert phones.browser.open(page.path).state == "HOME"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"app_version": "new"}, "app_version"),
        ({"address": "here"}, "address"),
        ({"platform": ""}, "platform"),
    ],
)
def test_a_phone_that_cannot_be_added_keeps_what_was_typed(
    phones: PhoneLab, typed: dict[str, str], field: str
) -> None:
    page = phones.add(**typed)
    assert (page.answer.status_code, page.error) == (400, "BAD_REQUEST")
    assert f'href="#{field}"' in page.source
    assert len(phones.lab.phones.apps()) == 0


def test_a_phone_has_a_name_before_one_is_thought_of(phones: PhoneLab) -> None:
    assert 'value="My phone"' in phones.browser.open("/").source
    page = phones.add(name="")
    assert text("en", "phone.refused.name") in page.text
    assert 'value="My phone"' not in page.source


def test_two_phones_of_one_name_are_two_phones(phones: PhoneLab) -> None:
    one, other = phones.add("Phone"), phones.add("Phone")
    assert one.path != other.path
    assert "Phone 2" in other.text


@pytest.mark.parametrize("name", ["<b>x</b>", "'\"><script>", "{{ 7 * 7 }}"])
def test_a_name_is_shown_as_text(phones: PhoneLab, name: str) -> None:
    page = phones.add(name)
    for seen in (page, phones.browser.open("/")):
        assert name in seen.text
        assert "<" not in name or name not in seen.source


def test_there_is_a_page_for_every_error(phones: PhoneLab) -> None:
    browser, page = phones.browser, phones.add()
    form = page.forms[-1].hidden
    for answer, status, error in (
        (browser.raw("GET", "/nothing"), 404, "NOT_FOUND"),
        (browser.raw("GET", "/phones/0123"), 404, "NOT_FOUND"),
        (browser.raw("GET", "/phones/..%2fx"), 404, "NOT_FOUND"),
        (browser.raw("GET", f"{page.path}/pad"), 405, "METHOD_NOT_ALLOWED"),
        (browser.raw("POST", f"{page.path}/life", data={**form, "do": "explode"}), 400, "BAD_REQUEST"),
        (browser.raw("POST", f"{page.path}/clock", data={**form, "off": "9999"}), 400, "BAD_REQUEST"),
        (browser.raw("POST", f"{page.path}/register", data={"csrf": "x"}), 403, "CSRF"),
        (browser.raw("POST", f"{page.path}/register", json={}), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (browser.raw("GET", "/", headers={"Host": "evil.example"}), 421, "MISDIRECTED_REQUEST"),
    ):
        seen = PageSeen(answer)
        assert (answer.status_code, seen.state, seen.error) == (status, "ERROR", error)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert browser.open(page.path).state == "HOME"


def test_nothing_is_remembered_of_phones_that_there_are_not(phones: PhoneLab) -> None:
    for number in range(20):
        phones.browser.raw("GET", f"/phones/{number:x}")
    pockets: Pockets = phones.site.state.pockets
    assert not pockets._held


def test_a_page_is_loaded_again_when_it_would_look_different(phones: PhoneLab) -> None:
    page = phones.to_code()
    where = f"{page.path}/mark"
    first = phones.browser.raw("GET", where).json()["mark"]
    assert f'{{"mark": "{first}"}}' in page.source
    phones.lab.core.move_clock(START + timedelta(minutes=1))
    assert phones.browser.raw("GET", where).json()["mark"] == first  # the countdown alone is no change
    sign(phones, page)
    assert phones.browser.raw("GET", where).json()["mark"] != first


def test_a_minors_phone_shows_whom_to_hand_the_link(phones: PhoneLab) -> None:
    lab, (kadri, mari) = phones.lab, (persons()["kadri"], persons()["mari"])
    guardian = Guardian(mari.serial_number, mari.name)
    lab.portal.register.say(Entry(kadri.serial_number, guardians=(guardian,)))
    page = phones.press(sign(phones, phones.to_code(), "kadri"), "identity", accept="yes")
    page = phones.type(phones.type(page, "4271"), "58362")
    assert page.state == "WAIT_GUARDIAN"
    assert f"{PORTAL}/guardian/" in page.text
