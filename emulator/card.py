"""A card: octets in, octets out, no I/O."""

from __future__ import annotations

from collections.abc import Callable

from .apdu import Command
from .applets import FAMILIES
from .errors import StatusError
from .facts import Profile
from .layer import LAYERS, CardLike
from .state import Permanent
from .status import OK, SW


def keep_in_memory() -> None:
    """The `commit` of a card that forgets when the program ends: there is nothing to store."""


class Card:
    """The core of a contact card, without the layers around it."""

    def __init__(
        self,
        profile: Profile,
        permanent: Permanent,
        *,
        random: Callable[[int], bytes],
        on_fault: Callable[[Exception], None],
        commit: Callable[[], None] = keep_in_memory,
    ) -> None:
        """A card in the reader.

        Args:
            profile: the facts of its generation.
            permanent: files, keys and PINs; changed in place, then `commit` is called.
            random: gives so many random octets, for GET CHALLENGE.
            on_fault: is told of a bug of ours, which the reader sees as 6F00. Must not raise.
            commit: makes the permanent state durable and returns when it is, or raises `CommitError`.
        """
        self.profile = profile
        self.permanent = permanent
        self.atr = profile.atr.octets
        self._applet = FAMILIES[profile.family](profile, permanent, random=random, commit=commit)
        self._execute = self._applet.execute
        self._on_fault = on_fault

    def power_on(self) -> None:
        """Power comes: the volatile state begins anew."""
        self._applet.reset()

    def power_off(self) -> None:
        """Power goes, and the volatile state with it."""
        self._applet.reset()

    def reset(self) -> None:
        """A warm reset: as power off and on."""
        self._applet.reset()

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU with one response APDU: data, then SW1 SW2. Never raises."""
        try:
            return self._execute(Command.parse(apdu)) + OK
        except StatusError as refusal:
            return refusal.data + refusal.sw.to_bytes(2, "big")
        except Exception as bug:  # noqa: BLE001  # never towards the reader; the hook makes tests fail
            self._on_fault(bug)
            return SW.NO_PRECISE_DIAGNOSIS.to_bytes(2, "big")


def build_card(
    profile: Profile,
    permanent: Permanent,
    *,
    random: Callable[[int], bytes],
    on_fault: Callable[[Exception], None],
    commit: Callable[[], None] = keep_in_memory,
) -> CardLike:
    """The card as a reader gets it: the core within its profile's layers. Arguments as for `Card`."""
    card: CardLike = Card(profile, permanent, random=random, on_fault=on_fault, commit=commit)
    for name in profile.layers:
        card = LAYERS[name](card)
    return card
