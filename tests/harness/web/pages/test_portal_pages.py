"""What single pages of the portal must say, and what they must not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from softeid.harness.registration.vocabulary import Code, Reason
from softeid.harness.web.messages import LANGUAGES
from softeid.harness.web.pages import portal_end
from softeid.harness.web.pages.gallery import KADRI, MARI, NOW, examples, frame_of
from softeid.harness.web.pages.portal import Sign
from softeid.harness.web.pages.portal_guardian import GuardianReview
from softeid.harness.web.pages.render import Frame, Problem, View, render

from .gallery_page import Page


def drawn(name: str, language: str = "en", **changed: Any) -> str:
    """A page of the gallery, with some of its fields changed."""
    example = examples()[name]
    return render(replace(example.view, **changed), frame_of(example, language))


def read(text: str) -> str:
    """What can be read on a page's main part."""
    main = re.sub(r"</?(time|bdi|b)\b[^>]*>", "", text[text.index("<main") : text.index("</main>")])
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main))


@pytest.mark.covers("SID-SEC-001")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_start_warns_before_it_offers_a_login(language: str) -> None:
    text = drawn("start", language)
    assert 0 < text.index('id="fraud"') < text.index('href="/login"')
    assert "<b><bdi>portal.localhost:8443</bdi></b>" in text
    assert not [link for link in Page(text).all("a") if "portal.localhost" in link["href"]]


def test_login_offers_web_eid_and_the_login_host() -> None:
    page = Page(drawn("login"))
    button = next(one for one in page.all("button") if "data-web-eid" in one)
    assert (button["data-web-eid"], button["data-challenge"], button["data-aborted"]) == (
        "authenticate",
        "/auth/challenge",
        "/auth/aborted",
    )
    assert "disabled" in button, "until the script is there"
    assert [one["name"] for one in page.all("input")] == ["csrf", "token"]
    assert "https://login.localhost:8446/auth/mtls" in {one["href"] for one in page.all("a")}


def test_hints_say_what_may_help() -> None:
    assert "Put it in with the chip ahead" in read(drawn("login-no-card"))
    assert "Connect it and wait" in read(drawn("refused-no-reader"))
    assert "Its PINs must be set" in read(drawn("refused-not-activated"))


@pytest.mark.covers("SID-CNF-001")
def test_the_review_says_what_would_be_made_and_for_whom() -> None:
    said = read(drawn("review"))
    for told in (
        "new",
        "Thief One",
        "MARI-LIIS MÄNNIK",
        "47101010033",
        "Estonia",
        "m***@example.test",
        "2026-01",
    ):
        assert told in said
    radios = [one for one in Page(drawn("review")).all("input") if one.get("type") == "radio"]
    assert [one["value"] for one in radios] == ["yes", "no"]
    assert not any("checked" in one for one in radios)
    assert "renewed" in read(drawn("review-renewal"))
    assert "<b>new</b>" not in drawn("review-renewal")


def test_the_review_of_a_minor_names_who_must_sign_as_well() -> None:
    assert "Who can sign: MARI-LIIS MÄNNIK" in read(drawn("review-minor"))
    assert "guardian" not in read(drawn("review"))


def test_another_network_is_told() -> None:
    assert "different networks" in read(drawn("review-unchosen"))
    assert "different networks" not in read(drawn("review"))


def test_what_is_signed_is_shown_with_its_digest() -> None:
    view = examples()["sign"].view
    assert isinstance(view, Sign)
    text = drawn("sign")
    assert view.text in text
    assert f'data-hash="{view.digest_base64}"' in text
    assert 'data-hash-function="SHA-384"' in text
    assert view.digest.hex(" ", -4).upper() in text
    names = [one["name"] for one in Page(text).all("input")]
    assert names[-4:] == ["csrf", "certificate", "signature", "algorithm"]


def test_a_click_needs_no_card() -> None:
    page = Page(drawn("confirm"))
    assert not list(page.all("script"))
    assert not any("data-web-eid" in one for one in page.all("button"))
    assert {one["name"] for one in page.all("input")} == {"csrf"}
    assert "PIN2" not in read(drawn("confirm")).replace("your new PINs", "")


def test_waiting_says_what_the_phone_is_at_and_offers_to_stop_it() -> None:
    assert "PIN1 comes next" in read(drawn("wait-pin1_confirm"))
    text = drawn("wait-identity_check")
    (wait,) = (one for one in Page(text).all("p") if "data-follow" in one)
    assert wait["data-follow"] == "/api/portal/session"
    assert json.loads(wait["data-shown"]) == {"state": "CONFIRMED", "phone": "IDENTITY_CHECK"}
    assert 'action="/report"' in text
    assert "https://portal.localhost:8443/guardian/7Q2M9KXW4T" in read(drawn("wait-guardian"))
    assert "https://portal.localhost" not in {one["href"] for one in Page(drawn("wait-guardian")).all("a")}


def test_a_refusal_tells_what_is_wrong_with_the_date() -> None:
    assert "It was valid until 14 January 2026, 23:59. Today is 2 March 2026." in read(drawn("refused"))
    assert "It will be valid from 6 March 2026" in read(drawn("refused-early"))
    assert "By its dates it is valid until" in read(drawn("refused-revoked"))
    assert "valid" not in read(drawn("refused", valid_from=None, code=Code.CERT_UNTRUSTED)).replace(
        "no longer valid", ""
    )


