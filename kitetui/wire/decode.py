"""From binary messages to columns; nothing in here raises on bad bytes.

A message of one packet alone is read by itself (see `kitetui.wire.single`). All others together go through
two steps. The scan finds where each packet begins (see `kitetui.wire.scan`). The gather then
copies all packets at once out of overlapping windows on the joined messages, swaps their bytes, and puts
those of the shorter kinds into the shape of the full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE, WORDS
from kitetui.wire.scan import PADDING, find_packets
from kitetui.wire.single import read_single

_PACKET: Final = np.dtype(f"V{FULL}")
"""A full packet's worth of bytes: NumPy moves such records many times faster than rows of a matrix."""

_SENT: Final = np.dtype(">i4")

_PLACES: Final = {
    LTP: range(LTP // 4),
    QUOTE: range(QUOTE // 4),
    INDEX_QUOTE: layout.INDEX_WORDS[: INDEX_QUOTE // 4],
    INDEX_FULL: layout.INDEX_WORDS,
}
"""For each shorter kind the words of a row that its fields belong into, in the order of the wire."""


def decode_frame(data: bytes) -> TickBatch:
    """Decode one binary message."""
    return decode_frames((data,))


def decode_frames(frames: Sequence[bytes]) -> TickBatch:
    """Decode several binary messages into one batch, in order."""
    if len(frames) == 1 and (single := read_single(frames[0])) is not None:
        return single
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
    orders = words[:, layout.DEPTH + layout.ENTRY_ORDERS :: layout.DEPTH_ENTRY_WORDS].view(np.uint32)
    orders >>= 16  # u16 orders, then two bytes of padding
    return words


def _rearrange(words: NDArray[np.int32], lengths: NDArray[np.uint8]) -> None:
    """Put each field of the shorter kinds into its word, and 0 where they carry nothing."""
    if not np.count_nonzero(lengths != FULL):
        return
    records = words.view(_PACKET)[:, 0]
    for length, places in _PLACES.items():
        rows = np.flatnonzero(lengths == length)
        if len(rows):
            sent = records[rows].view(np.int32).reshape(len(rows), WORDS)
            moved = np.zeros_like(sent)
            for word, place in enumerate(places):
                moved[:, place] = sent[:, word]
            records[rows] = moved.view(_PACKET)[:, 0]
