"""axe finds nothing on the portal's pages: WCAG A to AAA and best practice, by day and by night."""

from __future__ import annotations

from pathlib import Path

import pytest

from softeid.harness.web.pages import gallery

from .lab_browser import chromium
from .test_lab_access import RULES
from .test_portal_gallery import ONE_EACH


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing(scheme: str, width: int, tmp_path: Path) -> None:
    gallery.write(tmp_path)
    found: dict[str, list[str]] = {}
    with chromium() as browser:
        from axe_playwright_python.sync_playwright import Axe

        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        for name in ONE_EACH:
            page.goto((tmp_path / f"{name}.html").as_uri())
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            told = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            if told:
                found[name] = [f"{one['id']}: {one['nodes'][0]['html']}" for one in told]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.setdefault(name, []).append("wider than the window")
    assert found == {}
