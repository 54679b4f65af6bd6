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
from .key_share import AppShare
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
class Enrolment:
    """What the core answers to new keys: the registration and the first one-time password of each key."""

    registration: str
    otps: dict[Use, bytes]


@dataclass
class Device:
    """What the app stores. Nothing in it tells a right PIN from a wrong one (SID-PIN-015)."""

    info: DeviceInfo
    secret: bytes
    state: AppState = AppState.HOME
    reason: Reason | None = None
    country: str = ""
    method: str = ""
    terms: Terms | None = None
    shares: dict[Use, AppShare] = field(default_factory=dict)
    otps: dict[Use, bytes] = field(default_factory=dict)
    registration: str = ""
    code: str = ""
    due: dict[AppEvent, datetime] = field(default_factory=dict)

    @property
    def device_id(self) -> str:
        """Its name in the store."""
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
        digest: of the text's UTF-8, SHA-384.
        algorithm: of the signature, RFC 7518's name.
        signature: raw r || s for ES.
        certificate: the signer's, checked at `signed_at`.
        signed_at: when the portal took it.
    """

    text: str
    digest: bytes
    algorithm: str
    signature: bytes
    certificate: x509.Certificate
    signed_at: datetime


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


AccountStatus = Literal["ACTIVE", "CLOSED"]


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
    status: AccountStatus = "ACTIVE"

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


REGISTRATIONS = Kind("registrations", Registration, "reg_id")
ACCOUNTS = Kind("accounts", Account, "document_number", ("semantics_id", "device_id"))
CODES = Kind("codes", CodeRecord, "digest")
WRONG_CODES = Kind("wrong_codes", WrongCode, "number", ("semantics_id",))
MESSAGES = Kind("messages", Message, "number")
FACTS = Kind("facts", Fact, "name")
DEVICES = Kind("devices", Device, "device_id")
