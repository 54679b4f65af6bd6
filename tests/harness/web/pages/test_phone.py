"""The phone's screens: what each says of what it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from softeid.harness.registration.app_life import APP_ENDS
from softeid.harness.registration.pin_rule import weakness
from softeid.harness.registration.screen import METHODS
from softeid.harness.registration.vocabulary import AppState, Code, Reason
from softeid.harness.web.messages import messages, text
from softeid.harness.web.pages import phone, phone_gallery, phone_screen
from softeid.harness.web.pages.gallery import NOW, frame_of
from softeid.harness.web.pages.render import View, render

PHONE = phone_gallery.PHONE


def shown(view: View, state: str = "HOME") -> str:
    return render(view, replace(frame_of(phone_gallery.phone_examples()["phone-home"]), state=state))


def test_every_state_of_the_app_is_drawn() -> None:
    drawn = {example.state for example in phone_gallery.phone_examples().values()}
    assert set(AppState) - drawn <= {AppState.ACTIVE}, "which shows as READY"


def test_the_pad_has_dots_and_no_digits() -> None:
    pad = phone_screen.PinPad(phone=PHONE, number=1, use="choose", least=4, most=12, typed=3, pressed="7")
    page = shown(pad)
    assert page.count('<span class="on"></span>') == 3
    assert page.count("<span></span>") == 1
    assert "Digits typed: 3" in page
    assert 'value="7" autofocus' in page


@pytest.mark.parametrize(("typed", "rings"), [(0, 5), (5, 5), (6, 6), (12, 12)])
def test_rings_tell_no_more_than_the_rule(typed: int, rings: int) -> None:
    pad = phone_screen.PinPad(phone=PHONE, number=2, use="confirm", least=5, most=12, typed=typed)
    assert pad.rings == rings


@pytest.mark.parametrize(("use", "step"), [("choose", 2), ("repeat", 2), ("confirm", 4), ("use", 0)])
def test_the_step_that_a_pad_belongs_to(use: phone_screen.PadUse, step: int) -> None:
    pad = phone_screen.PinPad(phone=PHONE, number=1, use=use, least=4, most=12)
    assert pad.counted == step
    assert (f"Step {step} of 4" in shown(pad)) == bool(step)


def test_a_locked_key_offers_no_pad() -> None:
    example = phone_gallery.phone_examples()["phone-confirm2-locked"]
    page = shown(example.view)
    assert 'class="keys"' not in page
    assert "12:07" in page


def test_proposed_pins_stand_on_their_own_screen_only() -> None:
    page = shown(phone_screen.ProposedPins(phone=PHONE, pin1="4271", pin2="90358"))
    assert "4271" in page
    assert 'value="4271"' not in page


def test_only_the_terms_end_has_the_buttons() -> None:
    page = shown(phone_screen.Terms(phone=PHONE, version="2026-01"))
    last = page.index(text("en", "phone.terms-7"))
    assert last < page.index('name="accept" value="yes"') < page.index("</div>", last)
    assert 'name="scrolled" value="yes"' in page, "without script the buttons are reached by scrolling"


def test_the_methods_that_are_not_built_are_listed_and_say_so() -> None:
    page = shown(phone_screen.Method(phone=PHONE))
    assert [method for method in METHODS if f'value="{method}"' not in page] == []
    assert page.count(text("en", "phone.method-not-built")) == len(METHODS) - 1


def test_the_code_can_be_read_by_people_and_by_programs() -> None:
    page = shown(phone_gallery.phone_examples()["phone-code"].view)
    assert '<data class="bigcode" value="483106927">483 106 927</data>' in page
    assert 'data-seconds-left="754"' in page
    assert 'data-runs="no"' in page


@pytest.mark.parametrize(("off", "clock"), [(0, "09:07"), (10, "09:17"), (-10, "08:57")])
def test_the_phone_s_own_clock_moves_nothing_but_itself(off: int, clock: str) -> None:
    view = phone_gallery.phone_examples()["phone-code"].view
    assert isinstance(view, phone_screen.CodeShown)
    page = shown(replace(view, phone=replace(PHONE, clock_off=timedelta(minutes=off))))
    assert f">{clock}</time> <b>TEST</b>" in page
    assert 'data-seconds-left="754"' in page
    assert f'value="{off}" aria-pressed="true"' in page


@pytest.mark.parametrize(
    ("running", "offered", "not_offered"),
    [
        ("front", ("background", "kill"), ("foreground", "start")),
        ("back", ("foreground", "kill"), ("background", "start")),
        ("killed", ("start",), ("background", "foreground", "kill")),
    ],
)
def test_what_can_befall_a_phone(
    running: phone.Running, offered: tuple[str, ...], not_offered: tuple[str, ...]
) -> None:
    page = shown(phone_screen.Home(phone=replace(PHONE, running=running)))
    for what in (*offered, "offline", "clone", "uninstall"):
        assert f'name="do" value="{what}"' in page
    for what in (*not_offered, "online"):
        assert f'name="do" value="{what}"' not in page


def test_a_phone_without_connection_says_so_on_every_screen() -> None:
    page = shown(phone_screen.Home(phone=replace(PHONE, online=False)))
    assert text("en", "phone.no-connection") in page
    assert 'name="do" value="online"' in page


@pytest.mark.parametrize("state", sorted(APP_ENDS - {AppState.ACTIVE}))
@pytest.mark.parametrize("reason", [None, *Reason])
def test_every_end_has_words(state: AppState, reason: Reason | None) -> None:
    page = shown(phone_screen.Ended(phone=PHONE, ending=state, reason=reason), state)
    assert f"{state}({reason})" in page if reason else f"<code>{state}</code>" in page


def test_an_unheard_reason_has_the_words_of_its_state() -> None:
    view = phone_screen.Ended(phone=PHONE, ending="TERMINATED", reason=Reason.RESTART)
    assert view.words == "phone.ended.TERMINATED"


@pytest.mark.parametrize("code", Code)
def test_the_app_has_words_for_every_code(code: Code) -> None:
    told = phone.problem(code, pin=1, min=4, max=12, rule="unheard", attempts_left=2)
    assert told.key in messages("en")
    assert str(code) in told.key
    assert str(code) in shown(phone_screen.Refusal(phone=PHONE, code=code, told=told))


@pytest.mark.parametrize("pin", ["1111", "1234", "4321", "2580", "1212"])
def test_every_rule_for_weak_pins_has_its_own_words(pin: str) -> None:
    rule = weakness(pin)
    told = phone.problem(Code.PIN_TOO_WEAK, phone.PAD, pin=1, rule=rule)
    assert told.key == f"phone.refused.PIN_TOO_WEAK.{rule}"


def test_a_refusal_is_told_above_and_at_the_pad() -> None:
    page = shown(phone_gallery.phone_examples()["phone-confirm1-wrong"].view)
    assert '<a href="#pad">PIN1 was wrong; tries left: 2</a>' in page
    assert 'id="pad-error"' in page
    assert 'aria-describedby="pad-error"' in page


@pytest.mark.parametrize(
    ("screen", "warning"),
    [("phone-identity", "PIN_BIRTHDAY"), ("phone-code", "PIN_PREFIX"), ("phone-code", "PIN_YEAR")],
)
def test_a_warning_stands_where_it_became_known(screen: str, warning: str) -> None:
    view = phone_gallery.phone_examples()[screen].view
    assert isinstance(view, (phone_screen.IdentityCheck, phone_screen.CodeShown))
    words = text("en", f"phone.warning.{warning}").partition(".")[0]
    assert words not in shown(view)
    assert words in shown(replace(view, warnings=(warning,)))


def test_other_accounts_are_listed_with_device_and_date() -> None:
    others = (phone_screen.OtherAccount(device="Tablet", since=NOW),)
    page = shown(phone_screen.Ready(phone=PHONE, document_number="PNOEE-1-2-Q", others=others))
    assert "Tablet" in page
    assert "2 March 2026" in page


def test_screens_that_change_elsewhere_look_again() -> None:
    examples = phone_gallery.phone_examples().items()
    follows = {name for name, one in examples if "data-follow=" in shown(one.view)}
    assert {"phone-code", "phone-bound", "phone-issuing", "phone-guardian", "phone-identity"} <= follows
    assert not follows & {"phone-pin1", "phone-terms", "phone-confirm1", "phone-list", "phone-account"}
