"""The instructions: ISO/IEC 7816-4 for every card, and one small module for each card family."""

from __future__ import annotations

from collections.abc import Mapping

from ..applet import Applet
from .idemia import Idemia

FAMILIES: Mapping[str, type[Applet]] = {"idemia": Idemia}
