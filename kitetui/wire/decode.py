"""From binary messages to columns; nothing in here raises on bad bytes.

Large messages of packets of one kind, and those that come alone, are read where they are (see
`kitetui.wire.equal` and `kitetui.wire.single`). All others go through two steps together. The scan finds
where each packet begins (see `kitetui.wire.scan`). The gather then copies all packets at once out of
overlapping windows on the joined messages, swaps their bytes, and puts those of the shorter kinds into the
shape of the full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.equal import read_equal, shift_orders
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, WORDS
from kitetui.wire.scan import PADDING, find_packets
from kitetui.wire.single import read_single

_PACKET: Final = np.dtype(f"V{FULL}")
"""A full packet's worth of bytes: NumPy moves such records many times faster than rows of a matrix."""

_LARGE: Final = 4000
"""Bytes of a message, on the average, from which each is better read by itself."""

_SENT: Final = np.dtype(">i4")

_CARRIED: Final = np.zeros((FULL + 1, WORDS), np.int32)
"""By the length of a packet: -1 for each word that it has, as sent, and 0 for the others."""

for _length in layout.PACKET_LENGTHS:
    _CARRIED[_length, : _length // 4] = -1

_IS_INDEX: Final = np.isin(np.arange(FULL + 1), (INDEX_QUOTE, INDEX_FULL))

_INDEX_FIELDS: Final = np.full(WORDS, WORDS - 1)
"""For each word of a row where an index packet has it; the last one, if it does not, where it has nothing."""

_INDEX_FIELDS[list(layout.INDEX_WORDS)] = np.arange(len(layout.INDEX_WORDS))


def decode_frame(data: bytes) -> TickBatch:
    """Decode one binary message."""
    return decode_frames((data,))


def decode_frames(frames: Sequence[bytes]) -> TickBatch:
    """Decode several binary messages into one batch, in order."""
    if len(frames) == 1 and (single := read_single(frames[0])) is not None:
        return single
    if len(frames) == 1 or sum(map(len, frames)) > _LARGE * len(frames):
        equal = read_equal(frames)
        if equal is not None:
            return equal
    joined = b"".join((*frames, PADDING))
    found = find_packets(joined, frames)
    words = _gather(joined, found.positions)
    _rearrange(words, found.lengths)
    return TickBatch(words, found.lengths, found.frames, found.errors, found.heartbeats)


def _gather(joined: bytes, positions: NDArray[np.intp]) -> NDArray[np.int32]:
    """Copy a full packet's worth of bytes from each position, as native words; shape (n, 46)."""
    windows = np.ndarray((len(joined) - FULL + 1,), dtype=_PACKET, buffer=joined, strides=(1,))
    packets = windows[positions].view(_SENT).reshape(len(positions), WORDS)
    words = packets.astype(np.int32)
    shift_orders(words)
    return words


def _rearrange(words: NDArray[np.int32], lengths: NDArray[np.uint8]) -> None:
    """Clear what a shorter packet does not carry, and put the fields of an index into their words."""
    if not np.count_nonzero(lengths != FULL):
        return
    words &= _CARRIED.take(lengths, axis=0)
    rows = np.flatnonzero(_IS_INDEX.take(lengths))
    if len(rows):
        words[rows] = words.take(rows, axis=0).take(_INDEX_FIELDS, axis=1)
