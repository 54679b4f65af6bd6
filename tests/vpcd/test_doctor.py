"""What the doctor finds on machines that lack this or that."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import Any

import pytest

from softeid.vpcd.doctor import PYSCARD_PACKAGES, checks
from softeid.vpcd.errors import NamespacesForbidden, StackError
from softeid.vpcd.machine import Machine

PACKAGES = Path(__file__).parents[2] / "packages.txt"


class Facts:
    """A machine that has everything; a test takes something away."""

    def __init__(self, **lacking: Any) -> None:
        self.python = (3, 13, 1)
        self.missing_files: tuple[str, ...] = ()
        self.missing_programs: tuple[str, ...] = ()
        self.missing_modules: tuple[str, ...] = ()
        self.missing_libraries: tuple[str, ...] = ()
        self.refusal: StackError | None = None
        self.system_readers: list[str] | None = ["Virtual PCD 00 00"]
        self.open_ports: tuple[int, ...] = (35963,)
        vars(self).update(lacking)

    def first_of(self, patterns: tuple[str, ...]) -> str | None:
        found = patterns[0]
        return None if any(name in found for name in self.missing_files) else found

    def program(self, name: str) -> str | None:
        path = name if name.startswith("/") else f"/usr/bin/{name}"
        missing = (*self.missing_programs, *self.missing_files)
        return None if any(word in path for word in missing) else path

    def says(self, *command: str) -> str:
        return "pcsc-lite version 2.3.3.\nCopyright"

    def loads(self, library: str) -> bool:
        return library not in self.missing_libraries

    def imports(self, module: str) -> bool:
        return module not in self.missing_modules

    def namespaces(self) -> StackError | None:
        return self.refusal

    def pcscd_answers(self, path: str) -> list[str] | None:
        return self.system_readers

    def listens(self, port: int) -> bool:
        return port in self.open_ports


FORBIDDEN = NamespacesForbidden(
    "unshare", errno.EPERM, root=False, read={"kernel/unprivileged_userns_clone": "0"}.get
)


def test_a_machine_that_has_everything_gets_no_advice() -> None:
    found = checks(Facts())
    assert [check.name for check in found] == [
        "Python",
        "pcscd",
        "vsmartcard driver",
        "namespaces",
        "libpcsclite",
        "OpenSC module",
        "OpenSC tools",
        "pyscard",
        "the system's pcscd",
        "the system's vpcd",
    ]
    assert all(check.found and check.detail and not check.advice for check in found)
    assert found[1].detail == "/usr/sbin/pcscd (pcsc-lite version 2.3.3.)"
    assert found[8].detail == "/run/pcscd/pcscd.comm: Virtual PCD 00 00"
    assert [check.name for check in found if check.optional] == ["the system's pcscd", "the system's vpcd"]


@pytest.mark.parametrize(
    ("lacking", "name", "detail", "advice"),
    [
        ({"python": (3, 10, 2)}, "Python", "3.10.2", "Python 3.11 or newer"),
        ({"missing_files": ("pcscd",)}, "pcscd", "/usr/sbin/pcscd", "apt-get install pcscd."),
        (
            {"missing_files": ("vpcd",)},
            "vsmartcard driver",
            "libifdvpcd.so",
            "apt-get install vsmartcard-vpcd.",
        ),
        ({"refusal": FORBIDDEN}, "namespaces", "unshare", "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            {"missing_libraries": ("libpcsclite.so.1",)},
            "libpcsclite",
            "so.1",
            "apt-get install libpcsclite1.",
        ),
        (
            {"missing_files": ("opensc",)},
            "OpenSC module",
            "opensc-pkcs11.so",
            "apt-get install opensc-pkcs11.",
        ),
        ({"missing_programs": ("pkcs11-tool",)}, "OpenSC tools", "pkcs11-tool", "apt-get install opensc."),
        (
            {"missing_modules": ("smartcard",)},
            "pyscard",
            "smartcard",
            "-m pip install pyscard.",
        ),
        ({"system_readers": None}, "the system's pcscd", "turns this program away", "--disable-polkit"),
        (
            {"system_readers": None, "missing_files": ("pcscd.comm",)},
            "the system's pcscd",
            "not found: /run/pcscd/pcscd.comm",
            "softeid plug",
        ),
        ({"open_ports": ()}, "the system's vpcd", "port 35963", "softeid plug"),
    ],
)
def test_what_is_lacking_is_told_with_what_to_do(
    lacking: dict[str, Any], name: str, detail: str, advice: str
) -> None:
    (missing,) = [check for check in checks(Facts(**lacking)) if not check.found]
    assert missing.name == name
    assert detail in missing.detail
    assert advice in missing.advice


def test_a_system_pcscd_without_readers_is_found() -> None:
    found = {check.name: check for check in checks(Facts(system_readers=[]))}
    assert found["the system's pcscd"].detail == "/run/pcscd/pcscd.comm: no reader"


def test_each_package_that_the_doctor_names_is_in_the_list_for_the_tests() -> None:
    listed = {line.partition("#")[0].strip() for line in PACKAGES.read_text().splitlines()} - {""}
    nothing = Facts(
        missing_files=("",),
        missing_programs=("pkcs11-tool",),
        missing_modules=("smartcard",),
        missing_libraries=("libpcsclite.so.1",),
    )
    named = {
        package
        for check in checks(nothing)
        for packages in re.findall(r"apt-get install ([a-z0-9 -]+)", check.advice)
        for package in packages.split()
    }
    assert named > set(PYSCARD_PACKAGES)
    assert named <= listed


def test_this_machine_is_looked_at_without_a_complaint() -> None:
    found = {check.name: check for check in checks()}
    assert found["Python"].found
    assert all(check.found or check.advice for check in found.values())


def test_the_machine_finds_what_is_there_and_not_what_is_not(tmp_path: Path) -> None:
    machine = Machine()
    (tmp_path / "a.so").write_text("")
    assert machine.first_of((f"{tmp_path}/none", f"{tmp_path}/*.so")) == f"{tmp_path}/a.so"
    assert machine.first_of((f"{tmp_path}/none",)) is None
    assert machine.program("sh")
    assert machine.program("no-such-program") is None
    assert machine.says("sh", "-c", "echo out; echo err >&2") == "out\nerr\n"
    assert machine.says(f"{tmp_path}/none") == ""
    assert machine.loads("libc.so.6")
    assert not machine.loads("libnone.so.6")
    assert machine.imports("socket")
    assert not machine.imports("no_such_module")
    assert machine.pcscd_answers(f"{tmp_path}/none") is None


def test_a_listening_port_is_found_without_a_connection(vpcd: Any) -> None:
    port = vpcd.address[1]
    assert Machine().listens(port)
    vpcd.close()
    assert not Machine().listens(port)
