"""A limit in real time for one step.

In a process's main thread an alarm signal ends the step, also out of a system call that waits (PEP 475:
the handler raises, so the call is not repeated). Scenarios are always played there: `-j 1` in the command's
own main thread, `-j N` in those of the worker processes. A library that waits in C without looking at signals
is beyond this; for it the command ends a worker whose step is `GRACE_S` over its limit (module `pool`).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

GRACE_S = 5.0
"""How much longer than the limit a worker may be silent before it is ended."""


class OverTime(BaseException):
    """The time is over. Not an Exception: a step that catches everything must not swallow it."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `OverTime` in the body when the time is over.

    Raises:
        RuntimeError: not in the main thread, where no signal arrives.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("scenarios are played in a process's main thread")

    def over(number: int, frame: FrameType | None) -> None:
        raise OverTime

    previous = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
