"""How somebody guesses registration codes."""

from __future__ import annotations

from typing import Annotated

from ..actor import Actor, Browser
from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from ..route import KNOWN_ISSUER
from ..scenario.annotation import Between
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..world import World
from .login import log_in_to

_WRONG = (Code.RC_WRONG, Code.RC_TOO_MANY)


@step("guess", harm="try", needs=KNOWN_ISSUER)
def guess(
    world: World,
    me: Actor,
    browser: Browser,
    *,
    logins: Annotated[int, Between(1, 99)],
    codes: Annotated[int, Between(1, 9)] = 3,
) -> None:
    """Type wrong codes in many logins from one browser, until the portal takes no more.

    The cards are those of all who have one, in turn: a gang of them.

    Args:
        logins: how many.
        codes: wrong ones in each.
    """
    gang = [one for one in world.actors.values() if one.own]
    if not gang:
        raise Stuck("nobody here has a card to log in with")
    shown = {
        code for actor in world.actors.values() for phone in actor.phones.values() for code in phone.codes
    }
    wrong = (code for number in range(10**9) if (code := f"{number:09d}") not in shown)
    for number in range(logins):
        visit = browser.another()
        member = gang[number % len(gang)]
        log_in_to(world, me, next(iter(member.desks.values())), browser, visit)
        visit.answer("somebody@example.test")
        for _ in range(codes):
            try:
                visit.enter_code(next(wrong))
            except Refused as refusal:
                if refusal.code not in _WRONG:
                    raise
