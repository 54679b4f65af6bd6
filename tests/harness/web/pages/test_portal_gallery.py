"""Every page of the portal, in every language: what each must have and what none may."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jinja2 import ChoiceLoader, DictLoader

from softeid.harness.registration.identity import Identity
from softeid.harness.web.messages import LANGUAGES
from softeid.harness.web.pages import gallery, render
from softeid.harness.web.pages.gallery import examples, frame_of
from softeid.harness.web.pages.portal import PortalView

from .gallery_page import Page, from_here, labelled, titled, unused

NAMES = tuple(examples())
ONE_EACH = (*(name for name in NAMES if not name.startswith("help-")), "help-rc_wrong")
UNSEEN = re.compile(
    r"common\.(month|country)-|common\.(of|left|time-over|last-minute|minutes-left|until|valid-until)|portal\.fact-"
    r"|portal\.(web-eid-desk|certificate-lab)$"
)
"""Texts that no page of the portal has in March, or that servers choose."""

STRANGERS = {
    "device", "platform", "country", "email", "phone", "terms", "address", "masked", "text", "minor",
    "deleted", "document_number",
}  # fmt: skip
"""Fields of views with what somebody typed, chose or sent."""


@cache
def drawn(name: str, language: str = "en") -> str:
    """A page of the gallery."""
    return render.render(examples()[name].view, frame_of(examples()[name], language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_in_a_language(name: str, language: str) -> None:
    page = Page(drawn(name, language))
    titled(page, language)
    assert "{" not in page.heard["main"]
    assert ".." not in page.heard["main"]


@pytest.mark.parametrize("name", NAMES)
def test_state_error_and_the_test_band(name: str) -> None:
    example, page = examples()[name], Page(drawn(name))
    body = next(page.all("body"))
    assert (body["data-state"], body["data-error"]) == (example.state, example.error)
    assert next(page.all("aside"))["class"] == "test"
    assert page.heard["title"].startswith("Error: ") == bool(example.view.problems)
    assert example.state in page.heard["footer"]
    assert example.error in page.heard["footer"]


@pytest.mark.parametrize("name", ONE_EACH)
def test_every_input_has_a_label_and_what_it_is_described_by(name: str) -> None:
    labelled(Page(drawn(name)))


@pytest.mark.parametrize("name", ONE_EACH)
def test_a_problem_is_told_above_and_at_its_field(name: str) -> None:
    page = Page(drawn(name))
    wrong = {one.field for one in examples()[name].view.problems if one.field}
    at = {field["name"] for field in page.all("input") if field.get("aria-invalid") == "true"}
    asked = {one.get("aria-describedby", "").removesuffix("-error") for one in page.all("fieldset")}
    assert wrong == at | asked - {""}
    assert sum("autofocus" in attributes for _, attributes, _ in page.elements) == bool(
        examples()[name].view.problems
    )


@pytest.mark.parametrize("name", ONE_EACH)
def test_forms_are_native_and_guarded(name: str) -> None:
    page = Page(drawn(name))
    forms = list(page.all("form"))
    assert len(forms) == drawn(name).count('name="csrf" value="made-afresh-for-every-session"')
    assert all(form["method"] == "post" and form["action"].startswith("/") for form in forms)
    assert all("novalidate" in form for form in forms if form.get("class") != "who")
    full = [one for one in page.all("a", "button") if one.get("class") == "button"]
    assert len(full) <= 1, "one full button on a page"


@pytest.mark.parametrize("name", ONE_EACH)
def test_no_script_or_style_in_a_page_and_nothing_from_outside(name: str) -> None:
    page = Page(drawn(name))
    from_here(page)
    out = {link["href"] for link in page.all("a") if "//" in link["href"]}
    assert out <= {"https://login.localhost:8446/auth/mtls"}, "links lead to the portal and to its login host"


@pytest.mark.parametrize("name", ONE_EACH)
def test_nothing_typed_as_a_secret_is_filled_in(name: str) -> None:
    for field in Page(drawn(name)).all("input"):
        if field["name"] in ("code", "otp", "confirmation"):
            assert "value" not in field
        assert field.get("type") not in ("radio",) or "checked" not in field


@pytest.mark.covers("SID-SEC-012")
@pytest.mark.parametrize("name", ONE_EACH)
def test_a_stranger_s_text_is_only_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands in a view as text is hostile at once."""
    example = examples()[name]
    hostile = '"><script>alert(1)</script>\u202e{{7*7}}'
    texts: dict[str, Any] = {
        field: hostile
        for field in type(example.view).__dataclass_fields__
        if type(getattr(example.view, field)) is str and field in STRANGERS
    }
    identity = example.identity and replace(example.identity, surname=hostile, personal_code=hostile)
    persons = {field: getattr(example.view, field, None) for field in ("identity", "holder", "minor")}
    holders: dict[str, Any] = {
        field: replace(person, surname=hostile, given_name=hostile, personal_code=hostile)
        for field, person in persons.items()
        if isinstance(person, Identity)
    }
    rows: dict[str, Any] = {
        field: tuple(replace(one, device=hostile) for one in getattr(example.view, field))
        for field in ("accounts", "entries")
        if isinstance(getattr(example.view, field, None), tuple)
    }
    frame = replace(frame_of(example), identity=identity, path=f"/{hostile}", csrf=hostile)
    text = render.render(replace(example.view, **texts, **holders, **rows), frame)
    assert "<script>alert" not in text
    assert "49" not in text or "{{7*7}}" in text
    assert not re.search(r'="[^"]*"><script', text)
    bare = re.sub(r'<pre.*?</pre>|value="[^"]*"', "", text, flags=re.DOTALL)
    assert "\u202e" not in bare, "only where it is the application's own text, or was typed"


def test_no_template_drops_band_state_and_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one that fills every block there is with nothing."""
    known = render.environment()
    blocks = known.get_template("base.html").blocks
    evil = '{% extends "base.html" %}' + "".join(f"{{% block {name} %}}{{% endblock %}}" for name in blocks)
    bad = known.overlay(loader=ChoiceLoader([DictLoader({"evil.html": evil}), known.loader]))  # type: ignore[list-item]
    monkeypatch.setattr(render, "environment", lambda: bad)

    @dataclass(frozen=True, kw_only=True)
    class Evil(PortalView):
        template: ClassVar[str] = "evil.html"

    page = Page(render.render(Evil(), replace(frame_of(examples()["refused"]), watermark=True)))
    body = next(page.all("body"))
    assert set(blocks) >= {"title", "main", "head", "steps", "aside"}
    assert (body["data-state"], body["data-error"]) == ("ANON", "CERT_EXPIRED")
    assert "TEST" in page.heard["aside"]
    assert page.heard["title"].strip().endswith("(TEST)")
    assert [one.get("class") for one in page.all("p")].count("watermark") == 1


def test_every_text_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    left = unused(examples(), ("common.", "portal.", "error."), monkeypatch)
    assert [key for key in left if not UNSEEN.match(key)] == []


def test_the_gallery_is_files_that_open_by_themselves(tmp_path: Path) -> None:
    assert gallery.write(tmp_path) == len(NAMES) * len(LANGUAGES)
    page = (tmp_path / "start.html").read_text(encoding="utf-8")
    assert 'href="static/softeid.css"' in page
    assert (tmp_path / "static" / "softeid.css").is_file()
    assert 'lang="lv"' in (tmp_path / "start.lv.html").read_text(encoding="utf-8")
