"""The home authority: made once, kept, and refused when somebody touched it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from softeid.harness.clock import Clock
from softeid.harness.pki import home
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.chain import Chain, make_chain
from softeid.harness.pki.error import HomeError
from softeid.harness.pki.home import authority_of, data_folder, export, home_authority
from softeid.harness.pki.leaf import Leaf, Use
from softeid.harness.pki.shape import ESTEID2018, AuthorityShape
from softeid.harness.seed import Seed

MakeLeaf = Callable[[Use], Leaf]
FILES = ("issuer.key.pem", "issuer.pem", "root.pem")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_DATA_HOME": str(tmp_path / "data")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "softeid" / "authority" / "esteid2018"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_is_made_once_and_stays(environment: dict[str, str], clock: Clock, leaf: MakeLeaf) -> None:
    first, second = home_authority(clock, environment), home_authority(clock, environment)
    assert (first.root, first.issuer) == (second.root, second.issuer)
    second.issue(leaf(Use.SIGNATURE)).verify_directly_issued_by(first.issuer)


def test_two_homes_have_two_authorities(tmp_path: Path, clock: Clock) -> None:
    one, other = (home_authority(clock, {"HOME": str(tmp_path / name)}) for name in ("one", "other"))
    assert one.issuer.public_key() != other.issuer.public_key()


def test_it_is_the_owners_alone(environment: dict[str, str], folder: Path, clock: Clock) -> None:
    before = os.umask(0)
    try:
        home_authority(clock, environment)
    finally:
        os.umask(before)
    assert [mode(place) for place in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3
    assert sorted(path.name for path in folder.iterdir()) == list(FILES)
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert list(folder.parent.iterdir()) == [folder]


def test_a_missing_data_folder_is_made_for_the_owner(tmp_path: Path, clock: Clock) -> None:
    home_authority(clock, {"HOME": str(tmp_path)})
    assert (tmp_path / ".local/share/softeid/authority/esteid2018/root.pem").is_file()
    assert mode(tmp_path / ".local/share") == 0o700


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_DATA_HOME": "/x", "HOME": "/h"}, "/x/softeid"),
        ({"HOME": "/h"}, "/h/.local/share/softeid"),
        ({"XDG_DATA_HOME": "", "HOME": "/h"}, "/h/.local/share/softeid"),
        ({"XDG_DATA_HOME": "relative", "HOME": "/h"}, "/h/.local/share/softeid"),
    ],
)
def test_where_the_data_folder_is(environment: dict[str, str], expected: str) -> None:
    assert str(data_folder(environment)) == expected


def test_without_a_home_it_says_so() -> None:
    with pytest.raises(HomeError, match="XDG_DATA_HOME and HOME: expected an absolute path"):
        data_folder({"HOME": "relative"})


def test_many_that_start_together_end_with_one(
    environment: dict[str, str], folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All find no authority, all make one; one wins and all use it."""
    racers = 6
    together = Barrier(racers)

    def made(seed: Seed, shape: AuthorityShape) -> Chain:
        together.wait(timeout=30)
        return make_chain(seed, shape)

    monkeypatch.setattr(home, "make_chain", made)
    with ThreadPoolExecutor(racers) as pool:
        found = [one.issuer for one in pool.map(lambda _: home_authority(clock, environment), range(racers))]
    assert len(set(found)) == 1
    assert list(folder.parent.iterdir()) == [folder]


def test_a_leftover_of_a_killed_process_does_not_matter(
    environment: dict[str, str], folder: Path, clock: Clock
) -> None:
    home_authority(clock, environment)
    leftover = folder.parent / ".esteid2018-abc"
    leftover.mkdir()
    (leftover / "issuer.key.pem").write_text("half")
    folder.rename(folder.with_name("away"))
    home_authority(clock, environment)
    assert sorted(content(folder)) == list(FILES)


def test_an_interrupted_making_leaves_nothing(
    environment: dict[str, str], folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HomeError, match="found No space left on device") as caught:
        home_authority(clock, environment)
    assert "--seed" in caught.value.advice
    assert list(folder.parent.iterdir()) == []


@pytest.mark.parametrize("bits", [0o770, 0o707, 0o777, 0o722])
@pytest.mark.parametrize("level", [0, 1, 2], ids=["the authority's folder", "authority", "softeid"])
def test_a_folder_that_others_can_write_is_refused(
    environment: dict[str, str], folder: Path, clock: Clock, bits: int, level: int
) -> None:
    home_authority(clock, environment)
    place = [folder, *folder.parents][level]
    place.chmod(bits)
    with pytest.raises(HomeError, match="expected a place that is yours alone, found d") as caught:
        home_authority(clock, environment)
    assert caught.value.where == str(place)
    assert f"chmod 700 {place}" in caught.value.advice


def test_nothing_is_made_in_a_folder_that_others_can_write(
    environment: dict[str, str], folder: Path, clock: Clock
) -> None:
    softeid = folder.parent.parent
    softeid.mkdir(parents=True)
    softeid.chmod(0o777)
    with pytest.raises(HomeError):
        home_authority(clock, environment)
    assert not folder.exists()


def test_a_key_that_others_can_read_is_refused(
    environment: dict[str, str], folder: Path, clock: Clock
) -> None:
    home_authority(clock, environment)
    (folder / "issuer.key.pem").chmod(0o640)
    with pytest.raises(HomeError, match="found -rw-r-----") as caught:
        home_authority(clock, environment)
    assert f"chmod 600 {folder / 'issuer.key.pem'}" in caught.value.advice


