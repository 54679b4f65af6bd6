"""Issuing a card: keys, certificates, records and PINs for one person, in any state a card can be in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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

# Gives a key of a card by its use and a name.
Draw = Callable[[Use, str], ec.EllipticCurvePrivateKey]


@dataclass(frozen=True)
class Contents:
    """What an issuer puts on a card of some state.

    Attributes:
        plan: dates and state.
        document_number: of records D003 and 5007.
        keys: the card's own.
        leaves: of the certificates, before the state touched them.
        certificates: what the state made of them.
    """

    plan: CardPlan
    document_number: str
    keys: Mapping[Use, ec.EllipticCurvePrivateKey] = field(repr=False)
    leaves: Mapping[Use, Leaf] = field(repr=False)
    certificates: Mapping[Use, x509.Certificate] = field(repr=False)

    @property
    def holder(self) -> Mapping[str, str]:
        """The personal data by record name."""
        return records_of(self.plan.person, self.document_number, self.plan.issued, self.plan.expires)

    @property
    def files(self) -> dict[str, bytes]:
        """The certificates' files by use; empty ones where the card is not activated."""
        activated = self.plan.activated
        return {
            str(use): one.public_bytes(Encoding.DER) if activated else b""
            for use, one in self.certificates.items()
        }


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
        contents: dates, state, keys and certificates with which it was issued.
        faults: bugs of ours that the reader saw as 6F00.
    """

    card: CardLike
    profile: Profile
    person: Person
    pins: Mapping[str, str] = field(repr=False)
    permanent: Permanent
    document_number: str
    contents: Contents
    faults: list[Exception]
    _authority: Authority = field(repr=False)
    _certificates: dict[str, x509.Certificate] = field(repr=False)

    @property
    def plan(self) -> CardPlan:
        """Dates and state with which it was issued."""
        return self.contents.plan

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
        return software_key(self._authority, self.contents.leaves[Use(use)], "rsa")

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
        certificate = _recipe(state)(self._authority, self.contents.leaves[Use(use)])
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
    draw = _draw(seed, "card", *identity)
    if plan.renewed:
        before = replace(plan, renewed=None)
        earlier = {use: _key(seed, identity, use, before) for use in Use}
        leaves = _leaves(before, earlier, draw, policies)
        _supersede(authority, plan, [authority.issue(leaf) for leaf in leaves.values()])
    contents = _contents(plan, document_number, keys, draw, authority, policies)
    digits = {name: facts.default for name, facts in profile.pins.items()} | dict(pins or {})
    permanent = personalise(
        profile,
        holder=contents.holder,
        keys={str(use): key for use, key in keys.items()},
        certificates={str(use): one.public_bytes(Encoding.DER) for use, one in contents.certificates.items()},
        pins=digits,
        deterministic=seed.repeats,
    )
    for name, der in contents.files.items():
        permanent.file(f"certificate/{name}").replace(der)
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
        contents=contents,
        faults=faults,
        _authority=authority,
        _certificates={str(use): one for use, one in contents.certificates.items()},
    )


def reissue(
    plan: CardPlan,
    authority: Authority,
    *,
    seed: Seed,
    document_number: str,
    keys: Mapping[Use, ec.EllipticCurvePrivateKey],
    certificates: Iterable[x509.Certificate],
    policies: Policies = "card",
) -> Contents:
    """What an issuer puts on a card that is there already: the same document and keys, in another state.

    Args:
        plan: the state.
        authority: issues the certificates.
        seed: source of further keys.
        document_number: it stays.
        keys: they stay, but for a card that is renewed.
        certificates: on the card until now; a renewed card's are revoked as superseded. The others stay as
            good or bad as they are.
        policies: whose object identifiers the certificates carry.
    """
    draw = _draw(seed, "card file", document_number)
    if plan.renewed:
        _supersede(authority, plan, certificates)
        keys = {use: draw(use, f"after {_digest(key)}") for use, key in keys.items()}
    return _contents(plan, document_number, keys, draw, authority, policies)


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


def _draw(seed: Seed, *labels: str) -> Draw:
    """Gives a card further keys than its first, each by its use and a name."""
    return lambda use, name: seed.ec_key(ESTEID2018_LEAF.curve, *labels, use, name)


def _contents(
    plan: CardPlan,
    document_number: str,
    keys: Mapping[Use, ec.EllipticCurvePrivateKey],
    draw: Draw,
    authority: Authority,
    policies: Policies,
) -> Contents:
    leaves = _leaves(plan, keys, draw, policies)
    certificates = {use: plan.recipes[use](authority, leaves[use]) for use in Use}
    return Contents(plan, document_number, keys, leaves, certificates)


def _leaves(
    plan: CardPlan, keys: Mapping[Use, ec.EllipticCurvePrivateKey], draw: Draw, policies: Policies
) -> dict[Use, Leaf]:
    leaves = {}
    for use, own in keys.items():
        key = draw(use, "foreign") if plan.foreign_keys else own
        leaves[use] = RECIPES[use](
            plan.holder(use), key.public_key(), plan.not_before, plan.not_after, policies=policies
        )
    return leaves


def _supersede(authority: Authority, plan: CardPlan, certificates: Iterable[x509.Certificate]) -> None:
    """The certificates that were on a renewed card before: revoked when the new ones came."""
    status = revoked(plan.not_before, x509.ReasonFlags.superseded)
    for certificate in certificates:
        authority.register.set(certificate.serial_number, status)


def _digest(key: ec.EllipticCurvePrivateKey) -> str:
    """What tells a key from others, without telling it."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return sha256(point).hexdigest()
