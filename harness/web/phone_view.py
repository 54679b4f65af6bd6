"""What a phone's page shows: the app's screen for its state, or what the phone shows in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from secrets import token_bytes

from ..pki.leaf import Use
from ..registration.app import App
from ..registration.app_life import APP_ENDS, AppEvent
from ..registration.model import Account, Device
from ..registration.phones import Phones
from ..registration.pin_rule import PinNumber
from ..registration.screen import Screen
from ..registration.visit_record import VISITS
from ..registration.vocabulary import AppState, Code, KeyState
from .pages import phone as pages
from .pages import phone_account as own
from .pages import phone_screen as screens
from .pages.render import Problem
from .phone_pad import Held, Pad

S = AppState
_OF_PINS = frozenset({"PIN_PREFIX", "PIN_YEAR"})
"""Warnings of the PINs alone: told as soon as they are chosen."""
_OF_PERSON = frozenset({"PIN_BIRTHDAY"})
"""What comes out with the person. Beside the question who this is nothing else is warned of."""
_FIELDS: dict[type[pages.PhoneView], str] = {
    screens.Country: "country",
    screens.Method: "method",
    screens.Terms: "terms",
    screens.PinPad: pages.PAD,
    own.DeleteAccount: "typed",
}
"""Where a screen tells what cannot be taken of what was typed; the others give way to a screen of its own."""
_SECRET = token_bytes(32)


@dataclass(frozen=True)
class Bench:
    """What stands around every phone.

    Attributes:
        portal: the address that one types at the computer.
        clock_runs: whether the lab clock runs.
    """

    portal: str
    clock_runs: Callable[[], bool] = lambda: False


def originals_of(apps: Iterable[App]) -> Mapping[str, Device]:
    """The first phone of each device identifier: those that come later are copies of it.

    Args:
        apps: on all phones, in the order in which they came.
    """
    first: dict[str, Device] = {}
    for app in apps:
        first.setdefault(app.device.device_id, app.device)
    return first


@dataclass
class PhoneSight:
    """A phone as its page is drawn, inside one transaction.

    Attributes:
        bench: around it.
        phones: every phone.
        app: the one on this phone.
        held: what the page remembers of it.
        originals: of all phones, where they are known already; see `originals_of`.
    """

    bench: Bench
    phones: Phones
    app: App
    held: Held
    originals: Mapping[str, Device] | None = None

    @property
    def online(self) -> bool:
        """Whether it has a connection."""
        return self.phones.memory(self.app.device).line.carries

    def phone(self) -> pages.Phone:
        """The phone itself."""
        device = self.app.device
        originals = originals_of(self.phones.apps()) if self.originals is None else self.originals
        first = originals.get(device.device_id, device)
        return pages.Phone(
            path=path_of(device.phone_id),
            name=device.label,
            platform=device.info.platform,
            app_version=device.info.app_version,
            running=self.held.running,
            address=device.info.address,
            rooted=device.info.rooted,
            online=self.online,
            clock_off=self.held.clock_off,
            lab_clock_runs=self.bench.clock_runs(),
            copy_of=first.label if first.phone_id != device.phone_id else "",
        )

    def line(self) -> pages.PhoneLine:
        """Its line in the list."""
        return pages.PhoneLine(phone=self.phone(), state=str(self.app.state))

    # --- the screen -------------------------------------------------------------------------------

    def view(self) -> tuple[pages.PhoneView, str]:
        """What is on the screen, and the word for where the app stands.

        Raises:
            Refused: CORE_UNAVAILABLE.
        """
        phone, held = self.phone(), self.held
        if not held.installed or held.running != "front":
            return screens.Launcher(phone=phone, installed=held.installed), str(self.app.state)
        seen = self.app.screen()
        return self._screen(phone, seen), str(seen.screen or seen.state)

    def _screen(self, phone: pages.Phone, seen: Screen) -> pages.PhoneView:
        if self.app.unanswered:
            return screens.Refusal(
                phone=phone, code=Code.CORE_UNAVAILABLE, told=pages.problem(Code.CORE_UNAVAILABLE)
            )
        if seen.state is S.ACTIVE:
            return self._account(phone, seen)
        if seen.state in APP_ENDS:
            return screens.Ended(phone=phone, ending=str(seen.state), reason=seen.reason)
        if pad := self._pad(phone, seen):
            return pad
        return self._step(phone, seen)

    def _step(self, phone: pages.Phone, seen: Screen) -> pages.PhoneView:
        """Where nothing is typed."""
        match seen.state:
            case S.COUNTRY:
                return screens.Country(phone=phone, countries=seen.choices)
            case S.METHOD:
                return screens.Method(phone=phone, methods=seen.choices)
            case S.TERMS:
                return screens.Terms(phone=phone, version=self.phones.core.terms_version)
            case S.CODE_SHOWN:
                return self._code(phone, seen)
            case S.IDENTITY_CHECK if seen.identity:
                return self._identity(phone, seen)
            case S.WAIT_GUARDIAN if self.online:
                return self._guardian(phone)
            case S.KEYS_READY | S.BOUND | S.ISSUING:
                return screens.Waiting(phone=phone, state=seen.state, until=self._due(AppEvent.DEADLINE))
            case S.HOME:
                return screens.Home(phone=phone)
        return screens.Refusal(
            phone=phone, code=Code.CORE_UNAVAILABLE, told=pages.problem(Code.CORE_UNAVAILABLE)
        )

    def _pad(self, phone: pages.Phone, seen: Screen) -> pages.PhoneView | None:
        if self.held.proposed and seen.state is S.PIN1_SET:
            one, two = self.held.proposed
            return screens.ProposedPins(phone=phone, pin1=one, pin2=two)
        pad = self.held.asks(seen.state)
        if pad is None:
            return None
        least, most = self.digits(pad.number)
        confirms = pad.use == "confirm"
        return screens.PinPad(
            phone=phone,
            number=pad.number,
            use=pad.stage,
            least=least,
            most=most,
            typed=len(pad.digits),
            pressed=pad.pressed,
            attempts_left=seen.attempts_left if confirms else None,
            locked_until=seen.locked_until if confirms else self._locked(pad),
        )

    def _locked(self, pad: Pad) -> datetime | None:
        """When the account's key opens again that a PIN is typed for."""
        account = self.account()
        return self._key(account, pad.number).locked_until if account and pad.use == "use" else None

    def digits(self, number: PinNumber) -> tuple[int, int]:
        """How many digits a PIN may have."""
        settings = self.phones.core.settings
        return settings.pin1_digits if number == 1 else settings.pin2_digits

    def _code(self, phone: pages.Phone, seen: Screen) -> pages.PhoneView:
        core, until = self.phones.core, self.app.device.code_until
        return screens.CodeShown(
            phone=phone,
            code=seen.code,
            seconds_left=int(seen.expires_in or 0),
            seconds_total=int(core.settings.t_code.total_seconds()),
            valid_until=core.clock.wall(until) if until else core.clock.now,
            portal=self.bench.portal,
            warnings=tuple(one for one in seen.warnings if one in _OF_PINS),
        )

    def _identity(self, phone: pages.Phone, seen: Screen) -> pages.PhoneView:
        assert seen.identity
        return screens.IdentityCheck(
            phone=phone,
            identity=seen.identity,
            warnings=tuple(one for one in seen.warnings if one in _OF_PERSON),
            until=self._due(AppEvent.CONFIRM_TIMEOUT),
        )

    def _guardian(self, phone: pages.Phone) -> pages.PhoneView:
        core = self.phones.core
        registration = core.registration(self.app.device.registration)
        visit = core.store.table(VISITS).get(registration.visit)
        guardianship = core.guardians.of(registration)
        assert guardianship
        link = f"{self.bench.portal}/guardian/{visit.link}" if visit else ""
        return screens.WaitGuardian(phone=phone, link=link, until=core.clock.wall(guardianship.expires_at))

    def _due(self, event: AppEvent) -> datetime | None:
        """When the core ends what is under way, as far as the phone can know."""
        registered = self.app.device.registration
        if not registered or not self.online:
            return None
        core = self.phones.core
        due = core.registration(registered).due.get(event)
        return core.clock.wall(due) if due else None

    # --- the account ------------------------------------------------------------------------------

    def _account(self, phone: pages.Phone, seen: Screen) -> pages.PhoneView:
        if seen.account in ("CLOSED", "EXPIRED"):
            return screens.Ended(phone=phone, ending=self._account_ending(seen))
        if self.held.used:
            number, algorithm = self.held.used
            use: own.KeyUse = "authentication" if number == 1 else "signature"
            return own.KeyUsed(phone=phone, use=use, algorithm=algorithm)
        pad = self._pad(phone, seen) if self.held.using else None
        if pad:
            return pad
        others = tuple(screens.OtherAccount(device=one.device, since=one.created_at) for one in seen.others)
        return screens.Ready(phone=phone, document_number=seen.document_number, others=others)

    def _account_ending(self, seen: Screen) -> str:
        if seen.account == "EXPIRED":
            return "ACCOUNT_EXPIRED"
        known = self.app.account.known()
        return "KEY_DESTROYED" if known and known.closed_by in ("guessing", "clone") else "CLOSED"

    def account_home(self) -> pages.PhoneView | None:
        """The account that is on the phone; None where there is none that can be used."""
        account = self.account()
        if account is None:
            return None
        return own.AccountHome(
            phone=self.phone(),
            name=account.identity.name,
            document_number=account.document_number,
            since=account.created_at,
            until=account.expires_at,
            keys=tuple(self._key(account, number) for number in (1, 2)),
            renewal=self.app.screen().renewal,
        )

    def delete_account(self) -> pages.PhoneView | None:
        """The question before it is deleted; None as before."""
        account = self.account()
        if account is None:
            return None
        return own.DeleteAccount(phone=self.phone(), document_number=account.document_number)

    def account(self) -> Account | None:
        """The account on the phone that can be used."""
        known = self.app.account.known()
        return known if known and known.status(self.phones.core.clock.now) == "ACTIVE" else None

    def _key(self, account: Account, number: PinNumber) -> own.KeyLine:
        core, use = self.phones.core, Use.AUTHENTICATION if number == 1 else Use.SIGNATURE
        key = core.account_life.keys(account)[use]
        state = key.state(core.clock.steady)
        locked = key.locked_until if state is KeyState.TIMELOCKED else None
        until = core.clock.wall(locked) if locked else None
        return own.KeyLine(pin=number, state=state, attempts_left=key.attempts_left(), locked_until=until)


