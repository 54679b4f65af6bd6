"""The pool of primes: repeatable by index, private, and safe among processes."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from softeid.harness.registration.key_pool import KeyPool, cache_folder

BITS = 1024


def test_a_seeded_run_takes_the_same_keys_in_the_same_order(tmp_path: Path) -> None:
    first, second = KeyPool(tmp_path), KeyPool(tmp_path)
    keys = [first(BITS) for _ in range(3)]
    assert [second(BITS) for _ in range(3)] == keys
    assert len({key.p * key.q for key in keys}) == 3
    assert all((key.p * key.q).bit_length() == BITS for key in keys)


def test_a_warm_pool_makes_no_primes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = KeyPool(tmp_path)(BITS)
    monkeypatch.setattr(rsa, "generate_private_key", lambda *_: pytest.fail("waited for primes"))
    assert KeyPool(tmp_path)(BITS) == key


def test_a_run_never_takes_a_key_twice(tmp_path: Path) -> None:
    pool = KeyPool(tmp_path)
    assert len({pool(bits) for bits in (BITS, 1032, BITS)}) == 3
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["1024-0000.txt", "1024-0001.txt", "1032-0000.txt"]


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "rsa"
    KeyPool(folder)(BITS)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


ODD = f"{(1 << 512) - 1:X}"  # 512 bits, and no prime
PRIME = rsa.generate_private_key(65537, BITS).private_numbers().p


@pytest.mark.parametrize(
    "content",
    [
        "",
        "p=1\nq=1\n",
        "p=XY\nq=Z\n",
        "p=C1\nq=9D\n",
        f"p={ODD}\nq={PRIME:X}\n",
        f"p={PRIME:X}\nq={PRIME:X}\n",
        f"p={PRIME:X}\nq={PRIME:X}",
    ],
    ids=["empty", "ones", "no hex", "short", "not prime", "twice the same", "cut off"],
)
def test_a_broken_file_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{BITS}-0000.txt").write_text(content)
    key = KeyPool(tmp_path)(BITS)
    numbers = rsa.RSAPublicNumbers(65537, key.p * key.q)
    private = pow(65537, -1, (key.p - 1) * (key.q - 1))
    rsa.RSAPrivateNumbers(
        key.p,
        key.q,
        private,
        rsa.rsa_crt_dmp1(private, key.p),
        rsa.rsa_crt_dmq1(private, key.q),
        rsa.rsa_crt_iqmp(key.p, key.q),
        numbers,
    ).private_key()  # raises where these are no primes
    assert numbers.n.bit_length() == BITS
    assert KeyPool(tmp_path)(BITS) == key


def test_a_pool_that_cannot_be_written_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    key = KeyPool(tmp_path / "file" / "rsa")(BITS)
    assert (key.p * key.q).bit_length() == BITS


def test_processes_that_make_the_same_key_at_once_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from softeid.harness.registration.key_pool import KeyPool\n"
        "pool = KeyPool(Path(sys.argv[1]))\n"
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
