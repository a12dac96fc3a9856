"""The monitor without a screen: the feed's messages go into the market, the log and the watchlist's state.

The screen reads from here at its own pace, and what a user does goes through here to the live feed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isnan
from typing import Final

from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    KiteTickerManager,
    ServerError,
    SymbolsMoved,
    TickerMessage,
    Ticks,
)
from kitetui.formatting import duration
from kitetui.instruments import Instrument
from kitetui.market import LastValueCache
from kitetui.market.cache import quotes
from kitetui.market.calendar import Calendar
from kitetui.market.calendarfile import load_calendar
from kitetui.market.history import Candles, History
from kitetui.tui.events import Events, Notice, Weight
from kitetui.tui.groups import Groups, Watchlist
from kitetui.tui.hours import Hours, hours_of
from kitetui.tui.numerals import group
from kitetui.tui.ordering import Ordering
from kitetui.tui.rates import Rates
from kitetui.tui.recording import Transport
from kitetui.tui.rows import NEVER_TICKED, Row, Rows
from kitetui.wire import Mode, TickBatch
from kitetui.wire.layout import RANK

_HOURS_LAST: Final = 5.0
"""Seconds for which the graphs of the last hour are not made anew."""

NOT_RECORDED: Final = "the recording has no tick of it so far"

_SLACK: Final = 1.0
"""Seconds by which a replay's clock may go back without all beginning anew."""

_STEP: Final = 2.0
"""Seconds by which a clock is set at once, and not slowed or hurried to the right time."""

_NEXT_MODE: Final = {Mode.LTP: Mode.QUOTE, Mode.QUOTE: Mode.FULL, Mode.FULL: Mode.LTP}


