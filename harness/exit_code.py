"""Exit codes of the command line, one meaning each."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a shell is told."""

    HELD = 0  # all held
    DIFFERENCE = 1  # a scenario found one
    WRONG_FILE = 2  # a file or the command line is wrong
    NO_ROUTE = 3  # the route cannot be opened or was lost; a real card would be harmed, or is another
    NOTHING_MATCHED = 5
    EXEC_FAILED = 125  # `exec` itself failed; above it, as in a shell
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127
