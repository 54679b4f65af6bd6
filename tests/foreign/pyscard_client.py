"""A PC/SC client on pyscard, as a program: one request a line on stdin, one JSON answer a line on stdout.

readers             names
states              name -> whether a card is in
connect NAME        ATR in hex
send HEX            response in hex
reset               reconnects with a reset; ATR in hex
power               reconnects with power off and on; ATR in hex
release             lets go of the card
watch               from now on each insertion and removal is told: ["in" or "out", name, ATR]
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from smartcard.CardMonitoring import CardMonitor, CardObserver
from smartcard.Exceptions import CardConnectionException, NoCardException
from smartcard.scard import SCARD_RESET_CARD, SCARD_UNPOWER_CARD
from smartcard.System import readers
from smartcard.util import toHexString

_line = threading.Lock()


def tell(what: object) -> None:
    """Answer in one line; the monitor's thread answers too."""
    with _line:
        print(json.dumps(what), flush=True)  # standard output is how it answers


class _Teller(CardObserver):  # type: ignore[misc]  # pyscard ships no types
    """Tells of each card that comes or goes."""

    def update(self, observable: object, handlers: Any) -> None:
        for word, cards in zip(("in", "out"), handlers, strict=True):
            for card in cards:
                tell([word, str(card.reader), _hex(card.atr)])


def _hex(octets: list[int]) -> str:
    return str(toHexString(octets)).replace(" ", "")


def _holds_card(reader: Any) -> bool:
    try:
        reader.createConnection().connect()
    except NoCardException:
        return False
    return True


def main() -> None:
    """Serve requests until stdin ends."""
    connection: Any = None
    for line in sys.stdin:
        order, _, rest = line.strip().partition(" ")
        try:
            match order:
                case "readers":
                    tell([str(reader) for reader in readers()])
                case "states":
                    tell({str(reader): _holds_card(reader) for reader in readers()})
                case "connect":
                    connection = next(one for one in readers() if str(one) == rest).createConnection()
                    connection.connect()
                    tell(_hex(connection.getATR()))
                case "send":
                    data, sw1, sw2 = connection.transmit(list(bytes.fromhex(rest)))
                    tell(bytes([*data, sw1, sw2]).hex().upper())
                case "reset" | "power":
                    how = SCARD_RESET_CARD if order == "reset" else SCARD_UNPOWER_CARD
                    connection.reconnect(disposition=how)
                    tell(_hex(connection.getATR()))
                case "release":
                    connection.disconnect()
                    tell("released")
                case "watch":
                    CardMonitor().addObserver(_Teller())
                    tell("watching")
        except (CardConnectionException, NoCardException) as refusal:
            tell(f"refused: {refusal}")


main()
