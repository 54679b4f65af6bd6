"""What happens to networks, services and clocks."""

from __future__ import annotations

from typing import Literal

from ..actor import Phone
from ..registration.line import Line
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..scenario.words import Duration
from ..world import World


@step("network breaks")
def network_breaks(
    world: World, phone: Phone, *, lost: Literal["everything", "request", "answer"] = "everything"
) -> None:
    """The phone's way to the core breaks.

    Args:
        lost: what does not arrive any more.
    """
    line = phone.line
    line.up, line.lost = lost != "everything", "" if lost == "everything" else lost


@step("network slows")
def network_slows(world: World, phone: Phone, *, by: Duration) -> None:
    """Every word between phone and core takes a while, and the clock moves on meanwhile.

    Args:
        by: how long, each way.
    """
    phone.line.delay = by.delta


@step("network returns")
def network_returns(world: World, phone: Phone) -> None:
    """The phone's way to the core is mended, and the app catches up."""
    phone.line.mend()
    if not phone.app.unanswered:
        phone.app.try_again()


@step("authority stops")
def authority_stops(world: World) -> None:
    """The authority that issues accounts' certificates goes down."""
    with world.records():
        world.core.authority_answers = False


@step("authority answers again")
def authority_answers_again(world: World) -> None:
    """The authority that issues accounts' certificates comes back."""
    with world.records():
        world.core.authority_answers = True


@step("clock steps back")
def clock_steps_back(world: World, *, by: Duration) -> None:
    """Somebody sets the clock back; time limits go on counting.

    Args:
        by: how far.
    """
    with world.records():
        world.clock.set_back(by.delta)
        world.core.wake()


@step("key pool empties")
def key_pool_empties(world: World) -> None:
    """No primes lie ready any more: new keys are made on demand."""
    world.pool.dry = True


@step("next code collides")
def next_code_collides(world: World, phone: Phone) -> None:
    """The next registration code that is drawn is the one that the phone shows."""
    if not phone.codes:
        raise Stuck(f"{phone.spec.name} has shown no code yet")
    world.draws.force(int(phone.codes[-1]).to_bytes(4, "big"))


@step("core stops")
def core_stops(world: World) -> None:
    """The portal cannot reach the core any more."""
    world.portal.line.up = False


@step("core slows")
def core_slows(world: World, *, by: Duration) -> None:
    """Every word between portal and core takes a while, and the clock moves on meanwhile.

    Args:
        by: how long, each way.
    """
    world.portal.line.delay = by.delta


@step("core answers again")
def core_answers_again(world: World) -> None:
    """The portal reaches the core as before."""
    world.portal.line = Line()