class Monitor:
    """The groups, the last values, the log and the rates of one manager.

    modes: how much to stream of an instrument, by token; `mode` is for all others.
    now: returns UTC seconds, which are those of the recording where there is a `replay`.
    tell: is called with what the user should be told. stopwatch: the seconds that pass before the screen.
    calendar: the hours of the markets, None for those that ship.
    """

    def __init__(
        self,
        manager: KiteTickerManager,
        groups: Groups,
        mode: Mode,
        now: Callable[[], float],
        tell: Callable[[Notice], None],
        modes: Mapping[int, Mode] | None = None,
        replay: Transport | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        self.manager = manager
        self.groups = groups
        self.mode = mode
        self.now = now if replay is None else replay.now
        self.stopwatch: Callable[[], float] = time.monotonic
        self.replay = replay
        self.cache = LastValueCache()
        self.history = History()
        self.rows = Rows(manager, self.cache, self.now, NEVER_TICKED if replay is None else NOT_RECORDED)
        self.ordering = Ordering()
        self.events = Events(self.now, tell, replayed=replay is not None)
        self.rates = Rates()
        self.tell = tell
        self._calendar = calendar or load_calendar()
        self._modes = dict(modes or {})
        self._leases: dict[object, Mapping[int, Mode]] = {}
        self._hours: dict[int, tuple[float | None, ...]] = {}
        self._hours_at = -inf
        self._clock_at = -inf
        self._ahead = -inf

    @property
    def watchlist(self) -> Watchlist:
        """The group that is shown."""
        return self.groups.shown

    @property
    def modes(self) -> dict[int, Mode]:
        """The modes of the instruments that have another than the usual one, by token."""
        watched = self.groups.tokens
        return {
            token: mode for token, mode in self._modes.items() if mode is not self.mode and token in watched
        }

    async def run(self) -> None:
        """Run the feed until cancelled; the manager is stopped then."""
        stream = self.manager.stream()
        async with self.manager:
            try:
                await self._subscribe(self.groups.tokens)
            except ValueError as refusal:
                self.events.say(str(refusal), Weight.ALARM)
            async for message in stream:
                self.take(message)

    def take(self, message: TickerMessage) -> None:
        """Take in one message of the feed."""
        match message:
            case Ticks():
                self.follow_clock()
                self._take_ticks(message)
            case ConnectionChanged():
                tokens = self._tokens_of(message.connection)
                if message.state is ConnectionState.LIVE:
                    self.rows.asked_for(tokens)
                self.events.connection_changed(message, tokens)
            case SymbolsMoved():
                self.rows.asked_for(message.tokens)
            case ServerError():
                self.rows.complaint(message.connection, message.text)
        self.events.take(message)

    async def add(self, instrument: Instrument) -> bool:
        """Watch one more instrument in the group shown; False if it is there. The cursor goes to it.

        Raises CapacityError or ValueError when the feed cannot take it; then nothing changes.
        """
        if await self.add_all([instrument]):
            return True
        self.watchlist.select(instrument.instrument_token)
        return False

    async def add_all(self, instruments: Iterable[Instrument]) -> list[Instrument]:
        """Watch more instruments in the group shown; return those that were not there.

        Raises CapacityError or ValueError when the feed cannot take all of them; then nothing changes.
        """
        new = [each for each in instruments if each.instrument_token not in self.watchlist]
        await self._subscribe([each.instrument_token for each in new])
        for each in new:
            self.groups.add(self.watchlist, each)
        await self._follow([each.instrument_token for each in new])
        for each in new:
            self.events.note(f"+ {each.key} ({self.mode_of(each)})")
        return new

    async def remove_chosen(self) -> list[Instrument]:
        """Take what is marked or selected out of the group; what nothing else needs is unsubscribed."""
        chosen = self.watchlist.chosen
        self.groups.remove(self.watchlist, [(each, self.mode_of(each)) for each in chosen])
        await self._follow([each.instrument_token for each in chosen])
        for each in chosen:
            self.events.note(f"- {each.key}")
        return chosen

    async def undo_removal(self) -> list[Instrument]:
        """Bring back what was removed last, where it was and as it was; nothing if there is nothing to undo.

        Raises CapacityError when the feed has no room for it; it can be brought back later then.
        """
        removal = self.groups.last_removal
        if removal is None:
            return []
        modes = {item.instrument.instrument_token: item.mode for item in removal.items}
        await self._subscribe(modes, modes)
        self.groups.undo(removal)
        await self._follow(modes)
        for item in removal.items:
            self.events.note(f"+ {item.instrument.key} ({item.mode})")
        return [item.instrument for item in removal.items]

    async def take_successors(self) -> list[Instrument]:
        """Watch what came after the symbols that are set aside, in their place; nothing where nothing did.

        Raises CapacityError when the feed has no room for it; then nothing changes.
        """
        wanted = [
            (one, each, each.successor)
            for one in self.groups.lists
            for each in one.set_aside
            if each.successor is not None
        ]
        modes = {
            successor.instrument_token: each.entry.mode for _, each, successor in wanted if each.entry.mode
        }
        await self._subscribe([successor.instrument_token for *_, successor in wanted], modes)
        for watchlist, each, successor in wanted:
            watchlist.set_aside = tuple(one for one in watchlist.set_aside if one is not each)
            self.groups.add(watchlist, successor, each.position)
            self.events.note(f"+ {successor.key}, in the place of {each.entry.symbol}")
        await self._follow([successor.instrument_token for *_, successor in wanted])
        return [successor for *_, successor in wanted]

    async def cycle_mode(self) -> None:
        """Stream what is marked or selected in the mode after that of the first of them."""
        chosen = self.watchlist.chosen
        if not chosen:
            return
        mode = _NEXT_MODE[self.mode_of(chosen[0])]
        tokens = [each.instrument_token for each in chosen]
        self._modes.update(dict.fromkeys(tokens, mode))
        await self._follow(tokens)
        what = chosen[0].key if len(chosen) == 1 else f"{group(len(chosen))} symbols"
        self.events.note(f"{what} in {mode} mode")

    async def lease(self, owner: object, modes: Mapping[int, Mode]) -> None:
        """Stream these tokens for a view as well, at least in these modes, and no more what it had before.

        Raises ValueError when the feed has no room for all of them; then it has none.
        """
        before = self._leases.pop(owner, {})
        if modes:
            self._leases[owner] = dict(modes)
        try:
            await self._follow({**before, **modes})
        except ValueError:
            await self.release(owner)
            raise

    async def release(self, owner: object) -> None:
        """Stream for a view no longer what nothing else needs."""
        await self._follow(self._leases.pop(owner, {}))

    async def show_groups(self, groups: Sequence[Watchlist], modes: Mapping[int, Mode]) -> None:
        """Watch other groups in the place of these: only what differs is asked for or given up."""
        before = self.groups.tokens
        self.groups.replace(groups)
        after = self.groups.tokens
        await self._follow(before - after)
        self._modes = dict(modes)
        await self._subscribe(after - before)
        await self._follow(after)
        self.arrange()

    def arrange(self) -> None:
        """Sort and filter the group that is shown, now."""
        watchlist = self.watchlist
        if self.ordering.is_plain:
            watchlist.arrange(None)
            return
        tokens = [each.instrument_token for each in watchlist.instruments]
        columns = quotes(self.rows.cache, tokens, self.now(), self.manager.config.stopwatch())
        watchlist.arrange(self.ordering.positions(watchlist.instruments, columns, self.stopwatch()))

    def hold_order(self) -> None:
        """Let the order stand for a while: the cursor is being moved."""
        self.ordering.hold(self.stopwatch())

    def arrange_when_due(self) -> bool:
        """Sort and filter anew if it is time to, and return whether it was."""
        due = self.ordering.is_due(self.stopwatch())
        if due:
            self.arrange()
        return due

    def mode_of(self, instrument: Instrument) -> Mode:
        """Return the mode of an instrument: as it streams, or else as it would."""
        token = instrument.instrument_token
        return self.manager.mode_of(token) or self._modes.get(token, self.mode)

    def hour_of(self, instrument: Instrument) -> tuple[float | None, ...]:
        """Return the closes of an instrument's last hour, one a minute, anew every few seconds."""
        if self.stopwatch() - self._hours_at >= _HOURS_LAST:
            self._hours.clear()
            self._hours_at = self.stopwatch()
        token = instrument.instrument_token
        if token not in self._hours:
            closes = self.history.closes(token, 60, 60).tolist()
            self._hours[token] = tuple(None if isnan(close) else close for close in closes)
        return self._hours[token]

    def candles(self, token: int, seconds: int, last: int) -> Candles:
        """Return the last candles of an instrument; none that began after the display was held still."""
        candles = self.history.candles(token, seconds, last)
        return candles if self.rows.held_at is None else candles.until(self.rows.held_at)

    def hours(self) -> Hours:
        """Return why what is watched need not tick, by the hours of its market."""
        return hours_of(self._calendar, self.groups.segments, self.now())

    def mode_of_selected(self) -> Mode | None:
        """Return the mode of the selected instrument, None where nothing is shown."""
        instrument = self.watchlist.selected
        return None if instrument is None else self.manager.mode_of(instrument.instrument_token)

    def row(self, instrument: Instrument) -> Row:
        """Return everything that a row shows of an instrument, but for the last hour."""
        return self.rows.row(instrument)

    def follow_clock(self) -> None:
        """Look how the clock goes: once that of a replay has gone back, all that is known lies ahead."""
        before, self._clock_at = self._clock_at, self.now()
        if self.replay is None:
            self._notice_step()
            return
        if self._clock_at >= before - _SLACK:
            return
        self.rows.begin_anew()
        self.history.clear()
        self._hours.clear()
        self.events.last_gap = None
        self.events.note("the recording's clock has gone back; the market begins anew")

    def _notice_step(self) -> None:
        """Say once that the clock of this machine was set; what is told in ages does not follow it."""
        before, self._ahead = self._ahead, self._clock_at - self.manager.config.stopwatch()
        if abs(step := self._ahead - before) >= _STEP and before != -inf:
            where = "forward" if step > 0 else "back"
            self.events.say(f"this machine's clock was set {where} by {duration(abs(step))}", Weight.WARNING)

    def selected_row(self) -> Row | None:
        """Return the selected row, None where nothing is shown."""
        instrument = self.watchlist.selected
        return None if instrument is None else self.rows.row(instrument)

    @property
    def used(self) -> int:
        """Symbols subscribed on all connections."""
        return sum(self.manager.get_symbol_distribution().values())

    def _take_ticks(self, message: Ticks) -> None:
        batch, received_at, snapshot = message.batch, message.received_at, message.snapshot
        sequence = message.sequence
        if self.replay is not None:
            # They were on their way when the clock went back; taken in, they would be ahead for hours.
            came = received_at <= round((self.now() + _SLACK) * 1e9)
            if not came.all():
                batch = TickBatch(batch.words[came], batch.lengths[came], batch.frames[came])
                received_at, snapshot = received_at[came], snapshot[came]
                sequence += int(came.argmax())
        self.cache.apply(
            batch,
            received_at,
            snapshot,
            message.timed_at,
            connection=message.connection,
            sequence=sequence,
        )
        self.history.note(batch, received_at, snapshot)

    async def _subscribe(self, tokens: Iterable[int], modes: Mapping[int, Mode] | None = None) -> None:
        """Ask for what is not asked for yet. Raises ValueError when it does not fit; then nothing changes."""
        self._modes.update(modes or {})
        new = [token for token in tokens if self.manager.mode_of(token) is None]
        self.rows.asked_for(new)
        try:
            for mode, each in self._by_mode(new).items():
                await self.manager.subscribe_symbols(each, mode)
        except ValueError:
            await self.manager.unsubscribe_symbols(new)
            raise

    async def _follow(self, tokens: Iterable[int]) -> None:
        """Stream tokens as the groups and the views need them: in the richest mode of all, or not at all."""
        by_mode, gone = defaultdict(list), []
        for token in tokens:
            mode, now = self._needed_mode(token), self.manager.mode_of(token)
            if mode is None:
                gone.append(token)
            elif mode is not now:
                by_mode[mode].append(token)
        await self.manager.unsubscribe_symbols(gone)
        for mode, each in by_mode.items():
            self.rows.asked_for([token for token in each if self.manager.mode_of(token) is None])
            await self.manager.subscribe_symbols(each, mode)

    def _needed_mode(self, token: int) -> Mode | None:
        modes = [leased[token] for leased in self._leases.values() if token in leased]
        if token in self.groups:
            modes.append(self._modes.get(token, self.mode))
        return max(modes, key=RANK.__getitem__, default=None)

    def _by_mode(self, tokens: Iterable[int]) -> dict[Mode, list[int]]:
        by_mode = defaultdict(list)
        for token in tokens:
            by_mode[self._modes.get(token, self.mode)].append(token)
        return by_mode

    def _tokens_of(self, connection: int) -> list[int]:
        return [token for token in self.groups.tokens if self.manager.connection_of(token) == connection]
