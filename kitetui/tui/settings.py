"""What the user has set and what is kept from start to start: the configuration, as the terminal uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kitetui.config import Config, ConfigFile, Entry, Group, Vocabulary
from kitetui.config import Sort as NamedSort
from kitetui.errors import UserError
from kitetui.instruments import Instrument, Universe, UnknownSymbol
from kitetui.tui.commands import COMMAND_IDS
from kitetui.tui.groups import SetAside, Watchlist
from kitetui.tui.layout import Column
from kitetui.tui.ordering import Sort, can_sort
from kitetui.wire import Mode

VOCABULARY: Final = Vocabulary(
    columns=tuple(column.value for column in Column if column is not Column.SYMBOL),
    commands=COMMAND_IDS,
)
"""The names that a configuration may use."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The groups of a configuration as instruments; `modes` are of those that have one of their own."""

    groups: list[Watchlist] = field(default_factory=list)
    modes: dict[int, Mode] = field(default_factory=dict)


class Settings:
    """The configuration in use, and the file that it is kept in.

    file: None for a run whose changes are not to be kept. keeps_groups: whether the lists are; those of a
    run that was given its symbols are not, and the configured ones stay as they are. failed: is called
    with a sentence when something could not be kept.
    """

    def __init__(
        self,
        config: Config,
        file: ConfigFile | None = None,
        *,
        keeps_groups: bool = True,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.config = config
        self.keeps_groups = keeps_groups
        self.failed = failed
        self._file = file
        self._groups: tuple[Group, ...] | None = None
        self._turn = asyncio.Lock()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The chosen columns, the symbol first; all there are where none were chosen."""
        chosen = tuple(Column(name) for name in self.config.columns)
        return (Column.SYMBOL, *chosen) if chosen else tuple(Column)

    @property
    def sort(self) -> Sort | None:
        """The sort that the list begins with."""
        named = self.config.sort
        if named is None or not can_sort(Column(named.column)):
            return None
        return Sort(Column(named.column), named.descending)

    def lists(self, universe: Universe) -> Lists:
        """Return the configured groups; symbols that the universe does not know are set aside in them."""
        found = Lists()
        for group in self.config.groups:
            instruments: list[Instrument] = []
            set_aside: list[SetAside] = []
            for entry in group.entries:
                try:
                    instrument = universe.resolve(entry.symbol)
                except UnknownSymbol as unknown:
                    set_aside.append(SetAside(entry, str(unknown), unknown.successor, len(instruments)))
                    continue
                instruments.append(instrument)
                if entry.mode is not None:
                    found.modes[instrument.instrument_token] = entry.mode
            found.groups.append(Watchlist(instruments, group.name, set_aside))
        return found

    def begin_with(self, groups: Iterable[Watchlist], modes: Mapping[int, Mode]) -> None:
        """Take these lists for what is kept already, so that only what the user changes is written."""
        self._groups = _kept(groups, modes)

    async def keep_groups(self, groups: Iterable[Watchlist], modes: Mapping[int, Mode]) -> None:
        """Keep the lists as they are now; `modes` are those that differ from the feed's."""
        kept = _kept(groups, modes)
        if self.keeps_groups and self._groups is not None and kept != self._groups:
            self._groups = kept
            await self._keep(groups=kept)

    async def keep_theme(self, name: str) -> None:
        """Keep the theme."""
        await self._keep(theme=name)

    async def keep_columns(self, columns: Sequence[Column]) -> None:
        """Keep the columns; all in their usual order are no choice."""
        names = tuple(column.value for column in columns if column is not Column.SYMBOL)
        await self._keep(columns=() if tuple(columns) == tuple(Column) else names)

    async def keep_sort(self, sort: Sort | None) -> None:
        """Keep the sort."""
        await self._keep(sort=None if sort is None else NamedSort(sort.column.value, sort.descending))

    async def changed_outside(self) -> Config | None:
        """Return the configuration if its file was changed by somebody else. Raises ConfigError."""
        if self._file is None:
            return None
        async with self._turn:
            if not await asyncio.to_thread(self._file.changed):
                return None
            config = await asyncio.to_thread(self._file.read)
        self.config = config
        return config

    async def _keep(self, **fields: object) -> None:
        if self._file is None:
            return
        async with self._turn:  # one write at a time, in the order of what was done
            try:
                self.config = await asyncio.to_thread(self._file.update, **fields)
            except UserError as error:
                self.failed(f"not kept for the next start: {error}")


def _kept(groups: Iterable[Watchlist], modes: Mapping[int, Mode]) -> tuple[Group, ...]:
    return tuple(
        Group(
            each.name,
            (
                *(Entry(one.key, modes.get(one.instrument_token)) for one in each.instruments),
                *(one.entry for one in each.set_aside),
            ),
        )
        for each in groups
        if each.instruments or each.set_aside
    )
