"""A page of desk or lab that says why a request came to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .render import View


@dataclass(frozen=True, kw_only=True)
class Mishap(View):
    """Something was refused, or is not there.

    Attributes:
        title, advice: keys of texts.
        back: likewise, of the link to the first page.
    """

    template: ClassVar[str] = "mishap.html"

    title: str
    advice: str
    back: ClassVar[str]


@dataclass(frozen=True, kw_only=True)
class DeskMishap(Mishap):
    """At the card desk."""

    service = "desk.service"
    back: ClassVar[str] = "desk.back"


@dataclass(frozen=True, kw_only=True)
class LabMishap(Mishap):
    """On the lab's own pages."""

    service = "lab.service"
    back: ClassVar[str] = "lab.tab.home"
