"""An application called in this process, as its server would call it: no socket, the same answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message

from ..clients.json_client import Answered, JsonClient
from ..registration.phones import Phones
from ..registration.portal import Portal
from ..registration.visit import Visit
from .api import Behind
from .portal_site import portal_site
from .portal_window import PortalDress
from .security import Guard, Policy
from .session import Site

LOGIN = "https://login.softeid.test/auth/mtls"
"""Where a scenario's portal sends browsers for their certificate; nobody follows."""


class InProcess(JsonClient):
    """A client of an application that needs no server."""

    def __init__(self, app: ASGIApp, fields: Mapping[str, str]) -> None:
        """Nothing is asked yet.

        Args:
            app: which one, with its guard around it.
            fields: that go with every request.
        """
        super().__init__("", 0, fields)
        self._app = app

    def exchange(
        self, method: str, path: str, fields: Mapping[str, str], body: bytes | None = None
    ) -> Answered:
        """One request and its answer, whatever it is."""
        return asyncio.run(_called(self._app, method, path, {**self._fields, **fields}, body or b""))


class Pages:
    """A portal's pages for browsers that have the sessions in hand."""

    def __init__(self, portal: Portal, phones: Phones) -> None:
        """Nothing is asked yet.

        Args:
            portal: whose pages these are.
            phones: that its registrations lie on.
        """
        policy = Policy(portal.origin, proxied=True)
        behind = Behind((phones.store, portal.core.store), portal.core.wake)
        self._site = Site(policy, behind, portal)
        fields = {"Host": urlsplit(portal.origin).netloc, "X-Forwarded-Proto": "https"}
        self._client = InProcess(Guard(portal_site(self._site, PortalDress(login=LOGIN)), policy), fields)

    def open(self, visit: Visit, path: str, scheme: str = "https", session: str | None = None) -> Answered:
        """Open one in a visit.

        Args:
            visit: whose cookie goes along.
            path: with its query.
            scheme: http or https.
            session: what the cookie says, if not what the visit is known by now.
        """
        name = visit.record.session_id if session is None else session
        return self._client.exchange("GET", path, {**self._with(name), "X-Forwarded-Proto": scheme})

    def forge(self, visit: Visit, path: str) -> Answered:
        """Send what a page of another site can: the cookie goes along, the token does not.

        Args:
            visit: whose cookie goes along.
            path: of the API.
        """
        return self._client.forge(path, self._with(visit.record.session_id))

    def _with(self, session: str) -> dict[str, str]:
        return {"Cookie": f"{self._site.cookie}={session}"}


async def _called(app: ASGIApp, method: str, path: str, fields: Mapping[str, str], body: bytes) -> Answered:
    target = urlsplit(path)
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(target.path),
        "raw_path": target.path.encode(),
        "query_string": target.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
    sent: list[Message] = []
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    head = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Answered(sent[0]["status"], head, b"".join(one.get("body", b"") for one in sent[1:]))
