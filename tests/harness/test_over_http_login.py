"""A login by mutual TLS over HTTP: real TLS with the stand's login host, and it ends as in the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from softeid.harness.actor import Browser, Desk
from softeid.harness.cli import main
from softeid.harness.clients import login_client, tls_client
from softeid.harness.clients.json_client import Unexpected
from softeid.harness.clients.login_client import Arrival, HandshakeModel, NoTicket, Why
from softeid.harness.clients.tls_client import Computer, LoginFailed
from softeid.harness.clients.tls_key import TlsKey
from softeid.harness.exit_code import ExitCode
from softeid.harness.front import FRONTS
from softeid.harness.lab import Lab
from softeid.harness.pki.card_state import CARD_STATES
from softeid.harness.pki.certificate_state import CERTIFICATE_STATES
from softeid.harness.registration.client_handshake import Key
from softeid.harness.registration.login_ticket import How
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import PortalState
from softeid.harness.scenario.loader import load
from softeid.harness.scenario.stage import Stuck, Worlds
from softeid.harness.scenario.words import RIGHT, Typed
from softeid.harness.seed import Seed
from softeid.harness.steps.keyboard import Keyboard
from softeid.harness.steps.login import log_in, redeem_ticket, take_ticket
from softeid.harness.web import login_host, login_tls, stand_login
from softeid.harness.web.login_host import LoginHost
from softeid.harness.web.look_alike import LookAlike, Shown
from softeid.harness.web.stand_login import LoginByTls
from softeid.harness.world import World

SIGNED = "00 88 00 00", "done"  # INTERNAL AUTHENTICATE
LABS = {name: Lab(front=front) for name, front in FRONTS.items()}


class Ended(NamedTuple):
    """How a login ended: with what refusal, what the portal shows, and what is different from before."""

    refusal: str
    detail: dict[str, Any]
    view: dict[str, object]


class Place:
    """Worlds over one front, one after the other."""

    def __init__(self, lab: Lab, worlds: Worlds, folder: Path) -> None:
        self._lab = lab
        self._worlds = worlds
        self._file = folder / "x.scenario.yaml"

    @contextmanager
    def world(self, text: str = "card: {person: jaak}") -> Iterator[World]:
        self._file.write_text(f"scenario: x\nwhy: y\n{text}\nsteps: [wait]\n")
        (scenario,) = load([self._file], self._lab.language)
        with self._worlds(scenario, Seed("x")) as world:
            assert isinstance(world, World)
            yield world


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    folder = tmp_path_factory.mktemp("scenarios")
    with LABS["session"].open(1) as session, LABS["http"].open(1) as http:
        opened = {"session": session, "http": http}
        yield {name: Place(LABS[name], worlds, folder) for name, worlds in opened.items()}


@pytest.fixture
def http(places: dict[str, Place]) -> Place:
    return places["http"]


def at_hand(world: World, who: str = "jaak") -> tuple[Desk, Browser]:
    actor = world.actors[who]
    return next(iter(actor.desks.values())), next(iter(actor.browsers.values()))


def ended(world: World, **how: Any) -> Ended:
    """How a login by mutual TLS ends."""
    try:
        log_in(world, world.actors["jaak"], *at_hand(world), by="mutual-tls", **how)
        refusal, detail = "", {}
    except Refused as refused:
        refusal, detail = str(refused.code), {key: str(value) for key, value in refused.detail.items()}
    except Stuck as stuck:
        refusal, detail = str(stuck), {}
    view = dict(world.view())
    _, browser = at_hand(world)
    if browser.visit.state is PortalState.QUESTIONS:
        browser.visit.log_out()
    return Ended(refusal, detail, view)


def told(world: World, kind: str) -> list[str]:
    return [entry.text for entry in world.timeline.entries if entry.kind == kind]


def apdus(world: World) -> list[tuple[str, str]]:
    """The headers that went to the card, and how it answered; what is signed is another each time."""
    return [(text[2:13], text.rpartition("  ")[2]) for text in told(world, "apdu")]


# --- the same ends ----------------------------------------------------------------------------------------


FEW = ("valid", "expired", "rsa", "foreign-curve")
ELSEWHERE = "https://login.softeid.example"


@pytest.mark.parametrize(
    ("which", "state"), [*(("auth", each) for each in CERTIFICATE_STATES), *(("sign", each) for each in FEW)]
)
def test_each_certificate_ends_as_in_the_model(places: dict[str, Place], which: str, state: str) -> None:
    each = []
    for place in places.values():
        with place.world(f"card: {{person: jaak, {which}: {state}}}") as world:
            each.append((ended(world, certificate=which), apdus(world), told(world, "event")))
    assert each[0] == each[1]


@pytest.mark.parametrize("origin", ["", ELSEWHERE])
@pytest.mark.parametrize(
    ("card", "how"),
    [
        *((f"auth: {state}", {}) for state in FEW),
        ("state: key-mismatch", {}),
        ("state: fresh", {"pull": "prompt"}),
        ("state: fresh", {"pull": "signature"}),
        ("state: fresh", {"pin1": Typed(())}),
        ("state: fresh", {"pin1": Typed(("wrong", "right"))}),
        ("state: pin1-blocked", {}),
    ],
)
@pytest.mark.covers("SID-SEC-003")
def test_through_a_look_alike_or_not_it_ends_as_in_the_model(
    places: dict[str, Place], card: str, how: dict[str, Any], origin: str
) -> None:
    each = []
    for place in places.values():
        with place.world(f"card: {{person: jaak, {card}}}") as world:
            each.append((ended(world, origin=origin, **how), apdus(world), told(world, "event")))
    assert each[0] == each[1]


POSSIBLE = [name for name in CARD_STATES if name not in ("transport-pin", "not-activated")]  # of no profile


@pytest.mark.parametrize("state", POSSIBLE)
def test_each_card_ends_as_in_the_model(places: dict[str, Place], state: str) -> None:
    each = []
    for place in places.values():
        with place.world(f"card: {{person: jaak, state: {state}}}") as world:
            typed = [Typed(("right",)), Typed(()), Typed(("wrong", "right")), Typed(("wrong",) * 3)]
            ends = [ended(world, pin1=one) for one in typed]
            each.append((ends, apdus(world), told(world, "event")))
    assert each[0] == each[1]


@pytest.mark.parametrize("hours", [-24 * 400, -25, -23, 0, 24 * 395, 24 * 397, 24 * 4000])
@pytest.mark.covers("SID-TIM-003")
def test_each_clock_ends_as_in_the_model(places: dict[str, Place], hours: int) -> None:
    """With a card and without; it signs nothing before the server was found good."""
    off, right = timedelta(hours=hours), -24 <= hours < 24 * 396
    for place in places.values():
        with place.world() as world:
            key = key_of(world)
            assert failed(lambda: world.login_host.reach(off)) == (None if right else Why.CLOCK)
            link = at_hand(world)[1].fresh().invite()
            ends = failed(lambda: world.login_host.ticket(Arrival("jaak", link, off, key)))  # noqa: B023
            assert ends == (None if right else Why.CLOCK)
            assert apdus(world).count(SIGNED) == right


def test_a_browser_goes_on_as_in_the_model(places: dict[str, Place]) -> None:
    """With a session of before, where there is one and where there is none."""
    each = []
    for place in places.values():
        for careless in ("yes", "no"):
            with place.world(f"card: {{person: jaak}}\nsettings: {{login_resumption: {careless}}}") as world:
                ways = ("resumed", "new", "resumed", "resumed", "new")
                each.append(([ended(world, handshake=one) for one in ways], told(world, "event")))
    assert each[:2] == each[2:]


# --- real TLS ---------------------------------------------------------------------------------------------


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes | None, How]]:
    """What login hosts saw of connections."""
    known: list[tuple[bytes | None, How]] = []
    real = login_tls.client_certificate

    def watched(connection: Any) -> tuple[bytes | None, How]:
        known.append(real(connection))
        return known[-1]

    monkeypatch.setattr(login_host, "client_certificate", watched)
    return known


@pytest.mark.covers("SID-LGN-001")
def test_the_card_signs_a_handshake_with_the_login_host(
    http: Place, seen: list[tuple[bytes | None, How]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_client, "answer", None)  # of the model
    with http.world() as world:
        assert ended(world).refusal == ""
        assert seen == [(key_of(world).certificate, How.SIGNED)]
        assert "GET /auth/mtls?session=… 303" in told(world, "http")
        assert "POST /auth/ticket 200" in told(world, "http")
        assert apdus(world).count(SIGNED) == 1


NOTHING: dict[str, tuple[str, dict[str, Any], str]] = {
    "no reader": ("remove card, disconnect reader", {}, "connect_reader"),
    "no card": ("remove card", {}, "insert_card"),
    "not activated": ("card: {person: jaak, state: no-certificates}", {}, "activate_card"),
    "no PIN": ("", {"pin1": Typed(())}, "check_card"),
    "blocked": ("", {"pin1": Typed(("wrong",) * 3)}, "unblock_pin"),
    "pulled": ("", {"pull": "prompt"}, "insert_card"),
}


@pytest.mark.parametrize("row", NOTHING)
def test_without_a_signature_the_browser_comes_without_a_certificate(
    http: Place, seen: list[tuple[bytes | None, How]], row: str
) -> None:
    """The login host sees nobody, and the portal says what the computer knows of why."""
    before, how, hint = NOTHING[row]
    with http.world(before if before.startswith("card") else "card: {person: jaak}") as world:
        desk, _ = at_hand(world)
        if "remove card" in before:
            desk.remove()
        desk.connected = "disconnect" not in before
        end = ended(world, **how)
        assert (end.refusal, end.detail) == ("NO_CLIENT_CERT", {"hint": hint})
        assert seen == [(None, How.WITHOUT)]
        assert "GET /auth/mtls?session=…&hint=… 303" in told(world, "http")


@pytest.mark.covers("SID-LGN-034")
def test_a_session_is_taken_up_by_the_careless_host_alone(
    http: Place, seen: list[tuple[bytes | None, How]]
) -> None:
    for careless, then in (("yes", How.RESUMED), ("no", How.WITHOUT)):
        seen.clear()
        with http.world(f"card: {{person: jaak}}\nsettings: {{login_resumption: {careless}}}") as world:
            assert ended(world).refusal == ""
            assert ended(world, handshake="resumed").refusal == "NO_CLIENT_CERT"
            assert [how for _, how in seen] == [How.SIGNED, then]


@pytest.mark.covers("SID-SEC-003")
def test_the_login_host_itself_refuses_what_a_look_alike_hands_on(
    http: Place, seen: list[tuple[bytes | None, How]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-alike gets certificate and signature, and they are worth nothing."""
    met: list[LookAlike] = []

    class Watched(LookAlike):
        def __exit__(self, *why: object) -> None:
            super().__exit__(*why)
            met.append(self)

    monkeypatch.setattr(stand_login, "LookAlike", Watched)
    with http.world() as world:
        assert ended(world, origin=ELSEWHERE).detail == {"why": "relayed"}
        (between,) = met
        assert between.shown
        assert between.shown.certificate == key_of(world).certificate
        assert isinstance(between.failed, LoginFailed)
        assert (between.failed.why, between.failed.detail) == ("alert", "decrypt_error")
        assert seen == []
        assert apdus(world).count(SIGNED) == 1