def with_told(view: pages.PhoneView, held: Held) -> tuple[pages.PhoneView, str]:
    """A view with the refusal that is to be shown once, and its code; empty where there is none."""
    told, held.told = held.told, None
    if told is None or isinstance(view, screens.Launcher):
        return view, ""
    if isinstance(view, screens.Ended):  # which says more than why the last thing was refused
        return view, str(told.code)
    locked = isinstance(view, screens.PinPad) and view.locked_until is not None
    field = _FIELDS.get(type(view), "")
    detail = {name: value for name, value in told.detail.items() if name != "field"}
    problem = pages.problem(told.code, field, **detail)
    if not field:
        return screens.Refusal(phone=view.phone, code=told.code, told=problem), str(told.code)
    if field == "typed":
        problem = Problem(field, "phone.refused.not-ok")
    if locked:  # there is no pad to go to
        problem = replace(problem, field="", advice="")
    return replace(view, problems=(problem,)), str(told.code)


def mark(view: pages.PhoneView) -> str:
    """A text that is another whenever the screen would look different, and tells nothing of it."""
    still = replace(view, phone=replace(view.phone, mark=""))
    if isinstance(still, screens.CodeShown):
        still = replace(still, seconds_left=min(still.seconds_left, 1))
    return blake2b(repr(still).encode(), key=_SECRET, digest_size=8).hexdigest()


def path_of(phone_id: str) -> str:
    """Where a phone's page is."""
    return f"/phones/{phone_id}"
