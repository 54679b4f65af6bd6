"""The lab's own pages and its API, in process: who may, and what it does to the world."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest

from softeid.harness.clients.json_client import Answered
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.leaf import Use
from softeid.harness.pki.ocsp_fault import OCSP_FAULTS
from softeid.harness.profile_file import load_profile
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY
from softeid.harness.registration.core import Core
from softeid.harness.registration.key_pool import KeyPool
from softeid.harness.registration.phones import Phones
from softeid.harness.registration.portal import Portal
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import Code
from softeid.harness.seed import Seed
from softeid.harness.service.card_desk import CardDesk
from softeid.harness.service.card_prompt import Prompts
from softeid.harness.service.issuers import LabIssuers
from softeid.harness.service.lab_clock import LabClock
from softeid.harness.service.lab_world import LabWorld
from softeid.harness.web.api import Behind
from softeid.harness.web.in_process import InProcess
from softeid.harness.web.lab_policy import LabPolicy
from softeid.harness.web.lab_site import LabSite, bench_of, lab_site
from softeid.harness.web.lab_window import Window
from softeid.harness.web.pages.mishap import LabMishap
from softeid.harness.web.security import Guard

LAB = "http://localhost:8443"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOKEN = "token-of-the-folder"
SEED = Seed("lab")


class Lab:
    """A lab without servers, and somebody at a browser."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.resets = count(1)
        self.reset_times = 0
        clock = LabClock(lambda: NOON)
        issuers = LabIssuers(
            Authority(SEED, clock), Authority(SEED, clock, ACCOUNT_AUTHORITY), lambda time: None
        )

        def issue(person: str, state: str, number: int) -> IssuedCard:
            profile, authority = load_profile("esteid-2018"), issuers.authority
            return issue_card(
                profile, persons()[person], authority, seed=SEED, clock=clock, state=state, number=number
            )

        core = Core(clock, Seed(), Settings(), primes=KeyPool())
        portal = Portal(core, "http://localhost:8440", issuers.trusted(), issuers.fetch)
        desk = CardDesk(issue, Prompts(lambda: 0.0))
        self.world = LabWorld(
            "test", "", clock, portal, Phones(core), issuers, desk, self.said.append, {"desk": "http://d/"}
        )
        desk.insert(desk.make("mari", "fresh").id)
        desk.make("kadri", "expired")
        policy = LabPolicy(LAB)
        window = Window("lab", policy, lambda: clock.now, LabMishap)
        behind = Behind((core.store,), core.wake)
        self.faults: list[Exception] = []
        app = lab_site(
            LabSite(self.world, behind, window, TOKEN), bench_of(self.world, behind, window, self._reset)
        )
        self._client = InProcess(Guard(app, policy, self.faults.append), {"Host": "localhost:8443"})
        self.cookie = ""
        self.page = ""

    def _reset(self) -> None:
        self.reset_times += 1

    def get(self, path: str, **fields: str) -> Answered:
        return self._seen(self._client.exchange("GET", path, {"Cookie": self.cookie, **fields}))

    def post(self, path: str, **fields: str) -> Answered:
        """Send a form of the page."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.page)
        body = urlencode({"csrf": csrf[1] if csrf else "", **fields}).encode()
        head = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        return self._seen(self._client.exchange("POST", path, head, body))

    def told(self, path: str, body: dict[str, Any] | None = None, token: str = TOKEN) -> Answered:
        """What a program asks of the API."""
        fields = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        octets = None if body is None else json.dumps(body).encode()
        return self._client.exchange("GET" if body is None else "POST", path, fields, octets)

    @property
    def state(self) -> tuple[str, str]:
        found = re.search(r'data-state="([^"]*)" data-error="([^"]*)"', self.page)
        assert found
        return found[1], found[2]

    def _seen(self, answer: Answered) -> Answered:
        self.cookie = answer.fields.get("set-cookie", self.cookie).partition(";")[0]
        if "text/html" in answer.fields.get("content-type", ""):
            self.page = answer.body.decode()
        return answer


@pytest.fixture
def lab() -> Lab:
    return Lab()


# --- pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/persons/mari", "/persons/leida", "/faults", "/outbox", "/audit", "/audit?before=3", "/settings"],
)
def test_every_page_is_there(lab: Lab, path: str) -> None:
    assert lab.get(path).status == 200
    assert lab.state == ("LAB", "")


@pytest.mark.parametrize("path", ["/nothing", "/persons/nobody", "/audit?before=x"])
def test_what_is_not_there(lab: Lab, path: str) -> None:
    assert lab.get(path).status == 404
    assert lab.state == ("ERROR", "NOT_FOUND")


def test_the_overview_shows_persons_and_services(lab: Lab) -> None:
    lab.get("/")
    for text in ("MARI-LIIS MÄNNIK", "KADRI TESTNUMBER", "expired", "in reader 1", "runs with the real one"):
        assert text in lab.page


def test_the_clock_is_moved_stopped_and_set(lab: Lab) -> None:
    lab.get("/")
    for fields in ({"advance": "900"}, {"act": "freeze"}, {"at": "2026-03-02T13:00"}):
        assert lab.post("/clock", **fields).status == 303
    assert lab.world.clock.now == NOON + timedelta(hours=1)
    assert lab.world.clock.pace == 0
    assert lab.post("/clock", act="run").status == 303
    assert lab.world.clock.pace == 1


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-03-02T11:59", "does not go back"),
        ("2199-01-01T00:00", "does not go back"),
        ("tomorrow", "not a date"),
        ("", "not a date"),
    ],
)
def test_an_instant_that_will_not_do(lab: Lab, at: str, told: str) -> None:
    lab.get("/")
    assert lab.post("/clock", at=at).status == 400
    assert told in lab.page
    assert lab.world.clock.now == NOON


@pytest.mark.parametrize("advance", ["-1", "1e9", "x", "9" * 11])
def test_a_step_that_will_not_do(lab: Lab, advance: str) -> None:
    lab.get("/")
    assert lab.post("/clock", advance=advance).status == 400
    assert lab.world.clock.now == NOON


def test_the_register_says_something_else(lab: Lab) -> None:
    lab.get("/persons/kadri")
    lab.post("/persons/kadri", document="annulled", person="deceased", guardians="mari jaak")
    entry = lab.world.portal.register.entry(persons()["kadri"].serial_number)
    assert (entry.document, entry.person) == ("annulled", "deceased")
    assert [one.name for one in entry.guardians] == ["MARI-LIIS MÄNNIK", "JAAK-KRISTJAN JÕEORG"]
    assert lab.post("/persons/kadri", document="valid", person="living", guardians="zoe").status == 400
    assert "zoe" in lab.page
    assert lab.post("/persons/kadri", document="eaten", person="living").status == 400


def test_the_authority_says_something_else(lab: Lab) -> None:
    lab.get("/persons/mari")
    lab.post("/persons/mari/certificates", authentication="suspended", signature="good")
    card = lab.world.card_of("mari")
    assert card
    assert (str(card.issued.status("authentication")), str(card.issued.status("signature"))) == (
        "suspended",
        "good",
    )
    lab.post("/persons/mari/certificates", authentication="good", signature="revoked")
    assert str(card.issued.status("signature")) == "revoked"
    assert lab.post("/persons/mari/certificates", authentication="good", signature="good").status == 400
    lab.get("/persons/leida")
    assert lab.post("/persons/leida/certificates", authentication="good", signature="good").status == 400


@pytest.mark.parametrize("fault", OCSP_FAULTS)
def test_ocsp_faults(lab: Lab, fault: str) -> None:
    lab.get("/faults")
    assert lab.post("/faults/ocsp", fault=fault).status == 303
    assert lab.world.issuers.ocsp == fault
    lab.get("/")
    assert "with a fault" in lab.page
    lab.post("/faults/ocsp", fault="none")
    assert lab.world.issuers.ocsp == ""


def test_services_and_network(lab: Lab) -> None:
    lab.get("/faults")
    for service in ("register", "authority", "portal"):
        assert lab.post("/faults/services", service=service, do="stop").status == 303
        assert not lab.world.answers(service)
        lab.post("/faults/services", service=service, do="answer")
        assert lab.world.answers(service)
    app = lab.world.phones.install("lab", "Phone")
    line = lab.world.phones.memory(app.device).line
    lab.post("/faults/services", service="network", do="break")
    assert not line.up
    lab.post("/faults/services", service="network", do="slow")
    assert line.up
    assert line.delay
    lab.post("/faults/services", service="network", do="return")
    assert not line.delay
    assert lab.post("/faults/services", service="sun", do="stop").status == 400


def test_terms(lab: Lab) -> None:
    lab.get("/faults")
    assert lab.post("/faults/terms", version="2026-02").status == 303
    assert lab.world.core.terms_version == "2026-02"
    assert lab.post("/faults/terms", version=" ").status == 400


def test_what_is_done_is_told(lab: Lab) -> None:
    lab.get("/faults")
    lab.post("/faults/ocsp", fault="down")
    assert lab.said == ["OCSP: down"]


@pytest.mark.parametrize(
    "path", ["/clock", "/persons/mari", "/persons/mari/certificates", "/faults/ocsp", "/faults/terms"]
)
def test_a_form_of_another_page_is_refused(lab: Lab, path: str) -> None:
    fields = {"document": "valid", "person": "living", "authentication": "good", "signature": "good"}
    asked = {**fields, "act": "freeze", "fault": "down", "version": "9"}
    assert lab.post(path, **asked).status == 403
    lab.get("/")
    assert lab.post(path, csrf="0" * 64, **asked).status == 403
    assert lab.state == ("ERROR", "CSRF")
    assert lab.said == []
    assert lab.world.clock.pace == 1


# --- the API ------------------------------------------------------------------------------------------


def test_a_program_with_the_token_moves_the_clock(lab: Lab) -> None:
    assert lab.told("/lab/clock", {"advance": 60}).status == 200
    told = json.loads(lab.told("/lab/state").body)
    assert told["clock"] == {"now": "2026-03-02T12:01:00Z", "pace": 1.0}
    assert lab.told("/lab/clock", {"freeze": True}).status == 200
    assert lab.world.clock.pace == 0


def test_a_page_of_the_lab_may_ask_the_api_too(lab: Lab) -> None:
    lab.get("/")
    csrf = re.search(r'name="csrf" value="([^"]+)"', lab.page)
    assert csrf
    assert lab.get("/lab/audit", **{"X-CSRF-Token": csrf[1]}).status == 200
    assert lab.get("/lab/audit", **{"X-CSRF-Token": "0" * 64}).status == 403
    assert lab.get("/lab/audit").status == 401


@pytest.mark.parametrize("path", ["/lab/clock", "/lab/state", "/lab/audit", "/lab/outbox", "/lab/trust"])
def test_nobody_else_may(lab: Lab, path: str) -> None:
    answers = (lab.told(path, token="another"), lab.told(path, token=""), lab.get(path))
    for answer in answers:
        assert answer.status == 401
        assert answer.fields["content-type"] == "application/problem+json"
        told = json.loads(answer.body)
        assert told["code"] == "LAB_TOKEN"
        assert "Authorization: Bearer" in told["detail"]
        assert "lab.json" in told["detail"]
        assert "docs" not in told
    insists = 'Bearer realm="softeid lab"'
    assert answers[0].fields["www-authenticate"] == f'{insists}, error="invalid_token"'  # RFC 6750, 3
    assert answers[-1].fields["www-authenticate"] == insists
    assert lab.told("/lab/reset", {}, token="another").status == 401
    assert lab.reset_times == 0


def test_the_description_has_every_path_and_the_token(lab: Lab) -> None:
    told = json.loads(lab.get("/openapi.json").body)
    assert "/lab/state" in told["paths"]
    for path, methods in told["paths"].items():
        for operation in methods.values():
            assert operation["security"] == [{"HTTPBearer": []}], path
            assert operation["responses"]["401"]["description"] == "LAB_TOKEN"
    assert "none" in told["components"]["schemas"]["OcspFault"]["properties"]["fault"]["enum"]


def test_the_page_about_a_code_that_a_problem_names(lab: Lab) -> None:
    told = json.loads(lab.told("/lab/clock", {"advance": -1}).body)
    assert lab.get(told["docs"]).status == 200
    assert lab.state == ("ERROR", "BAD_REQUEST")
    assert lab.get("/help/NOTHING").status == 404


@pytest.mark.parametrize(
    ("word", "name"),
    [("http_500", "http-500"), ("old", "stale"), ("good", "none"), *((one, one) for one in OCSP_FAULTS)],
)
def test_a_fault_is_told_in_the_word_that_sets_it(lab: Lab, word: str, name: str) -> None:
    for given in (word, "none", name):
        assert lab.told("/lab/ocsp", {"fault": given}).status == 200
        told = json.loads(lab.told("/lab/state").body)["ocsp_fault"]
        assert told == ("none" if given == "none" else name)


def test_the_faults_that_there_are_come_with_the_refusal(lab: Lab) -> None:
    told = json.loads(lab.told("/lab/ocsp", {"fault": "nonsense"}).body)
    assert (told["code"], told["field"]) == ("BAD_REQUEST", "fault")
    assert told["expected"].startswith("none, down, timeout, slow, http-500")
    told = json.loads(lab.told("/lab/ocsp", {"serial": "1", "status": "lost"}).body)
    assert (told["field"], told["expected"]) == ("status", "good, suspended or revoked")


def test_a_program_asks_for_a_reset(lab: Lab) -> None:
    assert lab.told("/lab/reset", {}).status == 200
    assert lab.reset_times == 1


def test_login_with_faulty_ocsp(lab: Lab) -> None:
    """The portal asks in process, and gets what the fault makes of it."""
    card = lab.world.card_of("mari")
    assert card
    certificate = card.issued.certificates["authentication"]
    lab.world.set_ocsp("down")
    with pytest.raises(Refused) as refused:
        lab.world.portal.certificates.check(certificate, Use.AUTHENTICATION, lab.world.clock.now)
    assert refused.value.code is Code.OCSP_UNAVAILABLE
