"""SELECT, READ BINARY and GET CHALLENGE, ISO/IEC 7816-4, 11.2, 11.3 and 11.5.3."""

from __future__ import annotations

from ..apdu import Command
from ..applet import Applet, instruction
from ..errors import StatusError
from ..file import DF, EF, MF, File
from ..status import SW

_NO_ANSWER, _FCP, _FCI = 0x0C, 0x04, 0x00  # P2 of SELECT
_SELECTS = frozenset({_NO_ANSWER, _FCP, _FCI})
_SHORT_EF = 0x80  # bit 8 of P1 of READ BINARY: bits 1 to 5 are a short EF identifier, bits 6 and 7 are 0


class Iso7816(Applet):
    """Files: finding them and reading them."""

    def _prepare(self) -> None:
        super()._prepare()
        self._applications = {
            file.aid: file for file in self._permanent.root.below() if isinstance(file, DF) and file.aid
        }
        self._read_limit = self._profile.read_limit
        self._warns_of_end = self._profile.on("short-read") == "6282"
        self._root_logs_out = self._profile.on("root-aid-logs-out") == "yes"

    @instruction(0xA4, p1=0x04)
    def select_by_name(self, command: Command) -> bytes:
        """SELECT an application by its whole AID."""
        data = self._select(self._applications.get(command.data), command)
        if self._root_logs_out and self._volatile.df is self._permanent.root:
            self._volatile.verified.clear()
        return data

    @instruction(0xA4, p1=(0x00, 0x01, 0x02))
    def select_by_fid(self, command: Command) -> bytes:
        """SELECT a child of the current DF, whatever its type; the MF by 3F00, or by no data where P1 is 00.

        P1 01 with an EF and P1 02 with a DF work too (RIA ID1 guide, examples). No data with P1 01 or 02
        is 6700: OpenSC 0.23 sends it, having dropped an FID that ends in 00.
        """
        name = command.data
        if not name and not command.p1:
            return self._select(self._permanent.root, command)
        if len(name) != 2:
            return self._select(None, command, SW.WRONG_LENGTH)
        fid = int.from_bytes(name, "big")
        return self._select(
            self._permanent.root if fid == MF else self._volatile.df.children.get(fid), command
        )

    @instruction(0xA4, p1=0x03)
    def select_parent(self, command: Command) -> bytes:
        """SELECT the parent of the current DF; the MF has none."""
        if command.data:
            return self._select(None, command, SW.NC_INCONSISTENT)
        return self._select(self._volatile.df.parent, command)

    @instruction(0xA4, p1=0x09)
    def select_by_path(self, command: Command) -> bytes:
        """SELECT by a path from the current DF, or from the MF where it begins with 3F00."""
        path = command.data
        if not path or len(path) % 2:
            return self._select(None, command, SW.WRONG_LENGTH)
        file: File | None = self._volatile.df
        if path[:2] == MF.to_bytes(2, "big"):
            file, path = self._permanent.root, path[2:]
        for at in range(0, len(path), 2):
            file = (
                file.children.get(int.from_bytes(path[at : at + 2], "big")) if isinstance(file, DF) else None
            )
        return self._select(file, command)

    def _select(self, file: File | None, command: Command, otherwise: SW = SW.FILE_NOT_FOUND) -> bytes:
        """Make a file current and tell what P2 asks for. A refused SELECT leaves everything as it was."""
        if command.p2 not in _SELECTS:
            raise StatusError(SW.WRONG_PARAMETERS, f"P2 {command.p2:02X}")
        if file is None:
            raise StatusError(otherwise, command.data.hex(" ").upper())
        self._enter(file)
        if command.p2 == _NO_ANSWER or (command.p2 == _FCI and not command.ne):
            return b""
        return file.fcp

    def _enter(self, file: File) -> None:
        """Make a file current. The security environment ends with the DF; what was verified stays."""
        volatile = self._volatile
        if isinstance(file, EF):
            assert file.parent is not None
            df, volatile.ef = file.parent, file
        else:
            df, volatile.ef = file, None
        if df is not volatile.df:
            volatile.df = df
            volatile.environment.clear()

    @instruction(0xB0)
    def read_binary(self, command: Command) -> bytes:
        """READ BINARY: octets of the current EF, or of the EF whose short identifier is in P1."""
        ef: EF | None
        p1, volatile = command.p1, self._volatile
        if p1 & _SHORT_EF:
            ef, offset = self._by_short_identifier(p1), command.p2
        else:
            ef, offset = volatile.ef, p1 << 8 | command.p2
            if ef is None:
                raise StatusError(SW.INCOMPATIBLE_WITH_FILE, "no current EF")
        if command.data or not command.ne:
            raise StatusError(SW.WRONG_LENGTH, "READ BINARY takes Le and no data")
        if not ef.read.granted(volatile.verified):
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED, f"EF {ef.fid:04X} needs {ef.read}")
        if offset >= len(ef.content):
            raise StatusError(SW.WRONG_OFFSET, f"offset {offset} in EF {ef.fid:04X}")
        volatile.ef = ef
        asked = min(self._read_limit, command.ne)
        data = ef.content[offset : offset + asked]
        if self._warns_of_end and len(data) < asked:
            raise StatusError(SW.END_OF_FILE, f"{len(data)} octets to the end", data)
        return data

    def _by_short_identifier(self, p1: int) -> EF:
        if p1 & 0x60:
            raise StatusError(SW.WRONG_PARAMETERS, f"P1 {p1:02X}")
        ef = self._volatile.df.sfids.get(p1 & 0x1F)
        if ef is None:
            raise StatusError(SW.FILE_NOT_FOUND, f"SFI {p1 & 0x1F:02X}")
        return ef

    @instruction(0x84, p1=0x00)
    def get_challenge(self, command: Command) -> bytes:
        """GET CHALLENGE: Ne random octets, 1 to 256."""
        if command.p2:
            raise StatusError(SW.WRONG_PARAMETERS, f"P2 {command.p2:02X}")
        if command.data or not 1 <= command.ne <= 256:
            raise StatusError(SW.WRONG_LENGTH, f"Nc {len(command.data)}, Ne {command.ne}")
        return self._random(command.ne)
