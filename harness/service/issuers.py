"""Who issues cards in a lab, and who answers for them: the portal in process, everybody else over HTTP."""

from __future__ import annotations

import time
from datetime import timedelta

from ..issuers import Issuers
from ..pki.authority import Authority
from ..pki.ocsp import HttpStatusError, Responder
from ..pki.ocsp_fault import Wait, faulty
from ..pki.ocsp_http import OCSP_REQUEST, OcspAnswer, StatusSite
from ..registration.certificate_check import Trust

_OK = 200


class LabIssuers(Issuers):
    """The authority of the cards and that of the accounts, kept outside; one fault of the cards' responder.

    Attributes:
        site: what everybody else is told over HTTP, in real time.
    """

    def __init__(self, cards: Authority, accounts: Authority, wait: Wait) -> None:
        """Answer for two authorities.

        Args:
            cards: issues people's ID cards.
            accounts: issues the certificates of accounts.
            wait: lets time pass for the portal, where an answer is late: on the lab's clock.
        """
        self.authority = cards
        self._cards, own = Responder(cards, cards.clock), Responder(accounts, accounts.clock)
        both = (cards, accounts)
        paths = {cards.shape.path, accounts.shape.path}
        assert len(paths) == len(both)
        answers = {accounts.shape.path: own.answer}
        path = cards.shape.path
        self._inside = StatusSite(both, {**answers, path: self._answer(wait)})
        self.site = StatusSite(both, {**answers, path: self._answer(_sleep)})

    def fetch(self, url: str, request: bytes) -> bytes:
        """How OCSP travels from the portal: the addresses in certificates lead to nobody but us.

        Raises:
            OSError: nobody answers.
        """
        answer = self._inside.respond("POST", url, {"Content-Type": OCSP_REQUEST}, request)
        if answer.status != _OK:
            raise HttpStatusError(answer.status)
        return answer.body

    def trusted(self, which: str = "ordinary") -> Trust:
        """The portal's trust list; a kept root has no key for the others that a scenario has."""
        return Trust([self.authority.issuer], unlisted=[self.authority.root])

    def _answer(self, wait: Wait) -> OcspAnswer:
        def answer(request: bytes) -> bytes:
            if not self.ocsp:
                return self._cards.answer(request)
            return faulty(self.ocsp, self._cards, wait)(self.authority.url, request)

        return answer


def _sleep(duration: timedelta) -> None:
    time.sleep(duration.total_seconds())
