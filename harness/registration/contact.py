"""Where a person can be reached: the portal's questions (registration specification, group F)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .refusal import Refused
from .vocabulary import Code

_LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)  # ITU-T E.164, 6: 15 digits at most
_PHONE_GROUPING = re.compile(r"[ ()-]")


@dataclass(frozen=True)
class Contact:
    """An e-mail address and, if it was given, a telephone number in international form."""

    email: str
    phone: str = ""

    @property
    def masked_email(self) -> str:
        """The address as a review page shows it: `j***@example.test`."""
        name, _, domain = self.email.rpartition("@")
        return f"{name[:1]}***@{domain}"


def read_contact(email: str, phone: str = "") -> Contact:
    """Check what was answered.

    Raises:
        Refused: EMAIL_REQUIRED, EMAIL_INVALID or PHONE_INVALID.
    """
    if not email:
        raise Refused(Code.EMAIL_REQUIRED, field="email")
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise Refused(Code.EMAIL_INVALID, field="email")
    number = _PHONE_GROUPING.sub("", phone)
    if phone and not _PHONE.fullmatch(number):
        raise Refused(Code.PHONE_INVALID, field="phone")
    return Contact(email, number)
