"""What happened, as a bounded log of lines, and the feed's messages in words: a toast for what matters."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from kitetui.feed import (
    BrokerMessage,
    ConnectionChanged,
    ConnectionState,
    Gap,
    Lagged,
    OrderUpdate,
    ServerError,
    SymbolsMoved,
    TickerMessage,
    UnknownMessage,
)
from kitetui.formatting import clock, plain
from kitetui.tui.numerals import group

_KEPT: Final = 500
_LONGEST: Final = 300
"""Characters of one entry; a server may say more, and need not be shown all of it."""


class Weight(Enum):
    """How much an entry matters."""

    NOTE = auto()
    GOOD = auto()
    WARNING = auto()
    ALARM = auto()


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One thing that happened, at `at`, UTC seconds."""

    at: float
    text: str
    weight: Weight


class EventLog:
    """The last few hundred entries, oldest first; `count` is how many there ever were."""

    def __init__(self) -> None:
        self.count = 0
        self._entries: deque[LogEntry] = deque(maxlen=_KEPT)

    def add(self, at: float, text: str, weight: Weight = Weight.NOTE) -> None:
        """Note what happened; the text may come from the network, and is made safe here."""
        self.count += 1
        self._entries.append(LogEntry(at, plain(text[:_LONGEST]), weight))

    def last(self, count: int = _KEPT) -> list[LogEntry]:
        """Return up to `count` entries, the newest last; all that are kept unless told otherwise."""
        return list(self._entries)[-count:] if count > 0 else []


_LOGGER: Final = logging.getLogger(__name__)
_LEVELS: Final = {
    Weight.NOTE: logging.INFO,
    Weight.GOOD: logging.INFO,
    Weight.WARNING: logging.WARNING,
    Weight.ALARM: logging.ERROR,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the user once."""

    text: str
    weight: Weight = Weight.NOTE

    @classmethod
    def refusal(cls, error: Exception) -> Notice:
        """Return the notice of something that could not be done."""
        return cls(plain(str(error)), Weight.ALARM)


class Events:
    """The log, and what is told besides.

    now: returns UTC seconds. tell: is called with what the user should be told.
    replayed: whether the connections replay a recording, and so are never called live.
    """

    def __init__(
        self, now: Callable[[], float], tell: Callable[[Notice], None], *, replayed: bool = False
    ) -> None:
        self.log = EventLog()
        self.last_gap: Gap | None = None
        self.tell = tell
        self._now = now
        self._live, self._live_weight = ("up", Weight.NOTE) if replayed else ("live", Weight.GOOD)
        self._states: dict[int, ConnectionState] = {}

    def note(self, text: str, weight: Weight = Weight.NOTE) -> None:
        """Write into the log."""
        self.log.add(self._now(), text, weight)
        _LOGGER.log(_LEVELS[weight], "%s", text)

    def say(self, text: str, weight: Weight = Weight.NOTE) -> None:
        """Write into the log, and tell the user."""
        self.note(text, weight)
        self.tell(Notice(plain(text), weight))

    def take(self, message: TickerMessage) -> None:
        """Put one message of the feed into words; ticks have none."""
        match message:
            case Gap():
                self._gap(message)
            case SymbolsMoved():
                self.note(f"{name_of(message.connection)} takes over {group(len(message.tokens))} symbols")
            case ServerError():
                self.say(f"{name_of(message.connection)} server: {message.text}", Weight.ALARM)
            case BrokerMessage():
                self.say(f"broker: {message.text}", Weight.WARNING)
            case UnknownMessage():
                self.note(f"{name_of(message.connection)} unknown message: {message.text}")
            case OrderUpdate():
                order = message.order
                self.note(f"order {order.get('status', '')} {order.get('tradingsymbol', '')}")
            case Lagged():
                self.note(f"the screen was too slow: {group(message.ticks)} ticks skipped", Weight.WARNING)

    def connection_changed(self, message: ConnectionChanged, tokens: Sequence[int]) -> None:
        """Say what became of a connection, which carries these tokens."""
        number, state = message.connection, message.state
        before = self._states.get(number, ConnectionState.UNUSED)
        self._states[number] = state
        reason = f": {message.reason}" if message.reason else ""
        match state:
            case ConnectionState.LIVE:
                self.note(f"{name_of(number)} {self._live}, {group(len(tokens))} symbols", self._live_weight)
            case ConnectionState.RETRYING if before is ConnectionState.LIVE:
                self.say(f"{name_of(number)} lost{reason}", Weight.WARNING)
            case ConnectionState.RETRYING:
                self.note(f"{name_of(number)} no connection{reason}", Weight.WARNING)
            case ConnectionState.DOWN:
                self.say(f"{name_of(number)} down{reason}", Weight.ALARM)
            case ConnectionState.CONNECTING:
                self.note(f"{name_of(number)} connecting")

    def _gap(self, gap: Gap) -> None:
        self.last_gap = gap
        start, end = clock(gap.start / 1e9), clock(gap.end / 1e9)
        self.note(f"{name_of(gap.connection)} gap {start} → {end}, {gap.seconds:.1f} s", Weight.WARNING)
        back = f"back after {gap.seconds:.0f} s, {group(gap.symbols)} resubscribed"
        self.tell(Notice(f"{name_of(gap.connection)} {back}", Weight.GOOD))


def name_of(connection: int) -> str:
    """Return what a connection is called on the screen: `ws1`, counted from one."""
    return f"ws{connection + 1}"
