"""Where this machine keeps pcscd and vsmartcard's driver."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from .errors import DriverMissing, PcscdMissing

PCSCD = ("/usr/sbin/pcscd", "/usr/bin/pcscd", "/usr/local/sbin/pcscd")
"""By full path: an ordinary user of Debian has no /usr/sbin on the PATH."""

DRIVER_FOLDERS = ("/usr/lib/pcsc/drivers", "/usr/lib64/pcsc/drivers", "/usr/local/lib/pcsc/drivers")
"""Where distributions let pcscd look for drivers (usbdropdir)."""

VPCD = "serial/libifdvpcd.so"
"""vsmartcard's driver inside such a folder."""

PCSCD_PACKAGE = "pcscd"
VPCD_PACKAGE = "vsmartcard-vpcd"


class Installation(NamedTuple):
    """What a private stack is built from; absolute paths."""

    pcscd: str
    driver_folder: str

    @property
    def driver(self) -> str:
        """vsmartcard's driver."""
        return f"{self.driver_folder}/{VPCD}"


def find(pcscd: Sequence[str] = PCSCD, driver_folders: Sequence[str] = DRIVER_FOLDERS) -> Installation:
    """The first pcscd and the first folder with vsmartcard's driver in it.

    Raises:
        PcscdMissing, DriverMissing: there is none at these places.
    """
    program = next((path for path in pcscd if os.access(path, os.X_OK)), None)
    if program is None:
        raise PcscdMissing(
            f"no pcscd at {' or '.join(pcscd)}", advice_to_install(PCSCD_PACKAGE, VPCD_PACKAGE)
        )
    folder = next((path for path in driver_folders if os.path.exists(f"{path}/{VPCD}")), None)
    if folder is None:
        places = " or ".join(f"{path}/{VPCD}" for path in driver_folders)
        raise DriverMissing(f"no vsmartcard driver at {places}", advice_to_install(VPCD_PACKAGE))
    return Installation(program, folder)


def advice_to_install(*packages: str) -> str:
    """How to get packages of Debian or Ubuntu."""
    return f"Install it: apt-get install {' '.join(packages)}."
