"""The monitor without a screen: the feed's messages go into the market, the log and the watchlist's state.

The screen reads from here at its own pace, and what a user does goes through here to the live feed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from kitetui.feed import (
    BrokerMessage,
    ConnectionChanged,
    ConnectionState,
    ConnectionStats,
    Gap,
    KiteTickerManager,
    Lagged,
    OrderUpdate,
    ServerError,
    SymbolsMoved,
    TickerMessage,
    Ticks,
    UnknownMessage,
)
from kitetui.formatting import clock, group, plain
from kitetui.instruments import Instrument
from kitetui.market import LastValueCache
from kitetui.tui.eventlog import EventLog, Weight
from kitetui.tui.figures import Figures
from kitetui.tui.paint.row import Flash, Row
from kitetui.tui.rates import Rates
from kitetui.tui.rowstate import Freshness, freshness
from kitetui.tui.watchlist import Watchlist
from kitetui.wire import Mode

_NEXT_MODE: Final = {Mode.LTP: Mode.QUOTE, Mode.QUOTE: Mode.FULL, Mode.FULL: Mode.LTP}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the user once."""

    text: str
    weight: Weight = Weight.NOTE

    @classmethod
    def refusal(cls, error: ValueError) -> Notice:
        """Return the notice of something that could not be done."""
        return cls(plain(str(error)), Weight.ALARM)


