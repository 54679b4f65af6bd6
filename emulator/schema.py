"""What the values of a profile look like: each reader takes a node and returns a value, or raises `Wrong`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from .access import Access
from .access import parse as parse_access
from .atr import Atr, AtrError
from .facts import MARKS, Evidence, Mark
from .mistake import Handled, Mistake, Wrong, listed, meant
from .yaml_text import Items, Map, Node, Text, describe

T = TypeVar("T")
_NAME = re.compile("[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
_NO_NAMES = frozenset({"always", "never"})  # they mean something in an access condition
_EVIDENCE = re.compile(r"\[([A-Z])\] (\S.*)", re.DOTALL)


class Reading:
    """Reads nodes and collects what is wrong with them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes

    def read(self, how: Callable[[Node], T], node: Node) -> T | None:
        """What a function makes of a node; None with its mistakes told."""
        try:
            return how(node)
        except Handled:
            return None
        except Wrong as wrong:
            self.mistakes.append(
                Mistake(node.mark, wrong.expected, wrong.found or describe(node), wrong.advice)
            )
            return None

    def fields(
        self, node: Node, what: str, known: Mapping[str, Callable[[Node], Any]], *needed: str
    ) -> dict[str, Any]:
        """The values of a mapping by key, each read by its function.

        Raises:
            Handled: something is wrong in it, and told.
        """
        if not isinstance(node, Map):
            raise Wrong(f"{what} ({{{', '.join(known)}}})")
        before = len(self.mistakes)
        values = {}
        for key, value in node.items():
            if key in known:
                values[str(key)] = self.read(_in(known[key], key, what), value)
            else:
                self.mistakes.append(
                    Mistake(key.mark, f"{listed(known, 12)} in {what}", repr(str(key)), meant(key, known))
                )
        for name in needed:
            if name not in values:
                self.mistakes.append(Mistake(node.mark, f"`{name}` in {what}", "none"))
        if len(self.mistakes) > before:
            raise Handled
        return values

    def named(self, node: Node, what: str, how: Callable[[str, Node], T]) -> dict[str, T]:
        """A mapping whose keys the file chooses: words of letters, digits and hyphens.

        Raises:
            Handled: something is wrong in it, and told.
        """
        if not isinstance(node, Map) or not node:
            raise Wrong(f"a mapping from names to {what}", "" if node else "nothing")
        before = len(self.mistakes)
        for key in node:
            if not _NAME.fullmatch(key) or key in _NO_NAMES:
                self.mistakes.append(Mistake(key.mark, f"a name of one of the {what}", describe(key)))
        if len(self.mistakes) > before:
            raise Handled
        found = {
            str(key): self.read(lambda value, name=key: how(str(name), value), value)  # type: ignore[misc]
            for key, value in node.items()
        }
        if None in found.values():
            raise Handled
        return cast(dict[str, T], found)

    def items(self, node: Node, what: str, how: Callable[[Node], T]) -> tuple[T, ...]:
        """A list."""
        if not isinstance(node, Items) or not node:
            raise Wrong(f"a list of {what}", "" if node else "nothing")
        found = [self.read(how, item) for item in node]
        if any(one is None for one in found):
            raise Handled
        return tuple(cast(list[T], found))


def _in(how: Callable[[Node], T], key: str, what: str) -> Callable[[Node], T]:
    """The same reader, whose complaint names the key."""

    def read(node: Node) -> T:
        try:
            return how(node)
        except Wrong as wrong:
            named = f"{wrong.expected} for `{key}` in {what}"
            raise Wrong(named, wrong.found, wrong.advice) from None

    return read


def text(node: Node) -> str:
    """A text that is not empty."""
    if not isinstance(node, Text) or not node:
        raise Wrong("a text")
    return str(node)


def octets(node: Node) -> bytes:
    """One octet or more in hex, spaced as one likes."""
    try:
        found = bytes.fromhex(text(node))
    except ValueError:
        found = b""
    if not found:
        raise Wrong("octets in hex such as 3B 80")
    return found


def hexadecimal(octets: int) -> Callable[[Node], int]:
    """A number of so many octets, in hex."""

    def read(node: Node) -> int:
        if not re.fullmatch(rf"[0-9A-Fa-f]{{{2 * octets}}}", text(node)):
            raise Wrong(f"{2 * octets} hex digits")
        return int(text(node), 16)

    return read


def number(low: int, high: int) -> Callable[[Node], int]:
    """A whole number between two bounds that both belong."""

    def read(node: Node) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", text(node)) or not low <= int(text(node)) <= high:
            raise Wrong(f"a whole number from {low} to {high}")
        return int(text(node))

    return read


def choice(words: Iterable[str]) -> Callable[[Node], str]:
    """One of a few words."""
    known = tuple(words)

    def read(node: Node) -> str:
        if not isinstance(node, Text) or node not in known:
            raise Wrong(listed(known), advice=meant(node, known) if isinstance(node, Text) else "")
        return str(node)

    return read


def evidence(node: Node) -> Evidence:
    """A mark in brackets and where the fact stands."""
    match = _EVIDENCE.fullmatch(text(node))
    if not match or match[1] not in MARKS:
        raise Wrong(f"evidence such as `[C] a document` with a mark of {', '.join(MARKS)}")
    return Evidence(cast(Mark, match[1]), match[2])


def atr(node: Node) -> Atr:
    """An ATR in hex, checked."""
    try:
        return Atr.parse(octets(node))
    except AtrError as error:
        raise Wrong("an ATR after ISO/IEC 7816-3", f"{node} ({error})") from None


def span(node: Node) -> tuple[int, int]:
    """Two numbers, such as 4-12."""
    match = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", text(node))
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise Wrong("two numbers such as 4-12")
    return int(match[1]), int(match[2])


def block(node: Node) -> tuple[int, int]:
    """Length and padding of a PIN block, such as 12 FF; the padding is no digit in ASCII."""
    match = re.fullmatch(r"([0-9]{1,2}) (?!3[0-9])([0-9A-Fa-f]{2})", text(node))
    if not match or not int(match[1]):
        raise Wrong("octets of the block and the octet that fills it, such as 12 FF")
    return int(match[1]), int(match[2], 16)


def status(node: Node) -> tuple[int, bytes]:
    """A status object's number, which ends its tag BF81xx, and the security attributes that it tells."""
    found = octets(node)
    if not 1 <= found[0] <= 0x7F or not 2 <= len(found) <= 33:
        raise Wrong("a number, 01 to 7F, and 1 to 32 octets of security attributes")
    return found[0], found[1:]


def global_or_fid(node: Node) -> int | None:
    """`global`, or the FID of a DF."""
    return None if node == "global" else hexadecimal(2)(node)


def condition(node: Node) -> Access:
    """An access condition."""
    try:
        return parse_access(text(node))
    except ValueError:
        raise Wrong("an access condition such as always, PIN1 or PIN1 & PUK") from None
