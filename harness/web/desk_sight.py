"""What the card desk's pages are made from: its cards, as one sees them."""

from __future__ import annotations

from cryptography.x509.oid import NameOID

from ..person import persons
from ..service.card_desk import CardDesk, DeskCard
from ..service.card_prompt import Prompt
from .pages import desk as views
from .pages.render import Problem

_PINS: tuple[views.PinName, ...] = ("PIN1", "PIN2", "PUK")
USES: tuple[views.CertificateUse, ...] = ("authentication", "signature")


def inserted(desk: CardDesk) -> views.InsertedCard | None:
    """The card in the reader."""
    card = desk.inserted
    if card is None:
        return None
    pins = tuple(_pin(card, name) for name in _PINS if name in card.issued.profile.pins)
    shown = tuple(certificate(card, use) for use in USES) if card.issued.plan.activated else ()
    return views.InsertedCard(card=_drawn(card), pins=pins, certificates=shown, state=card.state)


def lines(desk: CardDesk) -> tuple[views.CardLine, ...]:
    """Every card."""
    return tuple(
        views.CardLine(id=one.id, card=_drawn(one), state=one.state, inserted=one is desk.inserted)
        for one in desk.cards.values()
    )


def reader(desk: CardDesk, done: str = "", pin: str = "") -> views.ReaderView:
    """The first page.

    Args:
        desk: which.
        done: key of a text that says what was just done.
        pin: that it was done with.
    """
    waiting = desk.prompts.waiting()
    return views.ReaderView(
        inserted=inserted(desk),
        mark=desk.mark,
        waiting=waiting.id if waiting else "",
        site=waiting.origin if waiting else "",
        cards=tuple(one for one in lines(desk) if not one.inserted),
        done=done,
        done_values={"pin": pin},
    )


def cards(desk: CardDesk, person: str = "", state: str = "fresh", *problems: Problem) -> views.CardsView:
    """Cards to take, and one to be made."""
    choices = tuple(
        views.PersonChoice(handle=one.handle, name=one.name, personal_code=one.code)
        for one in persons().values()
    )
    return views.CardsView(
        inserted=inserted(desk),
        cards=lines(desk),
        persons=choices,
        states=tuple(desk.states),
        person=person,
        state=state,
        problems=problems,
    )


def prompt(desk: CardDesk, asked: Prompt, *problems: Problem) -> views.DeskView:
    """A question, or how it ended."""
    there = inserted(desk)
    if asked.outcome:
        return views.PromptOver(inserted=there, outcome=asked.outcome)
    others = tuple(one for one in lines(desk) if not one.inserted)
    if asked.kind == "certificate":
        return views.CertificatePrompt(
            inserted=there, id=asked.id, site=asked.origin, cards=others, problems=problems
        )
    digest, name = desk.prompts.digest(asked, desk.client) if there else ("", "SHA-384")
    kind = views.LoginPrompt if asked.kind == "authenticate" else views.SignPrompt
    return kind(
        inserted=there,
        id=asked.id,
        site=asked.origin,
        cards=others,
        digest=digest,
        hash_function=name,
        problems=problems,
    )


def _drawn(card: DeskCard) -> views.DrawnCard:
    issued = card.issued
    return views.DrawnCard(
        holder=issued.person.name,
        personal_code=issued.person.code,
        document_number=issued.document_number,
        expires=issued.plan.expires,
        profile=issued.profile.name,
    )


def _pin(card: DeskCard, name: views.PinName) -> views.PinLine:
    facts = card.issued.profile.pins[name]
    return views.PinLine(
        name=name,
        value=card.digits(name),
        left=card.tries(name),
        total=facts.tries,
        least=facts.minimum,
        most=facts.maximum,
    )


def certificate(card: DeskCard, use: views.CertificateUse) -> views.CertificateLine:
    """One of a card's certificates, with what its issuer says of it."""
    one = card.issued.certificates[use]
    status = card.issued.status(use)
    names = one.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return views.CertificateLine(
        use=use,
        since=one.not_valid_before_utc,
        until=one.not_valid_after_utc,
        status="good" if status is None or status.good else "suspended" if status.suspended else "revoked",
        issuer=str(names[0].value) if names else "",
    )
