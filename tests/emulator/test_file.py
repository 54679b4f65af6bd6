"""Files: what SELECT tells of them, octet for octet, and the tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softeid.emulator import tlv
from softeid.emulator.file import DF, EF, MF, path

AID = bytes.fromhex("A000000077010800070000FE00000100")


@pytest.mark.parametrize(
    ("file", "fcp"),
    [
        pytest.param(EF(0x3401, bytes(0x410)), "62 0E 80 02 04 10 82 01 01 83 02 34 01 8A 01 05", id="EF"),
        pytest.param(
            EF(0x5003, b"\0"), "62 0E 80 02 00 01 82 01 01 83 02 50 03 8A 01 05", id="EF of one octet"
        ),
        pytest.param(
            EF(fid=0x011C, content=bytes(22), sfid=0x1C),
            "62 11 80 02 00 16 82 01 01 83 02 01 1C 88 01 E0 8A 01 05",
            id="EF with a short identifier",
        ),
        pytest.param(DF(0x5000), "62 0A 82 01 38 83 02 50 00 8A 01 05", id="DF"),
        pytest.param(
            DF(fid=0xADF1, children=(), aid=AID),
            "62 1C 82 01 38 83 02 AD F1 84 10 A000000077010800070000FE00000100 8A 01 05",
            id="application",
        ),
    ],
)
def test_fcp(file: EF | DF, fcp: str) -> None:
    assert file.fcp == bytes.fromhex(fcp)


@given(st.integers(1, 0xFFFF), st.integers(0, 0xFFFF), st.one_of(st.none(), st.integers(1, 30)))
def test_every_fcp_is_short_form_with_the_size_first(fid: int, size: int, sfid: int | None) -> None:
    """DigiDoc4 reads lengths of one octet only, and looks for tag 80."""
    fcp = EF(fid, bytes(size), sfid=sfid).fcp
    assert fcp[1] == len(fcp) - 2 < 128
    (template,) = tlv.parse(fcp)
    assert template.children()[0] == tlv.DataObject(0x80, size.to_bytes(2, "big"))
    assert tlv.find(fcp, 0x62, 0x83) == fid.to_bytes(2, "big")


def test_other_content_has_another_fcp() -> None:
    ef = EF(0x3401, bytes(1))
    ef.replace(bytes(0x407))
    assert ef.content == bytes(0x407)
    assert tlv.find(ef.fcp, 0x62, 0x80) == b"\x04\x07"


def test_tree() -> None:
    ef = EF(0x5001, b"\0", sfid=1)
    personal = DF(0x5000, [ef])
    root = DF(MF, [personal, EF(0xD003, b"\0")])
    assert [f"{file.fid:04X}" for file in root.below()] == ["3F00", "5000", "5001", "D003"]
    assert path(ef) == "3F00/5000/5001"
    assert personal.sfids == {1: ef}
    assert (ef.parent, personal.parent, root.parent) == (personal, root, None)


def test_what_no_tree_can_hold() -> None:
    with pytest.raises(ValueError, match="two files 5001 in 5000"):
        DF(0x5000, [EF(0x5001, b"\0"), EF(0x5001, b"\1")])
    with pytest.raises(ValueError, match="at most 65535 octets, not 65536"):
        EF(0x5001, bytes(0x10000))
