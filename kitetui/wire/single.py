"""A message of one packet, alone: read by `struct`, because columns of one row cost more than the row.

On a quiet feed nearly every message is one. Its arrays are made when somebody asks for a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any, Final

import numpy as np

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, PACKET_LENGTHS, QUOTE, WORDS
from kitetui.wire.tick import Tick

_HEAD: Final = 4
"""The count of packets, which is 1, and the packet's length."""

_LENGTH_OF: Final = {Struct(">HH").pack(1, length): length for length in PACKET_LENGTHS}
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
                self.words = np.array([self._tick.words], np.int64).astype(np.int32)
            case "lengths":
                self.lengths = np.array([self._tick.length], np.uint8)
            case "frames":
                self.frames = np.zeros(1, np.int32)
            case _:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        array = getattr(self, name)
        array.setflags(write=False)
        return array

    def tick(self, row: int) -> Tick:
        """Return one row as a `Tick`."""
        return self._tick if row in (0, -1) else super().tick(row)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the official Python client's list of tick dictionaries; see `Tick.to_dict`."""
        return [self._tick.to_dict()]


def read_single(data: bytes) -> SingleTick | None:
    """Return the tick of a message of one good packet, None for every other message."""
    length = _LENGTH_OF.get(data[:_HEAD])
    if length is None or len(data) != _HEAD + length:
        return None
    return SingleTick(Tick(_read_packet(data, length), length))


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
