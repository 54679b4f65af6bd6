"""Why a private stack cannot be had, and what to do about it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable


class StackError(Exception):
    """A private pcscd cannot be started or used. `advice` says what to do, in one sentence or more."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


class PcscdMissing(StackError):
    """There is no pcscd on this machine."""


class DriverMissing(StackError):
    """There is no vsmartcard driver on this machine."""


class NamespacesForbidden(StackError):
    """The kernel, or the container around us, refuses a step into namespaces of our own."""

    def __init__(self, step: str, code: int, *, root: bool, read: Callable[[str], str | None]) -> None:
        """Find the switch that helps.

        Args:
            step: what was refused.
            code: errno of the refusal.
            root: whether it was root that was refused.
            read: gives the value of a sysctl by its path under /proc/sys, None where there is none.
        """
        super().__init__(
            f"namespaces are forbidden here: {step}: {os.strerror(code)} ({errno.errorcode.get(code, code)})",
            _advice(root, read),
        )
        self.step = step


class SocketPathTooLong(StackError):
    """The socket's path does not fit in an address (sun_path, 107 octets; unix(7))."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the socket's path has {len(os.fsencode(path))} octets and clients take 107: {path}",
            "Give a folder with a shorter path, such as /tmp.",
        )


class PcscdFailed(StackError):
    """pcscd ended, or never got ready."""


class KeeperGone(StackError):
    """The process that keeps pcscd is gone: killed from outside."""

    def __init__(self) -> None:
        super().__init__("the process that keeps pcscd is gone", "Start another stack.")


class NotSeen(StackError):
    """pcscd did not notice that a card went in or out."""


# sysctl under /proc/sys, the value that forbids, whether root is bound by it too
_SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "1", False),  # Debian's and Arch's kernels
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0", False),  # Ubuntu 23.10 and later
    ("user/max_user_namespaces", "0", "10000", False),  # user_namespaces(7), namespaces(7)
    ("user/max_mnt_namespaces", "0", "10000", True),
    ("user/max_net_namespaces", "0", "10000", True),
)


def _advice(root: bool, read: Callable[[str], str | None]) -> str:
    mended = [
        f"{path.replace('/', '.')}={allowed}"
        for path, forbidden, allowed, binds_root in _SWITCHES
        if read(path) == forbidden and (binds_root or not root)
    ]
    ways = [f"let root run: sysctl -w {' '.join(mended)}"] if mended else []
    if root:
        ways.append("start this container with --cap-add SYS_ADMIN --security-opt seccomp=unconfined")
    else:
        ways.append("run as root in a container of your own, started with --cap-add SYS_ADMIN")
    return f"To allow them, {'; or '.join(ways)}."


def sysctl(path: str) -> str | None:
    """The value of a sysctl by its path under /proc/sys; None where this kernel has none."""
    try:
        with open(f"/proc/sys/{path}") as file:
            return file.read().strip()
    except OSError:
        return None
