"""The part of a drawn card that changes with time: validities as bars on one axis, and the certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..pki.status import Status
from .card_certificate import CertificateView, IssuerSays, NoCertificate
from .card_page import BAD, DIM, GOOD, LABEL, VALUE, WARN, Page
from .sheet import Glyphs, Piece
from .validity import Axis, Phase, Validity

_PHASES = {Phase.BEFORE: WARN, Phase.WITHIN: GOOD, Phase.AFTER: BAD, Phase.NEVER: BAD}
_GAP = 2  # columns between what stands side by side

Certificate = CertificateView | NoCertificate


def validity(page: Page) -> None:
    """A bar for the document and each certificate, all on one axis with the moment marked."""
    card, sheet = page.card, page.sheet
    rows = {"document": _of_document(page), **{use: _of(one, page) for use, one in card.certificates.items()}}
    room = max(len(words) for words, _ in rows.values())
    axis = Axis.over(card.validities.values(), card.at, sheet.width - VALUE - _GAP - room)
    sheet.heading("Validity", *_years(axis))
    for label, (words, style) in rows.items():
        bar = _bar(axis, card.validities.get(label), style, sheet.glyphs)
        sheet.row(Piece(LABEL, label), *bar, Piece(VALUE + axis.width + _GAP, words, style))
    now = f"now {card.at:%Y-%m-%d}"
    fits = axis.now + 2 + len(now) <= axis.width + room
    told = f"{sheet.glyphs.now} {now}" if fits else f"{now} {sheet.glyphs.now}"
    sheet.row(Piece(VALUE + axis.now - (0 if fits else len(now) + 1), told, "bold"))


def _of_document(page: Page) -> tuple[str, str]:
    days = page.card.document
    return _told(days, page) if days else ("no days in its records", WARN)


def _of(certificate: Certificate, page: Page) -> tuple[str, str]:
    """The words beside a bar, and their style: a status that is not good matters more than time."""
    if isinstance(certificate, NoCertificate):
        return "no certificate", BAD
    told, style = _told(certificate.validity, page)
    if style == GOOD and certificate.status is not None and certificate.status != Status():
        return _status_word(certificate.status), BAD
    return told, style


def _told(validity: Validity, page: Page) -> tuple[str, str]:
    return validity.words(page.card.at), _PHASES[validity.phase(page.card.at)]


def _bar(axis: Axis, validity: Validity | None, style: str, glyphs: Glyphs) -> Iterator[Piece]:
    """Thin what has passed, heavy what can still be used, broken what cannot, and the moment across."""
    first, last = axis.bar(validity) if validity else (axis.now, axis.now)
    begins = max(first, axis.now + 1)
    past = glyphs.past * (min(last + 1, axis.now) - first)
    ahead = (glyphs.usable if style == GOOD else glyphs.unusable) * (last + 1 - begins)
    yield Piece(VALUE + first, past, DIM if style == GOOD else style)
    yield Piece(VALUE + axis.now, glyphs.now, "bold", joins=True)
    yield Piece(VALUE + begins, ahead, style, joins=True)


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
    page.sheet.heading("Certificates")
    page.sheet.row(*(Piece(places[use], use, "bold") for use in seen))
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
    return word, GOOD if one.status == Status() else DIM if one.status is None else BAD


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
