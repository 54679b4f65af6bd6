"""The forms in which others trust us: what foreign programs find in them, and that no key ever is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from tests import machine

from softeid.harness.pki import trust_store
from softeid.harness.pki.authority import Authority
from softeid.harness.pki.trust_store import PASSWORD, TrustStoreError, add_to_nss, write_whole

NAMES = ["SOFTEID TEST of EE-GovCA2018", "SOFTEID TEST of ESTEID2018"]


def run(*argv: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(one) for one in argv],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def certutil() -> str:
    """NSS's program; without it the test is skipped, in CI it fails."""
    machine.require_programs(*machine.PROGRAMS["certutil"])
    return "certutil"


def test_pkcs12_has_both_certificates_and_no_key(authority: Authority) -> None:
    loaded = pkcs12.load_pkcs12(trust_store.pkcs12(authority), PASSWORD.encode())
    assert loaded.key is None
    assert loaded.cert is None
    assert [one.certificate for one in loaded.additional_certs] == [authority.root, authority.issuer]
    assert [(one.friendly_name or b"").decode() for one in loaded.additional_certs] == NAMES


def test_pkcs12_wants_its_password(authority: Authority) -> None:
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(trust_store.pkcs12(authority), b"other")


@pytest.mark.openssl
def test_openssl_reads_the_pkcs12(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "trust.p12").write_bytes(trust_store.pkcs12(authority))
    done = run("openssl", "pkcs12", "-in", tmp_path / "trust.p12", "-passin", f"pass:{PASSWORD}", "-nodes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE KEY" not in done.stdout
    assert "2.16.840.1.113894.746875.1.1" in done.stdout, "what makes Java trust them"


def test_nss_trusts_both(authority: Authority, tmp_path: Path, certutil: str) -> None:
    folder = tmp_path / "new" / "nssdb"
    for _ in range(2):  # again: nothing changes
        add_to_nss(authority, folder)
    told = run(certutil, "-L", "-d", f"sql:{folder}").stdout.splitlines()
    rows = {line.rsplit(None, 1)[0]: line.rsplit(None, 1)[1] for line in told if line.startswith("SOFTEID")}
    assert rows == dict.fromkeys(NAMES, "CT,C,C")
    assert (
        "<none>" in run(certutil, "-K", "-d", f"sql:{folder}").stdout
        or run(certutil, "-K", "-d", f"sql:{folder}").returncode
    )
    assert folder.stat().st_mode & 0o077 == 0


def test_nss_keeps_what_is_there(authority: Authority, tmp_path: Path, certutil: str) -> None:
    (tmp_path / "other.der").write_bytes(authority.look_alike.issuer.public_bytes(Encoding.DER))
    database = f"sql:{tmp_path}"
    assert run(certutil, "-N", "-d", database, "--empty-password").returncode == 0
    run(certutil, "-A", "-d", database, "-n", "mine", "-t", ",,", "-i", tmp_path / "other.der")
    add_to_nss(authority, tmp_path)
    told = run(certutil, "-L", "-d", database).stdout
    assert all(name in told for name in ["mine", *NAMES])


def test_nss_database_with_a_password_is_told(authority: Authority, tmp_path: Path, certutil: str) -> None:
    (tmp_path / "password").write_text("a secret\n")
    database = f"sql:{tmp_path}"
    assert run(certutil, "-N", "-d", database, "-f", tmp_path / "password").returncode == 0
    with pytest.raises(TrustStoreError) as caught:
        add_to_nss(authority, tmp_path)
    assert caught.value.where == str(tmp_path)
    assert "password of its own" in caught.value.advice


def test_a_place_that_is_no_folder_is_told(authority: Authority, tmp_path: Path, certutil: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrustStoreError, match="expected a folder, found File exists"):
        add_to_nss(authority, tmp_path / "file")
    (tmp_path / "cert9.db").write_bytes(b"nothing")
    with pytest.raises(TrustStoreError, match="expected an NSS database"):
        add_to_nss(authority, tmp_path)


def test_without_certutil_it_says_how_to_get_it(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrustStoreError, match="expected NSS's program certutil") as caught:
        add_to_nss(authority, tmp_path / "nssdb")
    assert "libnss3-tools" in caught.value.advice
    assert not (tmp_path / "nssdb").exists()


def test_a_certutil_that_does_not_run_is_told(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "certutil").write_text("#!/nowhere/at/all\n")
    (tmp_path / "certutil").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrustStoreError, match="expected a program that runs"):
        add_to_nss(authority, tmp_path / "nssdb")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "trust.p12"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    write_whole(Path("/dev/null"), b"new")
    assert Path("/dev/null").is_char_device()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "no" / "file", "No such file or directory")):
        with pytest.raises(TrustStoreError, match=f"expected a file that can be written, found {why}"):
            write_whole(path, b"new")
    assert list(tmp_path.iterdir()) == []
