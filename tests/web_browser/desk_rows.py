"""What the card desk says no to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.web_browser.person import PIN1, Person, type_pin
from tests.web_browser.row import Reach, Row, said

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PROBLEM = said("common.problem")
_WRONG_PIN = "99999999"


# --- the window -------------------------------------------------------------------------------------


def _asked(*typed: str, **card: object) -> Reach:
    """PINs that are typed into the window."""

    def reach(one: Person) -> Page:
        if card.get("state") != "none":
            one.card(**card)  # type: ignore[arg-type]  # the rows name states
        one.open("/login")
        window = one.ask()
        for pin in typed:
            type_pin(window, pin)
        return window

    return reach


def _pin1(name: str, error: str, told: str, reach: Reach) -> Row:
    told_all = (_PROBLEM, told) if error else (told,)
    status = 400 if error else 200
    title = {"pin": "PIN1"}
    return Row(
        name, reach, "PIN1_ASKED", error, "desk.prompt-title", title, told=told_all, status=status, pins=True
    )


def _pin2(one: Person) -> Page:
    one.signing(one.app_with_code("Jaak’s phone"), one.card())
    window = one.certified()
    type_pin(window, _WRONG_PIN)
    return window


def _withdrawn(one: Person) -> Page:
    """The portal's page was left while the window was open."""
    window = _asked()(one)
    one.open("/")
    one.page.wait_for_load_state()
    type_pin(window, PIN1)
    return window


def _nobody_asks(one: Person) -> Page:
    return one.open("/prompts/from-last-week", "desk")


# --- PINs and cards ---------------------------------------------------------------------------------


def _pins(what: str, *typed: str, card: str = "fresh") -> Reach:
    def reach(one: Person) -> Page:
        one.card(state=card)
        one.open(f"/pins/PIN1/{what}", "desk")
        for field, pin in zip(("old" if what == "change" else "puk", "new", "again"), typed, strict=False):
            one.page.locator(f"#{field}").fill(pin)
        if typed:
            one.press("form.panel .button")
        return one.page

    return reach


def _pin_page(name: str, what: str, error: str, reach: Reach, *told: str) -> Row:
    problem = (_PROBLEM,) if error else ()
    return Row(
        name,
        reach,
        f"PIN_{what.upper()}",
        error,
        f"desk.{what}",
        {"pin": "PIN1"},
        told=(*problem, *told),
        status=400 if error else 200,
        pins=True,
    )


def _making(state: str) -> Reach:
    def reach(one: Person) -> Page:
        one.open("/cards", "desk")
        one.page.locator("#person-jaak").check()
        if state:
            one.page.locator(f"#state-{state}").check()
        one.press("main form[action='/cards'] .button")
        return one.page

    return reach


def _removed(one: Person) -> Page:
    """The card goes while its PIN is being changed."""
    _pins("change")(one)
    one.happen(lambda lab: lab.desk.remove())
    one.press("form.panel .button")
    return one.page


def _forged(one: Person) -> Page:
    one.card()
    one.open("/", "desk")
    one.forget_cookies()
    one.press("form[action='/remove'] button")
    return one.page


def _mishap(name: str, error: str, heading: str, status: int, reach: Reach, **more: Any) -> Row:
    return Row(name, reach, "ERROR", error, heading, status=status, **more)


_LENGTH = said("desk.wrong-length", pin="PIN1", least=4, most=12)
_TWO_LEFT = said("desk.wrong-pin", pin="PIN1", left=2)

_NO_ANSWER = said("desk.wrong-refused", sw="-")

DESK = [
    _pin1("wrong PIN1", "PIN_WRONG", _TWO_LEFT, _asked(_WRONG_PIN)),
    _pin1("a short PIN1", "BAD_REQUEST", _LENGTH, _asked("123")),
    _pin1("letters", "BAD_REQUEST", said("desk.wrong-digits"), _asked("7305821a")),
    _pin1("no certificates", "BAD_REQUEST", _NO_ANSWER, _asked(PIN1, state="no-certificates")),
    Row(
        "PIN1 blocked",
        _asked(state="pin1-blocked"),
        "PIN1_BLOCKED",
        "",
        "desk.blocked-title",
        {"pin": "PIN1"},
        told=(said("desk.blocked-text", pin="PIN1"),),
        pins=True,
    ),
    Row(
        "PIN1 wrong three times",
        _asked(*[_WRONG_PIN] * 3),
        "PIN1_BLOCKED",
        "",
        "desk.blocked-title",
        {"pin": "PIN1"},
        told=(said("desk.blocked-text", pin="PIN1"), said("desk.unblock", pin="PIN1")),
        pins=True,
    ),
    Row(
        "no card",
        _asked(state="none"),
        "CARD_ASKED",
        "",
        "desk.insert-title",
        told=(said("desk.insert-text"),),
    ),
    Row(
        "wrong PIN2",
        _pin2,
        "PIN2_ASKED",
        "PIN_WRONG",
        "desk.prompt-title",
        {"pin": "PIN2"},
        told=(_PROBLEM, said("desk.wrong-pin", pin="PIN2", left=2)),
        status=400,
        pins=True,
    ),
    Row("nobody asks any more", _withdrawn, "PROMPT_OVER", "", "desk.over.gone.title"),
    Row("nobody has asked", _nobody_asks, "PROMPT_OVER", "", "desk.over.gone.title"),
    _pin_page("the old PIN is wrong", "change", "PIN_WRONG", _pins("change", *[_WRONG_PIN] * 3), _TWO_LEFT),
    _pin_page("a short new PIN", "change", "BAD_REQUEST", _pins("change", PIN1, "12", "12"), _LENGTH),
    _pin_page(
        "two new PINs",
        "change",
        "BAD_REQUEST",
        _pins("change", PIN1, "4827", "4828"),
        said("desk.wrong-again", pin="PIN1"),
    ),
    _pin_page(
        "the PUK is wrong",
        "unblock",
        "PIN_WRONG",
        _pins("unblock", *[_WRONG_PIN] * 3, card="pin1-blocked"),
        said("desk.wrong-puk", left=2),
    ),
    _pin_page(
        "the PUK is blocked",
        "unblock",
        "",
        _pins("unblock", card="puk-blocked"),
        said("desk.puk-blocked"),
        said("desk.puk-gone"),
    ),
    Row(
        "the card is gone",
        _removed,
        "READER_EMPTY",
        "BAD_REQUEST",
        "desk.change",
        {"pin": "PIN1"},
        status=400,
    ),
    Row(
        "no such card",
        _making("transport-pin"),
        "CARDS",
        "BAD_REQUEST",
        "desk.cards-title",
        told=(_PROBLEM, said("desk.wrong-state")),
        status=400,
    ),
    _mishap("no cookies", "COOKIES_REQUIRED", "error.COOKIES_REQUIRED.title", 403, _forged),
    _mishap("no such page", "NOT_FOUND", "portal.not_found.title", 404, lambda one: one.open("/x", "desk")),
]
