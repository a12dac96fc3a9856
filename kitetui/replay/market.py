"""What is known of the recorded market so far: the last packet of each token, and who carried it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress

from kitetui.record.capture.marks import Marks, Places
from kitetui.record.capture.notes import GapNote, StateNote, parse_note
from kitetui.record.capture.records import Record
from kitetui.replay.packets import Packets
from kitetui.wire import RequestError, Subscribe, parse_request

Noted = StateNote | GapNote
"""What became of a recorded connection."""


class RecordedMarket:
    """Follows a recording as it is played; `last` is the last packet of each token."""

    def __init__(self) -> None:
        self.last: dict[int, bytes] = {}
        self._connection_of: dict[int, int] = {}
        self._known: set[int] = set()
        self._marks = Marks()

    def clear(self) -> None:
        """Know nothing again: the recording begins anew."""
        self.last.clear()
        self._connection_of.clear()
        self._known.clear()
        self._marks = Marks()

    def asked(self, record: Record) -> None:
        """Follow a request that was recorded."""
        with suppress(RequestError):
            request = parse_request(record.data)
            self._marks.asked(record.connection, request)
            if isinstance(request, Subscribe):
                self._carried(record.connection, request.tokens)

    def marked(self, record: Record) -> Places:
        """Follow the next message; return the places, among its ticks, of those that carry the mark."""
        return self._marks.of(record)

    def came(self, connection: int, packets: Packets) -> None:
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
