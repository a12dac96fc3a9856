"""From binary messages to columns; nothing in here raises on bad bytes.

A message is a big-endian u16 count, then for each packet a u16 length and that many bytes; a message of
one byte is the heartbeat. Decoding goes in two steps. The scan finds where each packet begins, in plain
Python, because that is where the length prefixes must be followed one by one; a message of equal packets,
which is the common one, is recognised from its bytes alone. The gather then copies all packets at once
out of overlapping windows on the joined messages, swaps their bytes, and tidies up what differs by kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.errors import PacketError
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, PACKET_LENGTHS, QUOTE

_PREFIX = 2
_PADDING = bytes(FULL)


def decode_frame(data: bytes) -> TickBatch:
    """Decode one binary message."""
    return decode_frames((data,))


def decode_frames(frames: Sequence[bytes]) -> TickBatch:
    """Decode several binary messages into one batch, in order."""
    scan = _Scan()
    for index, data in enumerate(frames):
        scan.message(index, data)
    lengths = np.array(scan.lengths, dtype=np.uint8)
    words = _gather(b"".join((*frames, _PADDING)), np.array(scan.offsets, dtype=np.intp))
    _tidy(words, lengths, set(scan.lengths))
    return TickBatch(words, lengths, np.array(scan.frames, dtype=np.int32), scan.errors, scan.heartbeats)


class _Scan:
    """Where each good packet stands in the joined messages, and what else was found."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.lengths: list[int] = []
        self.frames: list[int] = []
        self.errors: list[PacketError] = []
        self.heartbeats = 0
        self._base = 0

    def message(self, index: int, data: bytes) -> None:
        if len(data) < _PREFIX:
            self._tiny_message(index, data)
        elif not self._equal_packets(index, data):
            self._walk(index, data)
        self._base += len(data)

    def _tiny_message(self, index: int, data: bytes) -> None:
        if data:
            self.heartbeats += 1
        else:
            self.errors.append(PacketError(0, 0, "empty message", index))

    def _equal_packets(self, index: int, data: bytes) -> bool:
        """Take in a message whose packets are all of one known length, or say that it is not one."""
        size = len(data)
        if size < 2 * _PREFIX:
            return False
        count = data[0] << 8 | data[1]
        length = data[2] << 8 | data[3]
        stride = length + _PREFIX
        if length not in PACKET_LENGTHS or size != _PREFIX + count * stride:
            return False
        if data[2::stride] != data[2:3] * count or data[3::stride] != data[3:4] * count:
            return False
        first = self._base + 2 * _PREFIX
        self.offsets.extend(range(first, first + count * stride, stride))
        self.lengths.extend([length] * count)
        self.frames.extend([index] * count)
        return True

    def _walk(self, index: int, data: bytes) -> None:
        """Follow the length prefixes, and step over what is not known."""
        size = len(data)
        count = data[0] << 8 | data[1]
        position = _PREFIX
        for number in range(count):
            if position + _PREFIX > size:
                reason = f"the message counts {count} packets and ends after {number}"
                self.errors.append(PacketError(position, size - position, reason, index))
                return
            length = data[position] << 8 | data[position + 1]
            end = position + _PREFIX + length
            if end > size:
                reason = f"packet cut short: {size - position - _PREFIX} of {length} bytes"
                self.errors.append(PacketError(position, length, reason, index))
                return
            if length in PACKET_LENGTHS:
                self.offsets.append(self._base + position + _PREFIX)
                self.lengths.append(length)
                self.frames.append(index)
            else:
                self.errors.append(PacketError(position, length, f"unknown packet length {length}", index))
            position = end
        if position < size:
            reason = f"{size - position} bytes after the last of {count} packets"
            self.errors.append(PacketError(position, size - position, reason, index))


def _gather(data: bytes, offsets: NDArray[np.intp]) -> NDArray[np.int32]:
    """Copy a full packet's worth of bytes from each offset, as native words; shape (n, 46)."""
    windows = np.ndarray((len(data) - FULL + 1,), dtype=f"V{FULL}", buffer=data, strides=(1,))
    packets = windows[offsets].view(">i4").reshape(len(offsets), layout.WORDS)
    return packets.astype(np.int32)


def _tidy(words: NDArray[np.int32], lengths: NDArray[np.uint8], kinds: set[int]) -> None:
    """Clear what a shorter packet does not carry, and put each field into its word."""
    orders = words[:, layout.DEPTH + layout.ENTRY_ORDERS :: layout.DEPTH_ENTRY_WORDS].view(np.uint32)
    orders >>= 16  # u16 orders, then two bytes of padding
    for length in (LTP, QUOTE):
        if length in kinds:
            words[lengths == length, length // 4 :] = 0
    for length in (INDEX_QUOTE, INDEX_FULL):
        if length in kinds:
            rows = np.flatnonzero(lengths == length)
            carried = length // 4
            as_sent = words[rows, :carried]
            words[rows] = 0
            words[rows[:, np.newaxis], layout.INDEX_WORDS[:carried]] = as_sent
