"""From binary messages to columns; nothing in here raises on bad bytes.

A message is a big-endian u16 count, then for each packet a u16 length and that many bytes; a message of
one byte is the heartbeat. Decoding goes in two steps. The scan finds where each packet begins, in plain
Python, because that is where the length prefixes must be followed one by one; a message of equal packets,
which is the common one, is recognised from its bytes alone. The gather then copies all packets at once
out of overlapping windows on the joined messages, swaps their bytes, and tidies up what differs by kind.

Both are written for messages that are as they should be. One that is not is walked again, with care.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.errors import PacketError
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, PACKET_LENGTHS, QUOTE

_PREFIX: Final = 2
_PADDING: Final = bytes(_PREFIX + FULL)
_WINDOW: Final = np.dtype(f"V{FULL}")
_SENT: Final = np.dtype(">i4")
_STEPS: Final = bytes(_PREFIX + length if length in PACKET_LENGTHS else 0 for length in range(256))
"""From one packet to the next, by its length; 0 for a length that no packet has."""

_MANY: Final = 24
"""Equal packets in a message from which an array of their positions is made faster than a list."""


def decode_frame(data: bytes) -> TickBatch:
    """Decode one binary message."""
    return decode_frames((data,))


def decode_frames(frames: Sequence[bytes]) -> TickBatch:
    """Decode several binary messages into one batch, in order."""
    joined = b"".join((*frames, _PADDING))
    octets = np.frombuffer(joined, dtype=np.uint8)
    scan = _Scan(joined, frames)
    positions = scan.positions()
    if octets[positions].any():  # a length above 255, which no packet has, was read by its second byte alone
        scan = _Scan(joined, frames, with_care=True)
        positions = scan.positions()
    counts, lengths = np.array(scan.counts, dtype=np.intp), octets[positions + 1]
    words = _gather(joined, positions + _PREFIX)
    _tidy(words, lengths)
    indices = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return TickBatch(words, lengths, indices, scan.errors, scan.heartbeats)


class _Scan:
    """Where the length of each good packet stands in the joined messages, and what else was found.

    counts: the good packets of each message.
    """

    def __init__(self, joined: bytes, frames: Iterable[bytes], *, with_care: bool = False) -> None:
        self.counts: list[int] = []
        self.errors: list[PacketError] = []
        self.heartbeats = 0
        self._joined = joined
        self._base = 0
        self._found: list[int] = []
        self._parts: list[NDArray[np.intp]] = []
        for data in frames:
            self._message(data, with_care=with_care)

    def positions(self) -> NDArray[np.intp]:
        """Return all positions, in order."""
        rest = np.array(self._found, dtype=np.intp)
        return np.concatenate([*self._parts, rest]) if self._parts else rest

    def _message(self, data: bytes, *, with_care: bool) -> None:
        size = len(data)
        if size < _PREFIX:
            self._tiny_message(data)
        elif with_care or size < 2 * _PREFIX:
            self._walk_with_care(data)
        else:
            count = data[0] << 8 | data[1]
            stride = _STEPS[data[3]]
            if size == _PREFIX + count * stride and _are_equal(data, count, stride):
                self._equal_packets(count, stride)
            elif not self._walked(count, size):
                self._walk_with_care(data)
        self._base += size

    def _tiny_message(self, data: bytes) -> None:
        self.counts.append(0)
        if data:
            self.heartbeats += 1
        else:
            self.errors.append(PacketError(0, 0, "empty message", len(self.counts) - 1))

    def _equal_packets(self, count: int, stride: int) -> None:
        first = self._base + _PREFIX
        if count < _MANY:
            self._found.extend(range(first, first + count * stride, stride))
        else:
            self._parts.append(np.array(self._found, dtype=np.intp))
            self._parts.append(np.arange(first, first + count * stride, stride))
            self._found = []
        self.counts.append(count)

    def _walked(self, count: int, size: int) -> bool:
        """Follow the length prefixes of a message of known packets, or say that it is not one."""
        joined, found, position = self._joined, self._found, self._base + _PREFIX
        before, append, end = len(found), found.append, self._base + size
        try:
            for _ in range(count):
                append(position)
                position += _STEPS[joined[position + 1]]
        except IndexError:  # beyond the last message
            position = 0
        # A length that no packet has is a step of nothing, and so the last position again and again.
        if position == end and found[-1] < end:
            self.counts.append(count)
            return True
        del found[before:]
        return False

    def _walk_with_care(self, data: bytes) -> None:
        """Follow the length prefixes, step over what is not known, and say what is wrong."""
        before, index = len(self._found), len(self.counts)
        size = len(data)
        count = data[0] << 8 | data[1]
        position = _PREFIX
        for number in range(count):
            if position + _PREFIX > size:
                reason = f"the message counts {count} packets and ends after {number}"
                self.errors.append(PacketError(position, size - position, reason, index))
                break
            length = data[position] << 8 | data[position + 1]
            end = position + _PREFIX + length
            if end > size:
                reason = f"packet cut short: {size - position - _PREFIX} of {length} bytes"
                self.errors.append(PacketError(position, length, reason, index))
                break
            if length in PACKET_LENGTHS:
                self._found.append(self._base + position)
            else:
                self.errors.append(PacketError(position, length, f"unknown packet length {length}", index))
            position = end
        else:
            if position < size:
                reason = f"{size - position} bytes after the last of {count} packets"
                self.errors.append(PacketError(position, size - position, reason, index))
        self.counts.append(len(self._found) - before)


def _are_equal(data: bytes, count: int, stride: int) -> bool:
    """Whether every packet of a message has the length of the first."""
    return count == 1 or (data[2::stride] == data[2:3] * count and data[3::stride] == data[3:4] * count)


def _gather(joined: bytes, offsets: NDArray[np.intp]) -> NDArray[np.int32]:
    """Copy a full packet's worth of bytes from each offset, as native words; shape (n, 46)."""
    windows = np.ndarray((len(joined) - FULL + 1,), dtype=_WINDOW, buffer=joined, strides=(1,))
    packets = windows[offsets].view(_SENT).reshape(len(offsets), layout.WORDS)
    return packets.astype(np.int32)


def _tidy(words: NDArray[np.int32], lengths: NDArray[np.uint8]) -> None:
    """Clear what a shorter packet does not carry, and put each field into its word."""
    orders = words[:, layout.DEPTH + layout.ENTRY_ORDERS :: layout.DEPTH_ENTRY_WORDS].view(np.uint32)
    orders >>= 16  # u16 orders, then two bytes of padding
    if not len(lengths) or lengths.min() == FULL:
        return
    for length in (LTP, QUOTE):
        words[lengths == length, length // 4 :] = 0
    for length in (INDEX_QUOTE, INDEX_FULL):
        rows = np.flatnonzero(lengths == length)
        if len(rows):
            carried = length // 4
            as_sent = words[rows, :carried]
            words[rows] = 0
            words[rows[:, np.newaxis], layout.INDEX_WORDS[:carried]] = as_sent
