"""The card desk's pages: what each says of the card and of what is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from softeid.harness.web.pages import desk, lab_gallery
from softeid.harness.web.pages.gallery import NOW, frame_of
from softeid.harness.web.pages.render import View, render

EXAMPLES = lab_gallery.examples()


def shown(view: View) -> str:
    return render(view, frame_of(EXAMPLES["desk-reader"]))


def reader() -> desk.ReaderView:
    view = EXAMPLES["desk-reader"].view
    assert isinstance(view, desk.ReaderView)
    return view


def test_the_card_in_the_reader_with_its_pins() -> None:
    page = shown(reader())
    for printed in ("Mari-Liis Männik", "47101010033", "TE0000042", "28.02.2028", "<code>1234</code>"):
        assert printed in page
    assert 'action="/remove"' in page


def test_an_empty_reader_offers_the_cards_on_the_desk() -> None:
    page = shown(EXAMPLES["desk-empty"].view)
    assert 'name="card" value="2"' in page
    assert 'action="/remove"' not in page


@pytest.mark.parametrize(
    ("status", "since", "until", "state"),
    [
        ("good", -1, 1, "valid"),
        ("good", 0, 0, "valid"),
        ("good", -2, -1, "expired"),
        ("good", 1, 2, "not-yet"),
        ("suspended", -1, 1, "suspended"),
        ("revoked", -2, -1, "revoked"),
    ],
)
def test_a_certificate_in_one_word(
    status: Literal["good", "suspended", "revoked"], since: int, until: int, state: str
) -> None:
    line = desk.CertificateLine(
        use="signature", since=NOW + timedelta(days=since), until=NOW + timedelta(days=until), status=status
    )
    assert line.state(NOW) == state


def test_a_prompt_says_who_asks_for_what_and_never_fills_in_a_pin() -> None:
    page = shown(EXAMPLES["desk-login"].view)
    assert "<b><bdi>portal.localhost:8443</bdi></b>" in page
    assert f"<code>{lab_gallery.SITE}</code>" in page
    assert lab_gallery.DIGEST in page
    for name in ("cancel", "remove"):
        assert f'name="{name}" value="yes"' in page


def test_signing_asks_for_the_other_pin() -> None:
    page = shown(EXAMPLES["desk-sign"].view)
    assert "Type PIN2 of your ID card" in page
    assert "5 to 12 digits" in page


def test_a_blocked_pin_is_not_asked_for() -> None:
    page = shown(EXAMPLES["desk-login-blocked"].view)
    assert 'name="pin"' not in page
    assert 'href="/pins/PIN1/unblock"' in page


def test_without_a_card_the_prompt_waits_for_one() -> None:
    page = shown(EXAMPLES["desk-login-empty"].view)
    assert 'name="pin"' not in page
    assert 'action="/insert"' in page
    assert 'name="cancel"' in page


def test_a_certificate_is_shown_without_a_pin() -> None:
    page = shown(EXAMPLES["desk-certificate"].view)
    assert 'type="password"' not in page
    assert 'name="go" value="yes"' in page


def test_a_blocked_puk_opens_nothing() -> None:
    page = shown(EXAMPLES["desk-unblock-never"].view)
    assert 'name="puk"' not in page
    assert 'href="/pins/PUK/change"' not in shown(EXAMPLES["desk-bad"].view)


def test_a_waiting_page_is_announced_on_the_desk() -> None:
    page = shown(replace(reader(), waiting="7f3a", site="https://evil.test/<script>alert(1)</script>"))
    assert 'href="/prompts/7f3a"' in page
    assert "<script>alert" not in page


def test_a_hostile_holder_is_text() -> None:
    inserted = reader().inserted
    assert inserted
    card = replace(inserted.card, holder='</p><img src=x onerror="alert(1)">')
    assert "<img" not in shown(replace(reader(), inserted=replace(inserted, card=card)))


def test_a_pin_that_the_card_has_not() -> None:
    inserted = reader().inserted
    assert inserted
    with pytest.raises(KeyError):
        replace(inserted, pins=()).pin("PUK")
