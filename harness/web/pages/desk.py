"""The card desk: it stands in for reader, card and the window of the Web eID extension.

What a server of these pages offers. Pages, on the desk's own origin; every POST carries `csrf` and is
answered with a redirect to the page that then is:

    GET  /                  ReaderView: the card in the reader, its certificates and PINs
    GET  /mark              {"mark": TEXT}: another text whenever a prompt or a card came or went
    GET  /cards             CardsView: what can be taken, and a card to be made
    POST /cards             person state: makes a card
    POST /insert            card: an identifier of CardLine; a card in the reader is taken out first
    POST /remove            takes it out, also while a prompt is open
    GET  /pins/<PIN>/change, POST: old new again          PinChange
    GET  /pins/<PIN>/unblock, POST: puk new again         PinUnblock
    GET  /prompts/wait      PromptOpening: what the new window shows until it is sent on
    GET  /prompts/<id>      LoginPrompt, CertificatePrompt, SignPrompt or PromptOver
    POST /prompts/<id>      pin | go=yes | cancel=yes | remove=yes

The state of a frame is a word of the desk's own: READER_EMPTY, CARD_INSERTED, CARDS, PIN_CHANGE, PIN_UNBLOCK,
PROMPT_OPENING, CARD_ASKED, PIN1_ASKED, PIN2_ASKED, PIN1_BLOCKED, PIN2_BLOCKED, CERTIFICATE_ASKED,
PROMPT_OVER; on the first page that of the prompt that waits.

For `static/desk-extension.js`, which runs on the portal's page, JSON with CORS, without cookies:

    POST   /api/prompts        {kind: authenticate, challengeNonce} | {kind: certificate} |
                               {kind: sign, certificate, hash, hashFunction}, each with lang -> 201 {id, url}
    GET    /api/prompts/<id>   {state: waiting | done | failed, blocked?, result?, error?: {code, message}}
    DELETE /api/prompts/<id>   the window was closed, or the page gave up -> 204

- The origin that is signed is the request's Origin header, set by the browser; no body can name one. A
  request whose origin is not the portal's is answered 403, `Access-Control-Allow-Origin` names the portal's
  alone, and the preflight allows GET, POST, DELETE and Content-Type. An `<id>` cannot be guessed.
- While a prompt waits another is answered 409 {error: {code: ERR_WEBEID_ACTION_PENDING}}.
- `blocked` says of one that waits that its PIN is blocked: the window stays until the person closes it.
- `result` is what the window message carries: the token's five fields; certificate and
  supportedSignatureAlgorithms; or signature and signatureAlgorithm. `error.code` is one of ERR_WEBEID_*.
- The portal's security policy must allow script-src and connect-src of the desk's origin; neither the portal
  nor the desk may send Cross-Origin-Opener-Policy: same-origin (same-origin-allow-popups is fine), or the
  script cannot tell that the window was closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal

from .render import View

PinName = Literal["PIN1", "PIN2", "PUK"]
CertificateUse = Literal["authentication", "signature"]
Kind = Literal["authenticate", "certificate", "sign"]
Outcome = Literal["done", "cancelled", "card-removed", "blocked", "gone"]


@dataclass(frozen=True, kw_only=True)
class DrawnCard:
    """What is printed on a card.

    Attributes:
        holder: as the card has the name.
        personal_code: of the holder.
        document_number: of the card.
        expires: the document's last day.
        profile: the card generation.
    """

    holder: str
    personal_code: str
    document_number: str
    expires: date
    profile: str = ""

    @property
    def last_day(self) -> str:
        """As printed on a card: day, month, year."""
        return f"{self.expires:%d.%m.%Y}"


@dataclass(frozen=True, kw_only=True)
class PinLine:
    """One PIN of the card in the reader. Its value is shown: this is a test card.

    Attributes:
        name: PIN1, PIN2 or PUK.
        value: the digits that are right now.
        left, total: tries.
        least, most: how many digits it may have.
    """

    name: PinName
    value: str
    left: int
    total: int = 3
    least: int = 4
    most: int = 12


@dataclass(frozen=True, kw_only=True)
class CertificateLine:
    """One certificate of the card in the reader.

    Attributes:
        use: which key it is about.
        since, until: when it is valid.
        status: what the authority says of it: good, suspended or revoked, whatever the date.
        issuer: name of the authority.
    """

    use: CertificateUse
    since: datetime
    until: datetime
    status: Literal["good", "suspended", "revoked"] = "good"
    issuer: str = ""

    def state(self, now: datetime) -> str:
        """In one word: valid, expired, not-yet, suspended or revoked."""
        if self.status != "good":
            return self.status
        return "expired" if now > self.until else "not-yet" if now < self.since else "valid"


@dataclass(frozen=True, kw_only=True)
class InsertedCard:
    """The card in the reader."""

    card: DrawnCard
    pins: tuple[PinLine, ...]
    certificates: tuple[CertificateLine, ...]
    state: str = "fresh"

    def pin(self, name: PinName) -> PinLine:
        """One of its PINs.

        Raises:
            KeyError: the card has no PIN of that name.
        """
        for line in self.pins:
            if line.name == name:
                return line
        raise KeyError(name)


@dataclass(frozen=True, kw_only=True)
class DeskView(View):
    """One page of the desk.

    Attributes:
        reader: which reader, counted from 1.
        inserted: the card in it, None if it is empty.
    """

    service = "desk.service"
    layout = "desk"

    reader: int = 1
    inserted: InsertedCard | None = None


@dataclass(frozen=True, kw_only=True)
class CardLine:
    """A card that can be put into the reader.

    Attributes:
        id: names it in the form.
        card: what is printed on it.
        state: the life it was made with.
        inserted: it is in the reader.
    """

    id: str
    card: DrawnCard
    state: str
    inserted: bool = False


@dataclass(frozen=True, kw_only=True)
class ReaderView(DeskView):
    """The desk's first page.

    Attributes:
        mark: changes whenever a prompt or a card came or went.
        waiting: identifier of a prompt that waits for the person; empty if none does.
        site: who asks.
        cards: those that lie on the desk, for an empty reader.
        done: key of a text that says what was just done; empty if nothing was.
    """

    template = "desk/reader.html"

    mark: str = ""
    waiting: str = ""
    site: str = ""
    cards: tuple[CardLine, ...] = ()
    done: str = ""
    done_values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PersonChoice:
    """A person of the table, for whom a card can be made."""

    handle: str
    name: str
    personal_code: str


@dataclass(frozen=True, kw_only=True)
class CardsView(DeskView):
    """Cards to take, and a card to be made.

    Attributes:
        cards: those that there are.
        persons: of the committed table.
        states: lives that a card can be made with.
        person, state: what is chosen in the form.
    """

    template = "desk/cards.html"

    cards: tuple[CardLine, ...]
    persons: tuple[PersonChoice, ...]
    states: tuple[str, ...]
    person: str = ""
    state: str = "fresh"


@dataclass(frozen=True, kw_only=True)
class PinChange(DeskView):
    """A PIN is changed by whoever knows it."""

    template = "desk/change.html"

    pin: PinName


@dataclass(frozen=True, kw_only=True)
class PinUnblock(DeskView):
    """A blocked PIN gets a new value and its tries back, by the PUK."""

    template = "desk/unblock.html"

    pin: Literal["PIN1", "PIN2"]


@dataclass(frozen=True, kw_only=True)
class PromptOpening(DeskView):
    """The new window, before it is sent on to its prompt; without the script it says where to look."""

    template = "desk/opening.html"


@dataclass(frozen=True, kw_only=True)
class Prompt(DeskView):
    """Something that a site asks of the card.

    Attributes:
        id: of the prompt.
        site: the origin that asks, as the browser told it.
        cards: those that lie on the desk, for an empty reader.
    """

    kind: ClassVar[Kind]

    id: str
    site: str
    cards: tuple[CardLine, ...] = ()

    @property
    def host(self) -> str:
        """The site without its scheme, for the heading."""
        return self.site.removeprefix("https://")


@dataclass(frozen=True, kw_only=True)
class LoginPrompt(Prompt):
    """PIN1, to log in.

    Attributes:
        digest: what the card will sign: of origin and challenge, in hexadecimal.
        hash_function: that made it.
    """

    template = "desk/prompt.html"
    kind = "authenticate"
    pin: ClassVar[Literal["PIN1", "PIN2"]] = "PIN1"

    digest: str
    hash_function: str


@dataclass(frozen=True, kw_only=True)
class SignPrompt(Prompt):
    """PIN2, to sign.

    Attributes:
        digest: what the card will sign: of the document, in hexadecimal.
        hash_function: that made it.
    """

    template = "desk/prompt.html"
    kind = "sign"
    pin: ClassVar[Literal["PIN1", "PIN2"]] = "PIN2"

    digest: str
    hash_function: str


@dataclass(frozen=True, kw_only=True)
class CertificatePrompt(Prompt):
    """May the site see the signature certificate? No PIN is asked."""

    template = "desk/certificate.html"
    kind = "certificate"


@dataclass(frozen=True, kw_only=True)
class PromptOver(DeskView):
    """The prompt is over; the window can be closed.

    Attributes:
        outcome: done, cancelled, card-removed, blocked, gone.
    """

    template = "desk/over.html"

    outcome: Outcome
