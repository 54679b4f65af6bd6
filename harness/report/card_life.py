"""The part of a drawn card that changes with time: validities as bars on one axis, and the certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from ..pki.status import GOOD as GOOD_STATUS
from ..pki.status import Status
from .card_certificate import CertificateView, IssuerSays, NoCertificate
from .card_finding import SOON
from .card_page import BAD, DIM, GOOD, LABEL, VALUE, WARN, Page
from .sheet import Glyphs, Piece
from .validity import Axis, Phase, Validity

_PHASES = {Phase.BEFORE: WARN, Phase.WITHIN: GOOD, Phase.AFTER: BAD, Phase.NEVER: BAD}
_GAP = 2  # columns between what stands side by side

Certificate = CertificateView | NoCertificate


class _Telling(NamedTuple):
    """What stands beside a bar."""

    words: str
    style: str
    usable: bool  # what is ahead of the bar can be used


def validity(page: Page) -> None:
    """A bar for the document and each certificate, all on one axis with the moment marked."""
    card, sheet = page.card, page.sheet
    told = {"document": _of_document(card.document, card.at)}
    told |= {use: _of_certificate(one, card.at) for use, one in card.certificates.items()}
    room = max(len(one.words) for one in told.values())
    axis = Axis.over(card.validities.values(), card.at, sheet.width - VALUE - _GAP - room)
    sheet.heading("Validity", *_years(axis))
    for label, one in told.items():
        bar = _bar(axis, card.validities.get(label), one, sheet.glyphs)
        words = Piece(VALUE + axis.width + _GAP, one.words, one.style)
        sheet.row(Piece(LABEL, label), *bar, words)
    now = f"now {card.at:%Y-%m-%d}"
    fits = axis.now + 2 + len(now) <= axis.width + room
    mark = f"{sheet.glyphs.now} {now}" if fits else f"{now} {sheet.glyphs.now}"
    sheet.row(Piece(VALUE + axis.now - (0 if fits else len(now) + 1), mark, "bold"))


def _of_document(days: Validity | None, at: datetime) -> _Telling:
    return _of_time(days, at) if days else _Telling("no days in its records", WARN, usable=False)


def _of_certificate(one: Certificate, at: datetime) -> _Telling:
    """A status that is not good matters more than the time that is left."""
    if isinstance(one, NoCertificate):
        return _Telling("no certificate", BAD, usable=False)
    told = _of_time(one.validity, at)
    if told.usable and one.status is not None and one.status != GOOD_STATUS:
        return _Telling(_status_word(one.status), BAD, usable=False)
    return told


def _of_time(validity: Validity, at: datetime) -> _Telling:
    phase = validity.phase(at)
    style = WARN if phase is Phase.WITHIN and validity.ends - at < SOON else _PHASES[phase]
    return _Telling(validity.words(at), style, usable=phase is Phase.WITHIN)


def _bar(axis: Axis, validity: Validity | None, told: _Telling, glyphs: Glyphs) -> Iterator[Piece]:
    """Thin what has passed, heavy what can still be used, broken what cannot, and the moment across."""
    first, last = axis.bar(validity) if validity else (axis.now, axis.now)
    begins = max(first, axis.now + 1)
    past = glyphs.past * (min(last + 1, axis.now) - first)
    ahead = (glyphs.usable if told.usable else glyphs.unusable) * (last + 1 - begins)
    yield Piece(VALUE + first, past, DIM if told.usable else told.style)
    yield Piece(VALUE + axis.now, glyphs.now, "bold", joins=True)
    yield Piece(VALUE + begins, ahead, told.style, joins=True)


def _years(axis: Axis) -> Iterator[Piece]:
    """The axis's first and last day, and between them each year that has room."""
    first, last = (f"{one:%Y-%m-%d}" for one in (axis.begins, axis.ends))
    yield Piece(VALUE, first)
    free, end = len(first) + _GAP, axis.width - len(last)
    for year, cell in axis.years():
        if free <= cell <= end - len(str(year)) - _GAP:
            yield Piece(VALUE + cell, str(year))
            free = cell + len(str(year)) + _GAP
    yield Piece(VALUE + end, last)


