"""Pages of phone, card desk and lab with made-up content: `python -m ...pages.lab_gallery DIRECTORY`.

The portal's are in `gallery`. The persons are those of `persons.yaml`; the tests draw the same pages.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ...pki.card_state import CARD_STATES
from ...pki.ocsp_fault import OCSP_FAULTS
from ...registration.settings import Settings
from ...registration.vocabulary import Code
from ..messages import LANGUAGES
from . import desk, lab
from .gallery import APPLICATION, LONG, NOW, Example, frame_of
from .phone_gallery import phone_examples
from .render import STATIC, Problem, render

SITE = "https://portal.localhost:8443"
DIGEST = "9b74c9897bac770ffc029102a200c5de0f3a1d8f6e4b7c2a59d01e8f7b6a4c3d2e1f009b74c9897bac770ffc029102a2"


def examples() -> Mapping[str, Example]:
    """By the name of its file."""
    return {**phone_examples(), **_desk(), **_prompts(), **_lab()}


def _card() -> desk.InsertedCard:
    since = datetime(2023, 3, 1, tzinfo=UTC)
    until = datetime(2028, 2, 28, 21, 59, 59, tzinfo=UTC)
    issuer = "SOFTEID TEST ESTEID2018"
    return desk.InsertedCard(
        card=desk.DrawnCard(
            holder="Mari-Liis Männik",
            personal_code="47101010033",
            document_number="TE0000042",
            expires=date(2028, 2, 28),
            profile="esteid-2018",
        ),
        pins=(
            desk.PinLine(name="PIN1", value="1234", left=3),
            desk.PinLine(name="PIN2", value="12345", left=3, least=5),
            desk.PinLine(name="PUK", value="12345678", left=3, least=8),
        ),
        certificates=(
            desk.CertificateLine(use="authentication", since=since, until=until, issuer=issuer),
            desk.CertificateLine(use="signature", since=since, until=until, issuer=issuer),
        ),
    )


def _tries(card: desk.InsertedCard, pin: str, left: int) -> desk.InsertedCard:
    return replace(card, pins=tuple(replace(one, left=left) if one.name == pin else one for one in card.pins))


def _cards() -> tuple[desk.CardLine, ...]:
    mari = _card().card
    jaak = replace(
        mari, holder="Jaak-Kristjan Jõeorg", personal_code="38001085718", document_number="TE0000017"
    )
    mary = replace(
        mari,
        holder="Mary Änn O’Connež-Šuslik Testnumber",
        personal_code="60001019906",
        document_number="TE0000103",
    )
    return (
        desk.CardLine(id="1", card=mari, state="fresh", inserted=True),
        desk.CardLine(id="2", card=replace(jaak, expires=date(2026, 3, 1)), state="expired"),
        desk.CardLine(id="3", card=mary, state="pin1-blocked"),
    )


def _desk() -> dict[str, Example]:
    card = _card()
    bad = _tries(_tries(card, "PIN1", 0), "PUK", 0)
    gone, later = card.certificates
    bad = replace(
        bad,
        state="expired",
        certificates=(
            replace(gone, until=NOW - timedelta(days=1)),
            replace(later, status="revoked"),
        ),
    )
    early = replace(
        card,
        state="suspended",
        certificates=(replace(gone, since=NOW + timedelta(days=3)), replace(later, status="suspended")),
    )
    reader = desk.ReaderView(inserted=card, mark="1")
    cards = desk.CardsView(
        inserted=card,
        cards=_cards(),
        persons=tuple(
            desk.PersonChoice(handle=handle, name=name, personal_code=code)
            for handle, name, code in (
                ("jaak", "JAAK-KRISTJAN JÕEORG", "38001085718"),
                ("mari", "MARI-LIIS MÄNNIK", "47101010033"),
                ("mary", "MARY ÄNN O’CONNEŽ-ŠUSLIK TESTNUMBER", "60001019906"),
                ("kadri", "KADRI TESTNUMBER", "61101019999"),
            )
        ),
        states=tuple(CARD_STATES),
        person="jaak",
    )
    change = desk.PinChange(inserted=card, pin="PIN1")
    unblock = desk.PinUnblock(inserted=_tries(card, "PIN1", 0), pin="PIN1")
    wrong = Problem("old", "desk.wrong-pin", "desk.wrong-pin-advice", {"pin": "PIN1", "left": 2})
    again = Problem("again", "desk.wrong-again", values={"pin": "PIN1"})
    puk = Problem("puk", "desk.wrong-puk", "desk.wrong-puk-advice", {"left": 1})
    return {
        "desk-reader": _example(reader, "CARD_INSERTED"),
        "desk-waiting": _example(
            replace(reader, waiting="7f3a", site=SITE, done="desk.done-inserted"), "PIN1_ASKED"
        ),
        "desk-bad": _example(replace(reader, inserted=bad), "CARD_INSERTED"),
        "desk-early": _example(replace(reader, inserted=early), "CARD_INSERTED"),
        "desk-empty": _example(replace(reader, inserted=None, cards=_cards()[1:]), "READER_EMPTY"),
        "desk-changed": _example(
            replace(reader, done="desk.done-changed", done_values={"pin": "PIN1"}), "CARD_INSERTED"
        ),
        "desk-cards": _example(cards, "CARDS"),
        "desk-cards-wrong": _example(
            replace(cards, person="", problems=(Problem("person", "desk.wrong-person"),)),
            "CARDS",
            Code.BAD_REQUEST,
        ),
        "desk-change": _example(change, "PIN_CHANGE"),
        "desk-change-wrong": _example(replace(change, problems=(wrong, again)), "PIN_CHANGE", Code.PIN_WRONG),
        "desk-unblock": _example(unblock, "PIN_UNBLOCK"),
        "desk-unblock-wrong": _example(replace(unblock, problems=(puk,)), "PIN_UNBLOCK", Code.PIN_WRONG),
        "desk-unblock-never": _example(replace(unblock, inserted=bad), "PIN_UNBLOCK"),
        "desk-unblock-empty": _example(replace(unblock, inserted=None), "READER_EMPTY"),
    }


def _prompts() -> dict[str, Example]:
    card = _card()
    login = desk.LoginPrompt(id="7f3a", site=SITE, inserted=card, digest=DIGEST, hash_function="SHA-384")
    sign = desk.SignPrompt(id="7f3b", site=SITE, inserted=card, digest=DIGEST, hash_function="SHA-384")
    certificate = desk.CertificatePrompt(id="7f3c", site=SITE, inserted=card)
    wrong = Problem("pin", "desk.wrong-pin", "desk.wrong-pin-advice", {"pin": "PIN1", "left": 2})
    over: tuple[desk.Outcome, ...] = ("done", "cancelled", "card-removed", "blocked", "gone")
    return {
        "desk-login": _example(login, "PIN1_ASKED"),
        "desk-login-wrong": _example(
            replace(login, inserted=_tries(card, "PIN1", 2), problems=(wrong,)), "PIN1_ASKED", Code.PIN_WRONG
        ),
        "desk-login-blocked": _example(replace(login, inserted=_tries(card, "PIN1", 0)), "PIN1_BLOCKED"),
        "desk-login-empty": _example(replace(login, inserted=None, cards=_cards()[1:]), "CARD_ASKED"),
        "desk-sign": _example(sign, "PIN2_ASKED"),
        "desk-certificate": _example(certificate, "CERTIFICATE_ASKED"),
        "desk-certificate-empty": _example(replace(certificate, inserted=None), "CARD_ASKED"),
        "desk-opening": _example(desk.PromptOpening(inserted=card), "PROMPT_OPENING"),
        **{
            f"desk-over-{outcome}": _example(desk.PromptOver(outcome=outcome), "PROMPT_OVER")
            for outcome in over
        },
    }


def _lab() -> dict[str, Example]:
    service = lab.ServiceLine
    home = lab.LabHome(
        lab="default",
        seed="2f6c91d0",
        messages=3,
        services=(
            service(name="portal", state="running", address=SITE),
            service(name="login", state="running", address="https://login.localhost:8446"),
            service(name="phones", state="running", address="https://phone.localhost:8444"),
            service(name="desk", state="running", address="https://desk.localhost:8445"),
            service(name="ocsp", state="care", address="http://ocsp.localhost:8080", fault="try-later"),
            service(name="register", state="stopped"),
            service(name="authority", state="running"),
            service(name="mail-<b>", state="care", fault="unheard <of>"),
        ),
        persons=_persons(),
    )
    person = lab.LabPerson(
        lab="default",
        handle="kadri",
        name="KADRI TESTNUMBER",
        personal_code="EE 61101019999",
        guardians="mari",
        authentication="good",
        signature="suspended",
    )
    faults = lab.LabFaults(
        lab="default", faults=tuple(OCSP_FAULTS), ocsp="try-later", terms_version="2026-01", network="slow"
    )
    back = Problem("at", "lab.wrong-clock-back", "lab.wrong-clock-advice")
    nobody = Problem("guardians", "lab.wrong-guardians", values={"name": "<b>nobody"})
    settings, changed = lab.told_settings(Settings(deadline_scope="all", bad_origins=("https://evil.test",)))
    return {
        "lab-home": _example(home, "LAB"),
        "lab-home-wrong": _example(replace(home, seed="", problems=(back,)), "LAB", Code.BAD_REQUEST),
        "lab-home-runs": _example(replace(home, lab=LONG, clock_runs=True), "LAB"),
        "lab-person": _example(person, "LAB"),
        "lab-person-wrong": _example(
            replace(person, authentication="", problems=(nobody,)), "LAB", Code.BAD_REQUEST
        ),
        "lab-faults": _example(faults, "LAB"),
        "lab-faults-stopped": _example(
            replace(faults, ocsp="", network="broken", stopped=("register",)), "LAB"
        ),
        "lab-outbox": _example(lab.LabOutbox(lab="default", messages=_messages()), "LAB"),
        "lab-outbox-empty": _example(lab.LabOutbox(lab="default", messages=()), "LAB"),
        "lab-audit": _example(lab.LabAudit(lab="default", events=_events(), whole=True, older=7), "LAB"),
        "lab-audit-broken": _example(lab.LabAudit(lab="default", events=(), whole=False), "LAB"),
        "lab-settings": _example(lab.LabSettings(lab="default", settings=settings, changed=changed), "LAB"),
    }


def _persons() -> tuple[lab.PersonLine, ...]:
    mari = lab.PersonLine(
        handle="mari",
        name="MARI-LIIS MÄNNIK",
        personal_code="EE 47101010033",
        card="esteid-2018",
        document_number="TE0000042",
        reader=1,
        certificates="valid",
        pin1=3,
        pin2=3,
        phone="Mari’s phone",
        phone_path="https://phone.localhost:8444/phones/1",
        phone_state="CODE_SHOWN",
    )
    bare = replace(mari, reader=None, phone="", phone_path="", phone_state="")
    return (
        mari,
        *(
            replace(bare, handle=handle, name=name, personal_code=f"EE {code}", pin1=left, certificates=state)
            for handle, name, code, left, state in (
                ("jaak", "JAAK-KRISTJAN JÕEORG", "38001085718", 3, "expired"),
                ("mary", "MARY ÄNN O’CONNEŽ-ŠUSLIK TESTNUMBER", "60001019906", 2, "suspended"),
                ("peeter", "PEETER TESTNUMBER", "50701019992", 0, "not-yet"),
            )
        ),
        lab.PersonLine(
            handle="thief",
            name="THIEF",
            phone=LONG,
            phone_path="https://phone.localhost:8444/phones/2",
            phone_state="CODE_SHOWN",
        ),
    )


def _messages() -> tuple[lab.MessageLine, ...]:
    text = "A new account was requested on the device “Thief <One>”.\n\nIf you did not start this…\n"
    asked = lab.MessageLine(
        at=NOW - timedelta(hours=1), to="mari@example.test", kind="account requested", text=text
    )
    return (
        replace(asked, at=NOW, kind="account created"),
        asked,
        replace(asked, to="+372 5550 0142", kind="step-up <code>", text=APPLICATION),
    )


def _events() -> tuple[lab.EventLine, ...]:
    told: tuple[tuple[str, dict[str, str]], ...] = (
        ("account.activated", {"document_number": "PNOEE-47101010033-K2GN-Q"}),
        ("security.relay_suspected", {"browser": "198.51.100.7", "app": "203.0.113.9"}),
        ("code.rejected", {"why": "RC_WRONG", "name": "<b>"}),
        ("portal.login.ok", {"method": "web-eid", "session": "new"}),
        ("registration.started", {}),
    )
    return tuple(
        lab.EventLine(
            seq=12 - i,
            at=NOW - timedelta(minutes=3 * i),
            name=name,
            who="mari" if i else LONG,
            about="6f1d2c0e-7a54-4d0b-9c1e-0b7f1a2c3d4e" if i < 4 else "",
            data=data,
        )
        for i, (name, data) in enumerate(told)
    )


def _example(view: desk.DeskView | lab.LabView, state: str, error: str = "") -> Example:
    return Example(view, state, error, None)


def write(directory: Path) -> int:
    """Write every page in every language, with stylesheets and scripts; how many pages that were."""
    shutil.copytree(STATIC, directory / "static", dirs_exist_ok=True)
    drawn = examples()
    for name, example in drawn.items():
        for language in LANGUAGES:
            file = f"{name}.html" if language == "en" else f"{name}.{language}.html"
            page = render(example.view, replace(frame_of(example, language), static="static"))
            (directory / file).write_text(page, encoding="utf-8")
    return len(drawn) * len(LANGUAGES)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m softeid.harness.web.pages.lab_gallery DIRECTORY")
    sys.stdout.write(f"{write(Path(sys.argv[1]))} pages\n")
