"""The stand-in of the Web eID application: the PIN window, tokens, signatures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha384

import pytest
from tests.harness.clients.conftest import Line

from softeid.harness.clients.web_eid import WebEid, WebEidCode, WebEidError
from softeid.harness.registration.web_eid_token import parse, parsed_certificate, proves, signature_holds

ORIGIN = "https://portal.softeid.test"
NONCE = "A" * 44


class Window:
    """Types what it was given, one at a time, then is closed; remembers what it showed."""

    def __init__(self, typed: Sequence[str]) -> None:
        self.typed = list(typed)
        self.shown: list[tuple[str, int]] = []

    def __call__(self, pin: str, left: int) -> str | None:
        self.shown.append((pin, left))
        return self.typed.pop(0) if self.typed else None


def failed(deed: Callable[[], object]) -> WebEidError:
    with pytest.raises(WebEidError) as caught:
        deed()
    return caught.value


def test_a_token_proves_origin_and_nonce(line: Line) -> None:
    text = WebEid(line.client).authenticate(ORIGIN, NONCE, Window(["1234"]))
    token = parse(text)
    key = parsed_certificate(token.certificate).public_key()
    assert proves(token, key, ORIGIN, NONCE)
    assert not proves(token, key, ORIGIN + "/", NONCE)
    assert not proves(token, key, ORIGIN, "B" * 44)
    fields = json.loads(text)
    assert (fields["algorithm"], fields["format"]) == ("ES384", "web-eid:1.0")
    assert len(token.signature) == 96


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (["1234"], [3]),
        (["9999", "1234"], [3, 2]),
        (["9999", "9999", "1234"], [3, 2, 1]),
    ],
)
def test_the_window_comes_back_after_a_wrong_pin(line: Line, typed: list[str], shown: list[int]) -> None:
    window = Window(typed)
    WebEid(line.client).authenticate(ORIGIN, NONCE, window)
    assert window.shown == [("PIN1", left) for left in shown]


def test_a_person_may_close_the_window(line: Line) -> None:
    window = Window(["9999"])
    error = failed(lambda: WebEid(line.client).authenticate(ORIGIN, NONCE, window))
    assert (error.code, error.blocked) == (WebEidCode.USER_CANCELLED, None)
    assert window.shown == [("PIN1", 3), ("PIN1", 2)]
    assert line.client.pin_counter("PIN1").left == 2


def test_the_third_wrong_pin_leaves_nothing_to_type(line: Line) -> None:
    window = Window(["9999", "9998", "9997", "1234"])
    error = failed(lambda: WebEid(line.client).authenticate(ORIGIN, NONCE, window))
    assert (error.code, error.blocked) == (WebEidCode.USER_CANCELLED, "PIN1")
    assert window.typed == ["1234"]


@pytest.mark.parametrize(("state", "pin"), [("pin1-blocked", "PIN1"), ("pin2-blocked", "PIN2")])
def test_a_blocked_pin_is_not_asked_for(make_line: Callable[..., Line], state: str, pin: str) -> None:
    line, window = make_line(state), Window(["1234"])
    web_eid = WebEid(line.client)
    digest = sha384(b"text").digest()
    error = failed(
        lambda: (
            web_eid.authenticate(ORIGIN, NONCE, window)
            if pin == "PIN1"
            else web_eid.sign(web_eid.signing_certificate(), digest, "SHA-384", window)
        )
    )
    assert (error.blocked, window.shown) == (pin, [])


def test_a_card_on_its_last_try(make_line: Callable[..., Line]) -> None:
    window = Window(["1234"])
    WebEid(make_line("pin1-last-try").client).authenticate(ORIGIN, NONCE, window)
    assert window.shown == [("PIN1", 1)]


def test_a_signature_of_a_digest(line: Line) -> None:
    web_eid, digest, window = WebEid(line.client), sha384(b"text").digest(), Window(["1234", "12345"])
    signed = web_eid.sign(web_eid.signing_certificate(), digest, "SHA-384", window)
    key = line.issued.certificates["signature"].public_key()
    assert signed.algorithm == "ES384"
    assert signature_holds(key, signed.algorithm, signed.octets, digest)
    # PIN1 typed at the PIN2 window costs PIN2 a try, and PIN1 none.
    assert window.shown == [("PIN2", 3), ("PIN2", 2)]
    assert line.client.pin_counter("PIN1").left == 3


@pytest.mark.parametrize(
    ("origin", "nonce", "code"),
    [
        ("http://portal.softeid.test", NONCE, WebEidCode.CONTEXT_INSECURE),
        (ORIGIN, "A" * 43, WebEidCode.NATIVE_INVALID_ARGUMENT),
    ],
)
def test_insecure_pages_and_short_nonces_get_nothing(
    line: Line, origin: str, nonce: str, code: WebEidCode
) -> None:
    assert failed(lambda: WebEid(line.client).authenticate(origin, nonce, Window(["1234"]))).code is code
    assert line.sent == []


@pytest.mark.parametrize(
    ("octets", "name"), [(48, "SHA-1"), (32, "SHA-384"), (48, "SHA-256"), (48, "shake_128"), (0, "")]
)
def test_a_digest_that_is_not_its_functions(line: Line, octets: int, name: str) -> None:
    web_eid = WebEid(line.client)
    certificate = web_eid.signing_certificate()
    error = failed(lambda: web_eid.sign(certificate, bytes(octets), name, Window(["12345"])))
    assert error.code is WebEidCode.NATIVE_INVALID_ARGUMENT


def test_a_card_that_was_swapped_since(make_line: Callable[..., Line]) -> None:
    certificate = WebEid(make_line(person="mari").client).signing_certificate()
    line = make_line()
    error = failed(lambda: WebEid(line.client).sign(certificate, bytes(48), "SHA-384", Window(["12345"])))
    assert error.code is WebEidCode.NATIVE_INVALID_ARGUMENT
    assert line.client.pin_counter("PIN2").left == 3
