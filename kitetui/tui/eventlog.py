"""What happened, as a bounded list of lines: states, gaps, the server's words, what was added and removed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from kitetui.formatting import plain

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
class Entry:
    """One thing that happened, at `at`, UTC seconds."""

    at: float
    text: str
    weight: Weight


class EventLog:
    """The last few hundred entries, oldest first; `count` is how many there ever were."""

    def __init__(self) -> None:
        self.count = 0
        self._entries: deque[Entry] = deque(maxlen=_KEPT)

    def add(self, at: float, text: str, weight: Weight = Weight.NOTE) -> None:
        """Note what happened; the text may come from the network, and is made safe here."""
        self.count += 1
        self._entries.append(Entry(at, plain(text[:_LONGEST]), weight))

    def last(self, count: int = _KEPT) -> list[Entry]:
        """Return up to `count` entries, the newest last; all that are kept unless told otherwise."""
        return list(self._entries)[-count:] if count > 0 else []
