"""Where each packet stands in binary messages.

A message is a big-endian u16 count, then for each packet a u16 length and that many bytes; a message of
one byte is the heartbeat. The careful scan follows every prefix and says what is wrong. Many messages that
are as they should be are scanned together: those whose size is a multiple of their first packet's are taken
to be of equal packets, the length prefixes of the others are followed one by one, and then every prefix of
all of them is compared with what it was taken for. If anything is not as it should be, care takes over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire.layout import FULL, PACKET_LENGTHS, PacketError

PREFIX: Final = 2
PADDING: Final = bytes(PREFIX + FULL)
"""Behind joined messages, so that a packet's worth of bytes can be read from any place in them."""

_LENGTHS: Final = bytes(PACKET_LENGTHS)

_FEW: Final = 6_000
"""Bytes below which following every prefix is as quick as what is done once for all of them."""

_HALF: Final = np.dtype(">u2")


@dataclass(slots=True)
class FoundPackets:
    """The good packets of several messages, in order, and what else was found.

    positions: where the packet begins in the joined messages, behind its length prefix, shape (n,), intp.
    lengths: shape (n,), uint8. frames: the index of its message, shape (n,), int32.
    """

    positions: NDArray[np.intp]
    lengths: NDArray[np.uint8]
    frames: NDArray[np.int32]
    errors: list[PacketError] = field(default_factory=list)
    heartbeats: int = 0


def find_packets(joined: bytes, frames: Sequence[bytes]) -> FoundPackets:
    """Find the packets of these messages; `joined` are the same, with `PADDING` behind them."""
    together = _find_together(joined, frames) if len(joined) >= _FEW else None
    return together or _find_with_care(frames)


def _find_together(joined: bytes, frames: Sequence[bytes]) -> FoundPackets | None:
    """Find the packets of messages without a fault, or say that there is one."""
    octets = np.frombuffer(joined, np.uint8)
    halves = np.ndarray((len(joined) - 1,), dtype=_HALF, buffer=joined, strides=(1,))
    sizes = np.fromiter(map(len, frames), np.intp, len(frames))
    starts = sizes.cumsum() - sizes
    counts, strides = halves[starts].astype(np.intp), octets[starts + PREFIX + 1] + np.intp(PREFIX)
    are_equal = sizes == PREFIX + counts * strides
    others = np.flatnonzero(~are_equal)
    walked = _walked(joined, frames, others, starts, counts)
    if walked is None:
        return None
    indices = np.repeat(np.arange(len(frames), dtype=np.int32), counts)
    steps = np.repeat(strides, counts)
    if walked:
        steps[~are_equal[indices]] = np.frombuffer(walked, np.uint8) + np.intp(PREFIX)
    # Up to the body of a packet there are the packets before it, the heads of messages, and its own prefix.
    positions = steps.cumsum()
    positions -= steps
    positions += np.repeat(np.minimum(sizes, PREFIX).cumsum() + PREFIX, counts)
    lengths = (steps - PREFIX).astype(np.uint8)
    if np.count_nonzero(halves[positions - PREFIX] != lengths) or lengths.tobytes().translate(None, _LENGTHS):
        return None
    return FoundPackets(positions, lengths, indices, heartbeats=int(np.count_nonzero(sizes == 1)))


def _walked(
    joined: bytes,
    frames: Sequence[bytes],
    others: NDArray[np.intp],
    starts: NDArray[np.intp],
    counts: NDArray[np.intp],
) -> bytes | None:
    """Follow the length prefixes of these messages by their low bytes, and return those, or None for a fault.

    Clears the count of a heartbeat, which has none.
    """
    lengths: list[int] = []
    append = lengths.append
    for index, start, count in zip(
        others.tolist(), starts[others].tolist(), counts[others].tolist(), strict=True
    ):
        size = len(frames[index])
        if size == 1:
            counts[index] = 0
            continue
        at = start + PREFIX + 1
        try:
            for _ in repeat(None, count):
                append(length := joined[at])
                at += PREFIX + length
        except IndexError:
            return None
        if at != start + size + 1:
            return None
    return bytes(lengths)


def _find_with_care(frames: Sequence[bytes]) -> FoundPackets:
    """Follow all length prefixes, step over what is not known, and say what is wrong."""
    found = _Careful()
    for data in frames:
        found.take(data)
    return found.packets()


class _Careful:
    """The slow scan: what it has found in the messages taken so far."""

    def __init__(self) -> None:
        self._base = 0
        self._index = 0
        self._positions: list[int] = []
        self._lengths: list[int] = []
        self._frames: list[int] = []
        self._errors: list[PacketError] = []
        self._heartbeats = 0

    def take(self, data: bytes) -> None:
        """Scan the next message."""
        if not data:
            self._fault(0, 0, "empty message")
        elif len(data) < PREFIX:
            self._heartbeats += 1
        else:
            self._walk(data)
        self._base += len(data)
        self._index += 1

    def packets(self) -> FoundPackets:
        """Return all that was found."""
        return FoundPackets(
            np.array(self._positions, np.intp),
            np.array(self._lengths, np.uint8),
            np.array(self._frames, np.int32),
            self._errors,
            self._heartbeats,
        )

    def _walk(self, data: bytes) -> None:
        size, count, position = len(data), data[0] << 8 | data[1], PREFIX
        for number in range(count):
            if position + PREFIX > size:
                reason = f"the message counts {count} packets and ends after {number}"
                return self._fault(position, size - position, reason)
            length = data[position] << 8 | data[position + 1]
            end = position + PREFIX + length
            if end > size:
                reason = f"packet cut short: {size - position - PREFIX} of {length} bytes"
                return self._fault(position, length, reason)
            if length in PACKET_LENGTHS:
                self._positions.append(self._base + position + PREFIX)
                self._lengths.append(length)
                self._frames.append(self._index)
            else:
                self._fault(position, length, f"unknown packet length {length}")
            position = end
        if position < size:
            reason = f"{size - position} bytes after the last of {count} packets"
            self._fault(position, size - position, reason)
        return None

    def _fault(self, offset: int, length: int, reason: str) -> None:
        self._errors.append(PacketError(offset, length, reason, self._index))
