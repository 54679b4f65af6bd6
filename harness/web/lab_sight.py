"""What the lab's own pages are made from; inside a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from ..issuers import OFF
from ..person import Person
from ..pki.ocsp_fault import OCSP_FAULTS
from ..registration.app import App
from ..registration.audit import Event
from ..registration.population_register import DocumentStatus, PersonStatus
from ..service.card_desk import DeskCard
from ..service.lab_world import LabWorld
from . import desk_sight
from .lab_schemas import ClockState, LabState
from .pages import lab as views

DOCUMENTS: dict[str, DocumentStatus] = {"valid": "valid", "expired": "expired", "annulled": "annulled"}
PERSONS: dict[str, PersonStatus] = {
    "living": "alive",
    "deceased": "deceased",
    "code-replaced": "code_replaced",
}
"""The register's words by the pages'."""
_AT_ONCE = 100  # events on one page
_PHONES = "/phones/"


def home(world: LabWorld) -> views.LabHome:
    """The overview."""
    return views.LabHome(
        lab=world.name,
        clock_runs=bool(world.clock.pace),
        services=tuple(_services(world)),
        persons=tuple(_person(world, one) for one in world.people()),
        messages=len(world.core.outbox.messages),
        seed=world.seed,
    )


def person(world: LabWorld, who: Person) -> views.LabPerson:
    """One person."""
    entry = world.portal.register.entry(who.serial_number)
    card = world.card_of(who.handle)
    standing = {use: str(card.issued.status(use) or "") for use in card.issued.certificates} if card else {}
    handles = {one.serial_number: one.handle for one in world.people()}
    document = entry.document if entry.document in DOCUMENTS else "annulled"
    return views.LabPerson(
        lab=world.name,
        clock_runs=bool(world.clock.pace),
        handle=who.handle,
        name=who.name,
        personal_code=f"{who.country} {who.code}",
        document=document,
        person=next(word for word, told in PERSONS.items() if told == entry.person),
        guardians=" ".join(handles.get(one.semantics_id, "") for one in entry.guardians).strip(),
        authentication=standing.get("authentication", ""),
        signature=standing.get("signature", ""),
    )


def faults(world: LabWorld) -> views.LabFaults:
    """What goes wrong."""
    return views.LabFaults(
        lab=world.name,
        clock_runs=bool(world.clock.pace),
        faults=tuple(OCSP_FAULTS),
        ocsp=world.issuers.ocsp,
        stopped=tuple(one for one in views.LabFaults.switched if not world.answers(one)),  # type: ignore[arg-type]
        network=world.network,
        terms_version=world.core.terms_version,
    )


def outbox(world: LabWorld) -> views.LabOutbox:
    """Every message, the newest first."""
    lines = [
        views.MessageLine(at=one.at, to=one.to, kind=one.kind, text=one.text)
        for one in world.core.outbox.messages
    ]
    lines.sort(key=lambda line: line.at, reverse=True)
    return views.LabOutbox(lab=world.name, clock_runs=bool(world.clock.pace), messages=tuple(lines))


def audit(world: LabWorld, before: int | None) -> views.LabAudit:
    """Events, the newest first.

    Args:
        world: which.
        before: only those with a lower number.
    """
    last, _ = world.core.store.events.head()
    end = last if before is None else min(before - 1, last)
    start = max(end - _AT_ONCE, 0)
    found = [one for one in world.core.store.events.since(start) if one.seq <= end]
    return views.LabAudit(
        lab=world.name,
        clock_runs=bool(world.clock.pace),
        events=tuple(_event(one) for one in reversed(found)),
        whole=world.core.audit.whole(),
        older=found[0].seq if found and start else None,
    )


def settings(world: LabWorld) -> views.LabSettings:
    """The rules."""
    told, changed = views.told_settings(world.core.settings)
    return views.LabSettings(
        lab=world.name, clock_runs=bool(world.clock.pace), settings=told, changed=changed
    )


def state(world: LabWorld) -> LabState:
    """The lab in a few words, for programs."""
    return LabState(
        name=world.name,
        clock=ClockState(now=world.clock.now, pace=world.clock.pace),
        services={line.name: line.state for line in _services(world)},
        ocsp_fault=world.issuers.ocsp or OFF,
        network=world.network,
        addresses=dict(world.addresses),
    )


def _services(world: LabWorld) -> Iterator[views.ServiceLine]:
    def line(name: str, state: views.ServiceState = "running", fault: str = "") -> views.ServiceLine:
        return views.ServiceLine(name=name, state=state, address=world.addresses.get(name, ""), fault=fault)

    def switched(name: str, answers: bool) -> views.ServiceLine:
        return line(name, "running" if answers else "stopped")

    fault = world.issuers.ocsp
    yield switched("portal", world.answers("portal"))
    yield line("login")
    yield line("phones")
    yield line("desk")
    yield line("ocsp", "care" if fault else "running", fault)
    yield switched("register", world.answers("register"))
    yield switched("authority", world.answers("authority"))


def _person(world: LabWorld, who: Person) -> views.PersonLine:
    line = views.PersonLine(handle=who.handle, name=who.name, personal_code=f"{who.country} {who.code}")
    if card := world.card_of(who.handle):
        line = _with_card(line, card, world)
    if app := _phone_of(world, who):
        line = replace(
            line,
            phone=app.device.label,
            phone_path=f"{world.addresses.get('phones', '')}{_PHONES}{app.device.phone_id}",
            phone_state=str(app.state),
        )
    return line


def _with_card(line: views.PersonLine, card: DeskCard, world: LabWorld) -> views.PersonLine:
    return replace(
        line,
        card=card.issued.profile.name,
        document_number=card.issued.document_number,
        reader=1 if card is world.desk.inserted else None,
        certificates=_worst(card, world.clock.now),
        pin1=card.tries("PIN1"),
        pin2=card.tries("PIN2"),
    )


def _worst(card: DeskCard, now: datetime) -> str:
    """What is wrong with one of the certificates, in one word."""
    if not card.issued.plan.activated:
        return ""
    states = [desk_sight.certificate(card, use).state(now) for use in desk_sight.USES]
    return next((state for state in states if state != "valid"), "valid")


def _phone_of(world: LabWorld, who: Person) -> App | None:
    """The last phone that has to do with somebody, as far as the core knows."""
    for app in reversed(world.phones.apps()):
        registered = app.device.registration
        identity = world.core.registration(registered).identity if registered else None
        if identity and identity.semantics_id == who.serial_number:
            return app
    return None


def _event(event: Event) -> views.EventLine:
    return views.EventLine(
        seq=event.seq, at=event.at, name=event.name, who=event.who, about=event.about, data=event.data
    )
