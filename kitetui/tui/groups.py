"""The groups of the watchlist: up to nine lists, one of them shown, and what was removed from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.config import MAX_GROUPS
from kitetui.instruments import Instrument
from kitetui.tui.watchlist import Watchlist, indices_of
from kitetui.wire import Exchange, Mode

FIRST_GROUP: Final = "Core"
"""The name of the group that there is when none was made."""

_REMEMBERED: Final = 100
"""Removals that can be undone."""


@dataclass(frozen=True, slots=True)
class Removed:
    """One instrument that was removed, with what is needed to bring it back as it was."""

    instrument: Instrument
    mode: Mode
    position: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed at once, and from which list."""

    group: Watchlist
    items: tuple[Removed, ...]


class Groups:
    """The lists, in the order of their digit keys; there is always one, and one is shown."""

    def __init__(self, lists: Iterable[Watchlist] = ()) -> None:
        self._lists = list(lists)[:MAX_GROUPS] or [Watchlist(name=FIRST_GROUP)]
        self._shown = 0
        self._removals: list[Removal] = []
        self._indices: list[Instrument] | None = None
        self._segments: frozenset[Exchange] | None = None

    @property
    def lists(self) -> Sequence[Watchlist]:
        """All lists, in order."""
        return self._lists

    @property
    def shown(self) -> Watchlist:
        """The list that is shown."""
        return self._lists[self._shown]

    @property
    def number(self) -> int:
        """The number of the list that is shown, from 1."""
        return self._shown + 1

    @property
    def tokens(self) -> set[int]:
        """The tokens of everything in any list."""
        return {token for one in self._lists for token in one.tokens}

    @property
    def indices(self) -> Sequence[Instrument]:
        """The indices of all lists, each once."""
        if self._indices is None:
            self._indices = list(indices_of(self._lists))
        return self._indices

    @property
    def segments(self) -> frozenset[Exchange]:
        """The segments of everything in any list."""
        if self._segments is None:
            self._segments = frozenset(each.segment for one in self._lists for each in one.instruments)
        return self._segments

    def by_token(self, instrument_token: int) -> Instrument | None:
        """Return an instrument of any list, None if it is in none."""
        everything = (each for one in self._lists for each in one.instruments)
        return next((each for each in everything if each.instrument_token == instrument_token), None)

    def __contains__(self, instrument_token: int) -> bool:
        return any(instrument_token in one for one in self._lists)

    def show(self, number: int) -> bool:
        """Show the list of a number; the number after the last makes a new, empty one.

        A list that was made so and is still empty is dropped when it is left. False if there is no such list.
        """
        if not 1 <= number <= min(len(self._lists) + 1, MAX_GROUPS):
            return False
        if number > len(self._lists):
            if not self.shown.instruments:
                return False
            self._lists.append(Watchlist(name=f"List {number}"))
        left = self._lists[self._shown]
        self._shown = number - 1
        if left is self._lists[-1] and left is not self.shown and not (left.instruments or left.set_aside):
            self._lists.pop()
        return True

    def step(self, step: int) -> None:
        """Show the next list, or the one before, round the ends."""
        self.show((self._shown + step) % len(self._lists) + 1)

    def add(self, group: Watchlist, instrument: Instrument, position: int | None = None) -> bool:
        """Add an instrument to a list; False if it is there already."""
        self._forget()
        return group.add(instrument, position)

    def remove(self, group: Watchlist, chosen: Iterable[tuple[Instrument, Mode]]) -> None:
        """Remove instruments from a list, and remember them with their modes as one removal."""
        self._forget()
        removed = []
        for instrument, mode in chosen:
            position = group.remove(instrument.instrument_token)
            if position is not None:
                removed.append(Removed(instrument, mode, position))
        if removed:
            self._removals = [*self._removals[1 - _REMEMBERED :], Removal(group, tuple(removed))]

    @property
    def last_removal(self) -> Removal | None:
        """What was removed last, None if there is nothing left to undo."""
        return self._removals[-1] if self._removals else None

    def undo(self, removal: Removal) -> None:
        """Put back what was removed, each where it was; its list too, should that have gone."""
        self._forget()
        if removal.group not in self._lists and len(self._lists) < MAX_GROUPS:
            self._lists.append(removal.group)
        home = removal.group if removal.group in self._lists else self.shown
        self._shown = self._lists.index(home)
        for item in reversed(removal.items):
            home.add(item.instrument, item.position)
        self._removals.remove(removal)

    def replace(self, lists: Iterable[Watchlist]) -> None:
        """Put other lists in the place of these; the same number is shown, and the same symbol selected."""
        selected = self.shown.selected
        self._lists = list(lists)[:MAX_GROUPS] or [Watchlist(name=FIRST_GROUP)]
        self._forget()
        self._shown = min(self._shown, len(self._lists) - 1)
        if selected is not None:
            self.shown.select(selected.instrument_token)

    def _forget(self) -> None:
        """Look again at what the lists hold: they have changed."""
        self._indices = self._segments = None
