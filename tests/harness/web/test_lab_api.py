"""The lab's own API: clock, certificate status, registers, faults, and what is seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from tests.harness.web.api_lab import ApiLab, Tab

from softeid.harness.issuers import Issuers


@pytest.fixture
def lab(make_api_lab: Callable[..., ApiLab]) -> ApiLab:
    return make_api_lab()


@pytest.fixture
def tab(lab: ApiLab) -> Tab:
    return Tab(lab.lab_app)


def test_the_clock_moves_on_and_what_falls_due_happens(lab: ApiLab, tab: Tab) -> None:
    app = lab.to_code(lab.app())
    assert tab.get("/lab/clock") == {"now": "2026-03-02T09:00:00Z"}
    assert tab.post("/lab/clock", {"advance": 899.999})["now"] == "2026-03-02T09:14:59.999000Z"
    assert str(app.state) == "CODE_SHOWN"
    assert tab.post("/lab/clock", {"now": "2026-03-02T11:15:00+02:00"})["now"] == "2026-03-02T09:15:00Z"
    assert str(app.state) == "EXPIRED"


def test_the_clock_may_be_corrected_stopped_and_hurried(lab: ApiLab, tab: Tab) -> None:
    assert tab.post("/lab/clock", {"back": 60})["now"] == "2026-03-02T08:59:00Z"
    for body in ({"freeze": True}, {"freeze": False}, {"rate": 60}):
        tab.post("/lab/clock", body)
    assert lab.paces == [0, 1, 60]


BAD_CLOCKS = (
    {"now": "2026-03-02T09:00:00"},
    {"now": "2026-03-02T08:59:59Z"},
    {"now": "9999-12-31T23:59:59Z"},
    {"now": 5},
    {"advance": -1},
    {"advance": 1e300},
    {"advance": "15m"},
    {"back": 1e9},
    {"rate": -1},
    {"forward": 1},
)


def test_the_clock_does_not_leave_the_century(tab: Tab) -> None:
    assert tab.post("/lab/clock", {"back": 6e8})["now"].startswith("2007")
    assert tab.post("/lab/clock", {"back": 6e8})["field"] == "back"
    for _ in range(4):
        tab.post("/lab/clock", {"advance": 6e8})
    assert tab.post("/lab/clock", {"advance": 6e8})["field"] == "advance"


@pytest.mark.parametrize("body", BAD_CLOCKS, ids=str)
def test_a_clock_that_cannot_be(tab: Tab, body: dict[str, object]) -> None:
    told = tab.post("/lab/clock", body)
    assert told["code"] == "BAD_REQUEST"
    assert tab.get("/lab/clock") == {"now": "2026-03-02T09:00:00Z"}


def test_the_status_of_a_certificate(lab: ApiLab, tab: Tab) -> None:
    lab.issuers.authority = lab.authority
    serial = f"{lab.card().certificates['authentication'].serial_number:x}"
    assert tab.post("/lab/ocsp", {"serial": serial, "status": "suspended"}) == {}
    assert str(lab.authority.register.get(int(serial, 16))) == "suspended"
    assert tab.post("/lab/ocsp", {"serial": serial, "status": "revoked", "reason": "superseded"}) == {}
    assert tab.post("/lab/ocsp", {"serial": serial, "status": "good"})["field"] == "status"
    assert tab.post("/lab/ocsp", {"serial": "1", "status": "good"})["field"] == "serial"
    assert tab.post("/lab/ocsp", {"serial": serial, "status": "lost"})["code"] == "BAD_REQUEST"


def test_faults_of_services(lab: ApiLab, tab: Tab) -> None:
    tab.post("/lab/ocsp", {"fault": "nonce_missing"})
    assert lab.issuers.fault == "nonce_missing"
    app = lab.app()
    tab.post(
        "/lab/faults",
        {"core": False, "authority": False, "device": {"id": app.device.phone_id, "lost": "answer"}},
    )
    line = lab.phones.memory(app.device).line
    assert (lab.portal.line.up, lab.core.authority_answers, line.lost) == (False, False, "answer")
    tab.post("/lab/faults", {"core": True})
    assert (lab.portal.line.up, lab.core.authority_answers) == (True, False)
    assert tab.post("/lab/faults", {"device": {"id": "00"}})["field"] == "device"


def test_the_population_register(lab: ApiLab, tab: Tab) -> None:
    person = {
        "semantics_id": "PNOEE-38001085718",
        "document": "stolen",
        "born": "1980-01-08",
        "guardians": [{"semantics_id": "PNOEE-47101010033", "name": "MARI"}],
    }
    assert tab.post("/lab/register-stub", person) == {}
    entry = lab.portal.register.look_up("PNOEE-38001085718")
    assert (entry.document, entry.guardians[0].name) == ("stolen", "MARI")
    tab.post("/lab/register-stub", {"answers": False})
    assert not lab.portal.register.answers
    assert tab.post("/lab/register-stub", {"semantics_id": "x"})["code"] == "BAD_REQUEST"


def test_the_audit_trail_behind_an_event(lab: ApiLab, tab: Tab) -> None:
    lab.to_code(lab.app())
    every = tab.get("/lab/audit")
    assert [one["name"] for one in every][:2] == ["registration.started", "terms.accepted"]
    assert tab.get(f"/lab/audit?since={every[1]['seq']}") == every[2:]
    assert tab.get("/lab/audit?since=-1")["code"] == "BAD_REQUEST"
    assert tab.get("/lab/audit?since=" + "9" * 30)["code"] == "BAD_REQUEST"


def test_messages_terms_trust_and_beginning_anew(lab: ApiLab, tab: Tab) -> None:
    lab.to_identity()
    assert [one["kind"] for one in tab.get("/lab/outbox")] == ["account requested"]
    assert tab.post("/lab/terms", {"version": "2027-01"}) == {}
    assert lab.core.terms_version == "2027-01"
    pems = tab.get("/lab/trust")["certificates"]
    assert all(x509.load_pem_x509_certificate(pem.encode()) for pem in pems)
    assert tab.post("/lab/portal/restart") == {}
    assert tab.post("/lab/reset") == {}
    assert lab.resets == 1
    assert isinstance(lab.issuers, Issuers)


def test_without_a_world_nothing_is_there(lab: ApiLab, tab: Tab) -> None:
    lab.bench.world = None
    assert tab.get("/lab/clock")["code"] == "CORE_UNAVAILABLE"
    assert tab.post("/lab/reset")["code"] == "CORE_UNAVAILABLE"
