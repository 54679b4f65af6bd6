"""The lab's own API (registration specification, 3.2): clock, certificate status, registers, faults, audit.

It does what no person of the story could. It is for programs on this machine, and stands on an origin of its
own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from fastapi import APIRouter, Depends, FastAPI, Query, Request

from ..issuers import OFF, Issuers
from ..pki.error import StatusRefused
from ..pki.status import GOOD, Status, followed, revoked, suspended
from ..registration.audit import Event
from ..registration.core import Core
from ..registration.outbox import Message
from ..registration.phones import Phones
from ..registration.population_register import Entry, Guardian
from ..registration.portal import Portal
from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from .api import Behind, Description, JsonRoute, application
from .lab_schemas import (
    Broken,
    CertificateStatus,
    ClockMoved,
    ClockShown,
    NewTerms,
    OcspFault,
    OneEvent,
    Person,
    RegisterAnswers,
    Told,
    Trusted,
)
from .problem import refusals
from .schemas import Empty
from .security import Policy

T = TypeVar("T")
LAST = datetime(2100, 1, 1, tzinfo=UTC)
"""The clock goes no further: what is issued then must still end before authorities do."""
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nor further back."""


@dataclass
class World:
    """What the lab has its hands in.

    Attributes:
        portal: the portal, with its register and its core.
        phones: every phone.
        issuers: who issues ID cards, and answers for them.
        reset: begins anew, with nothing remembered.
        pace: how many seconds pass on the lab's clock in a real one; 0 stands still.
    """

    portal: Portal
    phones: Phones
    issuers: Issuers
    reset: Callable[[], None]
    pace: Callable[[float], None]

    @property
    def core(self) -> Core:
        """The account server."""
        return self.portal.core


@dataclass
class Bench:
    """The world that an application serves.

    Attributes:
        policy: what its server insists on.
        behind: the stores and timers behind it.
        world: itself; another one after a reset.
    """

    policy: Policy
    behind: Behind = field(default_factory=Behind)
    world: World | None = None

    def whole(self, act: Callable[[World], T]) -> T:
        """Do something in the world, as one transaction.

        Raises:
            Refused: as the act does; CORE_UNAVAILABLE where there is no world.
        """
        world = self.world
        if world is None:
            raise Refused(Code.CORE_UNAVAILABLE)
        return self.behind.whole(lambda: act(world))


def bench(request: Request) -> Bench:
    """The one that the application was made for."""
    found: Bench = request.app.state.bench
    return found


At = Annotated[Bench, Depends(bench)]

routes = APIRouter(route_class=JsonRoute)


def lab_api(bench: Bench) -> FastAPI:
    """The application.

    Args:
        bench: the world that it serves.
    """
    about = "Clock, certificate status, registers and faults of a test lab."
    app = application(Description("softeid TEST: lab", about, (routes,)))
    app.state.bench = bench
    return app


# --- time -----------------------------------------------------------------------------------------


@routes.get("/lab/clock")
def clock(bench: At) -> ClockShown:
    """What the lab's clock says."""
    return bench.whole(_clock)


@routes.post("/lab/clock")
def move_clock(body: ClockMoved, bench: At) -> ClockShown:
    """Move the clock; what falls due on the way happens at its own instant."""
    if body.freeze is not None or body.rate is not None:
        rate = 0.0 if body.freeze else 1.0 if body.rate is None else body.rate
        bench.whole(lambda world: world.pace(rate))
    if body.back is not None:
        back = timedelta(seconds=body.back)
        bench.whole(lambda world: _set_back(world.core, back))
    if body.now is not None or body.advance is not None:
        bench.whole(lambda world: _move(world.core, body.now, body.advance))
    return bench.whole(_clock)


def _set_back(core: Core, by: timedelta) -> None:
    if core.clock.now - by < FIRST:
        raise Refused(Code.BAD_REQUEST, field="back")
    core.clock.set_back(by)


def _move(core: Core, now: datetime | None, advance: float | None) -> None:
    then = now or core.clock.now
    if then.tzinfo is None or then < core.clock.now or then > LAST:
        raise Refused(Code.BAD_REQUEST, field="now")
    then += timedelta(seconds=advance or 0)
    if then > LAST:
        raise Refused(Code.BAD_REQUEST, field="advance")
    core.move_clock(then)


def _clock(world: World) -> ClockShown:
    return ClockShown(now=world.core.clock.now)


# --- what others say ------------------------------------------------------------------------------


