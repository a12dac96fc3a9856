"""The groups of the watchlist as data: up to nine lists, one of them shown, and what was removed from them.

A list knows the part of it that is shown, its cursor and its marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.config import MAX_GROUPS, Entry
from kitetui.instruments import Instrument
from kitetui.wire import Exchange, Mode


@dataclass(frozen=True, slots=True)
class SetAside:
    """A configured symbol that no instrument goes by: nothing can be shown of it.

    why: one sentence. successor: what it has become, where that is known. position: its place in the list.
    """

    entry: Entry
    why: str = ""
    successor: Instrument | None = None
    position: int = 0


class Watchlist:
    """Named instruments without duplicates, and a cursor that stays on its instrument.

    The list keeps the order in which it was made. What is shown is that order, or the one that was last
    given to `arrange`; its length, its items and the cursor are those of what is shown.

    set_aside: configured symbols that no instrument goes by; they are kept in the configuration all the same.
    """

    def __init__(
        self, instruments: Iterable[Instrument] = (), name: str = "", set_aside: Iterable[SetAside] = ()
    ) -> None:
        self.name = name
        self.set_aside = tuple(set_aside)
        self._items = list({each.instrument_token: each for each in instruments}.values())
        self._shown = list(self._items)
        self._positions: dict[int, int] = {}
        self._tokens = {each.instrument_token for each in self._items}
        self._marks: set[int] = set()
        self._is_arranged = False
        self._renumber()
        # An index has no depth to show, so the first look goes to something that has.
        traded = (at for at, each in enumerate(self._items) if each.segment is not Exchange.INDICES)
        self._cursor = next(traded, 0)

    def __len__(self) -> int:
        return len(self._shown)

    def __getitem__(self, position: int) -> Instrument:
        return self._shown[position]

    def __contains__(self, instrument_token: int) -> bool:
        return instrument_token in self._tokens

    @property
    def instruments(self) -> Sequence[Instrument]:
        """All instruments of the list, in its own order."""
        return self._items

    @property
    def shown(self) -> Sequence[Instrument]:
        """What is shown, in the order of the screen."""
        return self._shown

    @property
    def tokens(self) -> frozenset[int]:
        """The tokens of all of them."""
        return frozenset(self._tokens)

    @property
    def cursor(self) -> int:
        """The position of the selection among what is shown, 0 where nothing is."""
        return self._cursor

    @property
    def selected(self) -> Instrument | None:
        """The instrument under the cursor, None where nothing is shown."""
        return self._shown[self._cursor] if self._shown else None

    @property
    def marked(self) -> list[Instrument]:
        """The marked instruments, in the order of the list."""
        return [each for each in self._items if each.instrument_token in self._marks]

    @property
    def chosen(self) -> list[Instrument]:
        """What a command is about: all that is marked, or else what is selected."""
        selected = self.selected
        return self.marked or ([selected] if selected else [])

    def is_marked(self, instrument_token: int) -> bool:
        """Whether an instrument is marked."""
        return instrument_token in self._marks

    def toggle_mark(self) -> None:
        """Mark the selection, or take its mark away."""
        if (selected := self.selected) is not None:
            self._marks ^= {selected.instrument_token}

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._marks.clear()

    def move(self, position: int) -> None:
        """Put the cursor on a position, or on the nearest there is."""
        self._cursor = min(max(position, 0), max(len(self._shown) - 1, 0))

    def select(self, instrument_token: int) -> None:
        """Put the cursor on an instrument; one that is not shown leaves it where it is."""
        self._cursor = self._positions.get(instrument_token, self._cursor)

    def find(self, text: str, start: int, step: int = 1) -> int | None:
        """Return the first position from `start` on, round the end, whose symbol or name holds the text."""
        wanted, count = text.casefold(), len(self._shown)
        positions = ((start + step * distance) % count for distance in range(count))
        return next((each for each in positions if wanted in _searched(self._shown[each])), None)

    def arrange(self, positions: Iterable[int] | None) -> None:
        """Show the items at these positions of the list, in this order; all as they are for None.

        The selection stays on its instrument, and where that is no longer shown, at its height.
        """
        selected = self.selected
        self._is_arranged = positions is not None
        self._shown = list(self._items) if positions is None else [self._items[each] for each in positions]
        self._renumber()
        self.move(self._cursor)
        if selected is not None:
            self.select(selected.instrument_token)

    def add(self, instrument: Instrument, position: int | None = None) -> bool:
        """Add an instrument at the end or at a position, and select it; False if it is there already."""
        token = instrument.instrument_token
        if token in self._tokens:
            self.select(token)
            return False
        at = len(self._items) if position is None else min(position, len(self._items))
        self._items.insert(at, instrument)
        self._tokens.add(token)
        # Where the screen's order is not the list's, a newcomer stands last until it is arranged.
        self._shown.insert(len(self._shown) if self._is_arranged else at, instrument)
        self._renumber()
        self.select(token)
        return True

    def remove(self, instrument_token: int) -> int | None:
        """Remove an instrument, and return where in the list it was; None if it is not in it.

        The selection stays on its instrument, or goes to the next one.
        """
        if instrument_token not in self._tokens:
            return None
        at = next(at for at, each in enumerate(self._items) if each.instrument_token == instrument_token)
        self._items.pop(at)
        self._tokens.remove(instrument_token)
        self._marks.discard(instrument_token)
        shown_at = self._positions.get(instrument_token)
        if shown_at is not None:
            self._shown.pop(shown_at)
            self._renumber()
            self.move(self._cursor - 1 if shown_at < self._cursor else self._cursor)
        return at

    def _renumber(self) -> None:
        self._positions = {each.instrument_token: at for at, each in enumerate(self._shown)}


def indices_of(lists: Iterable[Watchlist]) -> Iterator[Instrument]:
    """Yield the indices of all lists, each once, in order."""
    everything = (each for one in lists for each in one.instruments)
    seen: dict[int, Instrument] = {each.instrument_token: each for each in everything if _is_index(each)}
    yield from seen.values()


def _is_index(instrument: Instrument) -> bool:
    return instrument.segment is Exchange.INDICES


def _searched(instrument: Instrument) -> str:
    return f"{instrument.key} {instrument.name}".casefold()


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
