"""What the APIs take: bodies, read strictly. They answer with the sessions' own records, `Page` and `Screen`.

Every text has a longest length and no control characters. What a text means is for the session to judge: so a
code that is too short is RC_FORMAT, as it is without HTTP.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..registration.application import HASH_FUNCTION
from ..registration.encoded_message import HashName
from ..registration.login_ticket import Hint
from ..registration.refusal import Refused
from ..registration.visit_record import Page
from ..registration.vocabulary import Code

NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"
BASE64 = r"^[A-Za-z0-9+/]*={0,2}$"

Text = Annotated[str, Field(max_length=1000, pattern=NO_CONTROL)]
Word = Annotated[str, Field(max_length=200, pattern=NO_CONTROL)]
Typed = Annotated[str, Field(max_length=64, pattern=NO_CONTROL)]
"""What is typed at one prompt: a code, a PIN."""
KeyName = Literal["authentication", "signature"]
Reason = Annotated[str, Field(pattern="^[a-z_]{0,40}$", description="in a word, such as card_removed")]
Octets = Annotated[str, Field(max_length=16_384, pattern=BASE64, description="Base64")]


class Body(BaseModel):
    """What every body has in common: no member that is not known, no type that is only similar."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Empty(Body):
    """Nothing needs to be said."""


# --- portal -------------------------------------------------------------------------------------


class Token(Body):
    """A Web eID authentication token, as the extension gives it; as a text it is taken octet by octet."""

    authToken: dict[str, Any] | Annotated[str, Field(max_length=20_000)]  # noqa: N815  # of web-eid.js


class AbortedLogin(Body):
    """No login came about."""

    code: Literal["LOGIN_CANCELLED", "NO_CLIENT_CERT"] = "LOGIN_CANCELLED"
    why: Reason = ""
    hint: Annotated[str, Field(pattern=f"^({'|'.join(Hint)})?$")] = ""


class Ticket(Body):
    """A ticket of the login host."""

    ticket: Word


class Link(Body):
    """A link that a minor gave to a guardian."""

    link: Word


class Invited(BaseModel):
    """The secret part of a link to the login host."""

    link: str


class Answers(Body):
    """Answers to the questions."""

    email: Text
    phone: Text = ""
    consent: bool


class TypedCode(Body):
    """A registration code."""

    code: Typed


class Confirmed(Body):
    """The review page is confirmed by somebody whose card can sign over this hash."""

    hashFunction: Word = HASH_FUNCTION  # noqa: N815  # of web-eid.js


class AbortedSigning(Body):
    """No signature came about."""

    why: Reason = "cancelled"


class Deleted(Body):
    """An account is to end; `typed` is OK, to show that it is meant."""

    document: Word
    typed: Typed


class Presence(Body):
    """Whether the card is in the reader."""

    there: bool


class Signature(Body):
    """The card's signature of the application, in the words of web-eid.js."""

    certificate: Octets
    signature: Octets
    signatureAlgorithm: Word  # noqa: N815  # of web-eid.js


class Challenge(BaseModel):
    """What the card is to sign for a login."""

    nonce: str = Field(description="Base64 of at least 256 random bits", min_length=44)
    csrf: str = Field(description="of the session, which may be another one than before")


class ToSign(BaseModel):
    """The application that the card is to sign."""

    digest: Octets
    hashFunction: str  # noqa: N815  # of web-eid.js
    text: str


@dataclass(frozen=True, kw_only=True)
class Shown(Page):
    """What the portal shows, and what the next request needs.

    Attributes:
        csrf: for the field X-CSRF-Token of every POST.
        server_time: the lab's clock, UTC.
    """

    csrf: str
    server_time: datetime


# --- app ----------------------------------------------------------------------------------------


class NewDevice(Body):
    """A phone to install the app on."""

    name: Annotated[Word, Field(min_length=1)]
    platform: Annotated[Word, Field(min_length=1)] = "Android"
    app_version: Annotated[str, Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,5}){0,3}$")] = "3.0"
    rooted: bool = False
    language: Literal["et", "lv", "lt", "ru", "en"] = "en"


class Installed(BaseModel):
    """The app is there."""

    device_id: str


class Country(Body):
    """A country of residence."""

    country: Typed


class Method(Body):
    """How the person proves who they are."""

    method: Word


class Terms(Body):
    """What became of the terms of use."""

    accepted: bool
    scrolled: bool = False


class Pins(Body):
    """Both PINs of the account; without a second entry they were proposed by the app."""

    pin1: Typed
    pin2: Typed
    pin1_repeat: Typed | None = None
    pin2_repeat: Typed | None = None


class ChosenPin(Body):
    """One PIN of the account; without a second entry it was proposed by the app."""

    pin: Typed
    repeat: Typed | None = None


class Proposed(BaseModel):
    """Random PINs that satisfy every rule."""

    pin1: str
    pin2: str


class Decision(Body):
    """Whether the shown person is who holds the phone."""

    accept: bool


class TypedPin1(Body):
    """PIN1, typed again."""

    pin1: Typed


class TypedPin2(Body):
    """PIN2, typed again."""

    pin2: Typed


class Copied(Body):
    """Another phone, from which everything is copied onto this one."""

    of: Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]


class KeyUse(Body):
    """Something that is to be signed with an account key."""

    key: KeyName
    pin: Typed
    content: Octets
    padding: Literal["pkcs1v15", "pss"] = "pkcs1v15"
    hash: HashName = "sha256"
    account: Word = Field(default="", description="document number; by default of the account on the phone")
    otp: Octets = Field(default="", description="by default the current one")


class KeySigned(BaseModel):
    """A signature by an account key."""

    signature: Octets
    salt: Octets = Field(description="of PSS")


class Refreshed(Body):
    """An account key that needs a new one-time password."""

    key: KeyName


class TypedOk(Body):
    """OK, to show that it is meant."""

    typed: Typed


def octets(text: str, field: str) -> bytes:
    """The octets of a Base64 text.

    Raises:
        Refused: BAD_REQUEST.
    """
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(Code.BAD_REQUEST, field=field) from None


def base64_of(octets: bytes) -> str:
    """A Base64 text of octets."""
    return base64.b64encode(octets).decode()
