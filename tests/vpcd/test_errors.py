"""Why there can be no private stack: each reason has its own exception, and advice that can be followed."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

import pytest

from softeid.vpcd.errors import (
    DriverMissing,
    NamespacesForbidden,
    PcscdMissing,
    SocketPathTooLong,
    StackError,
)
from softeid.vpcd.installation import VPCD, find
from softeid.vpcd.pcscd import PrivateStack

CLOSED = {
    "kernel/unprivileged_userns_clone": "0",
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "user/max_user_namespaces": "0",
    "user/max_mnt_namespaces": "0",
}
OPEN = {
    "kernel/unprivileged_userns_clone": "1",
    "kernel/apparmor_restrict_unprivileged_userns": "0",
    "user/max_user_namespaces": "96365",
}
CONTAINER = "--cap-add SYS_ADMIN"


@pytest.mark.parametrize(
    ("root", "sysctls", "named"),
    [
        (False, {"kernel/unprivileged_userns_clone": "0"}, "sysctl -w kernel.unprivileged_userns_clone=1;"),
        (False, {"user/max_user_namespaces": "0"}, "sysctl -w user.max_user_namespaces=10000;"),
        (
            False,
            {**OPEN, "kernel/apparmor_restrict_unprivileged_userns": "1"},
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0;",
        ),
        (
            False,
            CLOSED,
            "kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000 "
            + "user.max_mnt_namespaces=10000;",
        ),
        (True, CLOSED, "sysctl -w user.max_mnt_namespaces=10000;"),
        (True, {"user/max_net_namespaces": "0"}, "sysctl -w user.max_net_namespaces=10000;"),
    ],
    ids=["debian's switch", "limit", "apparmor", "all of them", "all of them, root", "network, root"],
)
def test_the_switch_that_forbids_is_named(root: bool, sysctls: Mapping[str, str], named: str) -> None:
    refusal = NamespacesForbidden("unshare", errno.EPERM, root=root, read=sysctls.get)
    assert str(refusal) == "namespaces are forbidden here: unshare: Operation not permitted (EPERM)"
    assert named in refusal.advice
    assert CONTAINER in refusal.advice


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize("sysctls", [{}, OPEN], ids=["no switches", "all open"])
def test_where_no_switch_helps_none_is_named(root: bool, sysctls: Mapping[str, str]) -> None:
    advice = NamespacesForbidden("unshare", errno.EPERM, root=root, read=sysctls.get).advice
    assert "sysctl" not in advice
    assert CONTAINER in advice
    assert ("run as root" in advice) != root


def test_a_missing_pcscd_is_told_with_the_packages(tmp_path: Path) -> None:
    with pytest.raises(PcscdMissing, match=f"no pcscd at {tmp_path}/a or {tmp_path}/b") as missing:
        find(pcscd=(f"{tmp_path}/a", f"{tmp_path}/b"))
    assert missing.value.advice == "Install it: apt-get install pcscd vsmartcard-vpcd."


def test_a_pcscd_that_cannot_be_run_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "pcscd").write_text("")
    with pytest.raises(PcscdMissing):
        find(pcscd=(f"{tmp_path}/pcscd",))


def test_a_missing_driver_is_told_with_the_package(tmp_path: Path) -> None:
    with pytest.raises(DriverMissing, match=f"no vsmartcard driver at {tmp_path}/{VPCD}") as missing:
        find(pcscd=("/bin/true",), driver_folders=(str(tmp_path),))
    assert missing.value.advice == "Install it: apt-get install vsmartcard-vpcd."


def test_the_first_of_several_places_is_taken(tmp_path: Path) -> None:
    for folder in ("two", "three"):
        (tmp_path / folder / "serial").mkdir(parents=True)
        (tmp_path / folder / VPCD).write_text("")
    found = find(
        pcscd=("/not/there", "/bin/true", "/bin/false"),
        driver_folders=tuple(str(tmp_path / folder) for folder in ("one", "two", "three")),
    )
    assert found == ("/bin/true", f"{tmp_path}/two")
    assert found.driver == f"{tmp_path}/two/{VPCD}"


def test_a_stack_without_pcscd_starts_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(PcscdMissing),
        PrivateStack(find=lambda: find(pcscd=(f"{tmp_path}/none",))),
    ):
        pass


@pytest.mark.parametrize(("octets", "fits"), [(107, True), (108, False)])
def test_a_socket_path_has_107_octets_at_most(octets: int, fits: bool, tmp_path: Path) -> None:
    folder = "/" + "x" * (octets - len("//softeid-0123456789ab/pcscd.comm"))
    stack = PrivateStack(folder=folder, find=lambda: find(pcscd=(f"{tmp_path}/none",)))
    assert len(stack.socket) == octets
    with pytest.raises(StackError) as refusal, stack:
        pass
    assert isinstance(refusal.value, PcscdMissing if fits else SocketPathTooLong)
    if not fits:
        assert "has 108 octets and clients take 107: /xxx" in str(refusal.value)
        assert "/tmp" in refusal.value.advice


@pytest.mark.parametrize("readers", [0, 17])
def test_a_pcscd_has_1_to_16_readers(readers: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 16 readers, not {readers}"):
        PrivateStack(readers=readers)
