"""What a site asks of the card, step by step: no thread waits while a person looks for a PIN.

Each thing that the person does uses the Web eID application (`WebEid`) from its beginning, with a window that
gives what was typed once and is closed when it comes back: a wrong PIN has then cost its try, and the prompt
stays open for another.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography import x509

from ..clients.eid_client import CardRefused, EidClient
from ..clients.web_eid import NotActivated, WebEid, WebEidCode, WebEidError
from ..pki.leaf import Use
from ..registration.web_eid_token import algorithm_for, signed_digest

Kind = Literal["authenticate", "certificate", "sign"]
Outcome = Literal["done", "cancelled", "card-removed", "blocked", "gone"]
HASHES = ("SHA-256", "SHA-384", "SHA-512")
_LIFE_S = 180.0  # web-eid.js waits 120 s for the person, and twice that for a certificate without a PIN
_UNASKED_S = 20.0  # the page's script asks every half a second, every second while its tab is hidden
_KEPT = 50  # prompts that are over, so that their windows still say how they ended
_SHORTEST_NONCE, _LONGEST_NONCE = 44, 128  # characters, as the real extension has it

Pin = Literal["PIN1", "PIN2"]


@dataclass
class Prompt:
    """One question of one site.

    Attributes:
        id: nobody can guess it.
        kind: what is asked.
        origin: of the page, as the browser told it.
        asked: challengeNonce; or certificate, hash and hashFunction.
        language: of the page.
        outcome: how it ended; None while it waits.
        result: what the page gets.
        error: or why it gets nothing: code and message.
    """

    id: str
    kind: Kind
    origin: str
    asked: Mapping[str, str] = field(repr=False)
    language: str
    opened: float
    polled: float
    outcome: Outcome | None = None
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    error: Mapping[str, str] | None = None

    @property
    def pin(self) -> Pin:
        """The one that it needs."""
        return "PIN1" if self.kind == "authenticate" else "PIN2"


class Wrong(Exception):
    """What a page asks cannot be asked.

    Attributes:
        code: of web-eid.js.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class WrongTry:
    """The PIN was not the card's.

    Attributes:
        pin: which.
        left: tries of it; with none left it is blocked, and the prompt waits until the person has seen that.
    """

    pin: Pin
    left: int


@dataclass(frozen=True)
class Unusable:
    """The card said no for a reason that is no PIN's.

    Attributes:
        sw: status word, hexadecimal; empty where the card has no certificates yet.
    """

    sw: str


