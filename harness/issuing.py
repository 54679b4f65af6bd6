"""Issuing a card: keys, certificates, records and PINs for one person, in any state a card can be in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from softeid.emulator import personalise
from softeid.emulator.card import build_card
from softeid.emulator.facts import Profile
from softeid.emulator.layer import CardLike
from softeid.emulator.state import Permanent

from .clock import Clock
from .person import Person
from .pki.authority import Authority
from .pki.card_state import CardPlan, plan_card
from .pki.certificate_state import CertificateRecipe, recipe_named
from .pki.certificate_state.key import software_key
from .pki.leaf import RECIPES, Leaf, Policies, Use
from .pki.private_key import PrivateKey
from .pki.shape import ESTEID2018_LEAF
from .pki.status import Status, revoked
from .seed import Seed

# Two letters of a document number. Real Estonian documents have AS, NS and PS (RIA ID1 guide); nobody is
# known to use ZZ.
SERIES = "ZZ"

# A certificate's state as a scenario gives it: by name, or as a recipe such as `until(instant)`.
CertificateState = str | CertificateRecipe


@dataclass(frozen=True)
class IssuedCard:
    """A card as the issuer hands it over, with what only the issuer knows.

    Attributes:
        card: what is put into a reader: the core within its profile's layers.
        profile: the card generation.
        person: whose name and code stand in its records.
        pins: the digits of each PIN by its name.
        permanent: the card's memory.
        document_number: of records D003 and 5007.
        plan: dates and state with which it was issued.
        faults: bugs of ours that the reader saw as 6F00.
    """

    card: CardLike
    profile: Profile
    person: Person
    pins: Mapping[str, str] = field(repr=False)
    permanent: Permanent
    document_number: str
    plan: CardPlan
    faults: list[Exception]
    _authority: Authority = field(repr=False)
    _leaves: Mapping[Use, Leaf] = field(repr=False)
    _certificates: dict[str, x509.Certificate] = field(repr=False)

    @property
    def certificates(self) -> Mapping[str, x509.Certificate]:
        """What is on the card now, by use: "authentication" and "signature"."""
        return MappingProxyType(self._certificates)

    def status(self, use: str) -> Status | None:
        """What the issuer says of a certificate on the card; None if it is not the issuer's."""
        return self._authority.register.get(self._certificates[use].serial_number)

    def software_key(self, use: str) -> PrivateKey:
        """The private key of a certificate that is about a key which no card has (state `rsa`).

        Args:
            use: "authentication" or "signature".
        """
        return software_key(self._authority, self._leaves[Use(use)], "rsa")

    def reissue(self, use: str, state: CertificateState) -> x509.Certificate:
        """Replace a certificate on the card by one about the same key, in another state.

        For bounds that become known only later, such as a validity that ends ten minutes after some code was
        issued: until then the card has an ordinary certificate, from then on this one. What was on the card
        before stays as good or bad as it was; a client that kept a copy goes on with it.

        Args:
            use: "authentication" or "signature".
            state: of the new certificate.

        Raises:
            StateError: there is no such state.
        """
        certificate = _recipe(state)(self._authority, self._leaves[Use(use)])
        self.permanent.file(f"certificate/{use}").replace(certificate.public_bytes(Encoding.DER))
        self._certificates[use] = certificate
        return certificate


