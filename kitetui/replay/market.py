"""What is known of the recorded market so far: the last packet of each token, and who carried it.

Recorded messages are taken apart into packets, and put together again as a client asked for them. A poorer
packet is the beginning of a richer one, indices included, so that it is cut and never decoded.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from kitetui.record.capture.layout import GapNote, Record, StateNote, parse_note
from kitetui.record.capture.rows import Positions, SnapshotFlags
from kitetui.wire import Mode, Request, RequestError, SetMode, Subscribe, Unsubscribe, parse_request
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, PACKET_LENGTHS, QUOTE

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
class MessagePackets:
    """The packets of one message, and the token of each."""

    tokens: Sequence[int]
    packets: Sequence[bytes]


class Subscribed:
    """What somebody who listens has subscribed: `modes`, by token."""

    def __init__(self) -> None:
        self.modes: dict[int, Mode] = {}
        self._in_full: set[int] = set()

    def apply(self, request: Request) -> list[int]:
        """Do what is asked for; return the tokens that are new, or come in another mode."""
        changed: dict[int, Mode] = {}
        match request:
            case Subscribe(tokens):
                changed = {token: Mode.QUOTE for token in tokens if token not in self.modes}
            case SetMode(mode, tokens):
                changed = {token: mode for token in tokens if self.modes.get(token, mode) is not mode}
            case Unsubscribe(tokens):
                for token in tokens:
                    self.modes.pop(token, None)
                self._in_full.difference_update(tokens)
        self.modes.update(changed)
        self._in_full.difference_update(changed)
        self._in_full.update(token for token, mode in changed.items() if mode is Mode.FULL)
        return list(changed)

    def part_of(
        self, message: bytes, packets: MessagePackets, places: Positions
    ) -> tuple[bytes, Positions] | None:
        """Return what of a message is subscribed, and which ticks of that carry the mark; None for nothing.

        places: which ticks of the whole message do.
        """
        if self._in_full.issuperset(packets.tokens):
            return (message, places) if packets.tokens else None
        chosen, wanted = [], []
        for number, (token, packet) in enumerate(zip(packets.tokens, packets.packets, strict=True)):
            mode = self.modes.get(token)
            if mode is not None:
                chosen.append(number)
                wanted.append(cut(packet, mode))
        return (join(wanted), places_left(places, packets.packets, chosen)) if wanted else None

    def last_of(self, tokens: Iterable[int], last: Mapping[int, bytes]) -> list[bytes]:
        """Return the last packets of subscribed tokens, as far as there are any, cut to their modes."""
        return [cut(last[token], self.modes[token]) for token in tokens if token in last]


def split(message: bytes) -> MessagePackets | None:
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
    return MessagePackets(tokens, packets) if position == len(message) else None


def join(packets: Sequence[bytes]) -> bytes:
    """Put packets together to one message."""
    parts = [len(packets).to_bytes(_PREFIX)]
    for packet in packets:
        parts += (len(packet).to_bytes(_PREFIX), packet)
    return b"".join(parts)


def cut(packet: bytes, mode: Mode) -> bytes:
    """Return what of a packet this mode has; one that is poorer already is returned as it is."""
    return packet[: _CUT[mode].get(len(packet))]


def ticks_in(packets: Sequence[bytes]) -> int:
    """Return how many of these packets are ticks: a packet of unknown length is none."""
    return sum(len(packet) in PACKET_LENGTHS for packet in packets)


def places_left(places: Sequence[int], packets: Sequence[bytes], chosen: Sequence[int]) -> tuple[int, ...]:
    """Return which ticks carry the mark in a message of some of the packets of another.

    places: which did in the other, among its ticks. packets: all that it had. chosen: the numbers of those
    that are left, in order.
    """
    if not places:
        return ()
    ticks = [number for number, packet in enumerate(packets) if len(packet) in PACKET_LENGTHS]
    marked = {ticks[place] for place in places if place < len(ticks)}
    left = (number for number in chosen if len(packets[number]) in PACKET_LENGTHS)
    return tuple(place for place, number in enumerate(left) if number in marked)


Noted = StateNote | GapNote
"""What became of a recorded connection."""


class RecordedMarket:
    """Follows a recording as it is played; `last` is the last packet of each token."""

    def __init__(self) -> None:
        self.last: dict[int, bytes] = {}
        self._connection_of: dict[int, int] = {}
        self._known: set[int] = set()
        self._marks = SnapshotFlags()

    def clear(self) -> None:
        """Know nothing again: the recording begins anew."""
        self.last.clear()
        self._connection_of.clear()
        self._known.clear()
        self._marks = SnapshotFlags()

    def asked(self, record: Record) -> None:
        """Follow a request that was recorded."""
        with suppress(RequestError):
            request = parse_request(record.data)
            self._marks.asked(record.connection, request)
            if isinstance(request, Subscribe):
                self._carried(record.connection, request.tokens)

    def marked(self, record: Record) -> Positions:
        """Follow the next message; return the places, among its ticks, of those that carry the mark."""
        return self._marks.of(record)

    def came(self, connection: int, packets: MessagePackets) -> None:
        """Keep the packets of a message, for who subscribes later."""
        self.last.update(zip(packets.tokens, packets.packets, strict=True))
        self._carried(connection, packets.tokens)

    def noted(self, record: Record) -> Noted | None:
        """Follow a note of the recorder; return it where listeners are told of it."""
        note = parse_note(record.data)
        self._marks.noted(record.connection, note)
        return note if isinstance(note, Noted) else None

    def concerns(self, connection: int, tokens: Collection[int]) -> bool:
        """Whether what has no token, such as an order, concerns who listens to these.

        On Kite every connection hears of it. So that who replaces several connections hears all, and who
        replaces one hears it once, it concerns those that share a token with the connection it came on, and
        all where that is not known yet, or where no tokens are listened to.
        """
        if not tokens or connection not in self._known:
            return True
        return any(self._connection_of.get(token) == connection for token in tokens)

    def _carried(self, connection: int, tokens: Iterable[int]) -> None:
        self._connection_of.update(dict.fromkeys(tokens, connection))
        self._known.add(connection)
