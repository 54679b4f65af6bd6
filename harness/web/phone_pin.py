"""PINs that are typed on a phone: chosen, typed again at once, confirmed in the last step, used for a key."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ..pki.leaf import Use
from ..registration.app import App
from ..registration.pin_rule import PinNumber, check_pin
from ..registration.refusal import Refused
from ..registration.vocabulary import Code
from .phone_grip import Grip
from .phone_pad import Pad

_ALGORITHM = "RS256"  # RFC 7518's name of what a key is tried with


def press(grip: Grip, key: str) -> None:
    """Press a key of the pad; OK takes what was typed.

    Raises:
        Refused: as the app refuses the PIN.
    """
    pad = _pad(grip)
    if pad is None:
        return
    pad.press(key, _digits(grip, pad)[1])
    if key == "ok":
        _take(grip, pad, pad.take())


def type_pin(grip: Grip, typed: str) -> None:
    """Type a PIN at once.

    Raises:
        Refused: as the app refuses it.
    """
    pad = _pad(grip)
    if pad is not None:
        pad.pressed = ""
        pad.take()
        _take(grip, pad, typed)


def _pad(grip: Grip) -> Pad | None:
    return grip.held.asks(grip.whole(lambda app: app.state))


def _digits(grip: Grip, pad: Pad) -> tuple[int, int]:
    settings = grip.phones.core.settings
    return settings.pin1_digits if pad.number == 1 else settings.pin2_digits


def _take(grip: Grip, pad: Pad, typed: str) -> None:
    """Do what the PIN is typed for."""
    if not typed:
        raise Refused(Code.PIN_TOO_SHORT, pin=pad.number, min=_digits(grip, pad)[0])
    match pad.stage:
        case "choose":
            check_pin(pad.number, typed, grip.phones.core.settings)
            pad.first = typed
        case "repeat":
            first = pad.first
            pad.again()
            grip.whole(lambda app: _choose(app, pad.number, first, typed))
        case "confirm":
            grip.whole(lambda app: app.confirm_pin(pad.number, typed))
        case "use":
            grip.whole(lambda app: _try_key(app, pad.number, typed))
            grip.held.forget()
            grip.held.used = (pad.number, _ALGORITHM)


def _choose(app: App, number: PinNumber, first: str, typed: str) -> None:
    if number == 1:
        app.choose_pin1(first, typed)
    else:
        app.choose_pin2(first, typed)


def _try_key(app: App, number: PinNumber, typed: str) -> None:
    """Make a signature with a key, and verify it with the account's certificate."""
    use = Use.AUTHENTICATION if number == 1 else Use.SIGNATURE
    content = secrets.token_bytes(32)
    signature, _ = app.account.use_key(use, typed, content)
    account = app.account.known()
    assert account
    key = account.certificates[use].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
