"""Who stands in a card: only persons of our table, certified by authorities of ours.

A card file can come from anywhere. It is never to put a living person's name and code behind a key, nor a
name that people could take for a real authority's, into a reader.
"""

from __future__ import annotations

from datetime import date, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from ..issuing import SERIES, records_of
from ..person import Person, persons
from ..pki.card_state import with_wrong_code
from ..pki.error import NameRefused
from ..pki.leaf import holder_name
from ..pki.name import check_ours
from ..pki.shape import ESTEID2018_LEAF
from .error import CardFileError
from .record import CardRecord

_ADVICE = "it could be a living person's; softeid takes only persons who are published for tests"


def check_holder(place: str, record: CardRecord) -> None:
    """Refuse records that are not those of the card's person.

    Raises:
        CardFileError: it says which record.
    """
    number = record.document_number
    if (
        not (number.startswith(SERIES) and number[len(SERIES) :].isdecimal() and number.isascii())
        or len(number) != 9
    ):
        expected = f"{SERIES} and seven digits"
        raise CardFileError(f"{place}: card.document_number", expected, repr(number))
    person = _as_told(record)
    expires, issued = (_day(place, record, name) for name in ("expiry", "issued"))
    wanted = records_of(person, number, issued, expires)
    if wanted.keys() != record.holder.keys():
        raise CardFileError(f"{place}: record", ", ".join(wanted), ", ".join(record.holder) or "nothing")
    for name, text in wanted.items():
        if record.holder[name] != text:
            where = f"{place}: record {name}"
            raise CardFileError(
                where, f"that of {record.person.handle} in the table of persons", "another", _ADVICE
            )


def check_certificates(place: str, record: CardRecord) -> None:
    """Refuse certificates that are not ours, or not about a person of the table.

    Raises:
        CardFileError: it says which certificate.
    """
    for use in record.certificates:
        where = f"{place}: certificate {use}"
        try:
            certificate = record.certificate(use)
            if certificate is None:
                continue
            check_ours(certificate.issuer)
            person = _subject(certificate, record)
            told = _mail(certificate)
            certificate.public_key()
            certificate.not_valid_before_utc, certificate.not_valid_after_utc  # noqa: B018  # they can be read
        except NameRefused as error:
            advice = "softeid takes only certificates of its own authorities"
            raise CardFileError(f"{where}: {error.where}", error.expected, error.found, advice) from None
        except Exception as error:
            if isinstance(error, CardFileError):
                raise
            raise CardFileError(where, "a certificate in DER", "octets that are none") from None
        if person is None:
            raise CardFileError(
                f"{where}: subject", "a person of the table of persons", "somebody else", _ADVICE
            )
        if told not in ("", f"{person.code}@{ESTEID2018_LEAF.mail_domain}"):
            raise CardFileError(f"{where}: subject alternative name", "the subject's", "another", _ADVICE)


def _as_told(record: CardRecord) -> Person:
    """The person as the card's records have them."""
    return with_wrong_code(record.person) if record.state == "wrong-personal-code" else record.person


def _day(place: str, record: CardRecord, name: str) -> date:
    text = record.holder.get(name, "")
    try:
        return datetime.strptime(text, "%d %m %Y").date()  # a day, nowhere
    except ValueError:
        raise CardFileError(f"{place}: record {name}", "a day as 31 12 2030", repr(text)) from None


def _subject(certificate: x509.Certificate, record: CardRecord) -> Person | None:
    """Whose name a certificate bears, exactly as softeid would write it; None if nobody's of ours."""
    numbers = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)]
    for person in (*persons().values(), _as_told(record)):
        if [person.serial_number] == numbers and holder_name(person) == certificate.subject:
            return person
    return None


def _mail(certificate: x509.Certificate) -> str:
    """What the subject alternative name holds, all in one; empty if there is none."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return " ".join(str(name.value) for name in names)
