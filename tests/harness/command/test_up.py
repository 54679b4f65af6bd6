"""`softeid up`, `ps`, `clock` and `down` as processes, each in a home of its own and on free ports."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from tests.foreign.running_lab import LIMIT, RunningLab, lab_up, labs_of, start
from tests.foreign.user import User

from softeid.harness import extra
from softeid.harness.clients.eid_client import EidClient
from softeid.harness.clients.tls_client import Computer, follow
from softeid.harness.clients.tls_key import TlsKey
from softeid.harness.clock import Clock
from softeid.harness.issuing import issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed
from softeid.harness.service.ports import listening

FREE = ("--port", "0")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    with lab_up(User(tmp_path_factory.mktemp("home"))) as up:
        yield up


def sockets_of(pid: int) -> set[str]:
    """Inodes of a process's sockets (proc(5))."""
    found = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if link := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(one)):
                found.add(link[1])
    return found


def addresses_of(pid: int) -> set[tuple[str, int]]:
    """Where a process listens: address in hexadecimal as the kernel has it, and port."""
    own = sockets_of(pid)
    found = set()
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(file).read_text(encoding="ascii").splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and fields[9] in own:
                address, _, port = fields[1].partition(":")
                found.add((address, int(port, 16)))
    return found


# --- up -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state"), [("portal", "ANON"), ("phones", "PHONES"), ("desk", "CARD_INSERTED"), ("lab", "LAB")]
)
def test_every_page_answers_as_soon_as_its_address_is_told(lab: RunningLab, name: str, state: str) -> None:
    assert any(lab.address(name) in line for line in lab.welcome)
    answer = httpx.get(lab.address(name))
    assert answer.status_code == 200
    assert f'data-state="{state}"' in answer.text
    assert "TEST" in answer.text


def test_it_listens_on_loopback_and_nowhere_else(lab: RunningLab) -> None:
    found = addresses_of(lab.process.pid)
    assert {address for address, _ in found} == {"0100007F"}  # 127.0.0.1, octets as the machine has them
    told = {urlsplit(address).port for address in lab.record["addresses"].values()}
    assert {port for _, port in found} == told


def test_the_cards_and_their_pins_are_told_and_no_token(lab: RunningLab) -> None:
    said = "\n".join(lab.welcome)
    assert "JAAK-KRISTJAN JÕEORG      PIN1 1234  PIN2 12345  PUK 12345678  in the reader" in said
    assert "KADRI TESTNUMBER" in said
    assert lab.record["token"] not in said


def test_ocsp_crl_and_certificates_of_both_authorities(lab: RunningLab) -> None:
    told = httpx.get(lab.address("ocsp")).text
    for path in ("/esteid2018", "/account2026e"):
        assert path in told
        assert httpx.get(lab.address("ocsp").rstrip("/") + f"{path}.der.crt").status_code == 200
        assert httpx.get(lab.address("ocsp").rstrip("/") + f"{path}.crl").status_code == 200


def test_under_another_name_there_is_nobody(lab: RunningLab) -> None:
    port = urlsplit(lab.address("portal")).port
    answer = httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": "evil.test"})
    assert answer.status_code == 421


def test_the_login_host_asks_for_a_certificate(lab: RunningLab) -> None:
    trust = str(lab.folder / "tls" / "trust.pem")
    context = ssl.create_default_context(cafile=trust)
    answer = httpx.get(lab.address("login"), verify=context)
    assert answer.status_code == 400
    assert 'data-state="LOGIN_HOST"' in answer.text


def test_a_second_lab_of_the_same_name_is_refused(lab: RunningLab) -> None:
    ended = lab.user.call("up", "-p", lab.name, *FREE)
    assert ended.code == 3
    assert f"the lab `test` is up already (process {lab.process.pid})" in ended.err
    assert "softeid down -p test" in ended.err


def test_a_taken_port_is_told_with_who_has_it(lab: RunningLab) -> None:
    port = urlsplit(lab.address("portal")).port
    assert port
    ended = lab.user.call("up", "-p", "second", "--port", str(port))
    assert ended.code == 3
    assert f"port {port} is taken by the lab `test` (process {lab.process.pid})" in ended.err
    assert "--port" in ended.err
    assert not (labs_of(lab.user) / "second").exists()


