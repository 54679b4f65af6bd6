"""What a guardian is told, and the minor whose guardian says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.web_browser.person import Person, token
from tests.web_browser.portal_rows import over, stop
from tests.web_browser.row import Reach, Row, said
from tests.web_browser.stage import BrowserLab

from softeid.harness.person import persons
from softeid.harness.registration.app import App
from softeid.harness.registration.population_register import Entry, Guardian

if TYPE_CHECKING:
    from playwright.sync_api import Page


def kadris(one: Person, made: Callable[..., App]) -> App:
    """A minor's app; the register knows her mother."""
    mari, kadri = persons()["mari"], persons()["kadri"]
    entry = Entry(kadri.serial_number, guardians=(Guardian(mari.serial_number, mari.name),))
    one.happen(lambda lab: lab.portal.register.say(entry))
    return made(owner="kadri")


def _kadri(one: Person) -> str:
    """A minor asks for a signature; the link."""
    return one.signed(kadris(one, one.app_with_code), owner="kadri").record.link


def _comes(one: Person, link: str, person: str) -> Page:
    """Somebody opens the link, and logs in."""
    one.card(person)
    return one.log_in(at=f"/guardian/{link}")


def _stranger(one: Person) -> Page:
    return _comes(one, _kadri(one), "jaak")


def _twice(one: Person) -> Page:
    link, card = _kadri(one), one.card("mari")

    one.happen(lambda lab: says_no(lab, link, card))
    return one.open(f"/guardian/{link}")


def _too_late(one: Person) -> Page:
    link = _kadri(one)
    one.later(days=7)
    return one.open(f"/guardian/{link}")


def _at_review(one: Person) -> None:
    _comes(one, _kadri(one), "mari")
    one.await_page(one.page, "REVIEW", "")


def _undecided(one: Person) -> Page:
    _at_review(one)
    return stop(one)


def _refuses(one: Person) -> Page:
    _at_review(one)
    one.page.locator("input[name=agree][value=no]").check()
    return stop(one)


def _busy(one: Person) -> Page:
    link = _kadri(one)
    one.sit_down(one.logged_in(), "/questions")
    return one.open(f"/guardian/{link}")


def _minor_waits(one: Person) -> Page:
    """The minor's own page, while the guardian says no."""
    app = kadris(one, one.app_with_code)
    visit = one.signed(app, owner="kadri")
    link, card = visit.record.link, one.card("mari")
    one.sit_down(visit, "/wait")
    one.happen(lambda lab: app.accept_identity(), lambda lab: says_no(lab, link, card))
    return one.page


def says_no(lab: BrowserLab, link: str, card: Any) -> None:
    guardian = lab.portal.visit("mari", "Browser")
    guardian.open_link(link)
    guardian.log_in(token(guardian, card))
    guardian.cancel()


_NOTHING = said("portal.guardian-nothing-signed")


def _guardian(name: str, error: str, reach: Reach) -> Row:
    told = (_NOTHING, said(f"error.{error}.means"), said(f"error.{error}.todo"))
    status = {"GUARDIAN_MISMATCH": 200}.get(error, 403)
    return Row(
        name,
        reach,
        "ANON" if status == 200 else "ERROR",
        error,
        f"error.{error}.title",
        told=told,
        status=status,
    )


GUARDIANS = [
    _guardian("no guardian", "GUARDIAN_MISMATCH", _stranger),
    _guardian("used", "GUARDIAN_LINK_USED", _twice),
    _guardian("after a week", "GUARDIAN_LINK_EXPIRED", _too_late),
    Row("while logged in", _busy, "ERROR", "WRONG_STEP", "error.WRONG_STEP.title", status=409),
    Row(
        "no such link",
        lambda one: one.open("/guardian/abc"),
        "ERROR",
        "BAD_REQUEST",
        "portal.not_found.title",
        status=404,
    ),
    Row(
        "nothing chosen",
        _undecided,
        "REVIEW",
        "",
        "portal.guardian-review",
        told=(said("portal.choose"),),
        status=400,
    ),
    Row("says no", _refuses, "CLOSED", "USER_REFUSED", "portal.guardian-refused", told=("KADRI",)),
    over("the minor hears no", "GUARDIAN_REFUSED", _minor_waits, "APP_REJECTED"),
]
