"""The pool of primes: repeatable by index, private, and safe among processes."""

from __future__ import annotations

import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from softeid.harness.registration import key_pool
from softeid.harness.registration.key_pool import KeyPool, cache_folder

BITS = 1024


def test_a_seeded_run_takes_the_same_keys_in_the_same_order(tmp_path: Path) -> None:
    first, second = KeyPool(tmp_path, seeded=True), KeyPool(tmp_path, seeded=True)
    keys = [first(BITS) for _ in range(3)]
    assert [second(BITS) for _ in range(3)] == keys
    assert len({key.p * key.q for key in keys}) == 3
    assert all((key.p * key.q).bit_length() == BITS for key in keys)


def test_a_warm_pool_makes_no_primes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = KeyPool(tmp_path, seeded=True)(BITS)
    monkeypatch.setattr(rsa, "generate_private_key", lambda *_: pytest.fail("waited for primes"))
    assert KeyPool(tmp_path, seeded=True)(BITS) == key


def test_another_run_begins_elsewhere_and_never_takes_a_key_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_pool, "SIZE", 3)
    monkeypatch.setattr(secrets, "randbelow", lambda below: below - 1)
    pool = KeyPool(tmp_path, seeded=False)
    assert len({pool(BITS) for _ in range(5)}) == 5
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"1024-{index:04d}.txt" for index in range(5)]
    monkeypatch.setattr(secrets, "randbelow", lambda below: 0)
    assert KeyPool(tmp_path, seeded=False)(BITS) == KeyPool(tmp_path, seeded=True)(BITS)


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "rsa"
    KeyPool(folder, seeded=True)(BITS)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "p=1\nq=1\n", "p=XY\nq=Z\n", "p=C1\nq=9D\n"])
def test_a_broken_file_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{BITS}-0000.txt").write_text(content)
    key = KeyPool(tmp_path, seeded=True)(BITS)
    assert (key.p * key.q).bit_length() == BITS
    assert KeyPool(tmp_path, seeded=True)(BITS) == key


def test_a_pool_that_cannot_be_written_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    key = KeyPool(tmp_path / "file" / "rsa", seeded=True)(BITS)
    assert (key.p * key.q).bit_length() == BITS


def test_processes_that_make_the_same_key_at_once_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from softeid.harness.registration.key_pool import KeyPool\n"
        "pool = KeyPool(Path(sys.argv[1]), seeded=True)\n"
        f"print([pool({BITS}) for _ in range(4)])"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    answers = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(answers) == 1
    assert len(list(tmp_path.iterdir())) == 4


def test_the_pool_lies_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "softeid"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # such a value is to be ignored (XDG)
    assert cache_folder() == Path.home() / ".cache" / "softeid"