def test_a_port_that_a_stranger_has(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        ended = User(tmp_path).call("up", "--port", str(min(port, 65529)))
    assert ended.code == 3
    assert re.search(r"port \d+ is taken by .*\(process \d+\)", ended.err)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--person", "nobody"), "expected aadu"),
        (("--profile", "nothing"), "--profile: expected"),
        (("--state", "immortal"), "--state: expected"),
        (("--state", "transport-pin"), "transport PINs"),
        (("-p", "Not A Name"), "expected a name"),
        (("--fresh", "--store", "postgresql://localhost/x"), "not ours to empty"),
        (("--port", "65530"), "expected a first port"),
        (("--set", "t_code"), "expected NAME=VALUE, found 't_code'"),
        (("--set", "t_cod=5m"), "in `settings`, found 't_cod'; did you mean t_code?"),
        (
            ("--set", "t_code=soon"),
            "--set t_code: expected a duration such as 15m or 14m59.999s, found 'soon'",
        ),
        (
            ("--set", "adult_age=0", "--set", "step_up=maybe"),
            "--set step_up: expected yes or no, found 'maybe'",
        ),
    ],
)
def test_options_that_will_not_do(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    ended = User(tmp_path).call("up", *(options if "--port" in options else (*options, *FREE)))
    assert ended.code == 2
    assert told in ended.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--store", "mysql://x/y"), "expected SQLite or PostgreSQL"),
        (("--store", "postgresql://softeid@127.0.0.1:1/x"), "127.0.0.1"),
    ],
)
def test_a_store_that_is_not_to_be_had(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    ended = User(tmp_path).call("up", *options, *FREE)
    assert ended.code == 3
    assert told in ended.err
    assert not (labs_of(User(tmp_path)) / "default" / "lab.json").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("")
    ended = User(tmp_path).call("up", *FREE)
    assert ended.code == 3
    assert "expected a folder that can be written" in ended.err


# --- ps, clock, down ----------------------------------------------------------------------------------


def test_ps_lists_it(lab: RunningLab) -> None:
    told = lab.user.call("ps").out
    assert re.search(rf"test +up +{lab.process.pid} ", told)
    data = json.loads(lab.user.call("ps", "--json").out)
    (one,) = (one for one in data["labs"] if one["name"] == "test")
    assert one["state"] == "up"
    assert one["addresses"]["portal"] == lab.address("portal")
    assert "token" not in one


def test_the_clock_is_moved_and_stopped(lab: RunningLab) -> None:
    assert "runs" in lab.softeid("clock").out
    frozen = json.loads(lab.softeid("clock", "--freeze", "--json").out)
    assert frozen["pace"] == 0
    later = json.loads(lab.softeid("clock", "--advance", "15m", "--json").out)
    assert _seconds(later["now"]) - _seconds(frozen["now"]) == 900
    earlier = json.loads(lab.softeid("clock", "--back", "20m", "--json").out)
    assert _seconds(later["now"]) - _seconds(earlier["now"]) == 1200
    assert lab.softeid("clock", "--set", "2030-01-01 12:00 Europe/Tallinn").out.startswith(
        "2030-01-01 10:00Z"
    )
    assert "runs" in lab.softeid("clock", "--run").out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--advance", "soon"), "expected a duration"),
        (("--set", "2026-01-01"), "expected an instant"),
        (("--set", "2001-01-01 00:00Z"), "does not go back"),
        (("--advance", "36000d"), "2100"),
    ],
)
def test_where_the_clock_does_not_go(lab: RunningLab, options: tuple[str, str], told: str) -> None:
    ended = lab.softeid("clock", *options)
    assert ended.code == 2
    assert told in ended.err


@pytest.mark.parametrize("command", ["clock", "down"])
def test_a_lab_that_is_not_there(tmp_path: Path, command: str) -> None:
    ended = User(tmp_path).call(command)
    assert ended.code == 5
    assert "no lab `default` is up" in ended.err
    assert User(tmp_path).call(command, "-p", "Bad Name").code == 2
    assert "no lab is up" in User(tmp_path).call("ps").err


def test_down_leaves_nothing(tmp_path: Path) -> None:
    lab = start(User(tmp_path))
    addresses, pid = lab.record["addresses"], lab.process.pid
    assert lab.softeid("down").out == f"softeid: the lab `test` (process {pid}) has ended\n"
    ended = lab.ended()
    assert (ended.code, ended.err) == (0, "")
    assert not (lab.folder / "lab.json").exists()
    ports = {port for port, _ in listening()}
    assert not ports & {urlsplit(address).port for address in addresses.values()}
    assert lab.softeid("down").code == 5


