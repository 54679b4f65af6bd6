"""Every page of phone, card desk and lab, in every language: what each must have and what none may."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache

import pytest

from softeid.harness.pki.card_state import CARD_STATES
from softeid.harness.pki.ocsp_fault import OCSP_FAULTS
from softeid.harness.web.messages import LANGUAGES, messages
from softeid.harness.web.pages import lab_gallery, render
from softeid.harness.web.pages.gallery import frame_of

from .gallery_page import Page, from_here, labelled, titled, unused

# The many refusals of the phone are one template; test_phone draws each.
NAMES = tuple(name for name in lab_gallery.examples() if not name.startswith("phone-refused-"))
GROUPS = ("phone.", "desk.", "lab.")
UNSEEN = re.compile(
    r"phone\.(refused|advice|ended)\.|phone\.launcher-front|phone\.key\.IN_PREPARATION"
    r"|desk\.(done|wrong)-|lab\.(wrong|fault|certificates-are|network)|lab\.clock-freeze"
)
"""Texts that servers choose, or that stand for what no example is in."""


@cache
def drawn(name: str, language: str = "en") -> str:
    """A page of the gallery."""
    example = lab_gallery.examples()[name]
    return render.render(example.view, frame_of(example, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_in_a_language(name: str, language: str) -> None:
    titled(Page(drawn(name, language)), language)


@pytest.mark.parametrize("name", NAMES)
def test_state_error_and_the_test_band(name: str) -> None:
    example, text = lab_gallery.examples()[name], drawn(name)
    body = next(Page(text).all("body"))
    assert (body["data-state"], body["data-error"]) == (example.state, example.error)
    assert '<aside class="test"' in text
    assert text.count("<b>TEST</b>") == (example.view.layout == "bench"), "the phone says it again"
    assert ("Error: " in Page(text).heard["title"]) == bool(example.view.problems)


@pytest.mark.parametrize("name", NAMES)
def test_every_input_has_a_label_and_what_it_is_described_by(name: str) -> None:
    labelled(Page(drawn(name)))


@pytest.mark.parametrize("name", NAMES)
def test_forms_are_native_and_guarded(name: str) -> None:
    page = Page(drawn(name))
    assert drawn(name).count("<form") == drawn(name).count('name="csrf"')
    assert all(form["method"] == "post" and form["action"].startswith("/") for form in page.all("form"))
    assert not any("form" in inside for tag, _, inside in page.elements if tag == "form")
    full = [inside for _, one, inside in page.elements if one.get("class") == "button"]
    assert sum("details" not in inside for inside in full) <= 1, "one full button on a page"
    assert sum("autofocus" in attributes for _, attributes, _ in page.elements) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_no_script_or_style_in_a_page_and_nothing_from_outside(name: str) -> None:
    from_here(Page(drawn(name)))


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_s_text_is_only_text(name: str) -> None:
    text = drawn(name)
    assert "<script>alert" not in text
    assert "<b>WW" not in text
    assert "<of>" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("name", NAMES)
def test_no_pin_is_ever_filled_in(name: str) -> None:
    for field in Page(drawn(name)).all("input"):
        if field.get("type") == "password":
            assert "value" not in field
            assert field["autocomplete"] == "off"


def test_no_template_drops_the_band() -> None:
    for name, example in lab_gallery.examples().items():
        watched = replace(frame_of(example), watermark=True)
        assert 'class="watermark"' in render.render(example.view, watched), name


def test_every_text_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    left = unused(lab_gallery.examples(), GROUPS, monkeypatch)
    assert [key for key in left if not UNSEEN.match(key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_card_and_every_fault_has_words(language: str) -> None:
    texts = messages(language)
    assert [state for state in CARD_STATES if f"desk.state.{state}" not in texts] == []
    assert [fault for fault in OCSP_FAULTS if f"lab.fault.{fault}" not in texts] == []


def test_views_are_frozen() -> None:
    for name, example in lab_gallery.examples().items():
        assert fields(example.view), name
        assert type(example.view).__dataclass_params__.frozen, name  # type: ignore[attr-defined]