# --- certificates -----------------------------------------------------------------------------------------


def certificates(page: Page) -> None:
    """What is in them: side by side where there is room."""
    seen = page.card.certificates
    if not page.wide:
        page.sheet.heading("Certificates")
        for use, one in seen.items():
            page.sheet.row(Piece(LABEL, use, "bold"))
            for label, field in _FIELDS.items():
                text, style = field(one)
                if text:
                    page.sheet.hanging(VALUE, text, Piece(LABEL + 2, label, DIM), style=style)
        return
    column = (page.sheet.width - VALUE) // max(len(seen), 1)
    places = {use: VALUE + number * column for number, use in enumerate(seen)}
    page.sheet.heading("Certificates", *(Piece(places[use], use, "bold") for use in seen))
    for label, field in _FIELDS.items():
        _beside(page, label, {places[use]: field(one) for use, one in seen.items()}, column - _GAP)


def _beside(page: Page, label: str, told: Mapping[int, tuple[str, str]], width: int) -> None:
    """One field of all certificates, each wrapped within its own column."""
    parts = {place: page.sheet.wrapped(text, width) for place, (text, _) in told.items()}
    for line in range(max(map(len, parts.values()), default=0)):
        pieces = [
            Piece(place, part[line], told[place][1]) for place, part in parts.items() if line < len(part)
        ]
        if any(piece.text for piece in pieces):
            page.sheet.row(Piece(LABEL, "" if line else label, DIM), *pieces)


def _status_word(status: IssuerSays) -> str:
    if not isinstance(status, Status):
        return "unknown to its issuer" if status else "not known here"
    since = f" since {status.since:%Y-%m-%d}" if status.since else ""
    return f"{status}{since}"


def _status(one: CertificateView) -> tuple[str, str]:
    word = _status_word(one.status)
    if isinstance(one.status, Status) and one.status.reason and not one.status.suspended:
        word = f"{word}, {one.status.reason.value}"
    return word, GOOD if one.status == GOOD_STATUS else DIM if one.status is None else BAD


def _subject(one: CertificateView) -> tuple[str, str]:
    told = " ".join(filter(None, [one.subject, one.serial_number and f"({one.serial_number})"]))
    return told, "" if one.of_the_holder else BAD


def _valid(one: CertificateView) -> tuple[str, str]:
    begins, ends = one.validity
    return f"{begins:%Y-%m-%d %H:%M:%S} to {ends:%Y-%m-%d %H:%M:%S} UTC", ""


def _key(one: CertificateView) -> tuple[str, str]:
    return (f"{one.key}, the card's", "") if one.of_the_card else (f"{one.key}, not the card's", BAD)


def _usage(one: CertificateView) -> tuple[str, str]:
    return "; ".join(filter(None, [", ".join(one.usages), ", ".join(one.purposes)])) or "any", ""


def _there(field: Callable[[CertificateView], tuple[str, str]]) -> Callable[[Certificate], tuple[str, str]]:
    """A field that only a certificate has which is there."""
    return lambda one: field(one) if isinstance(one, CertificateView) else ("", "")


def _missing(one: Certificate) -> tuple[str, str]:
    return (one.why, BAD) if isinstance(one, NoCertificate) else ("", "")


_FIELDS: Mapping[str, Callable[[Certificate], tuple[str, str]]] = {
    "certificate": _missing,
    "status": _there(_status),
    "subject": _there(_subject),
    "issuer": _there(lambda one: (one.issuer, "")),
    "serial": _there(lambda one: (one.serial, "")),
    "valid": _there(_valid),
    "key": _there(_key),
    "key usage": _there(_usage),
}
