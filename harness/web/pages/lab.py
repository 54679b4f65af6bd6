"""The lab's own pages: what runs, who there is, what time it is, what happened, and what shall go wrong.

What a server of these pages offers; every POST carries `csrf` and is answered with a redirect to the
page it came from:

    GET  /                   LabHome
    POST /clock              advance=SECONDS | act=freeze|run | at=YYYY-MM-DDTHH:MM[:SS] in the pages' zone
    GET  /persons/<handle>   LabPerson
    POST /persons/<handle>   document person guardians: what the register says
    POST /persons/<handle>/certificates   authentication signature: good|suspended|revoked
    GET  /faults             LabFaults
    POST /faults/ocsp        fault: one of the faults, or none
    POST /faults/services    service do=stop|answer; service=network do=break|slow|return
    POST /faults/terms       version
    GET  /outbox             LabOutbox
    GET  /audit              LabAudit, with ?before=SEQ for older events
    GET  /settings           LabSettings
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from ...registration.settings import Settings
from .render import View

ServiceState = Literal["running", "care", "stopped"]
Tab = Literal["home", "faults", "outbox", "audit", "settings"]

TABS: Mapping[Tab, str] = {
    "home": "/",
    "faults": "/faults",
    "outbox": "/outbox",
    "audit": "/audit",
    "settings": "/settings",
}
"""The pages of the lab, and where they are."""
STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 15, 180, 1440))
"""By how much a click moves the clock: a code lives for the second, locks last for the third and fourth."""
DOCUMENT_FACTS = ("valid", "expired", "annulled")
PERSON_FACTS = ("living", "deceased", "code-replaced")
"""What the population register can say of a document and of a person (SID-CRT-026 to 028)."""
CERTIFICATE_FACTS = ("good", "suspended", "revoked")


@dataclass(frozen=True, kw_only=True)
class LabView(View):
    """One page of the lab.

    Attributes:
        tab: which of them.
        lab: name of the lab.
        clock_runs: the lab clock runs with the real one; else it stands still.
    """

    service = "lab.service"
    layout = "wide"

    tab: ClassVar[Tab] = "home"
    tabs: ClassVar[Mapping[Tab, str]] = TABS

    lab: str
    clock_runs: bool = False


@dataclass(frozen=True, kw_only=True)
class ServiceLine:
    """A service of the lab.

    Attributes:
        name: portal, login, phones, desk, ocsp, register, authority; any other is shown as it is.
        state: running, care (it answers, but not well) or stopped.
        address: where a browser finds it; empty if nowhere.
        fault: name of what was asked of it; empty if nothing was.
    """

    name: str
    state: ServiceState
    address: str = ""
    fault: str = ""

    @property
    def shown_address(self) -> str:
        """Without the scheme."""
        return self.address.partition("://")[2] or self.address


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """A person of the lab, with card and phone.

    Attributes:
        handle: names the person in the lab.
        name: as the table of persons has it.
        personal_code: with the country before it; empty for nobody in particular.
        card: the card generation; empty if there is none.
        document_number: of the card.
        reader: the reader that the card is in; None if it lies on the desk.
        certificates: in one word: valid, expired, not-yet, suspended, revoked; empty if there is none.
        pin1, pin2: tries left of three; None without a card.
        phone: name of the phone; empty if there is none.
        phone_path: where it is found.
        phone_state: what its app shows.
    """

    handle: str
    name: str
    personal_code: str = ""
    card: str = ""
    document_number: str = ""
    reader: int | None = None
    certificates: str = ""
    pin1: int | None = None
    pin2: int | None = None
    phone: str = ""
    phone_path: str = ""
    phone_state: str = ""


@dataclass(frozen=True, kw_only=True)
class LabHome(LabView):
    """The overview: services, clock, persons.

    Attributes:
        seed: of the lab; empty if everything is made afresh.
        messages: how many lie in the outbox.
    """

    template = "lab/home.html"

    steps: ClassVar[tuple[timedelta, ...]] = STEPS

    services: tuple[ServiceLine, ...]
    persons: tuple[PersonLine, ...]
    messages: int
    seed: str = ""


@dataclass(frozen=True, kw_only=True)
class LabPerson(LabView):
    """What the register says of one person, and what the authority says of the certificates.

    Attributes:
        handle: of the person.
        name, personal_code: of the person.
        document: one of DOCUMENT_FACTS.
        person: one of PERSON_FACTS.
        guardians: handles of those who may sign for a minor, with a blank between.
        authentication, signature: of CERTIFICATE_FACTS; empty if there is no card.
    """

    template = "lab/person.html"

    documents: ClassVar[tuple[str, ...]] = DOCUMENT_FACTS
    persons: ClassVar[tuple[str, ...]] = PERSON_FACTS
    statuses: ClassVar[tuple[str, ...]] = CERTIFICATE_FACTS

    handle: str
    name: str
    personal_code: str
    document: str = "valid"
    person: str = "living"
    guardians: str = ""
    authentication: str = ""
    signature: str = ""


@dataclass(frozen=True, kw_only=True)
class LabFaults(LabView):
    """What shall go wrong.

    Attributes:
        faults: that the OCSP responder can be told to have.
        ocsp: the one that it has; empty if it answers as it should.
        stopped: the services that do not answer, of `switched`.
        network: whether the phones reach the server.
        terms_version: of the terms of use that are in force.
    """

    template = "lab/faults.html"

    tab = "faults"
    switched: ClassVar[tuple[str, ...]] = ("register", "authority", "portal")

    faults: tuple[str, ...]
    terms_version: str
    ocsp: str = ""
    stopped: tuple[str, ...] = ()
    network: Literal["well", "slow", "broken"] = "well"


@dataclass(frozen=True, kw_only=True)
class MessageLine:
    """A message as it would have gone out.

    Attributes:
        kind: what it is about, as the outbox calls it.
        text: in full.
    """

    at: datetime
    to: str
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class LabOutbox(LabView):
    """Every message, the newest first. None was sent."""

    template = "lab/outbox.html"
    tab = "outbox"

    messages: tuple[MessageLine, ...]


@dataclass(frozen=True, kw_only=True)
class EventLine:
    """One event of the audit trail.

    Attributes:
        seq: counts from 1.
        name: what happened.
        who: whose app or browser it happened to.
        about: the registration or account; empty before there is one.
        data: facts beside the name.
    """

    seq: int
    at: datetime
    name: str
    who: str
    about: str
    data: Mapping[str, str]

    @property
    def kind(self) -> str:
        """bad for what should alarm somebody, care for what went wrong, else off."""
        if self.name.startswith(("security.", "risk.")) or self.name in ("code.guessing", "identity.swap"):
            return "bad"
        words = ("failed", "rejected", "aborted", "wrong", "locked", "destroyed", "expired", "terminated")
        return "care" if self.name.rpartition(".")[2] in (*words, "mismatch", "origin_mismatch") else "off"


@dataclass(frozen=True, kw_only=True)
class LabAudit(LabView):
    """What happened, the newest first.

    Attributes:
        whole: the chain of digests is unbroken.
        older: the sequence number to look before for older events; None if there are none.
    """

    template = "lab/audit.html"
    tab = "audit"

    events: tuple[EventLine, ...]
    whole: bool
    older: int | None = None


@dataclass(frozen=True, kw_only=True)
class LabSettings(LabView):
    """The rules of this lab, as it was started.

    Attributes:
        settings: value by name.
        changed: the names of those that differ from the default.
    """

    template = "lab/settings.html"
    tab = "settings"

    settings: Mapping[str, str]
    changed: tuple[str, ...] = ()


def told_settings(settings: Settings) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Settings as LabSettings shows them, and the names of those that differ from the default."""
    default = Settings()
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    changed = tuple(name for name, value in values.items() if value != getattr(default, name))
    return {name: _told(value) for name, value in values.items()}, changed


def _told(value: object) -> str:
    """One value: a duration in its largest whole unit, a range with a hyphen."""
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            seconds = value.total_seconds()
            for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
                if seconds >= length and seconds % length == 0:
                    return f"{seconds / length:g}{unit}"
            return f"{seconds:g}s"
        case (int(), int()):
            return f"{value[0]}-{value[1]}"
        case tuple():
            return ", ".join(map(str, value)) or "–"
        case _:
            return str(value)
