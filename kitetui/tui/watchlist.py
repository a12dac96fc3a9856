"""The watchlist as data: instruments in the order added, the selection, and what was removed last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.instruments import Instrument
from kitetui.wire import Exchange, Mode

_REMEMBERED: Final = 100
"""Removals that can be undone."""


@dataclass(frozen=True, slots=True)
class Removal:
    """An instrument that was removed, with what is needed to bring it back as it was."""

    instrument: Instrument
    mode: Mode
    position: int


class Watchlist:
    """Instruments without duplicates, and a cursor that stays on its instrument."""

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        self._items: list[Instrument] = []
        self._positions: dict[int, int] = {}
        self._indices: list[Instrument] = []
        self._removals: list[Removal] = []
        self._cursor = 0
        for instrument in instruments:
            self.add(instrument)
        # An index has no depth to show, so the first look goes to something that has.
        traded = (at for at, each in enumerate(self._items) if each.segment is not Exchange.INDICES)
        self._cursor = next(traded, 0)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, instrument_token: int) -> bool:
        return instrument_token in self._positions

    def __getitem__(self, position: int) -> Instrument:
        return self._items[position]

    @property
    def instruments(self) -> Sequence[Instrument]:
        """All instruments, in order."""
        return self._items

    @property
    def indices(self) -> Sequence[Instrument]:
        """The indices among them, in order."""
        return self._indices

    @property
    def cursor(self) -> int:
        """The position of the selection, 0 in an empty list."""
        return self._cursor

    @property
    def selected(self) -> Instrument | None:
        """The instrument under the cursor, None in an empty list."""
        return self._items[self._cursor] if self._items else None

    def move(self, position: int) -> None:
        """Put the cursor on a position, or on the nearest there is."""
        self._cursor = min(max(position, 0), max(len(self._items) - 1, 0))

    def select(self, instrument_token: int) -> None:
        """Put the cursor on an instrument; one that is not in the list leaves it where it is."""
        self._cursor = self._positions.get(instrument_token, self._cursor)

    def add(self, instrument: Instrument, position: int | None = None) -> bool:
        """Add an instrument at the end or at a position, and select it; False if it is there already."""
        token = instrument.instrument_token
        if token in self._positions:
            self.select(token)
            return False
        at = len(self._items) if position is None else min(position, len(self._items))
        self._items.insert(at, instrument)
        self._renumber(at, instrument)
        self._cursor = at
        return True

    def remove(self, instrument_token: int, mode: Mode) -> None:
        """Remove an instrument, and remember it with its mode; one that is not in the list is passed over.

        The selection stays on its instrument, or goes to the next one.
        """
        at = self._positions.pop(instrument_token, None)
        if at is None:
            return
        instrument = self._items.pop(at)
        self._removals = [*self._removals[1 - _REMEMBERED :], Removal(instrument, mode, at)]
        self._renumber(at, instrument)
        self.move(self._cursor - 1 if at < self._cursor else self._cursor)

    @property
    def last_removal(self) -> Removal | None:
        """What was removed last, None if there is nothing left to undo."""
        return self._removals[-1] if self._removals else None

    def forget_removal(self) -> None:
        """Forget the last removal: it was undone."""
        self._removals.pop()

    def _renumber(self, start: int, changed: Instrument) -> None:
        for position in range(start, len(self._items)):
            self._positions[self._items[position].instrument_token] = position
        if changed.segment is Exchange.INDICES:
            self._indices = [each for each in self._items if each.segment is Exchange.INDICES]