def issue_card(
    profile: Profile,
    person: Person,
    authority: Authority,
    *,
    seed: Seed,
    clock: Clock,
    state: str = "fresh",
    auth: CertificateState | None = None,
    sign: CertificateState | None = None,
    number: int = 0,
    pins: Mapping[str, str] | None = None,
    policies: Policies = "card",
    on_fault: Callable[[Exception], None] | None = None,
) -> IssuedCard:
    """Make a card.

    Args:
        profile: the card generation.
        person: the holder.
        authority: issues the certificates.
        seed: source of keys, document number and the card's random octets.
        clock: the day of issue follows from it.
        state: the card's life by name (`CARD_STATES`).
        auth: state of the authentication certificate, where it differs from what `state` means.
        sign: likewise of the signature certificate.
        number: tells cards of one person and one seed apart; each has its document number.
        pins: digits by PIN name; those that are missing get the profile's default.
        policies: whose object identifiers the certificates carry.
        on_fault: is told of bugs of ours, besides `faults`.

    Raises:
        StateError: no such state, or the profile cannot be in it.
        PersonalisationError: PINs, keys or records do not fit the profile.
    """
    plan = _planned(profile, person, clock, state, auth, sign)
    identity = (profile.name, person.handle, str(number), plan.identity)
    document_number = f"{SERIES}{seed.number(10**7, 'document number', *identity):07d}"
    keys = {use: _key(seed, identity, use, plan) for use in Use}
    if plan.renewed:
        _replace_predecessors(plan, authority, seed, identity, policies)
    leaves = _leaves(plan, seed, identity, keys, policies)
    certificates = {use: plan.recipes[use](authority, leaves[use]) for use in Use}
    digits = {name: facts.default for name, facts in profile.pins.items()} | dict(pins or {})
    permanent = personalise(
        profile,
        holder=holder_records(plan, document_number),
        keys={str(use): key for use, key in keys.items()},
        certificates={str(use): one.public_bytes(Encoding.DER) for use, one in certificates.items()},
        pins=digits,
        deterministic=seed.repeats,
    )
    for use in Use if not plan.activated else ():
        permanent.file(f"certificate/{use}").replace(b"")
    for pin, left in plan.tries.items():
        permanent.pins[pin].tries = left
    faults: list[Exception] = []

    def fault(bug: Exception) -> None:
        faults.append(bug)
        if on_fault:
            on_fault(bug)

    card = build_card(profile, permanent, random=seed.stream("card", *identity), on_fault=fault)
    return IssuedCard(
        card=card,
        profile=profile,
        person=plan.person,
        pins=digits,
        permanent=permanent,
        document_number=document_number,
        plan=plan,
        faults=faults,
        _authority=authority,
        _leaves=leaves,
        _certificates={str(use): certificate for use, certificate in certificates.items()},
    )


def holder_records(plan: CardPlan, document_number: str) -> Mapping[str, str]:
    """What a card's records say by its plan."""
    return records_of(plan.person, document_number, plan.issued, plan.expires)


def records_of(person: Person, document_number: str, issued: date, expires: date) -> Mapping[str, str]:
    """The personal data of an Estonian citizen's ID card by record name (RIA ID1 guide, personal data).

    What an ID card has not (permit type, notes) is missing: the card holds one octet 00 there.
    """
    return {
        "surname": person.surname,
        "given-names": person.given_names,
        "sex": person.sex,
        "citizenship": "EST",
        "birth": f"{person.birth_date:%d %m %Y} EST",
        "personal-code": person.code,
        "document-number": document_number,
        "expiry": f"{expires:%d %m %Y}",
        "issued": f"{issued:%d %m %Y}",
    }


def _planned(
    profile: Profile,
    person: Person,
    clock: Clock,
    state: str,
    auth: CertificateState | None,
    sign: CertificateState | None,
) -> CardPlan:
    plan = plan_card(profile, person, clock.now.date(), state)
    for use, given in ((Use.AUTHENTICATION, auth), (Use.SIGNATURE, sign)):
        if given is not None:
            name = given if isinstance(given, str) else "bounded"
            recipes = {**plan.recipes, use: _recipe(given)}
            plan = replace(plan, recipes=recipes, identity=f"{plan.identity} {use} {name}")
    return plan


def _recipe(state: CertificateState) -> CertificateRecipe:
    return recipe_named(state) if isinstance(state, str) else state


def _key(seed: Seed, identity: tuple[str, ...], use: Use, plan: CardPlan) -> ec.EllipticCurvePrivateKey:
    """The card's own key; a renewed card has the second of its keys."""
    generation = ("renewed",) if plan.renewed else ()
    return seed.ec_key(ESTEID2018_LEAF.curve, "card", *identity, use, *generation)


def _leaves(
    plan: CardPlan,
    seed: Seed,
    identity: tuple[str, ...],
    keys: Mapping[Use, ec.EllipticCurvePrivateKey],
    policies: Policies,
) -> dict[Use, Leaf]:
    leaves = {}
    for use, own in keys.items():
        foreign = ("card", *identity, use, "foreign")
        key = seed.ec_key(ESTEID2018_LEAF.curve, *foreign) if plan.foreign_keys else own
        leaves[use] = RECIPES[use](
            plan.holder(use), key.public_key(), plan.not_before, plan.not_after, policies=policies
        )
    return leaves


def _replace_predecessors(
    plan: CardPlan, authority: Authority, seed: Seed, identity: tuple[str, ...], policies: Policies
) -> None:
    """The certificates that were on a renewed card before: revoked when the new ones came, as superseded."""
    before = replace(plan, renewed=None)
    keys = {use: _key(seed, identity, use, before) for use in Use}
    for leaf in _leaves(before, seed, identity, keys, policies).values():
        certificate = authority.issue(leaf)
        status = revoked(plan.not_before, x509.ReasonFlags.superseded)
        authority.register.set(certificate.serial_number, status)
