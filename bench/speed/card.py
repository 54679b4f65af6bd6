"""The card that is measured, as `direct` builds it, and what is sent to it."""

from __future__ import annotations

from softeid.harness.clock import Clock
from softeid.harness.issuing import IssuedCard, issue_card
from softeid.harness.person import persons
from softeid.harness.pki.authority import Authority
from softeid.harness.profile_file import load_profile
from softeid.harness.seed import Seed

PROFILE = "esteid-2018"

SELECT_AUTHENTICATION = bytes.fromhex("00A4040C0DE828BD080FF2504F5420415750")
SELECT_CERTIFICATE = bytes.fromhex("00A4000C023401")
READ_BINARY = bytes.fromhex("00B00000E7")  # as many octets as this card gives at once
VERIFY = bytes.fromhex("002000010C31323334FFFFFFFFFFFFFFFF")
SET_ENVIRONMENT = bytes.fromhex("002241A406800104840181")
SIGN = bytes.fromhex("0088000030") + bytes(range(48)) + b"\x00"

# The script of SP3: SELECT, SELECT, 5 READ BINARY that ask for 240 octets, VERIFY, GET CHALLENGE.
SCRIPT = (
    SELECT_AUTHENTICATION,
    SELECT_CERTIFICATE,
    *(bytes.fromhex(f"00B0{offset:04X}F0") for offset in range(0, 1000, 200)),
    VERIFY,
    bytes.fromhex("0084000008"),
)


def issued(seed: str | None = None) -> IssuedCard:
    """A card; without a seed its random octets and signatures are the system's, as with `exec`."""
    source, clock = Seed(seed), Clock.real()
    authority = Authority(source, clock)
    return issue_card(load_profile(PROFILE), persons()["jaak"], authority, seed=source, clock=clock)
