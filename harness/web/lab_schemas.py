"""What the lab's API takes and answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from softeid.emulator.mistake import listed

from ..issuers import OFF, WORDS, fault_named
from ..pki.ocsp_fault import OCSP_FAULTS
from ..registration.population_register import DocumentStatus, PersonStatus
from .schemas import Body, Typed, Word

_YEAR_S = 366 * 86_400
Seconds = Annotated[float, Field(ge=0, le=20 * _YEAR_S, allow_inf_nan=False)]
SemanticsId = Annotated[str, Field(pattern="^(PNO|PAS|IDC)[A-Z]{2}-[0-9A-Z-]{1,40}$")]
RevocationReason = Literal[
    "unspecified",
    "key_compromise",
    "ca_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "privilege_withdrawn",
    "aa_compromise",
]


def _fault(word: str) -> str:
    name = fault_named(word)
    if name is None:
        known = (OFF, *OCSP_FAULTS)
        raise PydanticCustomError("fault", "expected {expected}", {"expected": listed(known, 30)})
    return name


OcspWord = Annotated[
    str,
    AfterValidator(_fault),
    Field(
        description=f"`{OFF}` lets it answer as it should; the words of the portal's refusals are taken too",
        json_schema_extra={"enum": list(dict.fromkeys((OFF, *OCSP_FAULTS, "good", *WORDS)))},
    ),
]


class ClockMoved(Body):
    """Where the clock goes, or how fast it goes from now on; what is not named stays as it is."""

    now: Annotated[datetime | None, Field(strict=False, description="an instant with a zone")] = None
    advance: Seconds | None = None
    back: Seconds | None = None
    freeze: bool | None = None
    rate: Annotated[float | None, Field(ge=0, le=1_000_000, allow_inf_nan=False)] = None


class ClockShown(BaseModel):
    """What it says."""

    now: datetime


class CertificateStatus(Body):
    """What holds of a certificate from now on."""

    serial: Annotated[str, Field(pattern="^[0-9A-Fa-f]{1,40}$", description="in hex")]
    status: Literal["good", "suspended", "revoked"]
    reason: RevocationReason | None = None


class OcspFault(Body):
    """What the OCSP responder does from now on."""

    fault: OcspWord


class OneGuardian(Body):
    """Somebody who may act for a minor."""

    semantics_id: SemanticsId
    name: Word


class Person(Body):
    """What the population register says of a person from now on."""

    semantics_id: SemanticsId
    document: DocumentStatus = "valid"
    person: PersonStatus = "alive"
    born: Annotated[date | None, Field(strict=False)] = None
    guardians: Annotated[list[OneGuardian], Field(max_length=10, default_factory=list)]
    surname: Word = ""


class RegisterAnswers(Body):
    """Whether the population register answers."""

    answers: bool


class NewTerms(Body):
    """The terms of use have another version."""

    version: Annotated[Typed, Field(min_length=1)]


class DeviceNetwork(Body):
    """A phone's way to the core."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]
    network: bool = True
    lost: Literal["", "request", "answer"] = ""
    delay: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False, description="seconds, each way")] = 0


class Broken(Body):
    """What answers, and what does not."""

    core: bool | None = None
    authority: bool | None = None
    device: DeviceNetwork | None = None


class OneEvent(BaseModel):
    """An entry of the audit trail."""

    seq: int
    at: datetime
    name: str
    who: str
    about: str
    data: dict[str, str]
    digest: str


class Told(BaseModel):
    """A message to somebody."""

    number: str
    at: datetime
    to: str
    kind: str
    text: str


class ClockState(BaseModel):
    """The lab's clock."""

    now: datetime
    pace: Annotated[float, Field(description="seconds in a real one; 0 stands still")]


class LabState(BaseModel):
    """The lab in a few words."""

    name: str
    clock: ClockState
    services: Annotated[dict[str, str], Field(description="running, care or stopped, by name")]
    ocsp_fault: Annotated[str, Field(description="as POST /lab/ocsp takes it")]
    network: Annotated[str, Field(description="between phones and server: well, slow or broken")]
    addresses: dict[str, str]


class Trusted(BaseModel):
    """Certificates of authorities."""

    certificates: list[str]
