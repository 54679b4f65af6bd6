"""Cards by name of their life: one function adds a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from softeid.emulator.facts import Profile

from .. import personal_code
from ..person import Person, persons
from .certificate_state import CertificateRecipe, recipe_named, valid
from .error import StateError
from .leaf import Use
from .registry import Registry
from .shape import ESTEID2018_LEAF, LeafShape

DAY = timedelta(days=1)
# The last second of a day by Estonian winter time, when recorded certificates end.
LAST_SECOND = time(21, 59, 59, tzinfo=UTC)


@dataclass(frozen=True)
class CardPlan:
    """What a card is to be before it is made. A state takes an ordinary plan and changes it.

    Attributes:
        profile: the card generation.
        person: whose name is printed on it and stands in its records.
        today: the day on which it is made ready for the scenario.
        issued: the day on the card; its certificates begin with it.
        expires: the last day of the document; its certificates end with it.
        identity: what card it is: equal identities of one seed have one document number and one set of keys.
        recipes: the state of each certificate.
        holders: whose name each certificate bears.
        foreign_keys: the certificates are about other keys than the card's.
        renewed: the day on which the certificates and keys were replaced; None if they never were.
        tries: tries left by PIN name, where some were lost.
        activated: whether the certificates are on the card.
    """

    profile: Profile
    person: Person
    today: date
    issued: date
    expires: date
    identity: str = "fresh"
    recipes: Mapping[Use, CertificateRecipe] = field(default_factory=lambda: dict.fromkeys(Use, valid))
    holders: Mapping[Use, Person] = field(default_factory=dict)
    foreign_keys: bool = False
    renewed: date | None = None
    tries: Mapping[str, int] = field(default_factory=dict)
    activated: bool = True

    @property
    def not_before(self) -> datetime:
        """When the certificates begin."""
        return datetime.combine(self.renewed or self.issued, time(tzinfo=UTC))

    @property
    def not_after(self) -> datetime:
        """The last second of the certificates."""
        return datetime.combine(self.expires, LAST_SECOND)

    def holder(self, use: Use) -> Person:
        """Whose name a certificate bears."""
        return self.holders.get(use, self.person)

    def with_certificates(self, name: str) -> CardPlan:
        """The same with both certificates in a state."""
        return replace(self, recipes=dict.fromkeys(Use, recipe_named(name)))

    def with_tries(self, pin: str, left: int) -> CardPlan:
        """The same with so many tries left for a PIN."""
        return replace(self, tries={**self.tries, pin: left})


CardState = Callable[[CardPlan], CardPlan]
CARD_STATES = Registry[CardState]("card state", shown=20)
card_state = CARD_STATES.add


def plan_card(
    profile: Profile, person: Person, today: date, state: str = "fresh", shape: LeafShape = ESTEID2018_LEAF
) -> CardPlan:
    """A card in a state.

    Args:
        profile: the card generation.
        person: the holder.
        today: the day of the clock, UTC.
        state: one of `CARD_STATES`.
        shape: says how long a document is valid.

    Raises:
        StateError: there is no such state, or a card of this profile cannot be in it.
    """
    change = CARD_STATES.named(state)
    issued = today - DAY
    ordinary = CardPlan(profile, person, today, issued, years_later(issued, shape.years), identity=state)
    return change(ordinary)


def with_wrong_code(person: Person) -> Person:
    """The same person with a code whose check digit is one too high."""
    wrong = (personal_code.check_digit(person.code) + 1) % 10
    return replace(person, code=f"{person.code[:-1]}{wrong}")


def years_later(day: date, years: int) -> date:
    """The same day of another year; 28 February where that year has no 29th.

    Args:
        years: negative for earlier.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@card_state("fresh")
def fresh(plan: CardPlan) -> CardPlan:
    """Issued yesterday, never used: PINs known, all tries left, certificates good."""
    return plan


@card_state("pin1-last-try")
def pin1_last_try(plan: CardPlan) -> CardPlan:
    """Somebody typed a wrong PIN1 until one try was left."""
    return plan.with_tries("PIN1", 1)


@card_state("pin1-blocked")
def pin1_blocked(plan: CardPlan) -> CardPlan:
    """No try is left for PIN1."""
    return plan.with_tries("PIN1", 0)


@card_state("pin2-blocked")
def pin2_blocked(plan: CardPlan) -> CardPlan:
    """No try is left for PIN2."""
    return plan.with_tries("PIN2", 0)


