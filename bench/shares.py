"""How much of a registration's CPU time is cryptography that nobody can do without.

Two measurements alternate on one lab in this process. One takes the CPU time of whole registrations. The
other runs under a profiler, which makes functions written in Python look slower than they are, but not a call
of one written in C: the share is the sum of those calls, over the CPU time of the first measurement.

Counted, and nothing else: both parties' RSA powers and the inversion that splits a key (`pow`), scrypt, every
ECDSA signature and its verification (card, OCSP, certificates), RSA verification, hashes and HMAC.
"""

from __future__ import annotations

import cProfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import CodeType

from bench.accounts import database
from bench.doors import Sessions
from tests.kill.people import Citizen, citizens, keys, serials
from tests.kill.service import Plan, lab
from tests.kill.walk import Walk

from softeid.harness.registration.phones import Phones
from softeid.harness.registration.settings import Settings
from softeid.harness.registration.vocabulary import PortalState
from softeid.harness.store import SqlStore
from softeid.harness.web.api import Behind

KEYS = 6
_CRYPTOGRAPHY = {
    "pow": "RSA: shares, and the key's split",
    "scrypt": "scrypt",
    "ECPrivateKey": "ECDSA: sign",
    "create_x509_certificate": "ECDSA: sign",
    "ECPublicKey": "ECDSA: verify",
    "verify_directly_issued_by": "ECDSA: verify",
    "RSAPublicKey": "RSA: verify",
    "hashlib": "hashes",
    "HASH": "hashes",
    "hmac": "hashes",
}
"""Which functions written in C are counted, by a word in their names."""
_NOT_THE_WORK = ("private_bytes", "public_bytes", "public_numbers", "public_key", "size", "curve")


@dataclass(frozen=True)
class Share:
    """Milliseconds of CPU time for one registration.

    Attributes:
        whole: all of it.
        cryptography: by what is done.
        rest: everything else that the profiler saw, by whose code it is; inflated, for comparison only.
    """

    whole: float
    cryptography: Mapping[str, float]
    rest: Mapping[str, float]

    @property
    def share(self) -> float:
        """Of cryptography in all."""
        return sum(self.cryptography.values()) / self.whole


def register(citizen: Citizen, doors: Sessions) -> None:
    """A whole registration."""
    walk = Walk(citizen, Random(0), "192.0.2.1")
    while walk.told.page is not PortalState.DONE:
        assert walk.step(doors)


@contextmanager
def furnished(dialect: str, bits: int, people: list[Citizen]) -> Iterator[Sessions]:
    """A lab in this process."""
    with TemporaryDirectory(prefix="softeid-bench-") as folder, database(dialect) as url:
        settings = Settings(key_bits=bits)  # type: ignore[arg-type]  # of the three
        plan = Plan(url, f"sqlite:///{folder}/phones.db", serials(people), keys(KEYS, bits), settings)
        store, core, portal = lab(plan)
        kept = SqlStore(plan.phones)
        kept.migrate()
        yield Sessions(Behind((kept, store), core.wake), portal, Phones(core, kept))
        kept.close()
        store.close()


def share(dialect: str, bits: int, rounds: int, each: int) -> Share:
    """Measure one lab.

    Args:
        dialect: sqlite or postgresql.
        bits: of the account keys.
        rounds: so often each measurement, in alternation.
        each: registrations in each.
    """
    people = citizens(2 * rounds * each + 1)
    whole, profiled = 0.0, cProfile.Profile(time.process_time)
    with furnished(dialect, bits, people) as doors:
        register(people.pop(), doors)
        for _ in range(rounds):
            begin = time.process_time()
            for _ in range(each):
                register(people.pop(), doors)
            whole += time.process_time() - begin
            for _ in range(each):
                who = people.pop()
                profiled.enable()
                register(who, doors)
                profiled.disable()
    number = rounds * each
    found, rest = _sorted(profiled)
    return Share(
        whole / number * 1000,
        {name: seconds / number * 1000 for name, seconds in found.items()},
        {name: seconds / number * 1000 for name, seconds in rest.items()},
    )


def _sorted(profile: cProfile.Profile) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Seconds of cryptography by what is done, and of the rest by whose code it is."""
    found: dict[str, float] = defaultdict(float)
    rest: dict[str, float] = defaultdict(float)
    for entry in profile.getstats():
        kind = None if isinstance(entry.code, CodeType) else _kind(str(entry.code))
        if kind:
            found[kind] += entry.totaltime
        else:
            rest[_owner(entry.code)] += entry.inlinetime
    return found, rest


def _kind(name: str) -> str | None:
    if any(word in name for word in _NOT_THE_WORK):
        return None
    return next((kind for word, kind in _CRYPTOGRAPHY.items() if word in name), None)


def _owner(code: CodeType | str) -> str:
    """Whose code a function is."""
    if not isinstance(code, CodeType):
        return "SQLite" if "sqlite3" in code else "functions written in C"
    parts = Path(code.co_filename).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    if "harness" in parts:
        return f"softeid: {parts[parts.index('harness') + 1]}"
    if "emulator" in parts:
        return "softeid: card"
    return "the benches" if {"tests", "bench"} & set(parts) else "Python's library, generated code"
