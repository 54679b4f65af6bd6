"""A card for programs: all that people see, under names that stay, without any secret."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from softeid.emulator.facts import MARKS, Evidence, KeyFacts, Profile

from ..pki.status import Status
from .card_certificate import CertificateView, IssuerSays, NoCertificate
from .card_finding import Finding, findings
from .card_view import CardView, FileView, PinView, SwitchView
from .validity import Validity

VERSION = 1
"""Grows when a field goes or changes its meaning."""


def as_json(card: CardView, file: str) -> str:
    """The document, in ASCII: what strangers wrote cannot play with a terminal."""
    return json.dumps(as_data(card, file), indent=1)


def as_data(card: CardView, file: str) -> dict[str, Any]:
    """The same as Python's values. Instants are ISO 8601 with a zone, octets hex; null is what is not there.

    Args:
        card: what there is to see.
        file: where it is kept.
    """
    return {
        "version": VERSION,
        "file": file,
        "at": _instant(card.at),
        "state": card.state,
        "holder": {
            "name": card.holder.name,
            "personal_code": card.holder.code,
            "sex": card.holder.sex,
            "citizenship": card.holder.citizenship,
            "source": card.holder.source,
        },
        "document": {
            "number": card.document_number,
            "validity": _validity(card.document, card.at) if card.document else None,
        },
        "findings": [_finding(one) for one in findings(card)],
        "certificates": {use: _certificate(one, card.at) for use, one in card.certificates.items()},
        "pins": {name: _pin(one) for name, one in card.pins.items()},
        "keys": {name: _key(one, card.profile) for name, one in card.profile.keys.items()},
        "files": _file(card.root),
        "profile": _profile(card),
        "switches": {one.facts.name: _switch(one) for one in card.switches},
        "unknown": list(card.profile.unknown),
        "history": [{"at": _instant(one.at), "what": one.what} for one in card.history],
        "marks": dict(MARKS),
    }


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def _octets(octets: bytes) -> str:
    return octets.hex().upper()


def _evidence(evidence: Evidence) -> dict[str, str]:
    return {"mark": evidence.mark, "source": evidence.source}


def _finding(one: Finding) -> dict[str, Any]:
    return {"code": one.code, "about": one.about, "text": one.text, "wrong": one.wrong}


def _validity(validity: Validity, at: datetime) -> dict[str, str]:
    return {
        "begins": _instant(validity.begins),
        "ends": _instant(validity.ends),
        "phase": str(validity.phase(at)),
        "words": validity.words(at),
    }


def _certificate(one: CertificateView | NoCertificate, at: datetime) -> dict[str, Any]:
    """What is in it; where there is none, `missing` says why."""
    if isinstance(one, NoCertificate):
        return {"missing": one.why}
    return {
        "missing": None,
        "subject": one.subject,
        "subject_serial_number": one.serial_number,
        "issuer": one.issuer,
        "serial": one.serial,
        "validity": _validity(one.validity, at),
        "status": _status(one.status),
        "key": one.key,
        "of_the_card": one.of_the_card,
        "of_the_holder": one.of_the_holder,
        "key_usage": list(one.usages),
        "extended_key_usage": list(one.purposes),
    }


def _status(status: IssuerSays) -> dict[str, str | None] | None:
    """What the issuer says; null where nobody here can tell."""
    if status is None:
        return None
    if not isinstance(status, Status):
        return {"status": status, "since": None, "reason": None}
    return {
        "status": str(status),
        "since": _instant(status.since) if status.since else None,
        "reason": status.reason.value if status.reason else None,
    }


def _pin(pin: PinView) -> dict[str, Any]:
    """A PIN; `value` only if it was asked for."""
    facts = pin.facts
    told: dict[str, Any] = {
        "tries": pin.tries,
        "tries_limit": facts.tries,
        "state": str(pin.state),
        "digits": [facts.minimum, facts.maximum],
        "reference": f"{facts.reference:02X}",
        "local_to": None if facts.df is None else f"{facts.df:04X}",
        "reset": str(facts.reset),
        "evidence": _evidence(facts.evidence),
    }
    return told if pin.value is None else {**told, "value": pin.value}


def _key(key: KeyFacts, profile: Profile) -> dict[str, Any]:
    return {
        "reference": f"{key.reference:02X}",
        "in": f"{key.df:04X}",
        "curve": key.curve,
        "operations": {
            operation: {
                "access": str(access),
                "algorithms": [
                    {"references": [_octets(one) for one in algorithm.references]}
                    | {"evidence": _evidence(algorithm.evidence)}
                    for algorithm in profile.algorithms
                    if algorithm.operation == operation
                ],
            }
            for operation, access in key.access.items()
        },
        "evidence": _evidence(key.evidence),
    }


def _file(one: FileView) -> dict[str, Any]:
    """A DF has `files`, an EF has what it holds."""
    facts = one.facts
    fid = {"fid": f"{facts.fid:04X}"}
    evidence = {"evidence": _evidence(facts.evidence)}
    if one.size is None:
        aid = {"aid": _octets(facts.aid) or None, "aid_text": one.aid_text or None}
        return {**fid, **aid, **evidence, "files": [_file(child) for child in one.children]}
    return {
        **fid,
        "content": facts.content,
        "sfi": None if facts.sfid is None else f"{facts.sfid:02X}",
        "size": one.size,
        "read": str(facts.read),
        **evidence,
    }


def _profile(card: CardView) -> dict[str, Any]:
    profile = card.profile
    return {
        "name": profile.name,
        "title": profile.title,
        "own_file": card.own_profile,
        "seeded": card.seeded,
        "atr": {"octets": _octets(profile.atr.octets), "evidence": _evidence(profile.atr_evidence)},
        "read_binary": {"limit": profile.read_limit, "evidence": _evidence(profile.read_limit_evidence)},
        "layers": list(profile.layers),
    }


def _switch(one: SwitchView) -> dict[str, Any]:
    return {
        "answer": one.facts.value,
        "default": one.default,
        "choices": list(one.facts.choices),
        "question": one.facts.question,
        "evidence": _evidence(one.facts.evidence),
    }
