"""A message that came alone, with packets of one kind: read where it is, without a scan.

On a feed that the machine keeps up with nearly every message comes alone. One packet, the most usual one, is
read by `struct`, because columns of one row cost more than the row; its arrays are made when somebody asks
for a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, PACKET_LENGTHS, QUOTE, WORDS
from kitetui.wire.tick import Tick

_PREFIX: Final = 2
_HEAD: Final = 2 * _PREFIX
"""The count of packets, and the length of the first."""

_LENGTH_OF: Final = {length.to_bytes(_PREFIX, "big"): length for length in PACKET_LENGTHS}
_FULL: Final = Struct(f">{layout.DEPTH}i" + "iiH2x" * 2 * layout.DEPTH_LEVELS)
_SHORT: Final = {length: Struct(f">{length // 4}i") for length in (LTP, QUOTE, INDEX_QUOTE, INDEX_FULL)}
_REST: Final = {length: (0,) * (WORDS - length // 4) for length in (LTP, QUOTE)}


class SingleTick(TickBatch):
    """A batch of one good tick."""

    __slots__ = ("_tick",)

    def __init__(self, tick: Tick) -> None:
        self._tick = tick
        self.errors = []
        self.heartbeats = 0

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Tick]:
        yield self._tick

    def __getattr__(self, name: str) -> Any:
        # Python asks here for a slot that is still empty.
        match name:
            case "words":
                self.words = np.array([self._tick.words], np.int32)
            case "lengths":
                self.lengths = np.array([self._tick.length], np.uint8)
            case "frames":
                self.frames = np.zeros(1, np.int32)
            case _:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self, name)

    def tick(self, row: int) -> Tick:
        """Return one row as a `Tick`."""
        return self._tick if row in (0, -1) else super().tick(row)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the official Python client's list of tick dictionaries; see `Tick.to_dict`."""
        return [self._tick.to_dict()]


def read_alone(data: bytes) -> TickBatch | None:
    """Return the ticks of a message of good packets of one kind, None for every other message."""
    length = _LENGTH_OF.get(data[_PREFIX:_HEAD])
    if length is None:
        return None
    count, stride = data[0] << 8 | data[1], _PREFIX + length
    if not count or len(data) != _PREFIX + count * stride:
        return None
    if count == 1:
        return SingleTick(Tick(_read_packet(data, length), length))
    highs, lows = data[_PREFIX::stride], data[_PREFIX + 1 :: stride]
    if highs != data[_PREFIX : _PREFIX + 1] * count or lows != data[_PREFIX + 1 : _HEAD] * count:
        return None
    return _read_equal(data, count, length)


def _read_packet(data: bytes, length: int) -> Sequence[int]:
    """Return the words of the only packet of a message."""
    if length == FULL:
        return _FULL.unpack_from(data, _HEAD)
    sent = _SHORT[length].unpack_from(data, _HEAD)
    if length in _REST:
        return sent + _REST[length]
    words = [0] * WORDS
    for word, value in zip(layout.INDEX_WORDS, sent, strict=False):
        words[word] = value
    return words


def _read_equal(data: bytes, count: int, length: int) -> TickBatch:
    """Return the ticks of a message of so many packets of this length."""
    sent = np.ndarray(
        (count, length // 4), dtype=">i4", buffer=data, offset=_HEAD, strides=(_PREFIX + length, 4)
    )
    if length == FULL:
        words = sent.astype(np.int32)
        shift_orders(words)
    else:
        words = np.zeros((count, WORDS), np.int32)
        places = slice(length // 4) if length in _REST else layout.INDEX_WORDS[: length // 4]
        words[:, places] = sent
    return TickBatch(words, np.full(count, length, np.uint8), np.zeros(count, np.int32))


def shift_orders(words: NDArray[np.int32]) -> None:
    """Put the orders of each level of depth, two bytes before two of padding, where their word ends."""
    orders = words[:, layout.DEPTH + layout.ENTRY_ORDERS :: layout.DEPTH_ENTRY_WORDS].view(np.uint32)
    orders >>= 16
