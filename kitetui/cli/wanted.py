"""What a recording is of, from the list of one day to that of the next: from what stands behind `-s` to
instruments.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final, Protocol

from kitetui.errors import UserError
from kitetui.feed import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION, CapacityError, KiteTickerManager
from kitetui.formatting import group
from kitetui.instruments import Choice, Instrument, Universe, UnknownSymbol, choose
from kitetui.record import NameOf
from kitetui.wire import Exchange, Mode

_MOST: Final = MAX_CONNECTIONS * MAX_SYMBOLS_PER_CONNECTION
"""Symbols that an API key can be asked for."""


def choose_instruments(names: Iterable[str], universe: Universe, capacity: int) -> Choice:
    """Return the instruments named, each once, in order; without names the default watchlist.

    Raises UserError for names that are not known, or more instruments than the connections carry.
    """
    found = _Found(names, universe)
    if found.unknown:
        raise UserError(_unknown(found.unknown))
    chosen = found.choice
    if (count := len(chosen.instruments)) > capacity:
        largest, size = found.largest
        most = f", {group(size)} of them {largest}," if 1 < size < count else ""
        more = ", or allow more with --connections" if capacity < _MOST else ""
        raise UserError(
            f"{group(count)} symbols{most} are more than the {group(capacity)} that the connections carry",
            f"name fewer{more}",
        )
    return chosen


def choose_known(names: Iterable[str], universe: Universe) -> Choice:
    """Return the instruments named, as `choose_instruments` does; names that are not known are left out."""
    found = _Found(names, universe)
    if found.unknown:
        found.choice.left_out.append(_unknown(found.unknown))
    return found.choice


class _Found:
    """What names stand for: the instruments, the name with the most of them, and names that are not known."""

    def __init__(self, names: Iterable[str], universe: Universe) -> None:
        self.choice = Choice()
        self.unknown: dict[str, UnknownSymbol] = {}
        self.largest = "", 0
        wanted = [name.strip() for argument in names for name in argument.split(",") if name.strip()]
        if not wanted:
            self.choice.instruments += universe.default_watchlist()
            return
        chosen: dict[int, Instrument] = {}
        for name in wanted:
            try:
                found = choose(universe, name)
            except UnknownSymbol as error:
                self.unknown[name] = error
                continue
            chosen.update((each.instrument_token, each) for each in found.instruments)
            self.choice.left_out += found.left_out
            self.largest = max(self.largest, (name, len(found.instruments)), key=itemgetter(1))
        self.choice.instruments += chosen.values()


def _unknown(unknown: dict[str, UnknownSymbol]) -> str:
    first, *others = unknown
    said = str(unknown[first])
    if not others:
        return said
    named = ", ".join(map(ascii, others[:3])) + (" and more" if len(others) > 3 else "")
    return f"{said} Nor are these known: {named}" if said.endswith("?") else f"{said}; nor are {named} known"


Names = dict[int, tuple[str, str]]
"""The exchange and tradingsymbol of tokens."""

_FEW: Final = 3
"""How many symbols of a change are named."""


class Rename(Protocol):
    """Has what is received from now on named by another list; `renamed`: whether a token has another name."""

    def __call__(self, name_of: NameOf, *, renamed: bool) -> None: ...


class Wanted:
    """The instruments of a recording: all that symbols, patterns and sets stand for.

    segments: those that they trade in.
    """

    def __init__(
        self, symbols: Sequence[str], instruments: Iterable[Instrument], said: Iterable[str]
    ) -> None:
        """Take what the user named, nothing for the default watchlist, and what that stands for today.

        said: what he knows of it already, one sentence each.
        """
        self._symbols = symbols
        self._said = set(said)
        self._instruments = _by_token(instruments)
        self.segments = _segments(self._instruments)
        # Of all that was ever asked for: a token may come back after weeks, as another's.
        self._names = _names(self._instruments.values())

    @property
    def tokens(self) -> list[int]:
        """Their tokens."""
        return list(self._instruments)

    @property
    def name_of(self) -> NameOf:
        """What names them today; it stays as it is."""
        return self._names.get

    async def follow(
        self, universe: Universe, manager: KiteTickerManager, mode: Mode, rename: Rename
    ) -> list[str]:
        """Ask for what the same symbols stand for in another list; return what there is to say of that.

        New instruments are subscribed in `mode`, as many as fit. Names are those of the new list before any
        of them ticks.
        """
        # Thousands of names take a while to look up, and ticks come meanwhile.
        choice, names = await asyncio.to_thread(self._looked_up, universe)
        before, chosen = self._instruments, _by_token(choice.instruments)
        rename(names.get, renamed=any(names[token] != name for token, name in self._names.items()))
        await manager.unsubscribe_symbols(before.keys() - chosen.keys())
        unfit = await _subscribe(manager, [token for token in chosen if token not in before], mode)
        self._instruments = {token: each for token, each in chosen.items() if token not in unfit}
        self.segments = _segments(self._instruments)
        self._names = names
        remarks = [each for each in choice.left_out if each not in self._said]
        self._said = set(choice.left_out)
        if unfit:
            left = [each for token, each in chosen.items() if token in unfit]
            remarks.append(f"{group(len(left))} are left out: the connections carry no more ({_named(left)})")
        return [*remarks, _changed(before, self._instruments)]

    def _looked_up(self, universe: Universe) -> tuple[Choice, Names]:
        """Return what is meant in another list, and the names of that and of all that was meant before."""
        choice = choose_known(self._symbols, universe)
        known = filter(None, map(universe.by_token, self._instruments))
        return choice, {**self._names, **_names(known), **_names(choice.instruments)}


async def _subscribe(manager: KiteTickerManager, tokens: Sequence[int], mode: Mode) -> set[int]:
    """Subscribe tokens, and return those that do not fit."""
    try:
        await manager.subscribe_symbols(tokens, mode)
    except CapacityError as full:
        room = max(full.capacity - full.used, 0)
        await manager.subscribe_symbols(tokens[:room], mode)
        return set(tokens[room:])
    return set()


def _changed(before: dict[int, Instrument], now: dict[int, Instrument]) -> str:
    """Return what is recorded now and was not before, and the other way round."""
    parts = []
    for what, these, others in (("new", now, before), ("gone", before, now)):
        differ = [each for token, each in these.items() if _key(others.get(token)) != each.key]
        if differ:
            parts.append(f"{group(len(differ))} {what} ({_named(differ)})")
    if not parts:
        return f"the same {group(len(now))} symbols"
    return f"{', '.join(parts)}; now {group(len(now))} symbols"


def _key(instrument: Instrument | None) -> str:
    return instrument.key if instrument is not None else ""


def _named(instruments: Sequence[Instrument]) -> str:
    """Name the first of them."""
    names = ", ".join(each.key for each in instruments[:_FEW])
    return f"{names} and more" if len(instruments) > _FEW else names


def _segments(instruments: Mapping[int, Instrument]) -> set[Exchange]:
    return set(map(Exchange.of, instruments))


def _by_token(instruments: Iterable[Instrument]) -> dict[int, Instrument]:
    return {each.instrument_token: each for each in instruments}


def _names(instruments: Iterable[Instrument]) -> Names:
    return {each.instrument_token: (each.exchange, each.tradingsymbol) for each in instruments}
