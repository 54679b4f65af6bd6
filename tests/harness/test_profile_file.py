"""Profiles of the package, and profiles in a file of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from softeid.emulator import ProfileError
from softeid.harness.profile_file import load_profile, profile_names, read_profile

LATER_CHIP = "3B DC 96 00 80 B1 FE 45 1F 83 00 12 23 3F 54 65 49 44 32 0F 90 00 C3"
OWN = f"""profile: mine
title: a card of my own
like: esteid-2018
contact: {{atr: {LATER_CHIP}, source: "[U] tried"}}
"""


def test_the_profiles_of_the_package() -> None:
    assert profile_names() == ["esteid-2018", "esteid-2018x"]
    assert all(load_profile(name).name == name for name in profile_names())


def test_an_unknown_name_tells_the_known_ones() -> None:
    with pytest.raises(KeyError, match="there are esteid-2018, esteid-2018x"):
        load_profile("../esteid-2018")


def test_a_profile_of_ones_own_is_like_one_of_the_package(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(OWN)
    profile, text = read_profile(file)
    assert text == OWN
    assert profile.atr.octets == bytes.fromhex(LATER_CHIP)
    assert profile.pins == load_profile("esteid-2018").pins


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        pytest.param(b"", "mine.yaml:1:1: expected a profile, found an empty file", id="empty"),
        pytest.param(b"profile: \xff", "mine.yaml:1:10: expected UTF-8, found octet FF", id="no UTF-8"),
        pytest.param(
            OWN.replace("C3", "C4", 1).encode(), "mine.yaml:4:16: expected an ATR", id="a wrong checksum"
        ),
        pytest.param(
            OWN.replace("esteid-2018", "esteid-2017").encode(),
            "mine.yaml:3:7: expected a known profile for `like`",
            id="like nothing",
        ),
        pytest.param(b"a" * (1 << 21), "mine.yaml:1:1: expected at most 1048576 octets", id="too long"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(tmp_path: Path, octets: bytes, said: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(octets)
    with pytest.raises(ProfileError) as wrong:
        read_profile(file)
    assert said in str(wrong.value)


def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for odd in (tmp_path / "pipe.yaml", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="no ordinary file"):
            read_profile(odd)
    with pytest.raises(FileNotFoundError):
        read_profile(tmp_path / "none.yaml")