def test_whom_a_login_host_lets_pass_a_look_alike_logs_in(
    http: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If what was handed on were good, the scenario would show it."""
    with http.world() as world:
        follow = tls_client.follow

        def lenient(address: str, computer: Computer, key: Key, **how: Any) -> str:
            return follow(address, computer, key_of(world) if isinstance(key, Shown) else key, **how)

        monkeypatch.setattr(tls_client, "follow", lenient)
        assert ended(world, origin=ELSEWHERE).refusal == ""


def test_the_hosts_own_name_is_no_look_alike(http: Place) -> None:
    with http.world() as world:
        assert ended(world, origin="https://login.softeid.test").refusal == ""


@pytest.mark.parametrize("name", ["", "pört.example", "[x", 64 * "x", "a..example", "x/login"])
def test_a_look_alike_has_a_name(http: Place, name: str) -> None:
    with http.world() as world:
        assert "a look-alike is an origin such as" in ended(world, origin=f"https://{name}").refusal


def test_without_the_login_host_there_is_no_login(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And of nobody is it said that the card or the portal refused."""

    class Stopped(LoginHost):
        def start(self) -> tuple[str, int]:
            address = super().start()
            self.stop()
            return address

        def stop(self) -> None:
            if self._thread.is_alive():
                super().stop()

    file = tmp_path / "x.scenario.yaml"
    file.write_text("scenario: x\nwhy: y\ncard: {person: mari}\nsteps: [log in: {by: mutual-tls}]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stand_login, "LoginHost", Stopped)
        assert main(["run", str(file), "--over", "http", "-j", "1"]) != ExitCode.HELD
    assert "https://login.softeid.test: no answer (ConnectionRefusedError)" in capsys.readouterr().out
    assert main(["run", str(file), "--over", "http", "-j", "1"]) == ExitCode.HELD


def test_a_fault_of_the_portal_is_told_as_it_is(http: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with http.world() as world:
        monkeypatch.setattr(world.portal, "present", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ended(world)
        assert ended(world, origin=ELSEWHERE).refusal == "NO_CLIENT_CERT"


def test_a_link_that_was_used(http: Place) -> None:
    with http.world() as world:
        link = at_hand(world)[1].fresh().invite()
        world.login_host.ticket(Arrival("jaak", link, timedelta(), key_of(world)))
        with pytest.raises(Unexpected, match="403 Forbidden"):
            world.login_host.ticket(Arrival("jaak", link, timedelta(), key_of(world)))


def test_a_login_host_that_leads_elsewhere(http: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with http.world() as world:
        monkeypatch.setattr(world.login_host, "_back", "https://elsewhere.example/auth/ticket")
        with pytest.raises(Unexpected, match=r"leads to https://portal.softeid.test/auth/ticket, not to"):
            ended(world)


def test_a_ticket_is_kept_and_redeemed_later(http: Place) -> None:
    with http.world() as world:
        me, (desk, browser) = world.actors["jaak"], at_hand(world)
        take_ticket(world, me, desk, browser)
        redeem_ticket(world, me, browser)
        assert str(browser.visit.state) == "QUESTIONS"


def test_in_process_there_is_the_model(places: dict[str, Place]) -> None:
    with places["session"].world() as world:
        assert isinstance(world.login_host, HandshakeModel)
    with places["http"].world() as world:
        assert isinstance(world.login_host, LoginByTls)


# --- helpers ----------------------------------------------------------------------------------------------


def failed(deed: Callable[[], object]) -> Why | None:
    """Why there is no ticket."""
    try:
        deed()
    except NoTicket as failure:
        return failure.why
    return None


def key_of(world: World) -> TlsKey:
    """The card in the reader, and somebody who types the right PIN1."""
    desk, _ = at_hand(world)
    keyboard = Keyboard(desk, RIGHT)
    return TlsKey(keyboard.client, keyboard.prompt)
