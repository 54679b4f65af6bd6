"""axe finds nothing on the pages of phone, card desk and lab: WCAG A to AAA and best practice."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

from softeid.harness.web.pages import lab_gallery

from .lab_browser import chromium

RULES = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def one_of_each() -> list[str]:
    """The name of a page for each template, that with a refusal where there is one."""
    names: dict[str, str] = {}
    for name, example in lab_gallery.examples().items():
        if example.view.template not in names or example.view.problems:
            names[example.view.template] = name
    return list(names.values())


def test_axe_finds_nothing(tmp_path: Path) -> None:
    lab_gallery.write(tmp_path)
    found: dict[str, list[str]] = {}
    with chromium() as browser:
        from axe_playwright_python.sync_playwright import Axe

        light = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        dark = browser.new_page(viewport={"width": 390, "height": 900}, color_scheme="dark")
        for name, page in zip(one_of_each(), cycle((light, dark)), strict=False):
            page.goto((tmp_path / f"{name}.html").as_uri())
            told = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            if told:
                found[name] = [one["id"] for one in told]
    assert found == {}
