"""From a view to HTML: one environment of templates, one frame around every page."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from softeid.emulator.mistake import visible

from ...registration.identity import Identity
from ...registration.vocabulary import Code
from ..messages import LANGUAGES, messages

STATIC = Path(__file__).parent / "static"
"""The stylesheet and the scripts, to be served below `Frame.static`."""

_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Problem:
    """Something typed that cannot be taken; told in the summary and again at its field.

    Attributes:
        field: the `id` of the input; empty if it is nobody's.
        key: of the text that says what is wrong.
        advice: key of the text that says what to do, shown at the field; may be empty.
        values: what is filled in.
    """

    field: str
    key: str
    advice: str = ""
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, field: str, code: Code) -> Self:
        """The problem that a code of the catalogue names."""
        return cls(field, f"error.{code}.title", f"error.{code}.todo")


@dataclass(frozen=True, kw_only=True)
class View:
    """One page's content. A page is a frozen dataclass below this one and a template.

    Attributes:
        template: below `templates/`; it extends `base.html`.
        service: key of the text that says in the header whose page this is.
        layout: class of the body: empty (text with an aside), `wide`, `desk` (no aside) or `bench` (a phone).
        home: where the name in the header leads.
        problems: what cannot be taken of what was typed; the page's title then begins with "Error:".
    """

    template: ClassVar[str]
    service: ClassVar[str]
    layout: ClassVar[str] = ""
    home: ClassVar[str] = "/"

    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What stands around every page.

    Attributes:
        state: the catalogue's word for where the session stands; `data-state` of the body.
        now: the lab clock; with a zone, in which every time of the page is shown.
        language: of the texts.
        error: the catalogue's code of what was refused; `data-error` of the body, empty if nothing was.
        csrf: sent along with each form.
        path: of this page, for changing its language.
        identity: who is logged in; their name and the way out stand in the header.
        watermark: the lab can be reached from other machines: the page says TEST across its whole height.
        static: where stylesheet and scripts are served.
        scripts: addresses of further scripts, which the server's security policy allows (the card desk's).
    """

    state: str
    now: datetime
    language: str = "en"
    error: str = ""
    csrf: str = ""
    path: str = "/"
    identity: Identity | None = None
    watermark: bool = False
    static: str = "/static"
    scripts: tuple[str, ...] = ()

    @property
    def here(self) -> str:
        """The path as a link that leads nowhere but to this server, whatever was asked for."""
        return quote("/" + self.path.lstrip("/"))


def render(view: View, frame: Frame) -> str:
    """The page as HTML.

    Raises:
        KeyError: the language or a text is none of ours.
        jinja2.TemplateError: the template asks for what the view does not have.
    """
    words = {"view": view, "frame": frame, "languages_by_code": LANGUAGES, **_Words(frame).functions()}
    macros = environment().get_template("macros.html").make_module(words)
    return environment().get_template(view.template).render(words, ui=macros)


@cache
def environment() -> Environment:
    """The templates' environment: everything is escaped, a missing name is an error."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class _Words:
    """What templates call to speak one language."""

    def __init__(self, frame: Frame) -> None:
        self._texts = messages(frame.language)
        self._zone = frame.now.tzinfo

    def functions(self) -> dict[str, object]:
        """By the names that templates use."""
        return {
            "t": self.t,
            "quoted": self.quoted,
            "name": name,
            "date": self.date,
            "time": self.time,
            "moment": self.moment,
            "has_text": self._texts.__contains__,
        }

    def t(self, key: str, /, **values: object) -> Markup:
        """A text: escaped, its `**words**` bold, filled in with escaped values.

        A date that ends in a full stop, as `2026 г.`, ends a sentence as well.
        """
        bold = _BOLD.sub(r"<b>\1</b>", str(escape(self._texts[key])))
        filled = Markup(bold).format(**values)  # noqa: S704 - escaped in the line before
        return filled.replace(".</time>.", Markup(".</time>"))

    def quoted(self, of_a_stranger: str) -> Markup:
        """A name that somebody chose (a device's), in the language's quotation marks."""
        return self.t("common.quoted", text=name(of_a_stranger))

    def date(self, when: datetime) -> Markup:
        """`2 March 2026`, with the instant for machines."""
        local = when.astimezone(self._zone)
        month = self._texts[f"common.month-{local.month}"]
        return _instant(local, self.t("common.date", day=local.day, month=month, year=local.year))

    def time(self, when: datetime, seconds: bool = False) -> Markup:
        """`09:15` or `09:15:00`."""
        local = when.astimezone(self._zone)
        return _instant(local, local.strftime("%H:%M:%S" if seconds else "%H:%M"))

    def moment(self, when: datetime) -> Markup:
        """Date and time: `2 March 2026, 09:15`."""
        return Markup("{}, {}").format(self.date(when), self.time(when))


def name(of_a_stranger: str) -> Markup:
    """A text that somebody chose, kept from changing the direction of what stands around it."""
    return Markup("<bdi>{}</bdi>").format(visible(of_a_stranger))


def _instant(when: datetime, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(when.isoformat(timespec="seconds"), shown)
