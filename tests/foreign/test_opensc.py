"""OpenSC as packaged, unmodified, looks at a card of `softeid exec`, as people call it."""

from __future__ import annotations

import re

import pytest
from tests.foreign.user import User

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc]

ATR = "3b:db:96:00:80:b1:fe:45:1f:83:00:12:23:3f:53:65:49:44:0f:90:00:f1"  # EstEID 2018, RIA ID1 guide


def seen(user: User, *command: str, options: tuple[str, ...] = ()) -> str:
    """What a program prints that `softeid exec` runs, its complaints first; it must end well."""
    ended = user.call("exec", *options, "--", *command)
    assert ended.code == 0, ended
    introduction, _, complaints = ended.err.partition("\n")
    assert introduction.startswith("softeid: esteid-2018 of "), ended.err
    return complaints + ended.out


def section(text: str, heading: str) -> dict[str, str]:
    """The `name : value` lines below a heading of pkcs15-tool, to the next empty line."""
    lines = text[text.index(heading) :].split("\n\n")[0].splitlines()[1:]
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def test_opensc_knows_the_atr_and_the_name(user: User) -> None:
    assert ATR in seen(user, "opensc-tool", "-a")
    assert "EstEID 2018" in seen(user, "opensc-tool", "-n").splitlines()


# What `pkcs11-tool --test` says it leaves out, and why that is not the card's doing
# (OpenSC, src/tools/pkcs11-tool.c and src/pkcs11/pkcs11-object.c).
LEFT_OUT = {
    "seeding (C_SeedRandom) not supported": "C_SeedRandom is CKR_FUNCTION_NOT_SUPPORTED for every card",
    "Signatures: not implemented": "test_signature looks for hardware mechanisms of RSA only",
    "non-RSA, skipping": "test_verify tries keys of RSA only",
    "Decrypt: not implemented": "test_decrypt looks for decryption; elliptic curves have key agreement",
    "Ciphers: not implemented": "0.26 looks for ciphers with secret keys; the card holds none",
}


@pytest.mark.parametrize(("slot", "pin"), [("0", "1234"), ("1", "12345")], ids=["PIN1", "PIN2"])
def test_pkcs11_tool_finds_no_errors_in_its_own_test(user: User, slot: str, pin: str) -> None:
    """It ends with 0 whatever it finds, so its words count."""
    told = seen(user, "pkcs11-tool", "--slot-index", slot, "--test", "--login", "--pin", pin)
    assert told.splitlines()[-1] == "No errors", told
    assert re.search(r"C_GenerateRandom\(\):\n( +seeding .*\n)? +seems to be OK\n", told), told
    assert "all 4 digest functions seem to work" in told
    complaints = re.findall(r"(?im)^.*(?:\bERR\b|error:|\d errors|fail|not |skip|warn).*$", told)
    assert [line for line in complaints if not line.strip().endswith(tuple(LEFT_OUT))] == []


def test_the_two_tokens_are_the_persons(user: User) -> None:
    told = seen(user, "pkcs11-tool", "-L", options=("--seed", "tokens"))
    labels = re.findall(r"token label +: (.*)", told)
    assert labels == ["JÕEORG,JAAK-KRISTJAN,... (PIN1)", "JÕEORG,JAAK-KRISTJAN,... (PIN2)"]
    assert re.findall(r"pin min/max +: (.*)", told) == ["4/12", "5/12"]
    serials = re.findall(r"serial num +: (.*)", told)
    assert len(set(serials)) == 1
    assert re.fullmatch(r"ZZ\d{7}", serials[0])
    assert len(re.findall(r"login required", told)) == 2


@pytest.mark.parametrize(
    ("slot", "pin", "name", "number", "use"),
    [
        ("0", "1234", "Isikutuvastus", "01", "sign"),
        ("1", "12345", "Allkirjastamine", "02", "non-repudiation"),
    ],
    ids=["authentication", "signature"],
)
def test_objects(user: User, slot: str, pin: str, name: str, number: str, use: str) -> None:
    told = seen(user, "pkcs11-tool", "-O", "--slot-index", slot, "--login", "--pin", pin)
    objects = {found.split(";")[0]: found for found in re.split(r"(?m)^(?=\S.* Object; )", told)}
    for kind in ("Certificate Object", "Public Key Object", "Private Key Object"):
        assert re.search(rf"label: +{name}$", objects[kind], re.MULTILINE), told
        assert re.search(rf"ID: +{number}$", objects[kind], re.MULTILINE), told
    assert "384" in objects["Public Key Object"]
    assert re.search(r"Usage: .*\bsign\b", objects["Private Key Object"]), told
    assert ("derive" in objects["Private Key Object"]) is (use == "sign")
    assert "JAAK-KRISTJAN,38001085718" in objects["Certificate Object"]


@pytest.mark.parametrize(
    ("name", "number", "shortest", "reference", "path"),
    [
        ("PIN1", "01", 4, "1 (0x01)", "3f00"),
        ("PIN2", "02", 5, "133 (0x85)", "3f00adf2"),
        ("PUK", "03", 8, "2 (0x02)", "3f00"),
    ],
)
def test_the_dump_has_three_pins(
    dump: str, name: str, number: str, shortest: int, reference: str, path: str
) -> None:
    pin = section(dump, f"PIN [{name}]")
    assert pin["ID"] == number
    assert pin["Length"] == f"min_len:{shortest}, max_len:12, stored_len:12"
    assert pin["Reference"] == reference
    assert pin["Path"] == path
    assert pin["Tries left"] == "3"


@pytest.mark.parametrize(
    ("name", "number", "usage"),
    [("Isikutuvastus", "01", "sign, derive"), ("Allkirjastamine", "02", "nonRepudiation")],
)
def test_the_dump_has_two_keys_and_their_certificates(dump: str, name: str, number: str, usage: str) -> None:
    key = section(dump, f"Private EC Key [{name}]")
    assert key["Usage"].endswith(f"] {usage}".replace("] ", ", "))
    assert key["FieldLength"] == "384"
    assert key["Auth ID"] == key["ID"] == number
    assert section(dump, f"X.509 Certificate [{name}]")["ID"] == number


def test_the_dump_has_nothing_else(dump: str) -> None:
    kinds = re.findall(r"^(\S.*) \[.*\]$", dump, re.MULTILINE)
    assert kinds == ["PIN"] * 3 + ["Private EC Key"] * 2 + ["X.509 Certificate"] * 2


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `pkcs15-tool --dump` prints of a fresh card."""
    return seen(User(tmp_path_factory.mktemp("home")), "pkcs15-tool", "--dump")


@pytest.mark.parametrize("octets", [1, 8, 128])
def test_random_octets_come_from_the_card(user: User, octets: int) -> None:
    """GET CHALLENGE; the same seed draws the same, so it was the card that gave them."""
    drawn = []
    for attempt in ("first", "second"):
        trace = user.home / f"{attempt}.trace"
        seen(
            user,
            *("pkcs11-tool", "--generate-random", str(octets), "-o", attempt),
            options=("--seed", "random", "--trace", str(trace)),
        )
        drawn.append((user.home / attempt).read_bytes())
        assert "GET CHALLENGE" in trace.read_text()
    assert len(drawn[0]) == octets
    assert drawn[0] == drawn[1]


def test_a_state_is_seen_from_outside(user: User) -> None:
    told = seen(user, "pkcs11-tool", "-L", options=("--state", "pin1-blocked"))
    assert [("user PIN locked" in flags) for flags in re.findall(r"token flags +: (.*)", told)] == [
        True,
        False,
    ]
