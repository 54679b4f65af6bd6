"""What is remembered: plain objects, apart from behaviour (registration specification, section 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cryptography import x509

from ..pki.leaf import Use
from .app_life import APP_ENDS, APP_LIFE, AppEvent
from .contact import Contact
from .identity import Identity
from .key_server import Key
from .key_share import AppShare, CoreShare
from .machine import earliest
from .outbox import Message
from .registration_code import CodeRecord
from .store import Kind
from .vocabulary import AppState, Reason


@dataclass(frozen=True)
class DeviceInfo:
    """A phone as the portal's review page shows it.

    Attributes:
        device_id: drawn when the app is installed.
        owner: who holds it in the scenario; the core decides nothing by it.
        name: what its owner calls it.
        platform: what it runs on.
        app_version: of the app, `2.10.0`.
        rooted: whether its owner can change its system.
        address: of its network, as the core sees it.
    """

    device_id: str
    owner: str
    name: str
    platform: str = "Android"
    app_version: str = "3.0.0"
    rooted: bool = False
    address: str = "192.0.2.10"


@dataclass(frozen=True)
class Terms:
    """The terms of use that were accepted, and when."""

    version: str
    language: str
    accepted_at: datetime


@dataclass(frozen=True)
class EnrolmentRequest:
    """The core's shares of two new keys on their way: the same request, sent again, enrols no second pair.

    Attributes:
        request_id: drawn for it.
        shares: the core's.
        pool: whether their primes lay ready.
    """

    request_id: str
    shares: dict[Use, CoreShare]
    pool: Literal["ready", "empty"] = "ready"


@dataclass(frozen=True)
class Enrolment:
    """What the core answers to new keys: the registration and the first one-time password of each key."""

    registration: str
    otps: dict[Use, bytes]


@dataclass
class OwnAccount:
    """What the app stores of an account that it has.

    Attributes:
        document_number: of the account.
        shares: the app's, encrypted under the PINs.
        otps: the one-time password of the next request of each key.
    """

    document_number: str
    shares: dict[Use, AppShare]
    otps: dict[Use, bytes]
    pending: dict[Use, bytes] = field(default_factory=dict)
    """The name of each key's request that was not answered; nothing in it depends on a PIN."""


@dataclass
class Device:
    """What the app stores. Nothing in it tells a right PIN from a wrong one (SID-PIN-015).

    Attributes:
        phone_id: names this phone's storage; a clone has another one.
        owner: who holds the phone in the scenario.
        label: what its owner calls it.
        info: what the core is told of the device; a clone says the same.
        secret: goes into the derivation of what encrypts the shares.
        language: of the screens.
        account: that can be used on it.
        renews: whom the registration under way must turn out to be; empty for a first one.
        enrolment: the request under which the keys were sent to the core, kept until it answers.
        pending: likewise the name of the request for each key's signature; it depends on no PIN.
        requests: the digest of each key's certificate request, which the PIN's share signs.
        code_until: when the shown code expires, by the steady clock.
    """

    phone_id: str
    owner: str
    label: str
    info: DeviceInfo
    secret: bytes
    language: str = "en"
    state: AppState = AppState.HOME
    reason: Reason | None = None
    country: str = ""
    method: str = ""
    terms: Terms | None = None
    shares: dict[Use, AppShare] = field(default_factory=dict)
    otps: dict[Use, bytes] = field(default_factory=dict)
    registration: str = ""
    account: OwnAccount | None = None
    renews: str = ""
    enrolment: EnrolmentRequest | None = None
    pending: dict[Use, bytes] = field(default_factory=dict)
    requests: dict[Use, bytes] = field(default_factory=dict)
    code: str = ""
    code_until: datetime | None = None
    due: dict[AppEvent, datetime] = field(default_factory=dict)

    def forget(self) -> None:
        """The registration is over: nothing is left of it but how it ended."""
        self.shares, self.otps, self.pending, self.requests = {}, {}, {}, {}
        self.enrolment, self.code, self.code_until = None, "", None
        self.due.clear()

    @property
    def device_id(self) -> str:
        """How the core knows it; clones share it."""
        return self.info.device_id

    @property
    def wake_at(self) -> datetime | None:
        """When the entry of PINs times out; None if nothing is being entered."""
        due = earliest(APP_LIFE, self.state, self.due)
        return due[0] if due else None

    @property
    def over(self) -> bool:
        """A device may always begin again."""
        return False


