"""From binary messages to columns; nothing in here raises on bad bytes.

Messages of packets of one kind are read where they are, without a scan: what is done for each message is
soon made good by what is not done for each packet. One packet alone is read by `kitetui.wire.single`. All
others go through two steps together. The scan finds where each packet begins (see `kitetui.wire.scan`). The
gather then copies all packets at once out of overlapping windows on the joined messages, swaps their bytes,
and puts those of the shorter kinds into the shape of the full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, PACKET_LENGTHS, WORDS
from kitetui.wire.scan import PADDING, find_packets
from kitetui.wire.single import read_single

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


def decode_frame(data: bytes | bytearray | memoryview) -> TickBatch:
    """Decode one binary message; the arrays of the batch cannot be written."""
    if type(data) is bytes and (single := read_single(data)) is not None:
        return single
    return decode_frames((data,))


def decode_frames(frames: Sequence[bytes | bytearray | memoryview]) -> TickBatch:
    """Decode several binary messages into one batch, in order; its arrays cannot be written."""
    return _decoded([bytes(data) for data in frames])


def _decoded(frames: Sequence[bytes]) -> TickBatch:
    if len(frames) == 1 and (single := read_single(frames[0])) is not None:
        return single
    if len(frames) == 1 or sum(map(len, frames)) > _LARGE * len(frames):
        equal = read_equal(frames)
        if equal is not None:
            return _unwritable(equal)
    joined = b"".join((*frames, PADDING))
    found = find_packets(joined, frames)
    words = _gather(joined, found.positions)
    _rearrange(words, found.lengths)
    return _unwritable(TickBatch(words, found.lengths, found.frames, found.errors, found.heartbeats))


def _unwritable(batch: TickBatch) -> TickBatch:
    """Return a batch that no reader can change under another."""
    for array in (batch.words, batch.lengths, batch.frames):
        array.setflags(write=False)
    return batch


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
