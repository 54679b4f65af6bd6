"""pyscard, the PC/SC client of the field, on a private stack: it knows nothing of Estonian cards, we send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding
from tests.foreign.client import Client

from softeid.emulator import Trace
from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed
from softeid.vpcd.pcscd import PrivateStack

pytestmark = [pytest.mark.pcsc, pytest.mark.pyscard]

PROFILES = ("esteid-2018", "esteid-2018x")
ATRS = {  # [RIA ID1 guide; libelectronic-id's recordings]
    "esteid-2018": "3BDB960080B1FE451F830012233F536549440F9000F1",
    "esteid-2018x": "3BDC960080B1FE451F830012233F54654944320F9000C3",
}
MAIN, AWP, QSCD = (
    "A000000077010800070000FE00000100",
    "E828BD080FF2504F5420415750",
    "51534344204170706C69636174696F6E",
)

# RIA ID1 guide, personal data: files 5001 to 500F in this order; 00 stands for an empty one.
RECORDS = (
    *("surname", "given-names", "sex", "citizenship", "birth", "personal-code", "document-number"),
    *("expiry", "issued", "permit-type", "notes-1", "notes-2", "notes-3", "notes-4", "notes-5"),
)


@pytest.fixture
def stack() -> Iterator[PrivateStack]:
    with PrivateStack() as running:
        yield running


@pytest.fixture
def client(stack: PrivateStack) -> Iterator[Client]:
    with closing(Client(stack.env)) as running:
        yield running


def issued(profile: str, person: str = "jaak", seed: str | None = None) -> IssuedCard:
    clock, source = Clock.real(), Seed(seed)
    authority = Authority(source, clock)
    return issue_card(load_profile(profile), persons()[person], authority, seed=source, clock=clock)


@pytest.mark.parametrize("profile", PROFILES)
def test_everything_that_anybody_may_read(stack: PrivateStack, client: Client, profile: str) -> None:
    card = issued(profile)
    stack.insert(card.card)
    assert client.ask("readers") == list(stack.readers)
    assert client.ask("connect", stack.readers[0]) == ATRS[profile]

    der = {use: one.public_bytes(Encoding.DER) for use, one in card.certificates.items()}
    select_main = f"00A4040010{MAIN}"
    assert client.read_file(select_main, "00A4010C02ADF1", "00A4020C023401") == der["authentication"]
    assert client.read_file(select_main, "00A4010C02ADF2", "00A4020C02341F") == der["signature"]

    records = [client.read_file(select_main, "00A4010C025000", f"00A4020C0250{n:02X}") for n in range(1, 16)]
    written = card.contents.holder
    assert records == [written[name].encode() if name in written else b"\x00" for name in RECORDS]
    assert client.read_file(select_main, "00A4020C02D003") == b"\x04\x09" + card.document_number.encode()
    assert card.faults == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("use", "select", "environment", "pin", "operation"),
    [
        (
            *("authentication", f"00A4040C0D{AWP}", "002241A406800104840181"),
            *("002000010C31323334FFFFFFFFFFFFFFFF", "0088000030{}00"),
        ),
        (
            *("signature", f"00A4040C10{QSCD}", "002241B60680015484019F"),
            *("002000850C3132333435FFFFFFFFFFFFFF", "002A9E9A30{}00"),
        ),
    ],
    ids=["authentication", "signature"],
)
def test_both_profiles_sign(
    stack: PrivateStack,
    client: Client,
    profile: str,
    use: str,
    select: str,
    environment: str,
    pin: str,
    operation: str,
) -> None:
    """As libelectronic-id asks: application, environment, PIN, operation."""
    card = issued(profile)
    stack.insert(card.card)
    client.ask("connect", stack.readers[0])
    digest = bytes(range(48))
    for command in (select, environment, pin):
        client.send(command)
    raw = client.send(operation.format(digest.hex()))
    assert len(raw) == 96
    signature = utils.encode_dss_signature(int.from_bytes(raw[:48]), int.from_bytes(raw[48:]))
    key = card.certificates[use].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA384())))


def test_the_monitor_sees_cards_come_and_go(stack: PrivateStack, client: Client) -> None:
    assert client.ask("watch") == "watching"
    for profile in PROFILES:
        slot = stack.insert(issued(profile).card)
        assert client.hear() == ["in", slot.reader, ATRS[profile]]
        slot.remove()
        assert client.hear() == ["out", slot.reader, ATRS[profile]]


def test_two_stacks_see_only_their_own_cards() -> None:
    cards = [issued(profile, person) for profile, person in zip(PROFILES, ("jaak", "mari"), strict=True)]
    with PrivateStack() as first, PrivateStack() as second:
        first.insert(cards[0].card)
        second.insert(cards[1].card, 1)
        with closing(Client(first.env)) as jaak, closing(Client(second.env)) as mari:
            assert jaak.ask("states") == {first.readers[0]: True, first.readers[1]: False}
            assert mari.ask("states") == {second.readers[0]: False, second.readers[1]: True}
            for seen, card, reader in ((jaak, cards[0], 0), (mari, cards[1], 1)):
                assert seen.ask("connect", first.readers[reader]) == ATRS[card.profile.name]
                code = seen.read_file("00A4010C025000", "00A4020C025006")
                assert code.decode() == card.person.code


def test_power_and_reset_forget_the_pin(stack: PrivateStack, client: Client) -> None:
    stack.insert(issued("esteid-2018").card)
    client.ask("connect", stack.readers[0])
    client.send("002000010C31323334FFFFFFFFFFFFFFFF")
    client.send("0020000100")
    assert client.ask("reset") == ATRS["esteid-2018"]
    assert client.ask("send", "0020000100") == "63C3"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_card_is_sent_what_the_client_sends(stack: PrivateStack, client: Client, profile: str) -> None:
    """Nothing in between adds, drops or changes an octet: lengths from 4 octets to extended ones."""
    exchanges: list[tuple[str, str]] = []
    card = issued(profile)
    stack.insert(Trace(card.card, lambda apdu, answer: exchanges.append((apdu.hex(), answer.hex()))))
    client.ask("connect", stack.readers[0])
    commands = [
        "00a4000c",  # case 1
        "0084000008",  # case 2
        "00a4010c025000",  # case 3
        "00a404000f" + "a0" * 15 + "00",  # case 4
        "00d60000ff" + "00" * 255,
        "0084000000",
        "00a40000000002500000ff",  # extended
        "00d60000000400" + "55" * 1024,
    ]
    for command in commands:
        client.ask("send", command)
    assert [sent for sent, _ in exchanges] == commands
    assert card.faults == []


def test_a_seed_gives_the_same_certificates_over_the_wire(stack: PrivateStack, client: Client) -> None:
    read = []
    for _ in range(2):
        slot = stack.insert(issued("esteid-2018x", seed="wire").card)
        client.ask("connect", slot.reader)
        read.append(client.read_file("00A4010C02ADF1", "00A4020C023401"))
        client.ask("release")
        slot.remove()
    assert read[0] == read[1]
    assert x509.load_der_x509_certificate(read[0]).subject