@dataclass(frozen=True)
class SignedApplication:
    """The application that the person signed with the card.

    Attributes:
        text: what was signed.
        digest: of the text's UTF-8, by the algorithm's hash.
        algorithm: of the signature, RFC 7518's name; empty where a click was enough.
        signature: raw r || s for ES; empty likewise.
        certificate: the signer's, checked at `signed_at`; None likewise.
        signed_at: when the portal took it.
    """

    text: str
    digest: bytes
    algorithm: str
    signature: bytes
    certificate: x509.Certificate | None
    signed_at: datetime

    def told(self) -> dict[str, str]:
        """What the audit trail tells of it; a click proves less, and is marked (SID-CNF-013)."""
        digest = {"digest": self.digest.hex()}
        if self.certificate is None:
            return {**digest, "by": "click"}
        serial = f"{self.certificate.serial_number:X}"
        return {**digest, "certificate": serial, "algorithm": self.algorithm, "by": "card"}


@dataclass
class Registration:
    """A registration at the core, from its keys on."""

    reg_id: str
    device: DeviceInfo
    country: str
    method: str
    terms: Terms
    keys: dict[Use, Key]
    state: AppState = AppState.KEYS_READY
    reason: Reason | None = None
    code: CodeRecord | None = None
    """As it was issued; what became of it the core's code book knows."""
    identity: Identity | None = None
    contact: Contact | None = None
    application: SignedApplication | None = None
    requests: dict[Use, bytes] = field(default_factory=dict)
    """The certificate requests that both shares signed, DER (PKCS #10)."""
    issue_failures: int = 0
    document_number: str = ""
    request: str = ""
    """The enrolment request that it came from."""
    expected: str = ""
    """Whose account it renews, by semantics identifier; empty for a first one."""
    visit: str = ""
    """The visit to the portal that its code was typed in."""
    due: dict[AppEvent, datetime] = field(default_factory=dict)

    @property
    def wake_at(self) -> datetime | None:
        """When its next timer falls due."""
        due = earliest(APP_LIFE, self.state, self.due)
        return due[0] if due else None

    @property
    def over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in APP_ENDS


AccountStatus = Literal["ACTIVE", "EXPIRED", "CLOSED"]
ClosedBy = Literal["", "app", "portal", "guessing", "clone", "renewal"]


@dataclass
class Account:
    """An account that can be used (2.3)."""

    document_number: str
    identity: Identity
    contact: Contact
    device: DeviceInfo
    registration: str
    """It has the account's keys."""
    certificates: dict[Use, x509.Certificate]
    created_at: datetime
    expires_at: datetime
    level: Literal["QUALIFIED", "ADVANCED"] = "QUALIFIED"
    closed_by: ClosedBy = ""
    closed_at: datetime | None = None

    def status(self, now: datetime) -> AccountStatus:
        """What can be done with it; at exactly `expires_at` it is expired."""
        if self.closed_by:
            return "CLOSED"
        return "ACTIVE" if now < self.expires_at else "EXPIRED"

    @property
    def semantics_id(self) -> str:
        """Whose it is."""
        return self.identity.semantics_id

    @property
    def device_id(self) -> str:
        """Where it was registered."""
        return self.device.device_id


@dataclass(frozen=True)
class WrongCode:
    """A wrong registration code that somebody typed.

    Attributes:
        number: drawn for it.
        semantics_id: who had logged in.
        at: when, by the steady clock.
        address: of the browser.
    """

    number: str
    semantics_id: str
    at: datetime
    address: str = ""


@dataclass
class Fact:
    """One thing that a party must remember by name, such as the terms in force."""

    name: str
    value: str


REGISTRATIONS = Kind("registrations", Registration, "reg_id", ("request",))
ACCOUNTS = Kind("accounts", Account, "document_number", ("semantics_id", "device_id"))
CODES = Kind("codes", CodeRecord, "digest")
WRONG_CODES = Kind("wrong_codes", WrongCode, "number", ("semantics_id", "address"))
MESSAGES = Kind("messages", Message, "number")
FACTS = Kind("facts", Fact, "name")
DEVICES = Kind("devices", Device, "phone_id", ("device_id",))
