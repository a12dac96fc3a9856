"""Messages that each have packets of one kind: their columns are read where they are, without a scan.

This is what large messages, and those that came alone, are read by: what is done for each of them is soon
made good by what is not done for each packet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, PACKET_LENGTHS, WORDS

_PREFIX: Final = 2
_HEAD: Final = 2 * _PREFIX
"""The count of packets, and the length of the first."""

_LENGTH_OF: Final = {length.to_bytes(_PREFIX, "big"): length for length in PACKET_LENGTHS}


def read_equal(frames: Sequence[bytes]) -> TickBatch | None:
    """Return the ticks of messages that have good packets of one kind each, None if any of them has not."""
    counts: list[int] = []
    lengths: list[int] = []
    for data in frames:
        length = _LENGTH_OF.get(data[_PREFIX:_HEAD])
        count = data[0] << 8 | data[1] if length else 0
        if length is None or not _are_equal(data, count, length):
            return None
        counts.append(count)
        lengths.append(length)
    words = np.zeros((sum(counts), WORDS), np.int32)
    start = 0
    for data, count, length in zip(frames, counts, lengths, strict=True):
        _fill(words[start : start + count], data, length)
        start += count
    if FULL in lengths:
        shift_orders(words)
    numbers = np.arange(len(frames), dtype=np.int32)
    return TickBatch(words, np.repeat(np.array(lengths, np.uint8), counts), np.repeat(numbers, counts))


def shift_orders(words: NDArray[np.int32]) -> None:
    """Put the orders of each level of depth, two bytes before two of padding, where their word ends."""
    orders = words[:, layout.DEPTH + layout.ENTRY_ORDERS :: layout.DEPTH_ENTRY_WORDS].view(np.uint32)
    orders >>= 16


def _are_equal(data: bytes, count: int, length: int) -> bool:
    """Whether a message is of so many packets of this length."""
    stride = _PREFIX + length
    return (
        count > 0
        and len(data) == _PREFIX + count * stride
        and data[_PREFIX::stride] == data[_PREFIX : _PREFIX + 1] * count
        and data[_PREFIX + 1 :: stride] == data[_PREFIX + 1 : _HEAD] * count
    )


def _fill(words: NDArray[np.int32], data: bytes, length: int) -> None:
    """Copy the packets of a message into rows of zeros, as native words."""
    shape, strides = (len(words), length // 4), (_PREFIX + length, 4)
    sent = np.ndarray(shape, dtype=">i4", buffer=data, offset=_HEAD, strides=strides)
    if length == FULL:
        words[:] = sent
    elif length in (INDEX_QUOTE, INDEX_FULL):
        words[:, layout.INDEX_WORDS[: length // 4]] = sent
    else:
        words[:, : length // 4] = sent
