"""Transcripts over the real stack: programs are answered as written, and OpenSC says what is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.emulator.conftest import PROFILES, make_specimen
from tests.foreign.client import Client
from tests.foreign.user import User

from softeid.emulator import Trace
from softeid.emulator.vector import Vector, parse_vector, play
from softeid.harness.clock import Clock
from softeid.harness.issuing import issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed
from softeid.vpcd.pcscd import PrivateStack

pytestmark = [pytest.mark.pcsc, pytest.mark.pyscard]

FOLDER = Path(__file__).parents[1] / "vectors"
EVENTS = {"reset": "reset", "power_off": "power", "power_on": None}  # the client's word; `power` does both


def vector(file: Path) -> Vector:
    return parse_vector(file.read_text("utf-8"), file.name)


# A vector for one card alone (profile, switches) is played to that card in process.
FILES = [
    file for file in sorted(FOLDER.rglob("*.vector")) if not {"profile", "switches"} & {*vector(file).header}
]


@pytest.fixture(scope="module")
def stack() -> Iterator[PrivateStack]:
    with PrivateStack() as running:
        yield running


@pytest.fixture(scope="module")
def client(stack: PrivateStack) -> Iterator[Client]:
    with closing(Client(stack.env)) as running:
        yield running


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_vector_over_the_real_stack(stack: PrivateStack, client: Client, file: Path, profile: str) -> None:
    """A fresh card each, put in and taken out; pyscard sends, pcscd and vpcd carry."""
    slot = stack.insert(make_specimen(profile).card)
    client.ask("connect", slot.reader)

    def happen(event: str) -> None:
        if word := EVENTS[event]:
            client.ask(word)

    try:
        difference = play(
            vector(file), lambda apdu: bytes.fromhex(str(client.ask("send", apdu.hex()))), happen
        )
        assert difference is None, str(difference)
    finally:
        client.ask("release")
        slot.remove()


def holds(log: Sequence[bytes], commands: Sequence[bytes]) -> bool:
    """Whether a log has these commands in this order, whatever else stands between."""
    rest = iter(log)
    return all(command in rest for command in commands)


JOBS = {
    "authenticate": ("--id", "01", "--pin", "1234", "--sign", "-m", "ECDSA"),
    "sign": ("--slot-index", "1", "--id", "02", "--pin", "12345", "--sign", "-m", "ECDSA"),
    "decrypt": ("--id", "01", "--pin", "1234", "--derive", "-m", "ECDH1-DERIVE"),
}


@pytest.mark.opensc
@pytest.mark.parametrize("job", JOBS)
def test_opensc_says_what_is_written(user: User, stack: PrivateStack, job: str) -> None:
    """To the octet, PIN and input included; which transcript depends on the version that is installed."""
    files = [FOLDER / "esteid-2018" / f"opensc-{version}-{job}.vector" for version in ("0.23", "master")]
    transcripts = [[exchange.command for exchange in vector(file).exchanges] for file in files]
    (user.home / "input").write_bytes(given(job, transcripts[0][-1]))
    log: list[bytes] = []
    seed, clock = Seed("transcript"), Clock.real()
    card = issue_card(
        load_profile("esteid-2018"), persons()["jaak"], Authority(seed, clock), seed=seed, clock=clock
    ).card
    slot = stack.insert(Trace(card, lambda apdu, _: log.append(apdu)))
    try:
        within = User(user.home, extra=stack.env)
        within.did("pkcs11-tool", "--login", *JOBS[job], "-i", "input", "-o", "output")
    finally:
        slot.remove()
    said = "\n".join(apdu.hex() for apdu in log)
    assert any(holds(log, commands) for commands in transcripts), said


def given(job: str, command: bytes) -> bytes:
    """The input that leads to the last command of a transcript."""
    if job != "decrypt":
        return hashlib.sha384(b"Hello world!").digest()
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), command[6:-1])
    return point.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
