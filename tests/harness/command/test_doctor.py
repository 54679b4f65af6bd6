"""`softeid doctor`: what is lacking, how to get it, and an exit code that a script can use."""

from __future__ import annotations

import json

import pytest
from tests.foreign.user import User

from softeid.harness import cli
from softeid.harness.command import doctor_
from softeid.vpcd.doctor import NEEDS, Check

THERE = Check("pcscd", True, "/usr/sbin/pcscd", "")
LACKING = Check(
    "vsmartcard driver", False, "/usr/lib/vpcd.so", "Install it: apt-get install vsmartcard-vpcd."
)
OPTIONAL = Check("the system's vpcd", False, "port 35963", "Only `softeid plug` needs it.", optional=True)


@pytest.mark.parametrize(
    ("checks", "code"),
    [([THERE], 0), ([THERE, OPTIONAL], 0), ([THERE, LACKING], 3), ([LACKING, OPTIONAL], 3)],
    ids=["all there", "something optional is lacking", "something is lacking", "both are lacking"],
)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    checks: list[Check],
    code: int,
    options: list[str],
) -> None:
    monkeypatch.setattr(doctor_, "checks", lambda: checks)
    assert cli.main(["doctor", *options]) == code
    told = capsys.readouterr().out
    if options:
        assert json.loads(told) == [{**check._asdict(), "packages": list(check.packages)} for check in checks]
        return
    for check in checks:
        assert check.name in told
        assert check.detail in told
        assert check.advice in told
    assert told.count("\nok ") + told.startswith("ok ") == sum(check.found for check in checks)


def test_this_machine(user: User) -> None:
    text, data = user.call("doctor"), user.call("doctor", "--json")
    assert text.code == data.code
    assert text.err == data.err == ""
    checks = json.loads(data.out)
    assert {"pcscd", "vsmartcard driver", "namespaces", "OpenSC tools", "pyscard"} <= {
        one["name"] for one in checks
    }
    for check in checks:
        assert check["name"] in text.out
        assert bool(check["advice"]) is not check["found"]
    missing = {check["name"] for check in checks if not check["found"]}
    assert text.code == (3 if missing.intersection(NEEDS["exec"]) else 0)
    assert ("softeid exec: works here" in text.out) == (text.code == 0)


@pytest.mark.pcsc
def test_without_pcscd(user: User) -> None:
    hide = 'mount -t tmpfs none /usr/sbin && exec "$@"'
    ended = user.run("unshare", "-rm", "sh", "-c", hide, "sh", *user.softeid, "doctor")
    assert ended.code == 3
    lines = ended.out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.split()[:2] == ["--", "pcscd"])
    assert "apt-get install pcscd" in lines[at + 1]
