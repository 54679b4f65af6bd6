"""The host's account agrees with a card that nobody kills, over thousands of commands."""

from __future__ import annotations

from random import Random

from tests.tear.account import Account
from tests.tear.case import SELECT_QSCD
from tests.tear.cut import fail
from tests.tear.rule import held
from tests.tear.specimen import specimen

from softeid.emulator.card import build_card


def test_it_agrees_with_a_card() -> None:
    dice, answers = Random("account"), set()
    for _ in range(60):
        record = specimen()
        permanent = record.permanent()
        card = build_card(record.profile, permanent, random=bytes, on_fault=fail)
        account = Account(held(permanent.pins))
        for _ in range(60):
            if dice.random() < 0.1:
                account.power_back(held(permanent.pins))
                card.reset()
            card.process(SELECT_QSCD)
            answer = card.process(account.ask(account.next(dice)))
            account.answered(answer)
            assert held(permanent.pins) == account.known
            answers.add(answer.hex())
    assert answers == {"9000", "63c2", "63c1", "6983", "6982"}
