"""What the exchange says it sent, beside what each connection says it received: packet by packet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kitetui.feed import ConnectionChanged, ConnectionState, RawFrame, TickerMessage, Ticks
from kitetui.simulator import Sent
from kitetui.wire import HEARTBEAT, decode_frame
from kitetui.wire.layout import LAST_PRICE, TOKEN
from tests.world.network import Network, Wire

Key = tuple[int, int]
"""A tick as its reader knows it: the number of its connection, and its own among the ticks of that."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet that was received, as the exchange knows it.

    is_answer: whether it was sent only because somebody asked. price: as sent. sent_at: seconds of the world.
    """

    token: int
    price: int
    is_answer: bool
    sent_at: float
    wire: Wire


class Account:
    """The exchange's own account, and the packets of it that were received.

    received: each packet by its tick. marks: the mark of each tick, as the feed gave it. sent_to: by address,
    what was sent. taken: by port, how many messages of that were received.
    """

    def __init__(self, network: Network) -> None:
        self.received: dict[Key, Packet] = {}
        self.marks: dict[Key, bool] = {}
        self._network = network
        self.sent_to: defaultdict[tuple[str, int], list[Sent]] = defaultdict(list)
        self._wire_of: dict[int, Wire] = {}
        self.taken: defaultdict[int, int] = defaultdict(int)

    def sent(self, sent: Sent) -> None:
        """Note a message that the exchange sends."""
        self.sent_to[sent.client.address].append(sent)

    def hear(self, message: TickerMessage | RawFrame) -> None:
        """Follow the full stream of the manager."""
        match message:
            case ConnectionChanged(connection=number, state=ConnectionState.LIVE):
                self._wire_of[number] = [wire for wire in self._network.wires if wire.number == number][-1]
            case RawFrame(data=bytes(data), sent=False) if data != HEARTBEAT:
                self._receive(message, data)
            case Ticks():
                for place, mark in enumerate(message.snapshot.tolist()):
                    self.marks[message.connection, message.sequence + place] = mark

    def _receive(self, frame: RawFrame, data: bytes) -> None:
        wire = self._wire_of[frame.connection]
        place = self.taken[wire.address[1]]
        self.taken[wire.address[1]] += 1
        sent = self.sent_to[wire.address][place]
        assert sent.frame == data, "what is received is what was sent, in order"
        batch = decode_frame(data)
        assert batch.words[:, TOKEN].view("u4").tolist() == list(sent.tokens)
        prices = batch.words[:, LAST_PRICE].tolist()
        for row, (token, price, is_answer) in enumerate(zip(sent.tokens, prices, sent.answers, strict=True)):
            packet = Packet(token, price, is_answer, sent.at, wire)
            self.received[frame.connection, frame.sequence + row] = packet

    def marked_news(self) -> Iterator[Packet]:
        """Yield the packets that were news, and carry the mark all the same."""
        for key, packet in self.received.items():
            if not packet.is_answer and self.marks[key]:
                yield packet


DETECTED_WITHIN: Final = 7.0
"""Seconds in which a connection that brings nothing is known to be lost."""