class Monitor:
    """The watchlist, the last values, the log and the rates of one manager.

    now: returns UTC seconds. tell: is called with what the user should be told.
    """

    def __init__(
        self,
        manager: KiteTickerManager,
        instruments: Iterable[Instrument],
        mode: Mode,
        now: Callable[[], float],
        tell: Callable[[Notice], None],
    ) -> None:
        self.manager = manager
        self.mode = mode
        self.now = now
        self.watchlist = Watchlist(instruments)
        self.cache = LastValueCache()
        self.log = EventLog()
        self.rates = Rates()
        self.last_gap: Gap | None = None
        self.tell = tell
        self._states: dict[int, ConnectionState] = {}
        self._made: dict[int, tuple[int, Mode | None, Figures]] = {}

    async def run(self) -> None:
        """Run the feed until cancelled; the manager is stopped then."""
        stream = self.manager.stream()
        async with self.manager:
            tokens = [instrument.instrument_token for instrument in self.watchlist.instruments]
            self.cache.mark_subscribed(tokens)
            try:
                await self.manager.subscribe_symbols(tokens, self.mode)
            except ValueError as refusal:
                self._say(str(refusal), Weight.ALARM)
            async for message in stream:
                self.take(message)

    def take(self, message: TickerMessage) -> None:
        """Take in one message of the feed."""
        match message:
            case Ticks():
                self.cache.apply(message.batch, message.received_at)
            case ConnectionChanged():
                self._connection_changed(message)
            case Gap():
                self._gap(message)
            case SymbolsMoved():
                self.cache.mark_subscribed(message.tokens)
                self._note(f"{_name(message.connection)} takes over {group(len(message.tokens))} symbols")
            case ServerError():
                self._say(f"{_name(message.connection)} server: {message.text}", Weight.ALARM)
            case BrokerMessage():
                self._say(f"broker: {message.text}", Weight.WARNING)
            case UnknownMessage():
                self._note(f"{_name(message.connection)} unknown message: {message.text}")
            case OrderUpdate():
                order = message.order
                self._note(f"order {order.get('status', '')} {order.get('tradingsymbol', '')}")
            case Lagged():
                self._note(f"the screen was too slow: {group(message.ticks)} ticks skipped", Weight.WARNING)

    async def add(self, instrument: Instrument) -> bool:
        """Watch one more instrument; False if it is watched already. The cursor goes to it either way.

        Raises CapacityError or ValueError when the feed cannot take it; then nothing changes.
        """
        return await self._restore(instrument, self.mode, None)

    async def remove_selected(self) -> None:
        """Watch the selected instrument no longer."""
        instrument = self.watchlist.selected
        if instrument is None:
            return
        token = instrument.instrument_token
        mode = self.manager.mode_of(token) or self.mode
        await self.manager.unsubscribe_symbols([token])
        self.watchlist.remove(token, mode)
        self._note(f"- {instrument.key}")

    async def undo_removal(self) -> Instrument | None:
        """Bring back what was removed last, where it was and as it was; None if there is nothing to undo.

        Raises CapacityError when the feed has no room for it; it can be brought back later then.
        """
        removal = self.watchlist.last_removal
        if removal is None:
            return None
        await self._restore(removal.instrument, removal.mode, removal.position)
        self.watchlist.forget_removal()
        return removal.instrument

    async def cycle_mode(self) -> Mode | None:
        """Stream the selected instrument in the next mode, and return that; None in an empty list."""
        instrument = self.watchlist.selected
        if instrument is None:
            return None
        token = instrument.instrument_token
        mode = _NEXT_MODE[self.manager.mode_of(token) or self.mode]
        await self.manager.change_mode([token], mode)
        self._note(f"{instrument.key} in {mode} mode")
        return mode

    def row(self, instrument: Instrument, flash: Flash | None = None) -> Row:
        """Return everything that a row shows of an instrument at this moment."""
        figures = self._figures(instrument.instrument_token)
        return Row(instrument, figures, self._freshness(instrument.instrument_token, figures), flash)

    def version_of(self, token: int) -> int:
        """Return the version of an instrument's last tick, 0 before the first."""
        row = self.cache.row_of(token)
        return 0 if row is None else int(self.cache.versions[row])

    def selected_row(self) -> Row | None:
        """Return the selected row, None in an empty list."""
        instrument = self.watchlist.selected
        return None if instrument is None else self.row(instrument)

    def mode_of_selected(self) -> Mode | None:
        """Return the mode of the selected instrument, None in an empty list."""
        instrument = self.watchlist.selected
        return None if instrument is None else self.manager.mode_of(instrument.instrument_token)

    @property
    def used(self) -> int:
        """Symbols subscribed on all connections."""
        return sum(self.manager.get_symbol_distribution().values())

    def _figures(self, token: int) -> Figures | None:
        """The figures of the last tick, made anew only when another one has come."""
        version, mode = self.version_of(token), self.manager.mode_of(token)
        made = self._made.get(token)
        if made is not None and made[:2] == (version, mode):
            return made[2]
        tick = self.cache.tick(token)
        if tick is None:
            return None
        figures = Figures(tick, mode)
        self._made[token] = (version, mode, figures)
        return figures

    def _freshness(self, token: int, figures: Figures | None) -> Freshness:
        row = self.cache.row_of(token)
        return freshness(
            now=self.now(),
            received_at=None if figures is None or row is None else self.cache.received_at[row] / 1e9,
            exchange_time=None if figures is None else figures.exchange_time,
            is_snapshot=self.cache.is_snapshot(token),
            connection=self.manager.state_of(token),
        )

    async def _restore(self, instrument: Instrument, mode: Mode, position: int | None) -> bool:
        token = instrument.instrument_token
        if token in self.watchlist:
            self.watchlist.select(token)
            return False
        self.cache.mark_subscribed([token])
        await self.manager.subscribe_symbols([token], mode)
        self.watchlist.add(instrument, position)
        self._note(f"+ {instrument.key} ({mode})")
        return True

    def _connection_changed(self, message: ConnectionChanged) -> None:
        number, state = message.connection, message.state
        before = self._states.get(number, ConnectionState.UNUSED)
        self._states[number] = state
        reason = f": {message.reason}" if message.reason else ""
        match state:
            case ConnectionState.LIVE:
                tokens = self._tokens_of(number)
                self.cache.mark_subscribed(tokens)
                self._note(f"{_name(number)} live, {group(len(tokens))} symbols", Weight.GOOD)
            case ConnectionState.RETRYING if before is ConnectionState.LIVE:
                self._say(f"{_name(number)} lost{reason}", Weight.WARNING)
            case ConnectionState.RETRYING:
                self._note(f"{_name(number)} no connection{reason}", Weight.WARNING)
            case ConnectionState.DOWN:
                self._say(f"{_name(number)} down{reason}", Weight.ALARM)
            case ConnectionState.CONNECTING:
                self._note(f"{_name(number)} connecting")

    def _gap(self, gap: Gap) -> None:
        self.last_gap = gap
        start, end = clock(gap.start / 1e9), clock(gap.end / 1e9)
        self._note(f"{_name(gap.connection)} gap {start} → {end}, {gap.seconds:.1f} s", Weight.WARNING)
        self.tell(
            Notice(
                f"{_name(gap.connection)} back after {gap.seconds:.0f} s, {group(gap.symbols)} resubscribed",
                Weight.GOOD,
            )
        )

    def _tokens_of(self, connection: int) -> list[int]:
        tokens = (instrument.instrument_token for instrument in self.watchlist.instruments)
        return [token for token in tokens if self.manager.connection_of(token) == connection]

    def _note(self, text: str, weight: Weight = Weight.NOTE) -> None:
        self.log.add(self.now(), text, weight)

    def _say(self, text: str, weight: Weight) -> None:
        self._note(text, weight)
        self.tell(Notice(plain(text), weight))


def connection_name(stats: ConnectionStats) -> str:
    """Return what a connection is called on the screen: `ws1`, counted from one."""
    return _name(stats.connection)


def _name(connection: int) -> str:
    return f"ws{connection + 1}"
