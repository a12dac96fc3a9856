"""What one connection has asked for, and what it is still to be sent: no sockets in here.

Updates are snapshots of the market, so that what waits is a set of rows and no queue: however slow a
client is, it gets each row once, as it is when it is sent, and what is kept for it never grows. A row waits
as news, because it changed since the client was last sent it, as the answer to a request, or as both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.simulator.faults import Answering
from kitetui.simulator.market import Market, Rows
from kitetui.simulator.traits import Bools
from kitetui.wire import Mode, Request, SetMode, Subscribe, Unsubscribe, layout
from kitetui.wire.fields import MODE_OF_LENGTH

MAX_INSTRUMENTS: Final = 3_000
LIMIT_TEXT: Final = "Can't subscribe to more than 3000 instruments."

_INDEX_LENGTHS: Final = {Mode.LTP: layout.LTP, Mode.QUOTE: layout.INDEX_QUOTE, Mode.FULL: layout.INDEX_FULL}
_LENGTHS: Final = {Mode.LTP: layout.LTP, Mode.QUOTE: layout.QUOTE, Mode.FULL: layout.FULL}

_NEWS: Final = np.uint8(1)
_ANSWER: Final = np.uint8(2)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be sent now: rows of the market and the packet length of each.

    answers: for each row whether it is sent only because of a request, and is no news.
    """

    rows: Rows
    lengths: list[int]
    answers: Bools


class Subscriptions:
    """The tokens of a connection, the packet that each is sent as, and the rows that wait to be sent.

    A connection streams at most `MAX_INSTRUMENTS` rows, so what waits always fits one message.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._times: Counter[int] = Counter()
        self._lengths: NDArray[np.uint8] = np.zeros(len(market), dtype=np.uint8)
        # For each row `_NEWS`, `_ANSWER`, both or neither.
        self._waiting: NDArray[np.uint8] = np.zeros(len(market), dtype=np.uint8)
        # What is subscribed and was not sent yet has its price at that moment here.
        self._sent_price: NDArray[np.int32] = np.zeros(len(market), dtype=np.int32)

    def apply(self, request: Request, answering: Answering = Answering.JOINED) -> str | None:
        """Do what a client asks, and note what answers it; return the error text to send it, if any."""
        match request:
            case Subscribe(tokens):
                return self._subscribe(tokens)
            case Unsubscribe(tokens):
                self._unsubscribe(tokens)
            case SetMode(mode, tokens):
                self._set_mode(mode, tokens, answered=answering is not Answering.SUBSCRIBE_ALONE)
        return None

    def changed(self, rows: Rows) -> bool:
        """Note rows of the market that changed; return whether anything waits to be sent.

        In mode `ltp` only another last price is news.
        """
        lengths = self._lengths[rows]
        same_price = self._market.words[rows, layout.LAST_PRICE] == self._sent_price[rows]
        news = (lengths > 0) & ~((lengths == layout.LTP) & same_price)
        self._waiting[rows] = (self._waiting[rows] & _ANSWER) | (news * _NEWS)
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

    def take(self) -> Due:
        """Return the rows that wait, and have none wait any longer."""
        return self._take(np.flatnonzero(self._waiting))

    def take_answers(self) -> Due:
        """Return the rows that wait as an answer, or as both, and have these wait no longer."""
        return self._take(np.flatnonzero(self._waiting & _ANSWER))

    def _take(self, rows: Rows) -> Due:
        answers = self._waiting[rows] == _ANSWER
        self._waiting[rows] = 0
        self._sent_price[rows] = self._market.words[rows, layout.LAST_PRICE]
        return Due(rows, self._lengths[rows].tolist(), answers)

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
                    self._sent_price[row] = self._market.words[row, layout.LAST_PRICE]
                self._waiting[row] |= _ANSWER
        return LIMIT_TEXT if len(accepted) < len(tokens) else None

    def _unsubscribe(self, tokens: tuple[int, ...]) -> None:
        for token in tokens:
            self._times.pop(token, None)
            row = self._market.row_of.get(token)
            if row is not None:
                self._lengths[row] = 0
                self._waiting[row] = 0

    def _set_mode(self, mode: Mode, tokens: tuple[int, ...], *, answered: bool) -> None:
        """The mode of what is not subscribed is nothing that can be set."""
        for token in tokens:
            row = self._market.row_of.get(token)
            if row is not None and self._lengths[row]:
                self._lengths[row] = self._length(row, mode)
                if mode is Mode.LTP and self._market.words[row, layout.LAST_PRICE] == self._sent_price[row]:
                    self._waiting[row] &= _ANSWER
                if answered:
                    self._waiting[row] |= _ANSWER

    def _length(self, row: int, mode: Mode) -> int:
        return (_INDEX_LENGTHS if self._market.traits.is_index[row] else _LENGTHS)[mode]
