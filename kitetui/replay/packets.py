"""Recorded messages taken apart into packets, and put together again as a client asked for them.

A poorer packet is the beginning of a richer one, indices included, so that it is cut and never decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.wire import Mode
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE

_PREFIX: Final = 2
_TOKEN: Final = 4
_HEAD: Final = struct.Struct(">HI")
"""The length of a packet, and the token that it begins with."""

_CUT: Final[Mapping[Mode, Mapping[int, int]]] = {
    Mode.LTP: dict.fromkeys((INDEX_QUOTE, INDEX_FULL, QUOTE, FULL), LTP),
    Mode.QUOTE: {INDEX_FULL: INDEX_QUOTE, FULL: QUOTE},
    Mode.FULL: {},
}
"""The length that a packet is cut down to, by mode and its own length; what is not listed stays whole."""


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of one message, and the token of each."""

    tokens: Sequence[int]
    packets: Sequence[bytes]


def split(message: bytes) -> Packets | None:
    """Take a message apart, packets of unknown length included; None where its lengths do not add up."""
    tokens: list[int] = []
    packets: list[bytes] = []
    position = _PREFIX
    try:
        for _ in range(int.from_bytes(message[:_PREFIX])):
            length, token = _HEAD.unpack_from(message, position)
            if length < _TOKEN:
                return None
            start = position + _PREFIX
            position = start + length
            tokens.append(token)
            packets.append(message[start:position])
    except struct.error:  # beyond the end
        return None
    return Packets(tokens, packets) if position == len(message) else None


def join(packets: Sequence[bytes]) -> bytes:
    """Put packets together to one message."""
    parts = [len(packets).to_bytes(_PREFIX)]
    for packet in packets:
        parts += (len(packet).to_bytes(_PREFIX), packet)
    return b"".join(parts)


def cut(packet: bytes, mode: Mode) -> bytes:
    """Return what of a packet this mode has; one that is poorer already is returned as it is."""
    return packet[: _CUT[mode].get(len(packet))]
