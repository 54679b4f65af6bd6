"""Namespaces of our own, entered by the calling process: the recipe of a private stack, step by step.

Runs in a keeper, which has one thread: a process with several cannot enter a user namespace (unshare(2)).
Linux only; ctypes, since Python has these calls from 3.12 on.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000  # <linux/sched.h>
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000  # <linux/mount.h>
_SIOCSIFFLAGS = 0x8914  # netdevice(7)
_IFF_UP, _IFF_LOOPBACK, _IFF_RUNNING = 0x1, 0x8, 0x40

_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The system refused a step."""

    def __init__(self, step: str, code: int) -> None:
        super().__init__(step, code)
        self.step = step
        self.code = code


def enter() -> None:
    """Enter namespaces of our own: a user's unless we are root, mounts, network with loopback up, empty /run.

    Our user and group keep their numbers.

    Raises:
        Refused: at the first step that is refused.
    """
    user, group = os.geteuid(), os.getegid()
    with _step(
        "unshare user, mount and network namespaces" if user else "unshare mount and network namespaces"
    ):
        _call("unshare", _CLONE_NEWNS | _CLONE_NEWNET | (_CLONE_NEWUSER if user else 0))
    if user:
        with _step("map our own user and group"):
            _write("/proc/self/setgroups", "deny")  # user_namespaces(7): before a gid_map without CAP_SETGID
            _write("/proc/self/uid_map", f"{user} {user} 1")
            _write("/proc/self/gid_map", f"{group} {group} 1")
    with _step("make mounts private"):
        _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    with _step("mount a tmpfs on /run"):
        _call("mount", b"tmpfs", b"/run", b"tmpfs", 0, b"mode=755")
    with _step("bring loopback up"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sH14x", b"lo", _IFF_UP | _IFF_LOOPBACK | _IFF_RUNNING)  # struct ifreq
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, up)


def cover(folder: str, with_folder: str) -> None:
    """Let a folder appear as another one to us and our children.

    Raises:
        Refused: the mount is refused.
    """
    with _step(f"cover {folder}"):
        _call("mount", os.fsencode(with_folder), os.fsencode(folder), None, _MS_BIND, None)


def die_with_parent(signal_number: int) -> None:
    """Have this process get a signal when the thread that forked it ends (PR_SET_PDEATHSIG, prctl(2))."""
    _call("prctl", 1, signal_number)


def signal_thread(process: int, thread: int, signal_number: int) -> None:
    """Send a signal to one thread of a process (tgkill(2))."""
    _call("tgkill", process, thread, signal_number)


@contextmanager
def _step(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as refusal:
        raise Refused(what, refusal.errno or 0) from refusal


def _call(name: str, *arguments: int | bytes | None) -> None:
    if getattr(_libc, name)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
