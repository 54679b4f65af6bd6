"""The lab's own pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import EventName
from softeid.harness.web.pages import lab, lab_gallery
from softeid.harness.web.pages.gallery import NOW, frame_of
from softeid.harness.web.pages.render import View, render

EXAMPLES = lab_gallery.examples()


def shown(view: View) -> str:
    return render(view, frame_of(EXAMPLES["lab-home"]))


def test_a_click_moves_the_clock() -> None:
    page = shown(EXAMPLES["lab-home"].view)
    for seconds in (60, 900, 10800, 86400):
        assert f'name="advance" value="{seconds}"' in page
    assert 'name="act" value="run"' in page
    assert 'name="act" value="freeze"' in shown(EXAMPLES["lab-home-runs"].view)
    assert 'value="2026-03-02T09:07"' in page


def test_services_with_their_faults() -> None:
    page = shown(EXAMPLES["lab-home"].view)
    assert "‘try later’" in page
    assert '<a href="https://portal.localhost:8443"><code>portal.localhost:8443</code></a>' in page
    assert "unheard &lt;of&gt;" in page


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (EventName.SECURITY_RELAY_SUSPECTED, "bad"),
        (EventName.CODE_GUESSING, "bad"),
        (EventName.CODE_REJECTED, "care"),
        (EventName.PORTAL_LOGIN_ORIGIN_MISMATCH, "care"),
        (EventName.ACCOUNT_ACTIVATED, "off"),
    ],
)
def test_what_stands_out_in_the_trail(name: str, kind: str) -> None:
    event = lab.EventLine(seq=1, at=NOW, name=name, who="mari", about="", data={})
    assert event.kind == kind


def test_a_message_can_be_read_as_it_is() -> None:
    page = shown(EXAMPLES["lab-outbox"].view)
    assert "Thief &lt;One&gt;" in page
    assert "+372 5550 0142" in page


def test_a_broken_chain_is_said_aloud() -> None:
    assert "The chain is broken" in shown(EXAMPLES["lab-audit-broken"].view)
    assert "The chain is unbroken" in shown(EXAMPLES["lab-audit"].view)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (timedelta(seconds=900), "15m"),
        (timedelta(seconds=90), "90s"),
        (timedelta(hours=24), "1d"),
        (timedelta(0), "0s"),
        (timedelta(milliseconds=1500), "1.5s"),
    ],
)
def test_durations_as_one_would_write_them(value: timedelta, told: str) -> None:
    assert lab.told_settings(Settings(t_code=value))[0]["t_code"] == told


def test_settings_say_what_was_changed() -> None:
    values, changed = lab.told_settings(Settings(pin_allow_equal=True, countries=("EE",), bad_origins=()))
    assert changed == ("countries", "pin_allow_equal")
    assert values["pin_allow_equal"] == "yes"
    assert values["countries"] == "EE"
    assert values["pin1_digits"] == "4-12"
    assert values["bad_origins"] == "–"


def test_the_page_one_is_on_is_marked() -> None:
    page = shown(EXAMPLES["lab-audit"].view)
    assert page.count("aria-current=") == 1
    assert 'href="/audit" aria-current=' in page