class Prompts:
    """Every question, one open at a time; whoever calls holds the desk's turn."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with none.

        Args:
            now: real time in seconds, from any instant.
        """
        self._now = now
        self._all: dict[str, Prompt] = {}
        self._changes = 0

    @property
    def mark(self) -> str:
        """Changes whenever a prompt came or ended."""
        self.waiting()
        return str(self._changes)

    def waiting(self) -> Prompt | None:
        """The one that is open; what nobody asks after any more is over."""
        now = self._now()
        for prompt in self._all.values():
            if prompt.outcome is None:
                if now - prompt.opened > _LIFE_S or now - prompt.polled > _UNASKED_S:
                    self._fail(prompt, "gone", "ERR_WEBEID_USER_TIMEOUT", "Nobody answered at the card desk")
                else:
                    return prompt
        return None

    def open(self, kind: Kind, origin: str, asked: Mapping[str, str], language: str) -> Prompt:
        """A page asks.

        Args:
            kind: for what.
            origin: of the page.
            asked: the fields that the kind has.
            language: of the page.

        Raises:
            Wrong: something else is being asked already, or the fields cannot be used.
        """
        if self.waiting():
            raise Wrong("ERR_WEBEID_ACTION_PENDING", "The card desk is being asked already")
        _check(kind, asked)
        now = self._now()
        prompt = Prompt(secrets.token_urlsafe(24), kind, origin, asked, language, now, now)
        for old in list(self._all)[: max(0, len(self._all) - _KEPT)]:
            del self._all[old]
        self._all[prompt.id] = prompt
        self._changes += 1
        return prompt

    def find(self, prompt_id: str) -> Prompt | None:
        """A prompt that is open, or was."""
        self.waiting()
        return self._all.get(prompt_id)

    def poll(self, prompt_id: str) -> Prompt | None:
        """The page asks how a prompt stands."""
        prompt = self.find(prompt_id)
        if prompt:
            prompt.polled = self._now()
        return prompt

    def digest(self, prompt: Prompt, client: EidClient) -> tuple[str, str]:
        """What the card will sign, in hexadecimal, and the hash that made it; empty while that is not known.

        Args:
            prompt: one that needs a PIN.
            client: of the card in the reader.
        """
        if prompt.kind == "sign":
            return base64.b64decode(prompt.asked["hash"]).hex(), prompt.asked["hashFunction"]
        try:
            certificate = x509.load_der_x509_certificate(client.read_certificate(Use.AUTHENTICATION))
            algorithm = algorithm_for(certificate.public_key())
        except (CardRefused, ValueError):
            return "", HASHES[1]
        digest = signed_digest(algorithm, prompt.origin, prompt.asked["challengeNonce"])
        return digest.hex(), f"SHA-{algorithm[-3:]}"

    def type_pin(self, prompt: Prompt, client: EidClient, pin: str) -> WrongTry | Unusable | None:
        """The person typed a PIN, of 1 to 12 digits.

        Returns:
            What was wrong; None if the prompt is over.
        """
        window = _Window(pin)
        try:
            self._finish(prompt, self._result(prompt, WebEid(client, plain_localhost=True), window))
        except WebEidError as error:
            self._changes += 1
            if error.blocked:
                return WrongTry(prompt.pin, 0)
            if window.left is not None:
                return WrongTry(prompt.pin, window.left)
            self._fail(prompt, "gone", error.code, "The card in the reader is another one")
        except NotActivated:
            return Unusable("")
        except CardRefused as refused:
            return Unusable(f"{refused.sw:04X}")
        return None

    def show_certificate(self, prompt: Prompt, client: EidClient) -> Unusable | None:
        """The person lets the page see the signature certificate."""
        try:
            certificate = WebEid(client).signing_certificate()
        except NotActivated:
            return Unusable("")
        except CardRefused as refused:
            return Unusable(f"{refused.sw:04X}")
        algorithms = [_algorithm(name) for name in HASHES]
        shown = base64.b64encode(certificate).decode()
        self._finish(prompt, {"certificate": shown, "supportedSignatureAlgorithms": algorithms})
        return None

    def end(self, prompt: Prompt, outcome: Outcome) -> None:
        """The person said no, or the page gave up; what is over stays as it ended."""
        if prompt.outcome is None:
            code = "ERR_WEBEID_NATIVE_FATAL" if outcome == "card-removed" else WebEidCode.USER_CANCELLED
            self._fail(prompt, outcome, code, _SAID[outcome])

    def end_waiting(self, outcome: Outcome) -> None:
        """End the one that is open, if there is one."""
        if prompt := self.waiting():
            self.end(prompt, outcome)

    def _result(self, prompt: Prompt, web_eid: WebEid, window: _Window) -> Mapping[str, Any]:
        if prompt.kind == "authenticate":
            token = web_eid.authenticate(prompt.origin, prompt.asked["challengeNonce"], window)
            fields: Mapping[str, Any] = json.loads(token)
            return fields
        certificate, digest = (base64.b64decode(prompt.asked[name]) for name in ("certificate", "hash"))
        name = prompt.asked["hashFunction"]
        signature = web_eid.sign(certificate, digest, name, window)
        shown = base64.b64encode(signature.octets).decode()
        return {"signature": shown, "signatureAlgorithm": _algorithm(name)}

    def _finish(self, prompt: Prompt, result: Mapping[str, Any]) -> None:
        prompt.outcome, prompt.result = "done", result
        self._changes += 1

    def _fail(self, prompt: Prompt, outcome: Outcome, code: str, message: str) -> None:
        prompt.outcome, prompt.error = outcome, {"code": str(code), "message": message}
        self._changes += 1


_SAID: Mapping[Outcome, str] = {
    "cancelled": "The person cancelled at the card desk",
    "card-removed": "The card was removed",
    "blocked": "The PIN is blocked",
    "gone": "The page gave up",
}


class _Window:
    """A PIN window in which something was typed once; when it comes back it is closed.

    Attributes:
        left: tries that the card told when the window came back; None while it did not.
    """

    def __init__(self, typed: str) -> None:
        self._typed: str | None = typed
        self.left: int | None = None

    def __call__(self, name: Pin, left: int) -> str | None:
        typed, self._typed = self._typed, None
        if typed is None:
            self.left = left
        return typed


def _algorithm(hash_function: str) -> Mapping[str, str]:
    """A signature algorithm in web-eid.js's words; every card of ours has elliptic curve keys."""
    return {"cryptoAlgorithm": "ECC", "hashFunction": hash_function, "paddingScheme": "NONE"}


def _check(kind: Kind, asked: Mapping[str, str]) -> None:
    if kind == "authenticate":
        if not _SHORTEST_NONCE <= len(asked["challengeNonce"]) <= _LONGEST_NONCE:
            raise Wrong(WebEidCode.NATIVE_INVALID_ARGUMENT, "challengeNonce: expected 44 to 128 characters")
    elif kind == "sign":
        try:
            digest = base64.b64decode(asked["hash"], validate=True)
            base64.b64decode(asked["certificate"], validate=True)
        except binascii.Error:
            raise Wrong(WebEidCode.NATIVE_INVALID_ARGUMENT, "expected Base64") from None
        name = asked["hashFunction"]
        if name not in HASHES or len(digest) * 8 != int(name[-3:]):
            told = f"hashFunction: expected one of {', '.join(HASHES)}, and a hash of its length"
            raise Wrong(WebEidCode.NATIVE_INVALID_ARGUMENT, told)