@routes.post("/lab/ocsp")
def ocsp(body: CertificateStatus | OcspFault, bench: At) -> Empty:
    """Say what holds of a certificate, or what its responder does wrong."""
    if isinstance(body, OcspFault):
        fault = "" if body.fault == OFF else body.fault
        bench.whole(lambda world: setattr(world.issuers, "ocsp", fault))
        return Empty()
    status = body
    bench.whole(lambda world: _set_status(world, status))
    return Empty()


def _set_status(world: World, body: CertificateStatus) -> None:
    authority, now = world.issuers.authority, world.core.clock.now.replace(microsecond=0)
    try:
        wanted = _wanted(body, now)
        held = authority.register.change(int(body.serial, 16), lambda before: followed(before, wanted))
    except (StatusRefused, ValueError):
        raise Refused(Code.BAD_REQUEST, field="status") from None
    if held is None:
        raise Refused(Code.BAD_REQUEST, field="serial")


def _wanted(body: CertificateStatus, now: datetime) -> Status:
    if body.status == "good":
        return GOOD
    if body.status == "suspended":
        return suspended(now)
    return revoked(now, ReasonFlags[body.reason] if body.reason else None)


@routes.post("/lab/register-stub")
def register(body: Person | RegisterAnswers, bench: At) -> Empty:
    """Say what the population register says of a person, or whether it answers."""
    if isinstance(body, RegisterAnswers):
        answers = body.answers
        bench.whole(lambda world: setattr(world.portal.register, "answers", answers))
        return Empty()
    entry = Entry(
        body.semantics_id,
        body.document,
        body.person,
        body.born,
        tuple(Guardian(one.semantics_id, one.name) for one in body.guardians),
        body.surname,
    )
    bench.whole(lambda world: world.portal.register.say(entry))
    return Empty()


@routes.post("/lab/terms")
def terms(body: NewTerms, bench: At) -> Empty:
    """Give the terms of use a new version."""
    bench.whole(lambda world: setattr(world.core, "terms_version", body.version))
    return Empty()


# --- faults ---------------------------------------------------------------------------------------


@routes.post("/lab/faults")
def faults(body: Broken, bench: At) -> Empty:
    """Break a service or a phone's network, or mend it; what is not named stays as it is."""
    bench.whole(lambda world: _break(world, body))
    return Empty()


def _break(world: World, body: Broken) -> None:
    if body.device is not None:
        app = world.phones.app(body.device.id)
        if app is None:
            raise Refused(Code.BAD_REQUEST, field="device")
        line = world.phones.memory(app.device).line
        line.up, line.lost = body.device.network, body.device.lost
        line.delay = timedelta(seconds=body.device.delay)
    if body.core is not None:
        world.portal.line.up = body.core
    if body.authority is not None:
        world.core.authority_answers = body.authority


@routes.post("/lab/portal/restart")
def restart(body: Empty, bench: At) -> Empty:
    """Start the portal again."""
    bench.whole(lambda world: world.portal.restart())
    return Empty()


@routes.post("/lab/reset")
def reset(body: Empty, bench: At) -> Empty:
    """Begin anew, with nothing remembered."""
    if bench.world is None:
        raise Refused(Code.CORE_UNAVAILABLE)
    bench.world.reset()
    return Empty()


# --- what is seen ---------------------------------------------------------------------------------

Since = Annotated[int, Query(ge=0, le=2**53, description="number of the last event that is known")]


@routes.get("/lab/audit", responses=refusals(Code.BAD_REQUEST))
def audit(bench: At, since: Since = 0) -> list[OneEvent]:
    """The audit trail behind an event."""
    return bench.whole(lambda world: list(map(_event, world.core.store.events.since(since))))


def _event(event: Event) -> OneEvent:
    return OneEvent(
        seq=event.seq,
        at=event.at,
        name=event.name,
        who=event.who,
        about=event.about,
        data=dict(event.data),
        digest=event.digest.hex(),
    )


@routes.get("/lab/outbox")
def outbox(bench: At) -> list[Told]:
    """Every message that would have been sent."""
    return bench.whole(lambda world: list(map(_told, world.core.outbox.messages)))


def _told(message: Message) -> Told:
    return Told(number=message.number, at=message.at, to=message.to, kind=message.kind, text=message.text)


@routes.get("/lab/trust")
def trust(bench: At) -> Trusted:
    """The certificates of all authorities, PEM."""

    def certificates(world: World) -> Trusted:
        authority = world.issuers.authority
        ours = (authority.root, authority.issuer, world.core.authority.root, world.core.authority.issuer)
        return Trusted(certificates=[one.public_bytes(Encoding.PEM).decode() for one in ours])

    return bench.whole(certificates)