def test_facts_for_the_helper_have_names_where_we_know_them() -> None:
    text = drawn("refused-no-reader")
    assert "<dt><code>strange</code></dt><dd><bdi>&lt;b&gt;</bdi></dd>" in text
    assert "<dt>Serial number</dt>" in drawn("refused")
    assert 'href="/help/CERT_EXPIRED"' in drawn("refused")


def test_steps_are_shown_only_where_a_refusal_is_at_one() -> None:
    assert 'aria-current="step"' in drawn("refused")
    assert 'aria-current="step"' not in drawn("refused-later")


def test_a_refusal_that_trying_again_cannot_help() -> None:
    assert "Try again" not in read(drawn("refused", retry=""))


@pytest.mark.covers("SID-RCD-022")
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_wrong_code_looks_different_from_another(language: str) -> None:
    frame = Frame(state="CLOSED", now=NOW, language=language)
    used, wrong = (
        render(portal_end.Closed(reason=reason), frame) for reason in (Reason.RC_USED, Reason.RC_WRONG)
    )
    assert used == wrong


@pytest.mark.parametrize("name", ["accounts-none", "history-none"])
def test_an_empty_list_says_nothing_about_the_person(name: str) -> None:
    assert "account " not in read(drawn(name)).lower().replace("your accounts", "").replace(
        "the accounts", ""
    )


def test_only_an_account_in_use_can_be_deleted() -> None:
    links = [one["href"] for one in Page(drawn("accounts")).all("a") if one["href"].endswith("/delete")]
    assert links == [f"/selfservice/PNOEE-47101010033-{tail}-Q/delete" for tail in ("K2GN", "9T27")]
    assert "It lives until 11 April 2026. Renew it" in read(drawn("accounts"))


def test_deleting_asks_for_the_word() -> None:
    assert "Type OK to delete it" in read(drawn("delete"))
    assert "Type GONE to delete it" in read(drawn("delete", word="GONE"))


def test_the_guardian_s_link_tells_nothing_before_the_login() -> None:
    for name in ("guardian-start", "guardian-guardian_link_used", "guardian-guardian_mismatch"):
        assert KADRI.name not in drawn(name)
        assert KADRI.personal_code not in drawn(name)
    assert KADRI.name in drawn("guardian-review")


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/code", "/code"),
        ("//evil.test/", "/evil.test/"),
        ("/\t/evil.test", "/%09/evil.test"),
        ("/\\evil.test", "/%5Cevil.test"),
        ('/"><b>', "/%22%3E%3Cb%3E"),
        ("", "/"),
    ],
)
@pytest.mark.covers("SID-SEC-010")
def test_links_to_this_page_stay_on_this_server(path: str, here: str) -> None:
    frame = Frame(state="ANON", now=NOW, path=path)
    assert frame.here == here
    text = render(portal_end.Notice(about="not_found"), frame)
    assert f'href="{here}?lang=et"' in text


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "2 March 2026"),
        ("et", "2.03.2026"),
        ("lv", "2.03.2026."),
        ("lt", "2026 m. kovo 2 d."),
        ("ru", "2 марта 2026 г."),
    ],
)
def test_a_date_is_written_as_the_language_does(language: str, shown: str) -> None:
    text = drawn("refused", language)
    assert f'<time datetime="2026-03-02T09:07:30+02:00">{shown}</time>' in text
    assert ".</time>." not in text


def test_times_are_those_of_the_lab_clock_s_zone() -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    frame = Frame(state="CONFIRMED", now=NOW.astimezone(timezone(timedelta(hours=3))))
    view = examples()["guardian-review"].view
    assert isinstance(view, GuardianReview)
    text = render(replace(view, asked_at=at), frame)
    assert "2 March 2026</time>, " in text
    assert ">02:30</time>" in text


def test_a_problem_of_a_code() -> None:
    assert Problem.of("code", Code.RC_WRONG) == Problem("code", "error.RC_WRONG.title", "error.RC_WRONG.todo")


def test_who_is_logged_in_stands_above_and_can_leave() -> None:
    example = examples()["questions"]
    text = render(example.view, frame_of(example))
    assert f"<bdi>{MARI.name}</bdi>" in text[: text.index("<main")]
    assert 'method="post" action="/logout"' in text
    nobody = render(example.view, replace(frame_of(example), identity=None))
    assert "/logout" not in nobody


def test_further_scripts_are_the_server_s_to_allow() -> None:
    example = examples()["login"]
    with_desk = replace(frame_of(example), scripts=("https://desk.localhost:8447/extension.js",))
    assert '<script src="https://desk.localhost:8447/extension.js" defer></script>' in render(
        example.view, with_desk
    )


def test_a_view_is_drawn_by_its_own_template_only() -> None:
    with pytest.raises(AttributeError):
        render(View(), Frame(state="ANON", now=NOW))
    with pytest.raises(KeyError, match="no language 'xx'"):
        render(examples()["start"].view, Frame(state="ANON", now=NOW, language="xx"))
