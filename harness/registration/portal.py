"""The registration portal: the site that browsers visit, and what it trusts."""

from __future__ import annotations

import base64

from ..pki.ocsp import Fetch
from .certificate_check import CertificateCheck, Trust
from .core import Core
from .observer import Machine
from .ocsp_check import OcspCheck
from .visit import Visit
from .web_eid_token import NONCE_OCTETS


class Portal:
    """The site: its origin, what it trusts, and the visits to it.

    Attributes:
        origin: `https://host[:port]`.
        core: the account server behind it.
        certificates: judges certificates of cards.
    """

    def __init__(self, core: Core, origin: str, trusted: Trust, fetch: Fetch) -> None:
        """Open the site.

        Args:
            core: the account server.
            origin: what browsers show in their address bar, no slash at the end.
            trusted: issuers of ID cards.
            fetch: how OCSP requests travel.
        """
        self.core = core
        self.origin = origin
        ocsp = OcspCheck(fetch, core.settings, core.seed.stream("ocsp nonces"))
        self.certificates = CertificateCheck(trusted, ocsp)
        self._random = core.seed.stream("portal")

    def visit(self, owner: str, browser: str) -> Visit:
        """A browser comes to the site.

        Args:
            owner: who sits at it.
            browser: its name among the owner's.
        """
        return Visit(self, Machine("portal", owner, browser))

    def identifier(self) -> str:
        """A new name, of a session or an application, that nobody can guess."""
        return self._random(16).hex()

    def nonce(self) -> str:
        """A challenge for the Web eID application, Base64."""
        return base64.b64encode(self._random(NONCE_OCTETS)).decode()
