"""What a person or a program does with the card itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509.oid import NameOID

from softeid.emulator.status import SW

from ..actor import Actor, Card, Desk, PinName
from ..clients import eid_client
from ..clients.eid_client import CardRefused
from ..person import persons
from ..pki.leaf import Use
from ..pki.name import is_ours
from ..pki.unreadable import UNREADABLE
from ..route import HANDS
from ..scenario.annotation import Has, Shape
from ..scenario.answer import Answer
from ..scenario.reading import Who
from ..scenario.stage import Stuck
from ..scenario.step import step
from ..scenario.words import Octets
from ..world import World
from .naming import Handle
from .typed import CardPin

Pin = Literal["pin1", "pin2"]
CertificateName = Annotated[Literal["auth", "sign"], "a certificate"]
Path = Annotated[
    str, Shape(r"3F00(/[0-9A-F]{4}){1,4}", "file identifiers from the MF on, such as 3F00/ADF1/3401")
]
Curve = Literal["secp256r1", "secp384r1", "secp521r1", "another"]
Usage = Literal["digital-signature", "content-commitment", "another"]
Digits = Annotated[str, Shape(r"[0-9]{1,12}", "1 to 12 digits")]
_NAMES: dict[PinName, eid_client.PinName] = {"pin1": "PIN1", "pin2": "PIN2", "puk": "PUK"}
_USES: dict[CertificateName, Use] = {"auth": Use.AUTHENTICATION, "sign": Use.SIGNATURE}
_CURVES: tuple[Curve, ...] = ("secp256r1", "secp384r1", "secp521r1")
_CODE = 5  # place of the personal code among the personal data records


@step("insert card", needs=HANDS)
def insert_card(
    world: World, me: Actor, reader: Desk, *, of: Annotated[Who, Has("card")] | None = None
) -> None:
    """Put a card into one's reader, in place of what is there; it is taken out of where it was.

    Args:
        of: whose card; one's own by default.
    """
    own = world.actors[of or me.name].own
    if own is None:
        raise Stuck(f"{me.name} has no card")
    for desk in (desk for actor in world.actors.values() for desk in actor.desks.values()):
        if desk.card is own:
            desk.remove()
    reader.insert(own)
    world.look_at_readers()


@step("remove card", needs=HANDS)
def remove_card(world: World, reader: Desk) -> None:
    """Take the card out of one's reader."""
    reader.remove()
    world.look_at_readers()


@step("reset card")
def reset_card(world: World, reader: Desk) -> None:
    """Reset the card in one's reader; PINs must be typed again."""
    if reader.card is None:
        raise Stuck("there is no card in the reader")
    reader.reader.reset()


@step("verify pin", expect="9000", harm="try")
def verify_pin(world: World, card: Card, *, pin: PinName, value: CardPin = "right") -> Answer:
    """Send VERIFY for one PIN, after asking how many tries are left, as programs do.

    Args:
        pin: which.
        value: right, wrong or the digits.
    """
    name = _NAMES[pin]
    card.client.pin_counter(name)  # selects the application that the PIN belongs to
    return _answered(lambda: card.client.verify(name, card.own.typed(pin, value)))


@step("change pin", expect="9000", harm="write")
def change_pin(world: World, card: Card, *, pin: PinName, new: Digits, old: CardPin = "right") -> Answer:
    """Give a PIN a new value by its old one.

    Args:
        pin: which.
        new: the new digits.
        old: right, wrong or the digits.
    """
    return _answered(lambda: card.client.change_pin(_NAMES[pin], card.own.typed(pin, old), new))


@step("unblock pin", expect="9000", harm="block")
def unblock_pin(world: World, card: Card, *, pin: Pin, new: Digits, puk: CardPin = "right") -> Answer:
    """Give a PIN a new value with the PUK; its tries come back.

    Args:
        pin: which.
        new: the new digits.
        puk: right, wrong or the digits.
    """
    name: Literal["PIN1", "PIN2"] = "PIN1" if pin == "pin1" else "PIN2"
    return _answered(lambda: card.client.unblock_pin(name, card.own.typed("puk", puk), new))


