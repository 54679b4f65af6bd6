"""Every page of phone, card desk and lab, in every language: what each must have and what none may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from html.parser import HTMLParser

import pytest

from softeid.harness.pki.card_state import CARD_STATES
from softeid.harness.pki.ocsp_fault import OCSP_FAULTS
from softeid.harness.web.messages import LANGUAGES, messages
from softeid.harness.web.pages import lab_gallery, render
from softeid.harness.web.pages.gallery import frame_of

# The many refusals of the phone are one template; test_phone draws each.
NAMES = tuple(name for name in lab_gallery.examples() if not name.startswith("phone-refused-"))
GROUPS = ("phone.", "desk.", "lab.")
UNSEEN = re.compile(
    r"phone\.(refused|advice|ended)\.|phone\.launcher-front|phone\.key\.IN_PREPARATION"
    r"|desk\.(done|wrong)-|lab\.(wrong|fault|certificates-are|network)|lab\.clock-freeze"
)
"""Texts that servers choose, or that stand for what no example is in."""


class Page(HTMLParser):
    """A page as its elements: (tag, attributes), with what each is inside of."""

    VOID = frozenset(("input", "meta", "link", "br", "hr", "img"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Mapping[str, str], tuple[str, ...]]] = []
        self.heard: dict[str, str] = {}
        self._inside: list[str] = []
        self.feed(text)
        assert not self._inside, "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}, tuple(self._inside)))
        if tag not in self.VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.get_starttag_text() or tag in self._inside:
            assert self._inside.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}, tuple(self._inside)))

    def handle_data(self, data: str) -> None:
        for tag in self._inside:
            self.heard[tag] = self.heard.get(tag, "") + data

    def all(self, *tags: str) -> Iterator[Mapping[str, str]]:
        """The attributes of every element of these kinds."""
        return (attributes for tag, attributes, _ in self.elements if tag in tags)


@cache
def drawn(name: str, language: str = "en") -> str:
    """A page of the gallery."""
    example = lab_gallery.examples()[name]
    return render.render(example.view, frame_of(example, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_in_a_language(name: str, language: str) -> None:
    page = Page(drawn(name, language))
    assert [html["lang"] for html in page.all("html")] == [language]
    assert len(list(page.all("h1"))) == 1
    assert page.heard["h1"].strip()
    assert page.heard["title"].endswith("(TEST)")


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
    page = Page(drawn(name))
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {label["for"] for label in page.all("label")}
    for field in page.all("input"):
        assert field.get("type") == "hidden" or field["id"] in labelled
    for _, attributes, _ in page.elements:
        for told in ("aria-describedby", "aria-labelledby"):
            assert set(attributes.get(told, "").split()) <= set(ids)
        assert attributes.get("href", "#").partition("#")[2] in ("", *ids)


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
    page = Page(drawn(name))
    assert not page.heard.get("script", "").strip()
    assert not list(page.all("style", "iframe", "object", "base"))
    for _, attributes, _ in page.elements:
        assert "style" not in attributes
        assert not [key for key in attributes if key.startswith("on")]
    for one in page.all("script", "img", "link"):
        local = one.get("src") or one.get("href", "")
        assert local.startswith("/static/")
        assert (render.STATIC / local.removeprefix("/static/")).is_file()


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
    used: set[str] = set()

    class Watched(dict[str, str]):
        def __getitem__(self, key: str) -> str:
            used.add(key)
            return super().__getitem__(key)

    monkeypatch.setattr(render, "messages", lambda language: Watched(messages(language)))
    for example in lab_gallery.examples().values():
        render.render(example.view, frame_of(example))
    unused = {key for key in messages("en") if key.startswith(GROUPS)} - used
    assert [key for key in sorted(unused) if not UNSEEN.match(key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_card_and_every_fault_has_words(language: str) -> None:
    texts = messages(language)
    assert [state for state in CARD_STATES if f"desk.state.{state}" not in texts] == []
    assert [fault for fault in OCSP_FAULTS if f"lab.fault.{fault}" not in texts] == []


def test_views_are_frozen() -> None:
    for name, example in lab_gallery.examples().items():
        assert fields(example.view), name
        assert type(example.view).__dataclass_params__.frozen, name  # type: ignore[attr-defined]
