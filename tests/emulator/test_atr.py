"""Answers to reset: those of every card family that we know, and broken ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator.atr import Atr, AtrError

T0, T1 = 0, 1


@pytest.mark.parametrize(
    ("octets", "protocols", "historical"),
    [
        pytest.param(
            "3B DB 96 00 80 B1 FE 45 1F 83 00 12 23 3F 53 65 49 44 0F 90 00 F1",
            (T0, T1),
            "00 12 23 3F 53 65 49 44 0F 90 00",
            id="EstEID 2018, Cosmo 8",
        ),
        pytest.param(
            "3B DC 96 00 80 B1 FE 45 1F 83 00 12 23 3F 54 65 49 44 32 0F 90 00 C3",
            (T0, T1),
            "00 12 23 3F 54 65 49 44 32 0F 90 00",
            id="EstEID 2018, Cosmo X",
        ),
        pytest.param(
            "3B 8B 80 01 00 12 23 3F 53 65 49 44 0F 90 00 A0",
            (T0, T1),
            "00 12 23 3F 53 65 49 44 0F 90 00",
            id="EstEID 2018, contactless",
        ),
        pytest.param(
            "3B FF 96 00 00 80 31 FE 43 80 31 B8 53 65 49 44 64 B0 85 05 10 12 23 3F 1D",
            (T0, T1),
            "80 31 B8 53 65 49 44 64 B0 85 05 10 12 23 3F",
            id="EstEID 2025",
        ),
        pytest.param(
            "3B DD 18 00 81 31 FE 45 90 4C 41 54 56 49 41 2D 65 49 44 90 00 8C",
            (T1,),
            b"\x90LATVIA-eID\x90\x00".hex(),
            id="LatEID v1",
        ),
        pytest.param(
            "3B DB 96 00 80 B1 FE 45 1F 83 00 12 42 8F 53 65 49 44 0F 90 00 20",
            (T0, T1),
            "00 12 42 8F 53 65 49 44 0F 90 00",
            id="LatEID v2, Cosmo 8",
        ),
        pytest.param(
            "3B DC 96 00 80 B1 FE 45 1F 83 00 12 42 8F 54 65 49 44 32 0F 90 00 12",
            (T0, T1),
            "00 12 42 8F 54 65 49 44 32 0F 90 00",
            id="LatEID v2, Cosmo X",
        ),
        pytest.param(
            "3B 7F 96 00 00 80 31 B8 65 B0 85 04 02 1B 12 00 F6 82 90 00",
            (T0,),
            "80 31 B8 65 B0 85 04 02 1B 12 00 F6 82 90 00",
            id="FinEID v3.1, T=0 only: no TCK",
        ),
        pytest.param(
            "3B 7F 96 00 00 80 31 B8 65 B0 85 05 00 11 12 24 60 82 90 00",
            (T0,),
            "80 31 B8 65 B0 85 05 00 11 12 24 60 82 90 00",
            id="FinEID v4.0, T=0 only: no TCK",
        ),
        pytest.param(
            "3B 7F 96 00 00 80 31 B8 65 B0 85 05 10 24 12 24 60 82 90 00",
            (T0,),
            "80 31 B8 65 B0 85 05 10 24 12 24 60 82 90 00",
            id="FinEID v4.1, T=0 only: no TCK",
        ),
        pytest.param(
            "3B 9D 18 81 31 FC 35 80 31 C0 69 4D 54 43 4F 53 73 02 06 04 D1",
            (T1,),
            "80 31 C0 69 4D 54 43 4F 53 73 02 06 04",
            id="LitEID 2.6.4",
        ),
        pytest.param(
            "3B 9D 18 81 31 FC 35 80 31 C0 69 4D 54 43 4F 53 73 02 06 05 D0",
            (T1,),
            "80 31 C0 69 4D 54 43 4F 53 73 02 06 05",
            id="LitEID 2.6.5",
        ),
        pytest.param(
            "3B 98 13 40 0A A5 03 01 01 01 AD 13 11",
            (T0,),
            "A5 03 01 01 01 AD 13 11",
            id="BelEID 1.7, T=0 only: no TCK",
        ),
        pytest.param(
            "3B 7F 96 00 00 80 31 80 65 B0 85 04 01 20 12 0F FF 82 90 00",
            (T0,),
            "80 31 80 65 B0 85 04 01 20 12 0F FF 82 90 00",
            id="BelEID 1.8, T=0 only: no TCK",
        ),
        pytest.param(
            "3B FE 18 00 00 80 31 FE 45 45 73 74 45 49 44 20 76 65 72 20 31 2E 30 A8",
            (T0, T1),
            b"EstEID ver 1.0".hex(),
            id="EstEID 3.4",
        ),
        pytest.param(
            "3B FA 18 00 00 80 31 FE 45 FE 65 49 44 20 2F 20 50 4B 49 03",
            (T0, T1),
            b"\xfeeID / PKI".hex(),
            id="EstEID 3.5, cold",
        ),
        pytest.param(
            "3B FE 18 00 00 80 31 FE 45 80 31 80 66 40 90 A4 16 2A 00 83 0F 90 00 EF",
            (T0, T1),
            "80 31 80 66 40 90 A4 16 2A 00 83 0F 90 00",
            id="EstEID 3.5, warm",
        ),
        pytest.param("3B 00", (T0,), "", id="the shortest"),
        pytest.param("3F 00", (T0,), "", id="inverse convention"),
        pytest.param("3B 80 80 0F 0F", (T0,), "", id="T=0 and T=15: TCK"),
    ],
)
def test_known(octets: str, protocols: tuple[int, ...], historical: str) -> None:
    atr = Atr.parse(bytes.fromhex(octets))
    assert atr.protocols == protocols
    assert atr.historical == bytes.fromhex(historical)
    assert atr.octets == bytes.fromhex(octets)


COSMO_8 = "3B DB 96 00 80 B1 FE 45 1F 83 00 12 23 3F 53 65 49 44 0F 90 00 F1"


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        pytest.param("", "expected 2 to 33 octets, found 0", id="nothing"),
        pytest.param("3B", "expected 2 to 33 octets, found 1", id="TS alone"),
        pytest.param("3B" + "00" * 33, "expected 2 to 33 octets, found 34", id="too long"),
        pytest.param("3A 00", "octet 0 of the ATR: expected TS 3B or 3F, found 3A", id="TS"),
        pytest.param(
            "3B 80", "octet 2 of the ATR: expected an interface octet TD, found the end", id="no TD1"
        ),
        pytest.param("3B 02 41", "expected 4 octets in all, found 3", id="a historical octet missing"),
        pytest.param("3B 00 00", "expected 2 octets in all, found 3", id="TCK with T=0 alone"),
        pytest.param("3B 80 01", "expected 4 octets in all, found 3", id="no TCK with T=1"),
        pytest.param(COSMO_8[:-2] + "F0", "octet 21 of the ATR: expected TCK F1, found F0", id="wrong TCK"),
    ],
)
def test_broken(octets: str, message: str) -> None:
    with pytest.raises(AtrError) as wrong:
        Atr.parse(bytes.fromhex(octets))
    assert message in str(wrong.value)


def test_cut_off_at_every_octet() -> None:
    whole = bytes.fromhex(COSMO_8)
    for size in range(len(whole)):
        with pytest.raises(AtrError):
            Atr.parse(whole[:size])


@given(st.integers(1, 21), st.integers(1, 255))
def test_every_changed_octet_of_a_whole_atr_is_noticed(at: int, by: int) -> None:
    changed = bytearray.fromhex(COSMO_8)
    changed[at] ^= by
    with pytest.raises(AtrError):
        Atr.parse(bytes(changed))


@given(st.binary(max_size=34))
def test_any_octets_parse_or_are_refused(octets: bytes) -> None:
    try:
        atr = Atr.parse(octets)
    except AtrError as wrong:
        assert "expected" in str(wrong)  # noqa: PT017  # either outcome is right
    else:
        assert atr.protocols
        assert len(atr.historical) == octets[1] & 0x0F
