"""Power goes at any octet: every write that a process made to its disk, played back whole, torn and lost.

    TEAR=full python -m pytest tests/tear/test_octets.py

By default for a few commands, with each kind of loss; in full for all of them, and one at every octet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from tests.machine import Program, require_programs
from tests.tear.case import PINS, Case, cases
from tests.tear.disk import Effort, Image, Operation, ends, every_octet, images, play, telling_octets
from tests.tear.recorded import PIN, SET, built, record
from tests.tear.recovery import Recovery, Whole
from tests.tear.rule import Held, Memory, Verify, course

FULL = os.environ.get("TEAR") == "full"
CASES = {str(case): case for case in cases(PIN)}
# In CI: a right value, a new value, a blocked PIN; in full every case.
CHOSEN = [name for number, name in enumerate(CASES) if FULL or number in (0, 6, 12)]
OCTET_BY_OCTET = next(name for name in CASES if "VERIFY, wrong, " in name)
DRAWS = 30 if FULL else 1
Recorded = Mapping[str, list[Operation]]
IN_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_programs(Program("gcc", "gcc"))
    return built(tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="module")
def recorded(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """What a process did to its disk, by scenario."""
    return record(tmp_path_factory.mktemp("recorded"), library)


@pytest.fixture
def recovery() -> Iterator[Recovery]:
    with TemporaryDirectory(prefix="softeid-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        yield Recovery(Path(folder))


def marks(operations: Sequence[Operation]) -> dict[str, int]:
    """Where the last mark of each word stands."""
    return {one.data.split()[0].decode(): place for place, one in enumerate(operations) if one.kind == "M"}


def timeline(case: Case) -> list[Memory]:
    """The PINs after each durable write of a session, the lead's included."""
    memory = {**{name: Held(value) for name, value in PINS.items()}, case.deed.pin: case.before}
    found: list[Memory] = [dict(memory)]
    puk = [course(memory["PUK"], Verify("PUK", PINS["PUK"]), puk_verified=False)] if case.puk_verified else []
    deed = course(case.before, case.deed, puk_verified=case.puk_verified)
    for name, one in [*(("PUK", told) for told in puk), (case.deed.pin, deed)]:
        for state in one.states[1:]:
            memory[name] = state
            found.append(dict(memory))
    return found


def search(
    operations: list[Operation], first: int, last: int, effort: Effort, recovery: Recovery
) -> Iterator[str]:
    """Let power go after each operation from one place to another: what is found that may not be there.

    Between two marks there is one transaction at most, so every disk holds what the card was at the mark
    before or at the mark after, all of it: PINs, history and the rest.
    """
    places = [0, *(place for place, one in enumerate(operations) if one.kind == "M"), len(operations)]
    dice = Random(f"{len(operations)} {first}")
    for begin, end in pairwise(places):
        if end <= first or begin >= last:
            continue
        allowed = [recovery.of(Image("", "at a mark", play(operations[:at]))) for at in (begin, end)]
        for place in range(max(begin, first) + 1, min(end, last) + 1):
            for image in images(operations[:place], dice, effort):
                found = recovery.of(image)
                if found not in allowed:
                    yield f"{place}, {image.how}: {shown(found)}"


def shown(found: Whole | str | None) -> str:
    """A card that should not be there."""
    return f"{found.pins}, {found.history}" if isinstance(found, Whole) else found or "no card file"


def test_the_log_tells_everything(library: Path, tmp_path: Path) -> None:
    """Played back as it is, the log gives the files that there are."""
    for number, operations in enumerate(record(tmp_path, library, [CHOSEN[0], SET]).values()):
        there = {str(path): path.read_bytes() for path in (tmp_path / str(number)).iterdir()}
        assert play(operations) == there


@pytest.mark.parametrize("name", CASES)
def test_each_durable_write_is_on_the_disk(name: str, recorded: Recorded, recovery: Recovery) -> None:
    """Whatever is lost that was not synced: once `commit` has returned, the state is there."""
    assert list(not_durable(CASES[name], recorded[name], recovery)) == []


def not_durable(case: Case, operations: list[Operation], recovery: Recovery) -> Iterator[str]:
    """The durable writes of a case that are not."""
    states, ended = timeline(case), 0
    for place, one in enumerate(operations):
        if one.kind == "M" and one.data == b"end":
            ended += 1
            for image in images(operations[: place + 1], Random(place), Effort(telling_octets, 3)):
                found = recovery.of(image)
                if not isinstance(found, Whole) or found.pins != states[ended]:
                    yield f"write {ended}: {image.how}: {shown(found)}"
    assert ended == len(states) - 1
    expected = course(case.before, case.deed, puk_verified=case.puk_verified).sw
    assert operations[marks(operations)["answered"]].data == f"answered {expected:04x}".encode()


@pytest.mark.parametrize("name", CHOSEN)
def test_power_goes_at_any_octet_of_a_command(name: str, recorded: Recorded, recovery: Recovery) -> None:
    operations = recorded[name]
    place = marks(operations)
    effort = Effort(every_octet if name == OCTET_BY_OCTET else telling_octets, DRAWS)
    assert list(search(operations, place["asked"], place["closed"], effort, recovery)) == []
    tell(name, recovery)


def test_power_goes_while_a_card_is_made_and_inserted(recorded: Recorded, recovery: Recovery) -> None:
    """A new card file is whole or not there, and there once `create` has returned."""
    operations = recorded[CHOSEN[0]]
    place = marks(operations)
    effort = Effort(telling_octets, DRAWS)
    assert list(search(operations, 0, place["asked"], effort, recovery)) == []
    first, *others = (
        recovery.of(image) for image in images(operations[: place["made"] + 1], Random(1), effort)
    )
    assert isinstance(first, Whole)
    assert all(one == first for one in others)
    tell("making and inserting a card", recovery)


def test_power_goes_while_a_card_is_set(recorded: Recorded, recovery: Recovery) -> None:
    """It is the old card or the new one."""
    operations = recorded[SET]
    place = marks(operations)
    effort = Effort(telling_octets if FULL else ends, DRAWS)
    assert list(search(operations, place["asked"], place["closed"], effort, recovery)) == []
    tell(SET, recovery)


@pytest.mark.parametrize(
    ("flaw", "name"),
    [
        ("synchronous OFF", CHOSEN[0]),
        ("synchronous NORMAL", CHOSEN[0]),
        ("synchronous FULL", CHOSEN[0]),
        ("journal in memory", CHOSEN[0]),
        ("no transaction", SET),
    ],
)
def test_a_careless_file_is_seen(
    flaw: str, name: str, library: Path, recovery: Recovery, tmp_path: Path
) -> None:
    """FULL alone loses a try that was spent: a journal that comes back undoes the write."""
    operations = record(tmp_path, library, [name], flaw)[name]
    place = marks(operations)
    seen = search(operations, place["asked"], place["closed"], Effort(telling_octets, 2), recovery)
    if name in CASES:
        seen = chain(not_durable(CASES[name], operations, recovery), seen)
    assert next(seen, None)


def tell(what: str, recovery: Recovery) -> None:
    """The figures, for `make soak`."""
    print(f"\n{what}: {', '.join(f'{count} {kind}' for kind, count in sorted(recovery.figures.items()))}")