def test_a_strangers_folder_is_refused(
    environment: dict[str, str], folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_authority(clock, environment)
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    with pytest.raises(HomeError, match=f"expected the owner {uid + 1}, found {uid}"):
        home_authority(clock, environment)


def rubbish(path: Path) -> None:
    path.write_bytes(b"\x00rubbish")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def removed(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def a_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def anothers(path: Path) -> None:
    """The same file of another authority."""
    stranger = Authority(Seed("stranger"), Clock.real())
    key = Seed().ec_key(ec.SECP521R1())
    path.write_bytes(
        {
            "root.pem": stranger.root.public_bytes(Encoding.PEM),
            "issuer.pem": stranger.issuer.public_bytes(Encoding.PEM),
            "issuer.key.pem": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        }[path.name]
    )


DAMAGES = [rubbish, emptied, cut, removed, a_folder, a_pipe, a_link, anothers]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: str(damage.__name__))
@pytest.mark.parametrize("name", FILES)
def test_damage_is_told_and_nothing_is_made_anew(
    environment: dict[str, str], folder: Path, clock: Clock, name: str, damage: Callable[[Path], None]
) -> None:
    home_authority(clock, environment)
    damage(folder / name)
    before = sorted(folder.iterdir())
    with pytest.raises(HomeError) as caught:
        home_authority(clock, environment)
    assert str(folder) in str(caught.value)
    assert caught.value.advice
    assert sorted(folder.iterdir()) == before


def test_another_kind_of_key_is_told(environment: dict[str, str], folder: Path, clock: Clock) -> None:
    home_authority(clock, environment)
    key = ed25519.Ed25519PrivateKey.generate()
    (folder / "issuer.key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(HomeError, match="expected an elliptic curve or RSA key"):
        home_authority(clock, environment)


def test_a_real_authority_is_not_taken_in(
    environment: dict[str, str], folder: Path, clock: Clock, seed: Seed
) -> None:
    """Somebody puts an authority with other names there, key and all: it is no authority of ours."""
    home_authority(clock, environment)
    key = seed.ec_key(ec.SECP256R1(), "foreign")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "My Company Root")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, clock.now, clock.now)
    foreign = builder.sign(key, ESTEID2018.digest).public_bytes(Encoding.PEM)
    (folder / "root.pem").write_bytes(foreign)
    (folder / "issuer.pem").write_bytes(foreign)
    with pytest.raises(HomeError, match="expected a name that begins with SOFTEID TEST"):
        home_authority(clock, environment)


def test_the_whole_data_folder_may_be_a_file(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(HomeError) as caught:
        home_authority(clock, {"XDG_DATA_HOME": str(tmp_path / "data")})
    assert caught.value.where.startswith(str(tmp_path / "data"))


def test_export_is_root_and_issuer_and_no_key(environment: dict[str, str], clock: Clock) -> None:
    authority = home_authority(clock, environment)
    text = export(authority)
    assert x509.load_pem_x509_certificates(text.encode()) == [authority.root, authority.issuer]
    assert "PRIVATE" not in text
    assert text.startswith("-----BEGIN CERTIFICATE-----\n")
    assert text.endswith("-----END CERTIFICATE-----\n")


def test_export_of_a_seed_is_the_same_everywhere() -> None:
    clock = Clock.real()
    assert export(Authority(Seed("s"), clock)) == export(Authority(Seed("s"), clock))


# --- what is kept of certificates' statuses -------------------------------------------------------------


def test_the_home_register_lies_beside_the_key(
    environment: dict[str, str], folder: Path, clock: Clock, leaf: MakeLeaf
) -> None:
    certificate = home_authority(clock, environment).issue(leaf(Use.SIGNATURE))
    assert certificate.serial_number in home_authority(clock, environment).register
    assert sorted(path.name for path in folder.iterdir()) == [*FILES, "status.sqlite"]
    assert {mode(path) for path in folder.iterdir()} == {0o600}


def test_a_seed_keeps_nothing_until_it_is_told_to(
    environment: dict[str, str], tmp_path: Path, clock: Clock, leaf: MakeLeaf
) -> None:
    authority_of(Seed("s"), clock, environment).issue(leaf(Use.SIGNATURE))
    assert list(tmp_path.iterdir()) == []
    served = authority_of(Seed("s"), clock, environment, kept=True)
    certificate = authority_of(Seed("s"), clock, environment).issue(leaf(Use.SIGNATURE))
    assert certificate.serial_number in served.register
    assert certificate.serial_number not in authority_of(Seed("t"), clock, environment).register
    (file,) = (tmp_path / "data/softeid/status").iterdir()
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700


def test_a_seed_needs_no_home_unless_it_keeps(clock: Clock) -> None:
    authority_of(Seed("s"), clock, {})
    with pytest.raises(HomeError, match="expected an absolute path"):
        authority_of(Seed("s"), clock, {}, kept=True)


@pytest.mark.parametrize("kept", [True, False])
def test_a_register_that_others_can_write_is_refused(
    environment: dict[str, str], tmp_path: Path, clock: Clock, kept: bool
) -> None:
    authority_of(Seed("s"), clock, environment, kept=True)
    (tmp_path / "data/softeid/status").chmod(0o777)
    with pytest.raises(HomeError, match="expected a place that is yours alone"):
        authority_of(Seed("s"), clock, environment, kept=kept)


def test_a_place_that_is_no_folder_is_told(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "softeid").write_text("")
    with pytest.raises(HomeError, match="expected a folder to keep statuses in, found something that is no"):
        authority_of(Seed("s"), clock, {"XDG_DATA_HOME": str(tmp_path)}, kept=True)
