"""Minors and those who sign for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.harness.registration.conftest import PIN1, PIN2, Lab, at
from tests.harness.registration.test_visit import refused

from softeid.harness.issuing import IssuedCard
from softeid.harness.person import persons
from softeid.harness.registration.app import App
from softeid.harness.registration.population_register import Entry, Guardian
from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import Code

MS = timedelta(milliseconds=1)
WEEK = timedelta(days=7)


class Family:
    """Kadri, seventeen, who registers; Mari, whom the register names; and everybody else."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        lab.core.move_clock(datetime(2028, 12, 1, 10, tzinfo=UTC))
        kadri, mari = persons()["kadri"], persons()["mari"]
        lab.portal.register.say(
            Entry(kadri.serial_number, guardians=(Guardian(mari.serial_number, mari.name),))
        )
        self.app: App = lab.to_code(lab.app("kadri"))
        self.card: IssuedCard = lab.card("kadri")
        self.visit: Visit = lab.to_code_entry(lab.visit("kadri"), self.card)
        self.visit.enter_code(self.app.device.code)
        self.began = lab.clock.now

    @property
    def link(self) -> str:
        return self.visit.page().link

    def signed(self) -> Family:
        self.lab.sign(self.visit, self.card)
        return self

    def waiting(self) -> Family:
        self.signed()
        self.app.accept_identity()
        self.app.confirm_pin(1, PIN1)
        self.app.confirm_pin(2, PIN2)
        return self

    def guardian(self, who: str = "mari") -> tuple[Visit, IssuedCard]:
        visit, card = self.lab.visit(who), self.lab.card(who)
        visit.open_link(self.link)
        self.lab.log_in(visit, card)
        return visit, card


@pytest.fixture
def family(lab: Lab) -> Family:
    return Family(lab)


def test_the_whole_way(family: Family) -> None:
    family.waiting()
    assert (at(family.app), at(family.visit)) == ("WAIT_GUARDIAN", "CONFIRMED")
    page = family.visit.page()
    assert (page.guardians, page.link_until) == (("MARI-LIIS MÄNNIK",), family.began + WEEK)
    visit, card = family.guardian()
    page = visit.page()
    assert page.minor
    assert (page.state, page.minor.semantics_id, page.device) == ("REVIEW", "PNOEE-61101019999", "Phone")
    family.lab.sign(visit, card)
    assert (at(visit), at(family.app), at(family.visit)) == ("DONE", "ACTIVE", "DONE")
    names = [name for name in family.lab.watched.names if name.startswith("guardian.")]
    assert names == ["guardian.asked", "guardian.signed"]
    consent = visit.page().application
    for fact in ("PNOEE-47101010033", "PNOEE-61101019999", "KADRI TESTNUMBER"):
        assert fact in consent
    guardianship = family.lab.core.guardians.of(family.lab.core.registration(visit.record.registration))
    assert guardianship
    assert guardianship.consent
    assert guardianship.consent.text == consent


def test_the_link_itself_is_kept_by_nobody_but_the_minors_visit(family: Family) -> None:
    registration = family.lab.core.registration(family.visit.record.registration)
    assert family.link not in repr(family.lab.core.guardians.of(registration))


def test_an_early_guardian_makes_no_account_before_the_minor_is_done(family: Family) -> None:
    family.signed()
    visit, card = family.guardian()
    family.lab.sign(visit, card)
    assert (at(visit), at(family.app)) == ("DONE", "IDENTITY_CHECK")
    family.app.accept_identity()
    family.app.confirm_pin(1, PIN1)
    family.app.confirm_pin(2, PIN2)
    assert at(family.app) == "ACTIVE"
    assert "guardian.asked" not in family.lab.watched.names


def test_before_the_minor_has_signed_there_is_nothing_to_agree_to(family: Family) -> None:
    visit = family.lab.visit("mari")
    answer = refused(lambda: visit.open_link(family.link))
    assert (answer.code, answer.detail) == (Code.WRONG_STEP, {"state": "BOUND"})


@pytest.mark.parametrize("who", ["jaak", "kadri"])
def test_nobody_else_gets_in_and_the_link_stays_good(family: Family, who: str) -> None:
    family.waiting()
    visit = family.lab.visit(who)
    visit.open_link(family.link)
    code = refused(lambda: family.lab.log_in(visit, family.lab.card(who))).code
    assert (code, at(visit)) == (Code.GUARDIAN_MISMATCH, "ANON")
    assert visit.page().minor is None
    family.guardian()


@pytest.mark.parametrize(("age", "code"), [(WEEK - MS, None), (WEEK, Code.GUARDIAN_LINK_EXPIRED)])
def test_a_link_lives_a_week(family: Family, age: timedelta, code: Code | None) -> None:
    family.waiting()
    link = family.link
    family.lab.core.move_clock(family.began + age)
    visit = family.lab.visit("mari")
    if code:
        assert refused(lambda: visit.open_link(link)).code is code
        assert (at(family.app), family.app.device.reason) == ("TERMINATED", "GUARDIAN_LINK_EXPIRED")
    else:
        visit.open_link(link)
        assert at(family.app) == "WAIT_GUARDIAN"


def test_a_link_that_ends_while_the_guardian_reads(family: Family) -> None:
    family.waiting()
    family.lab.core.move_clock(family.began + WEEK - MS)
    visit, card = family.guardian()
    family.lab.core.move_clock(family.began + WEEK)
    assert refused(lambda: family.lab.sign(visit, card)).code is Code.GUARDIAN_LINK_EXPIRED
    assert (at(visit), at(family.app)) == ("REVIEW", "TERMINATED")


def test_of_two_guardians_one_signs(family: Family) -> None:
    family.waiting()
    first, card = family.guardian()
    second, _ = family.guardian()
    family.lab.sign(first, card)
    assert refused(lambda: family.lab.sign(second, card)).code is Code.GUARDIAN_LINK_USED
    assert refused(lambda: family.lab.visit("mari").open_link(family.link)).code is Code.GUARDIAN_LINK_USED


@pytest.mark.parametrize("link", ["", "x" * 27, "\ud800"])
def test_what_is_no_link(lab: Lab, link: str) -> None:
    answer = refused(lambda: lab.visit().open_link(link))
    assert (answer.code, answer.detail) == (Code.BAD_REQUEST, {"field": "link"})


def test_a_guardian_who_says_no_ends_it(family: Family) -> None:
    family.waiting()
    visit, _ = family.guardian()
    visit.cancel()
    assert (at(visit), at(family.app), at(family.visit)) == ("CLOSED", "REJECTED", "CLOSED")
    assert refused(lambda: family.lab.visit("mari").open_link(family.link)).code is Code.GUARDIAN_LINK_USED


def test_a_guardian_who_goes_away_changes_nothing(family: Family) -> None:
    family.waiting()
    for leave in (Visit.log_out, lambda visit: family.lab.core.move_clock(family.lab.clock.now + WEEK / 20)):
        visit, _ = family.guardian()
        leave(visit)
        assert (at(visit), at(family.app)) == ("CLOSED", "WAIT_GUARDIAN")


def test_no_guardian_and_no_minor_may_confirm_by_a_click(make_lab: Callable[..., Lab]) -> None:
    family = Family(make_lab(confirm="click"))
    family.visit.click()
    visit, card = family.guardian()
    assert refused(visit.click).code is Code.WRONG_STEP
    family.lab.sign(visit, card)
    assert at(visit) == "DONE"
