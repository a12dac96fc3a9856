"""What one connection has asked for, and what it is still to be sent: no sockets in here.

Updates are snapshots of the market, so that what waits is a set of rows and no queue: however slow a
client is, it gets each row once, as it is when it is sent, and what is kept for it never grows.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.simulator.market import Market, Rows
from kitetui.wire import Mode, Request, SetMode, Subscribe, Unsubscribe, layout
from kitetui.wire.fields import MODE_OF_LENGTH

MAX_INSTRUMENTS: Final = 3_000
LIMIT_TEXT: Final = "Can't subscribe to more than 3000 instruments."

_INDEX_LENGTHS: Final = {Mode.LTP: layout.LTP, Mode.QUOTE: layout.INDEX_QUOTE, Mode.FULL: layout.INDEX_FULL}
_LENGTHS: Final = {Mode.LTP: layout.LTP, Mode.QUOTE: layout.QUOTE, Mode.FULL: layout.FULL}


class Subscriptions:
    """The tokens of a connection, the packet that each is sent as, and the rows that wait to be sent.

    A connection streams at most `MAX_INSTRUMENTS` rows, so what waits always fits one message.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._times: Counter[int] = Counter()
        self._lengths: NDArray[np.uint8] = np.zeros(len(market), dtype=np.uint8)
        self._waiting: NDArray[np.bool_] = np.zeros(len(market), dtype=bool)
        self._sent_price: NDArray[np.int32] = np.zeros(len(market), dtype=np.int32)

    def apply(self, request: Request) -> str | None:
        """Do what a client asks; return the error text to send it, if any."""
        match request:
            case Subscribe(tokens):
                return self._subscribe(tokens)
            case Unsubscribe(tokens):
                self._unsubscribe(tokens)
            case SetMode(mode, tokens):
                self._set_mode(mode, tokens)
        return None

    def changed(self, rows: Rows) -> bool:
        """Note rows of the market that changed; return whether anything waits to be sent.

        In mode `ltp` only another last price is a change.
        """
        lengths = self._lengths[rows]
        same_price = self._market.words[rows, layout.LAST_PRICE] == self._sent_price[rows]
        due = (lengths > 0) & ~((lengths == layout.LTP) & same_price)
        self._waiting[rows] |= due
        return self.waiting

    def counted(self) -> dict[int, int]:
        """Return how often each token counts against the limit, known or not."""
        return dict(self._times)

    def modes(self) -> dict[int, Mode]:
        """Return the tokens that are streamed, with their modes."""
        lengths = self._lengths.tolist()
        return {
            token: Mode(MODE_OF_LENGTH[lengths[row]])
            for token, row in self._market.row_of.items()
            if lengths[row]
        }

    @property
    def waiting(self) -> bool:
        """Whether anything waits to be sent."""
        return bool(self._waiting.any())

    def take(self) -> tuple[Rows, list[int]]:
        """Return the rows that wait and the packet length of each, and have none wait any longer."""
        rows = np.flatnonzero(self._waiting)
        self._waiting[rows] = False
        self._sent_price[rows] = self._market.words[rows, layout.LAST_PRICE]
        return rows, self._lengths[rows].tolist()

    def _subscribe(self, tokens: tuple[int, ...]) -> str | None:
        """A token counts as often as it is sent, known or not; those above the limit alone fail."""
        room = max(MAX_INSTRUMENTS - self._times.total(), 0)
        accepted = tokens[:room]
        self._times.update(accepted)
        for token in accepted:
            row = self._market.row_of.get(token)
            if row is not None:
                if not self._lengths[row]:
                    self._lengths[row] = self._length(row, Mode.QUOTE)
                self._waiting[row] = True
        return LIMIT_TEXT if len(accepted) < len(tokens) else None

    def _unsubscribe(self, tokens: tuple[int, ...]) -> None:
        for token in tokens:
            self._times.pop(token, None)
            row = self._market.row_of.get(token)
            if row is not None:
                self._lengths[row] = 0
                self._waiting[row] = False

    def _set_mode(self, mode: Mode, tokens: tuple[int, ...]) -> None:
        """The mode of what is not subscribed is nothing that can be set."""
        for token in tokens:
            row = self._market.row_of.get(token)
            if row is not None and self._lengths[row]:
                self._lengths[row] = self._length(row, mode)
                self._waiting[row] = True

    def _length(self, row: int, mode: Mode) -> int:
        return (_INDEX_LENGTHS if self._market.traits.is_index[row] else _LENGTHS)[mode]
