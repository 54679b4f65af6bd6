"""Registration codes at the core: how old they are, and who has typed too many wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.harness.registration.conftest import Lab, at
from tests.harness.registration.test_visit import refused

from softeid.harness.registration.visit import Visit
from softeid.harness.registration.vocabulary import Code

PEOPLE = ("jaak", "mari", "mary", "toomas", "peeter", "aadu", "leida")
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


def entered(lab: Lab, who: str, address: str) -> Visit:
    visit = lab.portal.visit(who, "Browser", address=address)
    return lab.to_code_entry(visit, lab.card(who))


def guess(lab: Lab, who: str, address: str, codes: int) -> None:
    for number in range(codes):
        if number % 3 == 0:
            visit = entered(lab, who, address)
        refused(lambda visit=visit, number=number: visit.enter_code(f"{number:09d}"))  # type: ignore[misc]


def test_an_address_that_has_guessed_too_often(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(guess_limit=10)
    app = lab.to_code(lab.app("leida"))
    for who in PEOPLE[:3]:
        guess(lab, who, "192.0.2.1", 3)
    assert "code.guessing" not in lab.watched.names
    guess(lab, PEOPLE[3], "192.0.2.1", 1)
    alarms = [event.data for event in lab.watched.events if event.name == "code.guessing"]
    assert alarms == [{"address": "192.0.2.1", "count": "10"}]
    code = app.device.code
    answer = refused(lambda: entered(lab, "leida", "192.0.2.1").enter_code(code))
    assert (answer.code, answer.detail) == (Code.RC_COOLDOWN, {"why": "address", "retry_after": 3600.0})
    entered(lab, "leida", "198.51.100.7").enter_code(code)
    assert at(app) == "BOUND"


@pytest.mark.parametrize(
    ("later", "code"), [(timedelta(hours=1) - MS, Code.RC_COOLDOWN), (timedelta(hours=1), None)]
)
def test_an_hour_and_not_a_millisecond_more(
    make_lab: Callable[..., Lab], later: timedelta, code: Code | None
) -> None:
    lab = make_lab(guess_limit=3)
    guess(lab, "jaak", "192.0.2.1", 3)
    lab.after(later - timedelta(minutes=1))
    app, visit = lab.to_code(lab.app("mari")), entered(lab, "mari", "192.0.2.1")
    lab.after(later)
    if code:
        assert refused(lambda: visit.enter_code(app.device.code)).code is code
    else:
        visit.enter_code(app.device.code)


def test_where_no_address_is_known_nobody_is_shut_out_by_it(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(guess_limit=3)
    guess(lab, "jaak", "", 6)
    assert "code.guessing" not in lab.watched.names
    app = lab.to_code(lab.app("mari"))
    entered(lab, "mari", "").enter_code(app.device.code)


def test_a_rejected_code_is_told_with_its_age(lab: Lab) -> None:
    app, visit = lab.to_code(lab.app()), lab.to_code_entry(lab.visit(), lab.card())
    typed = app.device.code
    lab.after(timedelta(minutes=14))
    lab.clock.set_back(timedelta(minutes=20))
    lab.core.move_clock(lab.clock.now + timedelta(minutes=1))
    assert refused(lambda: visit.enter_code(typed)).code is Code.RC_EXPIRED
    told = [event.data for event in lab.watched.events if event.name == "code.rejected"]
    assert told == [{"why": "RC_EXPIRED", "age": "900", "wall_age": "-300"}]


def test_a_code_that_was_drawn_once_tells_nothing_of_drawing(lab: Lab) -> None:
    app = lab.to_code(lab.app())
    app.foreground()
    told = [event.data for event in lab.watched.events if event.name == "code.issued"]
    assert told == [{"generation": "1"}, {"generation": "2"}]
