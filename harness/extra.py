"""How to get an extra into this Python: softeid is in no package index, so its name installs nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote

from softeid import __version__

_HERE = Path(__file__).resolve().parents[1]


def command(extra: str, root: Path = _HERE) -> str:
    """The command that adds an extra, and keeps how softeid is installed.

    Args:
        extra: its name.
        root: the folder that holds `harness`; in a clone its project file lies there too.
    """
    pip = f"{quote(sys.executable)} -m pip install"
    if (root / "pyproject.toml").is_file():
        return f"{pip} --editable {quote(f'{root}[{extra}]')}"
    return (
        f"{pip} {quote(f'dist/softeid-{__version__}-py3-none-any.whl[{extra}]')} (the wheel, where it lies)"
    )
