"""Files and folders that are the user's alone: nobody else can have put things there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .error import HomeError


def check_folder(folder: Path) -> None:
    """Refuse a folder in which somebody else can put things."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise HomeError(str(folder), "a folder", stat.filemode(found.st_mode), "move it away")
    check_owner(folder, found, 0o022, "chmod 700")


def check_owner(path: Path, found: os.stat_result, forbidden: int, remedy: str) -> None:
    """Refuse what belongs to another user, or has one of the forbidden mode bits."""
    if found.st_uid != os.getuid():
        advice = "set XDG_DATA_HOME to a folder of yours"
        raise HomeError(str(path), f"the owner {os.getuid()}", f"{found.st_uid}", advice)
    if found.st_mode & forbidden:
        mode = stat.filemode(found.st_mode)
        advice = f"if nobody was there whom you do not trust: {remedy} {path}"
        raise HomeError(str(path), "a place that is yours alone", mode, advice)
