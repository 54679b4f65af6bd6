"""How an applet finds the handler of a command: one lookup by INS and P1 among its marked methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from .apdu import Command
from .errors import StatusError
from .facts import Profile
from .state import Permanent, Volatile
from .status import SW

Handler = Callable[[Any, Command], bytes]
H = TypeVar("H", bound=Handler)
EVERY = range(256)


def instruction(ins: int, p1: int | Iterable[int] = EVERY) -> Callable[[H], H]:
    """Mark a method as the handler of an INS, for one, some or all values of P1."""

    def mark(handler: H) -> H:
        for value in [p1] if isinstance(p1, int) else p1:
            handler.__dict__.setdefault("answers", []).append((ins, value))
        return handler

    return mark


class Applet:
    """One card's state and the handlers that its class collects.

    A handler returns response data and raises everything else.
    """

    _handlers: ClassVar[Mapping[tuple[int, int], Handler]] = {}
    _known: ClassVar[frozenset[int]] = frozenset()

    def __init_subclass__(cls) -> None:
        cls._handlers = {
            key: getattr(cls, name)  # a method overridden below stays the handler
            for base in reversed(cls.__mro__)
            for name, member in vars(base).items()
            for key in getattr(member, "answers", ())
        }
        cls._known = frozenset(ins for ins, _ in cls._handlers)

    def __init__(
        self,
        profile: Profile,
        permanent: Permanent,
        *,
        random: Callable[[int], bytes],
        commit: Callable[[], None],
    ) -> None:
        """An applet over one card's state.

        Args:
            profile: the facts of the card generation.
            permanent: files, keys and PINs of this card.
            random: gives so many random octets.
            commit: makes the permanent state durable and returns when it is, or raises `CommitError`.
        """
        self._profile = profile
        self._permanent = permanent
        self._random = random
        self._commit = commit
        self._volatile = Volatile(permanent.root)
        self._prepare()

    def _prepare(self) -> None:
        """Make what is made once for a card, so that a command finds it; every class calls the next one's."""

    def reset(self) -> None:
        """Forget everything volatile: selection, verified PINs, security environment."""
        self._volatile = Volatile(self._permanent.root)

    def execute(self, command: Command) -> bytes:
        """Response data of one command.

        Raises:
            StatusError: the card refuses, or warns.
        """
        if command.cla:
            raise _class_refused(command.cla)
        handler = self._handlers.get((command.ins, command.p1))
        if handler is None:
            if command.ins in self._known:
                raise StatusError(SW.WRONG_PARAMETERS, f"P1 {command.p1:02X}")
            raise StatusError(SW.INS_NOT_SUPPORTED, f"INS {command.ins:02X}")
        return handler(self, command)


def _class_refused(cla: int) -> StatusError:
    """Why a CLA other than 00 is refused (ISO/IEC 7816-4, 5.4.1: coding of the first interindustry class)."""
    if cla & 0xE0:
        return StatusError(SW.CLA_NOT_SUPPORTED, f"CLA {cla:02X}")
    if cla & 0x10:
        return StatusError(SW.CHAINING_NOT_SUPPORTED, f"CLA {cla:02X}")
    if cla & 0x0C:
        return StatusError(SW.SECURE_MESSAGING_NOT_SUPPORTED, f"CLA {cla:02X}")
    return StatusError(SW.CHANNEL_NOT_SUPPORTED, f"CLA {cla:02X}")
