"""What other commands tell a lab that is up, over its API, with the token from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from .error import LabError
from .folder import LabRecord
from .ports import HOST

_PATIENCE_S = 30.0
_OK = 200


class LabRefused(LabError):
    """The lab said no.

    Attributes:
        field: what was wrong with the request; empty if that is not said.
    """

    def __init__(self, told: str, field: str) -> None:
        super().__init__(told)
        self.field = field


class LabClient:
    """A program's way to a lab."""

    def __init__(self, record: LabRecord) -> None:
        """Nothing is asked yet.

        Args:
            record: of a lab that is up.
        """
        self._record = record
        self._parts = urlsplit(record.addresses["lab"])

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """One request.

        Args:
            method: GET or POST.
            path: below /lab/.
            body: of a POST.

        Raises:
            LabRefused: the lab said no.
            LabError: it does not answer.
        """
        fields = {"Authorization": f"Bearer {self._record.token}", "Host": self._parts.netloc}
        octets = None
        if method == "POST":
            fields["Content-Type"] = "application/json"
            octets = json.dumps(body or {}).encode()
        line = HTTPConnection(HOST, self._parts.port, timeout=_PATIENCE_S)
        try:
            line.request(method, path, octets, fields)
            answer = line.getresponse()
            told = json.loads(answer.read())
        except (OSError, HTTPException, ValueError) as error:
            where = f"the lab `{self._record.name}` at {self._parts.geturl()}"
            raise LabError(f"{where} does not answer: {error or type(error).__name__}") from None
        finally:
            line.close()
        if answer.status != _OK:
            raise LabRefused(f"{told.get('code')}: {told.get('title')}", str(told.get("field", "")))
        return dict(told)
