"""An ordinary user, with softeid installed from its wheel: no root, no source tree, nothing prepared."""

from __future__ import annotations

import json
import os
import re

import pytest
from tests.foreign.user import User

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc, pytest.mark.openssl]


def test_it_is_the_wheel_that_runs(ordinary_user: User) -> None:
    python = ordinary_user.softeid[0]
    told = ordinary_user.did(python, "-c", "import os, softeid; print(os.getuid(), softeid.__file__)")
    uid, path = told.split()
    assert int(uid) != 0 or os.getuid() != 0
    assert path.startswith(os.path.dirname(os.path.dirname(python)))


def test_pkcs11_tool_finds_no_errors(ordinary_user: User) -> None:
    ended = ordinary_user.call("exec", "--", "pkcs11-tool", "--test", "--login", "--pin", "1234")
    assert ended.code == 0, ended
    assert ended.out.splitlines()[-1] == "No errors"


def test_the_dump_shows_the_card(ordinary_user: User) -> None:
    ended = ordinary_user.call("exec", "--", "pkcs15-tool", "--dump")
    assert ended.code == 0, ended
    assert re.findall(r"Tries left +: (\d)", ended.out) == ["3", "3", "3"]
    assert ended.out.count("X.509 Certificate [") == 2


def test_signatures_that_openssl_trusts(ordinary_user: User) -> None:
    home = ordinary_user.home
    exported = ordinary_user.call("ca", "export", "--format", "pem")
    with ordinary_user.card() as reader:
        reader.did("sh", "-c", "echo something > message")
        for slot, number, pin in (("0", "01", "1234"), ("1", "02", "12345")):
            reader.did("pkcs15-tool", "--read-certificate", number, "-o", f"{number}.crt")
            reader.did("openssl", "x509", "-in", f"{number}.crt", "-pubkey", "-noout", "-out", "key.pem")
            reader.did(
                *("pkcs11-tool", "--slot-index", slot, "--id", number, "--login", "--pin", pin),
                *("--sign", "-m", "ECDSA-SHA256", "-i", "message", "-o", "signature", "-f", "openssl"),
            )
            told = reader.did(
                *("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message")
            )
            assert "Verified OK" in told
            (home / "ca.pem").write_text(exported.out)
            assert "OK" in reader.did("openssl", "verify", "-CAfile", "ca.pem", f"{number}.crt")


def test_pin_change_and_unblocking(ordinary_user: User) -> None:
    with ordinary_user.card() as reader:
        pin = ("pkcs15-tool", "--auth-id", "01")
        reader.did(*pin, "--change-pin", "--pin", "1234", "--new-pin", "4321")
        assert reader.run(*pin, "--verify-pin", "--pin", "1234").code != 0
        reader.did(*pin, "--unblock-pin", "--puk", "12345678", "--new-pin", "5678")
        reader.did(*pin, "--verify-pin", "--pin", "5678")


def test_the_authority_is_the_users_alone(ordinary_user: User) -> None:
    assert ordinary_user.call("ca", "export").code == 0
    told = ordinary_user.did("find", ".data", "-type", "f", "-printf", "%m %f\n")
    assert sorted(told.splitlines()) == [
        "600 issuer.key.pem",
        "600 issuer.pem",
        "600 root.pem",
        "600 status.sqlite",
    ]


def test_the_doctor_finds_everything(ordinary_user: User) -> None:
    """But for pyscard, which the plain installation has not."""
    ended = ordinary_user.call("doctor", "--json")
    lacking = {
        check["name"] for check in json.loads(ended.out) if not check["found"] and not check["optional"]
    }
    assert lacking <= {"pyscard"}
    assert ended.code == 0, "that is all that exec needs"