@step("apdu", expect="9000", harm="write")
def apdu(world: World, card: Card, *, send: Octets) -> Answer:
    """Send anything to the card, as it stands; on a real one its harm is that of what is sent.

    Args:
        send: one command APDU in hex.
    """
    return card.transmit(send.octets)


@step("read file", expect="9000")
def read_file(world: World, card: Card, *, path: Path) -> Answer:
    """Select a file by its path and read all of it; the answer is its content, or the first refusal.

    Args:
        path: file identifiers from the MF on, such as 3F00/ADF1/3401.
    """
    return _read(card, bytes.fromhex(path.replace("/", "")))


@dataclass(frozen=True)
class OnCard:
    """A certificate as it lies on the card."""

    person: Handle | None = None
    curve: Curve | None = None
    usage: Usage | None = None
    issuer: Literal["ours", "a stranger"] | None = None


@step("card certificate shows")
def card_certificate_shows(world: World, card: Card, *, use: CertificateName) -> OnCard:
    """Read a certificate from the card: whose it is, about what key, for what, and from whom.

    Args:
        use: which of the two.
    """
    try:
        read = x509.load_der_x509_certificate(card.client.read_certificate(_USES[use]))
        issuer: Literal["ours", "a stranger"] = "ours" if is_ours(read.issuer) else "a stranger"
        return OnCard(_bearer(read), _curve(read), _usage(read), issuer)
    except CardRefused as refused:
        raise Stuck(f"the card does not let it be read: {refused}") from None
    except UNREADABLE as wrong:
        raise Stuck(f"there is no certificate in the file: {wrong}") from None


@dataclass(frozen=True)
class Plastic:
    """What a program reads from the card without a PIN."""

    person: Handle | None = None
    pin1: int | None = None
    pin2: int | None = None
    puk: int | None = None


@step("card shows")
def card_shows(world: World, card: Card) -> Plastic:
    """Read whose card it is, and how many tries each PIN has left."""
    code = card.client.personal_data()[_CODE]
    person = next((name for name, one in persons().items() if one.code == code), None)
    pin1, pin2, puk = (card.client.pin_counter(name).left for name in _NAMES.values())
    return Plastic(person, pin1, pin2, puk)


def _read(card: Card, path: bytes) -> Answer:
    """SELECT by path, then READ BINARY up to the end that the FCP tells."""
    selected = card.transmit(b"\x00\xa4\x09\x04" + bytes([len(path)]) + path + b"\x00")
    if selected.refused:
        return Answer(b"", selected.sw)
    octets, size = b"", eid_client.file_size(selected.data)
    if size > eid_client.REACH:
        raise Stuck(f"the file has {size} octets, of which READ BINARY reaches {eid_client.REACH}")
    while len(octets) < size:
        ne = min(eid_client.CHUNK, size - len(octets))
        part = card.transmit(b"\x00\xb0" + len(octets).to_bytes(2, "big") + bytes([ne]))
        if part.refused or not part.data:
            return Answer(octets, part.sw)
        octets += part.data
    return Answer(octets, SW.OK)


def _bearer(certificate: x509.Certificate) -> str | None:
    """Who in the table of persons a certificate names."""
    named = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    serials = {one.value for one in named}
    return next((name for name, one in persons().items() if one.serial_number in serials), None)


def _curve(certificate: x509.Certificate) -> Curve:
    key = certificate.public_key()
    name = key.curve.name if isinstance(key, EllipticCurvePublicKey) else ""
    return next((curve for curve in _CURVES if curve == name), "another")


def _usage(certificate: x509.Certificate) -> Usage:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "another"
    if usage.content_commitment:
        return "content-commitment"
    return "digital-signature" if usage.digital_signature else "another"


def _answered(act: Callable[[], None]) -> Answer:
    """What the card answered to the last command of what a program did."""
    try:
        act()
    except CardRefused as refused:
        return Answer(b"", refused.sw)
    except ValueError as impossible:
        raise Stuck(str(impossible)) from None
    return Answer(b"", SW.OK)
