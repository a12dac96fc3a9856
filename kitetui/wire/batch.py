"""Many ticks in columns: what a binary message, or several at once, decode into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.dicts import dict_of, words_needed
from kitetui.wire.errors import PacketError
from kitetui.wire.fields import FIELDS, MODE_OF_LENGTH, Kind
from kitetui.wire.segments import DIVISORS, Exchange
from kitetui.wire.tick import Tick


class TickBatch:
    """Ticks in the order of their arrival, kept as one matrix of integers.

    Iterating gives `Tick` objects; `batch["last_price"]` gives a column.

    words: the rows, shape (n, 46), int32; see `kitetui.wire.layout`.
    lengths: the packet length of each row, shape (n,), uint8.
    frames: for each row the index of the message that it came in, shape (n,), int32.
    errors: what could not be read, in order.
    heartbeats: how many of the messages were the one-byte heartbeat.
    """

    __slots__ = ("errors", "frames", "heartbeats", "lengths", "words")

    def __init__(
        self,
        words: NDArray[np.int32],
        lengths: NDArray[np.uint8],
        frames: NDArray[np.int32],
        errors: Sequence[PacketError] = (),
        heartbeats: int = 0,
    ) -> None:
        self.words = words
        self.lengths = lengths
        self.frames = frames
        self.errors = list(errors)
        self.heartbeats = heartbeats

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Tick]:
        for words, length in zip(self.words.tolist(), self.lengths.tolist(), strict=True):
            yield Tick(words, length)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a whole column, one value a tick.

        Prices are float64 in rupees or points, and NaN in rows whose packet does not carry them;
        `change` is in percent and `net_change` in rupees. Counts are int64. Times are int64 UNIX
        seconds in UTC, 0 where there is none. `tradable` is bool, `mode` a string.

        Raises KeyError for a name that is no column.
        """
        match name:
            case "change":
                return self._change()
            case "net_change":
                return self._net_change()
            case "tradable":
                return np.not_equal(self._segments(), Exchange.INDICES)
            case "mode":
                return _MODE_NAMES[self.lengths]
        field = FIELDS.get(name)
        if field is None:
            raise KeyError(f"no column {name!r}; there are {', '.join(sorted([*FIELDS, *_DERIVED]))}")
        if field.kind is Kind.PRICE:
            prices: NDArray[np.float64] = self.words[:, field.word] / DIVISORS.take(self._segments())
            np.copyto(prices, np.nan, where=~self.present(name))
            return prices
        counts = self.words[:, field.word].view(np.uint32).astype(np.int64)
        return np.where(self.present(name), counts, 0)

    def present(self, name: str) -> NDArray[np.bool_]:
        """Return for each row whether its packet carries the field."""
        return _CARRIES[name].take(self.lengths)

    def tick(self, row: int) -> Tick:
        """Return one row as a `Tick`."""
        return Tick(self.words[row].tolist(), int(self.lengths[row]))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the official Python client's list of tick dictionaries; see `Tick.to_dict`."""
        needed = words_needed(int(self.lengths.max(initial=0)))
        rows = self.words[:, :needed].tolist()
        return [dict_of(words, length) for words, length in zip(rows, self.lengths.tolist(), strict=True)]

    def __repr__(self) -> str:
        return f"TickBatch({len(self)} ticks, {len(self.errors)} errors, {self.heartbeats} heartbeats)"

    def _segments(self) -> NDArray[np.int32]:
        return self.words[:, layout.TOKEN] & 0xFF

    def _change(self) -> NDArray[np.float64]:
        close, last = self["close"], self["last_price"]
        with np.errstate(divide="ignore", invalid="ignore"):
            percent = (last - close) * 100 / close
        return np.where(close == 0, 0.0, percent)

    def _net_change(self) -> NDArray[np.float64]:
        last, close = self.words[:, layout.LAST_PRICE], self.words[:, layout.CLOSE]
        change = (last.astype(np.int64) - close) / DIVISORS[self._segments()]
        change = np.where(_IS_INDEX[self.lengths], self["price_change"], change)
        return np.where(self.present("close"), change, np.nan)


_DERIVED = ("change", "mode", "net_change", "tradable")


def _by_length(lengths: frozenset[int]) -> NDArray[np.bool_]:
    table = np.zeros(layout.FULL + 1, dtype=np.bool_)
    table[list(lengths)] = True
    return table


_CARRIES = {name: _by_length(field.lengths) for name, field in FIELDS.items()}
_IS_INDEX = _by_length(frozenset({layout.INDEX_QUOTE, layout.INDEX_FULL}))
_MODE_NAMES = np.array([MODE_OF_LENGTH.get(length, "") for length in range(layout.FULL + 1)])
