"""What an authority answers over HTTP: OCSP (RFC 6960, appendix A), its CRL and its certificates (RFC 5280).

Octets in, octets out: who listens is somebody else's business. The addresses are those in the certificates,
with another host: `http://aia.softeid.invalid/esteid2018` is `/esteid2018` here. A request that names the
whole address, as one through a proxy does, is understood too.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from .authority import Authority
from .error import PkiError
from .ocsp import MAX_REQUEST, HttpStatusError, Responder
from .shape import CERTIFICATE_HOST, OCSP_HOST

OCSP_REQUEST, OCSP_RESPONSE = "application/ocsp-request", "application/ocsp-response"
MAX_BODY = MAX_REQUEST
"""Octets that anything may be asked with; more is refused before it is read."""

_HOSTS = frozenset(urlsplit(host).hostname for host in (OCSP_HOST, CERTIFICATE_HOST))
_MAX_TARGET = 3 * MAX_REQUEST  # characters: Base64, partly percent-encoded
# Answers depend on nonce and moment (RFC 9111, 5.2.2.5).
_FRESH = {"Cache-Control": "no-store"}
_PLAIN = "text/plain; charset=utf-8"

OcspAnswer = Callable[[bytes], bytes]
"""What becomes of a request, DER in and out. `HttpStatusError` is answered with that status; another OSError
goes through to the server, which may hang up."""


class HttpAnswer(NamedTuple):
    """One HTTP response; Content-Length is the server's to add.

    Attributes:
        status: 200, or 4xx and 5xx.
        headers: by name.
        body: octets; for HEAD too, the server leaves them out.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class StatusSite:
    """All that some authorities answer over HTTP."""

    def __init__(
        self, authorities: Iterable[Authority], answers: Mapping[str, OcspAnswer] | None = None
    ) -> None:
        """Open the site.

        Args:
            authorities: each with a path of its own (`AuthorityShape.path`).
            answers: who answers OCSP in an authority's place, by its path: a responder with a fault.
        """
        self._authorities = {f"/{one.shape.path}": one for one in authorities}
        self._answers: dict[str, OcspAnswer] = {}
        self._files: dict[str, Callable[[], tuple[str, bytes]]] = {}
        for path, authority in self._authorities.items():
            given = (answers or {}).get(authority.shape.path)
            self._answers[path] = given or Responder(authority, authority.clock).answer
            self._add_files(authority)

    @property
    def paths(self) -> Mapping[str, str]:
        """Path of each thing that is here, with what it is."""
        return {
            **dict.fromkeys(self._answers, "OCSP"),
            **{path: "a CRL" if path.endswith(".crl") else "a certificate" for path in self._files},
        }

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """Answer one request, whatever it holds.

        Args:
            method: GET, HEAD or POST; others are refused.
            target: as in the request line: a path, or a whole address under one of our hosts.
            headers: by name, in any case.
            body: at most `MAX_BODY` octets; more is refused.

        Raises:
            OSError: where a faulty responder does not answer.
        """
        if len(target) > _MAX_TARGET:
            return _refused(414, f"an address of at most {_MAX_TARGET} characters")
        if len(body) > MAX_BODY:
            return _refused(413, f"at most {MAX_BODY} octets")
        path = _path(target)
        if path is None:
            return _refused(400, f"a path, or an address under {' or '.join(sorted(map(str, _HOSTS)))}")
        place = next((one for one in self._answers if path == one or path.startswith(f"{one}/")), None)
        try:
            if path in self._files:
                return self._file(method, path)
            if place is not None:
                return self._ocsp(method, place, path, headers, body)
        except PkiError as error:  # the register cannot be used
            return HttpAnswer(500, {"Content-Type": _PLAIN}, f"{error}\n".encode())
        if path == "/" and method in ("GET", "HEAD"):
            told = "".join(f"{path}  {what}\n" for path, what in self.paths.items())
            return HttpAnswer(200, {"Content-Type": _PLAIN}, told.encode())
        return _refused(404, "one of " + ", ".join(self.paths))

    def _add_files(self, authority: Authority) -> None:
        certificates = {
            authority.shape.certificate: authority.issuer,
            authority.shape.root_certificate: authority.root,
        }
        for address, certificate in certificates.items():
            octets = certificate.public_bytes(Encoding.DER)
            self._files[urlsplit(address).path] = lambda octets=octets: ("application/pkix-cert", octets)  # type: ignore[misc]
        self._files[urlsplit(authority.shape.crl).path] = lambda: (
            "application/pkix-crl",
            authority.revocation_list().public_bytes(Encoding.DER),
        )

    def _file(self, method: str, path: str) -> HttpAnswer:
        if method not in ("GET", "HEAD"):
            return _refused(405, "GET or HEAD", Allow="GET, HEAD")
        kind, octets = self._files[path]()
        return HttpAnswer(200, {"Content-Type": kind, **_FRESH}, octets)

    def _ocsp(
        self, method: str, place: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        if method == "POST":
            kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
            if kind.partition(";")[0].strip().lower() != OCSP_REQUEST:
                return _refused(415, f"Content-Type: {OCSP_REQUEST}")
            if path.rstrip("/") != place:
                return _refused(404, f"POST to {place}")
            question = body
        elif method in ("GET", "HEAD"):
            decoded = _decoded(path.removeprefix(place).lstrip("/"))
            if decoded is None:
                return _refused(400, f"{place}/ and an OCSP request in Base64, percent-encoded")
            question = decoded
        else:
            return _refused(405, "GET, HEAD or POST", Allow="GET, HEAD, POST")
        try:
            octets = self._answers[place](question)
        except HttpStatusError as error:
            return HttpAnswer(error.status, {"Content-Type": _PLAIN, **_FRESH}, b"")
        return HttpAnswer(200, {"Content-Type": OCSP_RESPONSE, **_FRESH}, octets)


def _path(target: str) -> str | None:
    """The path of a request's target, still percent-encoded; None if it is none of ours."""
    if target.startswith("/"):
        return target.partition("?")[0]
    try:
        parts = urlsplit(target)
        ours = parts.scheme == "http" and parts.hostname in _HOSTS
    except ValueError:
        return None
    return (parts.path or "/") if ours else None


def _decoded(text: str) -> bytes | None:
    """The request in a GET's path: Base64 that was percent-encoded, or left as it is (RFC 6960, A.1)."""
    try:
        octets = b64decode(unquote_to_bytes(text), validate=True)
    except (binascii.Error, ValueError):
        return None
    return octets or None


def _refused(status: int, expected: str, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, {"Content-Type": _PLAIN, **headers}, f"expected {expected}\n".encode())
