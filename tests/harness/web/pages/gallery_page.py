"""A page of a gallery as its elements, and what holds for every page there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from softeid.harness.web.messages import messages
from softeid.harness.web.pages import render
from softeid.harness.web.pages.gallery import frame_of

if TYPE_CHECKING:
    import pytest

    from softeid.harness.web.pages.gallery import Example


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


def titled(page: Page, language: str) -> None:
    """It says in which language it is, has one heading, and a title that says TEST."""
    assert [html["lang"] for html in page.all("html")] == [language]
    assert len(list(page.all("h1"))) == 1
    assert page.heard["h1"].strip()
    assert page.heard["title"].endswith("(TEST)")


def labelled(page: Page) -> None:
    """Every input has a label, and every place in the page is there that something names or leads to."""
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {label["for"] for label in page.all("label")}
    for field in page.all("input"):
        assert field.get("type") == "hidden" or field["id"] in labels
    for _, attributes, _ in page.elements:
        for told in ("aria-describedby", "aria-labelledby"):
            assert set(attributes.get(told, "").split()) <= set(ids)
        _, mark, place = attributes.get("href", "").partition("#")
        assert not mark or place in ids


def from_here(page: Page) -> None:
    """No script and no style stands in it, and nothing comes from outside."""
    assert not page.heard.get("script", "").strip()
    assert not list(page.all("style", "iframe", "object", "base"))
    for _, attributes, _ in page.elements:
        assert "style" not in attributes
        assert not [key for key in attributes if key.startswith("on")]
    for one in page.all("script", "img", "link"):
        local = one.get("src") or one.get("href", "")
        assert local.startswith("/static/")
        assert (render.STATIC / local.removeprefix("/static/")).is_file()


def unused(
    examples: Mapping[str, Example], groups: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The texts of some groups that none of the pages shows."""
    used: set[str] = set()

    class Watched(dict[str, str]):
        def __getitem__(self, key: str) -> str:
            used.add(key)
            return super().__getitem__(key)

    monkeypatch.setattr(render, "messages", lambda language: Watched(messages(language)))
    for example in examples.values():
        render.render(example.view, frame_of(example))
    return sorted({key for key in messages("en") if key.startswith(groups)} - used)
