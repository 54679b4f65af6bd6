"""A browser that runs no script: it keeps cookies, follows redirects, and presses buttons of forms."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
from starlette.types import ASGIApp

from softeid.harness.web.security import Guard, Policy


@dataclass
class FormSeen:
    """A form of a page: where it goes, what is hidden in it, and its buttons."""

    action: str
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class PageSeen(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.answer = answer
        self.source = answer.text
        self.body: dict[str, str] = {}
        self.forms: list[FormSeen] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.language = ""
        self.heading = ""
        self.title = ""
        self.text = ""
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(self.source)

    @property
    def path(self) -> str:
        return self.answer.url.path

    @property
    def state(self) -> str:
        return self.body["data-state"]

    @property
    def error(self) -> str:
        return self.body["data-error"]

    def form(self, action: str) -> FormSeen:
        found = [one for one in self.forms if one.action == action]
        assert found, f"no form to {action} among {[one.action for one in self.forms]}"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag not in ("input", "meta", "link", "path", "circle", "rect", "br"):
            self._open.append(tag)
        match tag:
            case "html":
                self.language = told.get("lang", "")
            case "body":
                self.body = told
            case "form":
                self.forms.append(FormSeen(told.get("action", ""), told.get("method", "get")))
            case "input" if self.forms and "form" in self._open:
                name = told.get("name", "")
                self.forms[-1].names.add(name)
                if told.get("type") == "hidden":
                    self.forms[-1].hidden[name] = told.get("value", "")
            case "button" if self.forms and "form" in self._open:
                self.forms[-1].buttons.append((told.get("name", ""), told.get("value", "")))
            case "a":
                self.links.append(told.get("href", ""))
            case "script":
                self.scripts.append(told.get("src", ""))

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data
        if "h1" in self._open:
            self.heading += data.strip()
        if "title" in self._open:
            self.title += data


class Browser:
    """One browser, at one application."""

    def __init__(
        self, app: ASGIApp, policy: Policy, *, cookies: bool = True, fields: Mapping[str, str] | None = None
    ) -> None:
        self.log: list[httpx.Response] = []
        self.faults: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        transport = httpx.ASGITransport(Guard(app, policy, self.faults.append))
        self._client = httpx.AsyncClient(
            transport=transport, base_url=policy.origin or "http://lab.test", headers=fields
        )
        self._keeps = cookies

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def close(self) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    def raw(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, one answer."""
        answer = self._loop.run_until_complete(self._client.request(method, path, **more))
        if not self._keeps:
            self._client.cookies.clear()
        self.log.append(answer)
        assert not self.faults, self.faults
        return answer

    def open(self, path: str, **more: Any) -> PageSeen:
        """Open an address, and go where it leads on this site."""
        return self._followed(self.raw("GET", path, **more))

    def send(self, page: PageSeen, action: str, **typed: str) -> PageSeen:
        """Fill a form in and press its button; redirects are followed."""
        return self._followed(self.answer(page, action, **typed))

    def answer(self, page: PageSeen, action: str, **typed: str) -> httpx.Response:
        """What a form is answered with."""
        form = page.form(action)
        assert form.method == "post"
        buttons = {name for name, _ in form.buttons}
        assert set(typed) <= form.names | buttons, (typed, form)
        return self.raw("POST", action, data={**form.hidden, **typed})

    def _followed(self, answer: httpx.Response) -> PageSeen:
        for _ in range(5):
            if answer.status_code not in (303, 307, 308):
                break
            where = httpx.URL(answer.headers["location"])
            assert not where.host, f"leads away to {where}"
            answer = self.raw("GET", str(where))
        assert answer.headers["content-type"].startswith("text/html"), answer.text
        return PageSeen(answer)

    def traffic(self) -> Iterator[str]:
        """Everything that was sent and answered, but for the bodies of requests."""
        for answer in self.log:
            yield f"{answer.request.method} {answer.request.url}"
            yield from (f"{name}: {value}" for name, value in answer.request.headers.items())
            yield from (f"{name}: {value}" for name, value in answer.headers.items())
            yield answer.text