def test_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    lab = start(User(tmp_path))
    lab.process.send_signal(signal.SIGINT)
    ended = lab.ended()
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("softeid: the lab ends\n")


def test_what_happens_is_told_line_by_line_and_no_secret(tmp_path: Path) -> None:
    pins = {"pin1": "730519", "pin2": "8391427"}
    with lab_up(User(tmp_path)) as lab:
        device = _device(lab)
        for path, body in (
            ("register", {}),
            ("country", {"country": "EE"}),
            ("method", {"method": "id-card"}),
            ("terms", {"accepted": True, "scrolled": True}),
            ("pins", pins),
        ):
            address = f"{lab.address('phones')}app/{device}/{path}"
            answer = httpx.post(address, json=body, timeout=LIMIT)  # two keys may have to be made
            assert answer.status_code == 200
        code = answer.json()["code"].replace(" ", "")
        assert len(code) == 9
        lab.softeid("clock", "--advance", "15m")
    phone = "phone Mari’s phone  "
    for told in (
        rf"[\d:]{{8}}  {phone} +COUNTRY",
        r"[\d:]{8}  guest +terms\.accepted  version=2026-01 language=en",
        r"[\d:]{8}  guest +code\.issued  .*",
        r"[\d:]{8}  lab +clock: .* UTC, runs",
        rf"[\d:]{{8}}  {phone} +EXPIRED.*",
    ):
        assert re.search(rf"^{told}$", lab.said, re.MULTILINE), (told, lab.said)
    for secret in (code, *pins.values()):
        assert secret not in lab.said


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    with lab_up(User(tmp_path)) as lab:
        pass
    with closing(sqlite3.connect(lab.folder / "portal.sqlite")) as database, database:
        database.execute("UPDATE softeid_version SET version_num = 'f00d'")
    ended = lab.user.call("up", "-p", lab.name, *FREE)
    assert ended.code == 3
    assert "a newer softeid made it" in ended.err
    with lab_up(lab.user, *FREE, "--fresh"):
        pass


def _device(lab: RunningLab) -> str:
    answer = httpx.post(f"{lab.address('phones')}app/devices", json={"name": "Mari’s phone"})
    return str(answer.json()["device_id"])


# --- what stays ---------------------------------------------------------------------------------------


def test_a_killed_lab_goes_on_where_it_was(tmp_path: Path) -> None:
    lab = start(User(tmp_path))
    device = _device(lab)
    httpx.post(f"{lab.address('phones')}app/{device}/register", json={})
    lab.softeid("clock", "--freeze")
    now = json.loads(lab.softeid("clock", "--advance", "3h", "--json").out)["now"]
    httpx.get(lab.address("lab"))  # the next thing that happens: the clock's move is stored with it
    lab.process.kill()
    lab.process.communicate(timeout=LIMIT)
    assert re.search(r"test +killed ", lab.user.call("ps").out)
    assert lab.softeid("clock").code == 5

    with lab_up(lab.user) as again:
        said = "\n".join(again.welcome)
        assert "An earlier lab of this name was killed" in said
        assert "go on from before; the cards are new" in said
        assert json.loads(again.softeid("clock", "--json").out)["now"] == now
        screen = httpx.get(f"{again.address('phones')}app/{device}/screen").json()
        assert screen["screen"] == "COUNTRY"


def test_fresh_forgets(tmp_path: Path) -> None:
    with lab_up(User(tmp_path)) as lab:
        device = _device(lab)
    with lab_up(lab.user, *FREE, "--fresh") as again:
        assert "go on from before" not in "\n".join(again.welcome)
        assert httpx.get(f"{again.address('phones')}app/{device}/screen").status_code == 404


def test_a_program_resets_it(tmp_path: Path) -> None:
    with lab_up(User(tmp_path)) as lab:
        device = _device(lab)
        token = {"Authorization": f"Bearer {lab.record['token']}"}
        assert httpx.post(f"{lab.address('lab')}lab/reset", json={}, headers=token).status_code == 200
        assert httpx.get(f"{lab.address('phones')}app/{device}/screen").status_code == 404
        assert _device(lab)
        assert httpx.get(lab.address("portal")).status_code == 200