@card_state("puk-blocked")
def puk_blocked(plan: CardPlan) -> CardPlan:
    """No try is left for the PUK; the PINs still work."""
    return plan.with_tries("PUK", 0)


@card_state("expired")
def expired(plan: CardPlan) -> CardPlan:
    """The document's last day was yesterday, and its certificates ended with it."""
    return _ending(plan, plan.today - DAY)


@card_state("expires-tomorrow")
def expires_tomorrow(plan: CardPlan) -> CardPlan:
    """The document's last day is tomorrow, and its certificates end with it."""
    return _ending(plan, plan.today + DAY)


@card_state("not-yet-valid")
def not_yet_valid(plan: CardPlan) -> CardPlan:
    """The day of issue is tomorrow, and the certificates begin with it."""
    length = plan.expires - plan.issued
    return replace(plan, issued=plan.today + DAY, expires=plan.today + DAY + length)


@card_state("suspended")
def suspended(plan: CardPlan) -> CardPlan:
    """Both certificates are suspended."""
    return plan.with_certificates("suspended")


@card_state("revoked")
def revoked(plan: CardPlan) -> CardPlan:
    """Both certificates are revoked."""
    return plan.with_certificates("revoked")


@card_state("untrusted-issuer")
def untrusted_issuer(plan: CardPlan) -> CardPlan:
    """Both certificates come from a stranger who uses our authority's name."""
    return plan.with_certificates("untrusted-issuer")


@card_state("wrong-usage")
def wrong_usage(plan: CardPlan) -> CardPlan:
    """Each certificate has the key usage of the other."""
    return plan.with_certificates("wrong-usage")


@card_state("digital-id")
def digital_id(plan: CardPlan) -> CardPlan:
    """A resident's Digi-ID: certificates of that document; the records are an ID card's."""
    return plan.with_certificates("digital-id")


@card_state("residence-permit")
def residence_permit(plan: CardPlan) -> CardPlan:
    """A long-term residence permit card: certificates of that document; the records are an ID card's."""
    return plan.with_certificates("residence-permit")


@card_state("e-resident")
def e_resident(plan: CardPlan) -> CardPlan:
    """An e-resident's Digi-ID: certificates of that document; the records are an ID card's."""
    return plan.with_certificates("e-resident")


@card_state("renewed")
def renewed(plan: CardPlan) -> CardPlan:
    """A year old, and given new keys and certificates yesterday: the same document, the same number."""
    a_year = years_later(plan.issued, -1)
    expires = years_later(plan.expires, -1)
    return replace(plan, identity="fresh", issued=a_year, expires=expires, renewed=plan.today - DAY)


@card_state("no-certificates")
def no_certificates(plan: CardPlan) -> CardPlan:
    """Keys and PINs are there, the files of certificates are empty until the holder activates the card."""
    return replace(plan, activated=False)


@card_state("key-mismatch")
def key_mismatch(plan: CardPlan) -> CardPlan:
    """The certificates are about other keys than the card has: no signature of it fits."""
    return replace(plan, foreign_keys=True)


@card_state("two-people")
def two_people(plan: CardPlan) -> CardPlan:
    """The signature certificate is another person's: that of the next in the table of persons."""
    table = list(persons().values())
    at = next((i for i, one in enumerate(table) if one.handle == plan.person.handle), -1)
    return replace(plan, holders={Use.SIGNATURE: table[(at + 1) % len(table)]})


@card_state("wrong-personal-code")
def wrong_personal_code(plan: CardPlan) -> CardPlan:
    """A personal code whose check digit is one too high: nobody can have it."""
    return replace(plan, person=with_wrong_code(plan.person))


@card_state("transport-pin")
def transport_pin(plan: CardPlan) -> CardPlan:
    """The PINs are those of the letter and must be changed first."""
    raise _impossible(plan, "transport-pin", "a card generation with transport PINs")


@card_state("not-activated")
def not_activated(plan: CardPlan) -> CardPlan:
    """The holder has not yet activated the card."""
    raise _impossible(plan, "not-activated", "a card generation that its holder activates")


def _ending(plan: CardPlan, last: date) -> CardPlan:
    return replace(plan, issued=last - (plan.expires - plan.issued), expires=last)


def _impossible(plan: CardPlan, state: str, expected: str) -> StateError:
    advice = "take another profile or another state"
    return StateError(f"card state {state}", expected, f"profile {plan.profile.name}", advice)
