"""The phone: a page shaped like one, with the app's screens on it and, beside it, what befalls a phone.

What a server of these pages offers; `<phone>` is `Phone.path`, every POST carries `csrf` and is answered with
a redirect to `<phone>` (or to the page that `<phone>` then shows):

    GET  /                   PhoneList
    POST /phones             name platform app_version rooted=yes address: a new phone
    GET  <phone>             the screen that the app shows
    GET  <phone>/mark        {"mark": TEXT}: another text whenever the screen would look different
    POST <phone>/register    begin, or begin again
    POST <phone>/country     country
    POST <phone>/method      method
    POST <phone>/terms       accept=yes|no scrolled=yes|no
    POST <phone>/pad         key=0..9|delete|ok: the server keeps the digits and gives back how many there are
    POST <phone>/pin         pin: the same PIN from a keyboard, at once
    POST <phone>/propose     take=ask|others|yes|no: PINs drawn by the app
    POST <phone>/back        from PIN2 to PIN1
    POST <phone>/identity    accept=yes|no
    POST <phone>/stop        give the registration up
    GET  <phone>/account     AccountHome; also POST <phone>/renew, <phone>/recover
    POST <phone>/use         use=authentication|signature: asks for the PIN, then KeyUsed
    GET  <phone>/delete      DeleteAccount
    POST <phone>/delete      typed: must be OK
    POST <phone>/life        do=background|foreground|kill|start|clone|uninstall|offline|online
    POST <phone>/clock       off: minutes by which the phone's clock is fast (negative: slow)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Literal

from ...registration.vocabulary import Code
from ..messages import SOURCE, messages
from .render import Problem, View

Running = Literal["front", "back", "killed"]

PLATFORMS = ("Android 15", "iOS 18")
"""What a phone can be said to run on; the rest of the lab takes any text."""
MINUTES_OFF = (10, 0, -10)
"""By how much a phone's clock can be put wrong (SID-TIM-002)."""


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A phone with the app on it, as the bench shows it.

    Attributes:
        path: of its page; forms are posted below it.
        name: what its owner calls it; anything that a person can type.
        platform: what it runs on.
        app_version: of the app.
        running: whether the app is in front, in the background or not running.
        holder: who holds it, if that is known.
        address: the network address that the server sees.
        rooted: somebody has taken the phone's protection off.
        online: whether it has a connection.
        clock_off: how much its clock is fast.
        lab_clock_runs: the lab clock runs with the real one; else it stands still.
        mark: changes whenever the screen would look different.
        copy_of: the phone whose storage this one was cloned from.
    """

    path: str
    name: str
    platform: str
    app_version: str
    running: Running = "front"
    holder: str = ""
    address: str = ""
    rooted: bool = False
    online: bool = True
    clock_off: timedelta = timedelta()
    lab_clock_runs: bool = False
    mark: str = ""
    copy_of: str = ""

    @property
    def minutes_off(self) -> int:
        """How many minutes its clock is fast."""
        return int(self.clock_off.total_seconds() // 60)


@dataclass(frozen=True, kw_only=True)
class PhoneLine:
    """One phone in the list: where it is found, and what its app shows."""

    phone: Phone
    state: str


@dataclass(frozen=True, kw_only=True)
class PhoneList(View):
    """The phones of the lab, and a form for one more.

    Attributes:
        phones: in the order in which they were added.
        least_version: what the server asks of the app.
        typed: what the form is filled in with: name, platform, app_version, rooted, address.
    """

    template = "phone/list.html"
    service = "phone.service"
    layout = "wide"

    platforms: ClassVar[tuple[str, ...]] = PLATFORMS

    phones: tuple[PhoneLine, ...]
    least_version: str
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PhoneView(View):
    """One screen of the app.

    Attributes:
        step: of the four steps that the app counts; 0 outside of them.
        follows: what happens elsewhere changes this screen: the page looks again by itself.
        minutes_off: the choices for the phone's clock.
    """

    service = "phone.service"
    layout = "bench"

    step: ClassVar[int] = 0
    follows: ClassVar[bool] = False
    minutes_off: ClassVar[tuple[int, ...]] = MINUTES_OFF

    phone: Phone

    @property
    def counted(self) -> int:
        """The step that the screen says it is."""
        return self.step


PAD = "pad"
"""The `id` of the PIN pad, for problems with what was typed there."""


def problem(code: Code, field: str = "", **detail: object) -> Problem:
    """What the app says about a refusal, in its own words where it has some.

    Args:
        code: of the refusal.
        field: where it was typed; empty if nowhere.
        detail: of the refusal: `pin`, `min`, `max`, `rule`, `attempts_left` and the like.
    """
    known = messages(SOURCE)
    names = [str(code)]
    if "rule" in detail:
        names.insert(0, f"{code}.{detail['rule']}")
    for name in names:
        if f"phone.refused.{name}" in known:
            advice = f"phone.advice.{code}"
            return Problem(field, f"phone.refused.{name}", advice if advice in known else "", detail)
    return Problem.of(field, code)