def test_the_rules_that_were_asked_for_hold_as_long_as_it_is_up(tmp_path: Path) -> None:
    rules = ("--set", "countries=LV, LT", "--set", "t_code=5m", "--set", "step_up=yes")
    with lab_up(User(tmp_path), *FREE, *rules) as lab:
        page = httpx.get(f"{lab.address('lab')}settings").text
        for name, value in (("countries", "LV, LT"), ("t_code", "5m"), ("step_up", "yes")):
            assert f"<code>{name}</code></dt><dd><code>{value}</code> <span" in page
        assert "softeid up --set" in page
    with lab_up(lab.user) as again:
        page = httpx.get(f"{again.address('lab')}settings").text
        assert "<code>t_code</code></dt><dd><code>15m</code></dd>" in page


def test_two_labs_side_by_side(tmp_path: Path) -> None:
    user = User(tmp_path)
    with lab_up(user, *FREE, "--seed", "S", name="one") as one, lab_up(user, name="two") as two:
        assert re.search(r"one +up .*\ntwo +up ", user.call("ps").out)
        one.softeid("clock", "--freeze")
        assert "runs" in two.softeid("clock").out
        names = set()
        for lab in (one, two):
            with httpx.Client() as browser:
                browser.get(lab.address("portal"))
                browser.get(lab.address("desk"))
                names |= set(browser.cookies.keys())
        assert len(names) == 4  # a browser sends a cookie to every port of a host


def test_over_tls_with_the_labs_own_authority(tmp_path: Path) -> None:
    with lab_up(User(tmp_path), *FREE, "--https") as lab:
        context = ssl.create_default_context(cafile=str(lab.folder / "tls" / "trust.pem"))
        for name in ("portal", "phones", "desk"):
            assert lab.address(name).startswith("https://localhost:")
            answer = httpx.get(lab.address(name), verify=context)
            assert answer.status_code == 200
            assert "strict-transport-security" not in answer.headers  # localhost is not ours alone
        plain = httpx.get(f"{lab.address('plain')}login?next=x")
        assert plain.status_code == 308
        assert plain.headers["location"] == f"{lab.address('portal')}login?next=x"


def test_a_login_with_a_client_certificate(tmp_path: Path) -> None:
    """The card is made again from the seed, as `exec --seed` would have it."""
    seed = Seed("mutual tls")
    with lab_up(User(tmp_path), *FREE, "--seed", "mutual tls") as lab, httpx.Client() as browser:
        clock = Clock.real()
        authority = Authority(seed, clock)
        card = issue_card(load_profile("esteid-2018"), persons()["jaak"], authority, seed=seed, clock=clock)
        card.card.power_on()
        key = TlsKey(EidClient(card.card.process), lambda name, left: card.pins[name])
        trust = x509.load_pem_x509_certificates((lab.folder / "tls" / "trust.pem").read_bytes())
        browser.get(lab.address("portal"))
        link = browser.get(f"{lab.address('portal')}auth/certificate").headers["location"]
        assert link.startswith(lab.address("login"))
        back = follow(link, Computer(trust, datetime.now(UTC)), key)
        page = browser.get(back, follow_redirects=True)
        assert 'data-state="QUESTIONS"' in page.text
        assert "JAAK-KRISTJAN JÕEORG" in page.text
    assert "portal.login.ok  method=mtls" in lab.said


def test_without_a_reader_of_its_lines_it_goes_on(tmp_path: Path) -> None:
    lab = start(User(tmp_path))
    with lab.process as process:
        assert process.stdout
        process.stdout.close()
        lab.softeid("clock", "--advance", "1h")
        assert httpx.get(lab.address("portal")).status_code == 200
        assert lab.softeid("down").code == 0
        assert process.wait(LIMIT) == 128 + signal.SIGPIPE


def test_nothing_of_a_lab_is_left_behind(lab: RunningLab) -> None:
    """No other process of ours is there but the one that was started."""
    children = Path(f"/proc/{lab.process.pid}/task/{lab.process.pid}/children").read_text().split()
    assert children == []


def _seconds(instant: str) -> float:
    return round(datetime.fromisoformat(instant).timestamp(), 3)


def test_the_extra_is_named_where_it_is_lacking(tmp_path: Path) -> None:
    user = User(tmp_path)
    blocked = (
        "import sys; sys.modules['uvicorn'] = None; import importlib.util as u; f = u.find_spec;"
        "u.find_spec = lambda n, *a: None if n == 'uvicorn' else f(n, *a);"
        "from softeid.harness.cli import main; sys.exit(main(['up', '--port', '0']))"
    )
    with user.start(user.softeid[0], "-c", blocked) as process:
        _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 3
    assert err == f"softeid: `up` needs the extra `lab`: {extra.command('lab')}\n"
