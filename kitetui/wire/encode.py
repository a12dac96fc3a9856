"""From rows to binary messages: the decoder's inverse, for the simulator, replay and tests."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.batch import TickBatch
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, PACKET_LENGTHS

HEARTBEAT = b"\x00"
"""What the server sends when it has nothing else to send."""

MAX_PACKETS = 0xFFFF


def encode_frame(words: NDArray[np.int32], lengths: Iterable[int]) -> bytes:
    """Encode rows as one binary message.

    words: shape (n, 46), int32, as in `TickBatch.words`; n at most 65,535.
    lengths: for each row the length of the packet to make of it.

    Raises ValueError for a length that no packet has, or more rows than a message can count.
    """
    packets = encode_packets(words, lengths)
    if len(packets) > MAX_PACKETS:
        raise ValueError(f"a message counts at most {MAX_PACKETS:,} packets, and these are {len(packets):,}")
    parts = [len(packets).to_bytes(2, "big")]
    for packet in packets:
        parts += (len(packet).to_bytes(2, "big"), packet)
    return b"".join(parts)


def encode_batch(batch: TickBatch) -> bytes:
    """Encode a batch as one binary message."""
    return encode_frame(batch.words, batch.lengths.tolist())


def encode_packets(words: NDArray[np.int32], lengths: Iterable[int]) -> list[bytes]:
    """Encode each row as a packet without its length prefix."""
    big_endian = words.astype(">i4")
    orders = big_endian[:, layout.DEPTH + layout.ENTRY_ORDERS :: layout.DEPTH_ENTRY_WORDS]
    orders <<= 16
    data = big_endian.tobytes()
    packets = []
    for row, length in enumerate(map(int, lengths)):
        if length in (INDEX_QUOTE, INDEX_FULL):
            sent = words[row, list(layout.INDEX_WORDS[: length // 4])]
            packets.append(sent.astype(">i4").tobytes())
        elif length in PACKET_LENGTHS:
            packets.append(data[row * FULL : row * FULL + length])
        else:
            raise ValueError(f"no packet has {length} bytes; the lengths are {PACKET_LENGTHS}")
    return packets
