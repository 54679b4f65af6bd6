"""Profiles as files: the emulator parses the text, this module finds and opens it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from softeid.emulator import Profile, parse_profile
from softeid.emulator.yaml_text import MAX_OCTETS

from .plain_file import octets_of

_FOLDER = files("softeid.emulator") / "profiles"


def profile_names() -> list[str]:
    """The profiles that come with the package, sorted."""
    return sorted(
        name.removesuffix(".yaml") for one in _FOLDER.iterdir() if (name := one.name).endswith(".yaml")
    )


@cache
def load_profile(name: str) -> Profile:
    """A profile of the package by its name.

    Raises:
        KeyError: there is none of that name; the message names those that are there.
        ProfileError: the file is wrong.
    """
    text, where = _text(name)
    return parse_profile(text, where, other=_text)


def read_profile(path: Path) -> tuple[Profile, str]:
    """A profile in a file of one's own, and the text; it may be `like` one of the package's.

    Raises:
        OSError: the file cannot be read, or is none.
        ProfileError: it is wrong.
    """
    octets = octets_of(path, MAX_OCTETS)
    return parse_profile(octets, str(path), other=_text), octets.decode("utf-8-sig")


def parse_own(text: str, where: str) -> Profile:
    """A profile of one's own from its text; it may be `like` one of the package's.

    Raises:
        ProfileError: it is wrong.
    """
    return parse_profile(text, where, other=_text)


def _text(name: str) -> tuple[str, str]:
    if name not in profile_names():
        raise KeyError(f"no profile {name!r}; there are {', '.join(profile_names())}")
    file = _FOLDER / f"{name}.yaml"
    return file.read_text(encoding="utf-8"), str(file)
