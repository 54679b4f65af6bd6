"""Reading files that others wrote: no waiting for a FIFO, no device, and no more than was meant."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def octets_of(path: Path, most: int) -> bytes:
    """A file's content, or the first `most` + 1 octets of it, which show that it is too long.

    Raises:
        OSError: it cannot be read, or is no ordinary file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"no ordinary file ({stat.filemode(mode)})", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most + 1)
    finally:
        os.close(descriptor)
