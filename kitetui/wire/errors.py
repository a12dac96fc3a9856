"""What is wrong with a packet, as data: bad bytes never raise, and never pass unseen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PacketError:
    """Bytes that could not be read as market data.

    `offset` is where they begin in the message (at the length prefix, where there is one), `length` how
    many bytes the packet says it has, `frame` the message's index in the batch.
    """

    offset: int
    length: int
    reason: str
    frame: int = 0
