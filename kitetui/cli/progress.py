"""What a recording says of itself on standard error while it runs."""

from __future__ import annotations

import asyncio
from typing import IO, Final, cast

from rich.console import Console
from rich.live import Live
from rich.text import Text

from kitetui.cli.saying import Saying
from kitetui.feed import (
    BrokerMessage,
    ConnectionChanged,
    ConnectionState,
    Gap,
    KiteTickerManager,
    Lagged,
    OrderUpdate,
    ServerError,
    SymbolsMoved,
    TickerMessage,
    UnknownMessage,
)
from kitetui.feed.state import FAILED
from kitetui.formatting import noun, plain
from kitetui.record import Files, Recorder

_REDRAW: Final = 0.5
_LINE: Final = 60.0


class Progress:
    """A line that is redrawn on a terminal, one line a minute elsewhere; events get lines of their own."""

    def __init__(self, manager: KiteTickerManager, files: Files, recorder: Recorder) -> None:
        self._manager = manager
        self._recorder = recorder
        self._files = files
        self._totals = files.totals
        self._console = Console(file=cast("IO[str]", Saying()), highlight=False)
        self._rows_before = 0

    async def show(self) -> None:
        """Show progress until cancelled."""
        if not self._console.is_terminal:
            while True:
                await asyncio.sleep(_LINE)
                self._console.print(self._line(_LINE), soft_wrap=True)
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(self._line(_REDRAW), refresh=True)
                await asyncio.sleep(_REDRAW)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(Text(plain(text)), soft_wrap=True)

    def heard(self, message: TickerMessage) -> None:
        """Print what there is to say about a message that is not ticks."""
        match message:
            case ConnectionChanged(connection, state, reason):
                if state is ConnectionState.LIVE:
                    is_simulated = self._manager.get_stats().connections[connection].is_simulated
                    self.say(f"ws{connection + 1} {state}{', simulated prices' if is_simulated else ''}")
                elif state in FAILED:
                    self.say(f"ws{connection + 1} {state}{f': {reason}' if reason else ''}")
            case Gap():
                lasted = f"{message.seconds:.1f} s for {message.symbols:,} symbols"
                self.say(f"ws{message.connection + 1} gap of {lasted}")
            case SymbolsMoved(connection, tokens):
                self.say(f"ws{connection + 1} takes over {len(tokens):,} symbols")
            case Lagged(messages, ticks):
                self.say(
                    f"lost {ticks:,} ticks in {messages:,} messages: the output is slower than the market"
                )
            case ServerError(connection, text):
                self.say(f"ws{connection + 1} error from the server: {text}")
            case BrokerMessage(connection, text):
                self.say(f"ws{connection + 1} message from the broker: {text}")
            case UnknownMessage(connection, text):
                self.say(f"ws{connection + 1} unknown message: {text}")
            case OrderUpdate(connection):
                if not self._files.wants_wire:
                    self.say(f"ws{connection + 1} order update, not recorded")

    def summary(self, *, stuck: bool = False) -> str:
        """Return the closing line; `stuck`: of a recording that is left while it writes."""
        totals = self._totals
        lost = f", {totals.lost:,} ticks lost" if totals.lost else ""
        rejected = f", {totals.rejected:,} packets rejected" if totals.rejected else ""
        gaps = f", {totals.gaps:,} {noun(totals.gaps, 'gap')}" if totals.gaps else ""
        silent = len(self._manager.never_ticked())
        never = f", {silent:,} {noun(silent, 'symbol')} without a tick" if silent else ""
        missing = self._recorder.waiting if stuck else self._recorder.unwritten
        unwritten = f", {missing:,} ticks not written" if missing else ""
        return f"{totals.rows:,} rows in {self._files.name}{gaps}{lost}{rejected}{unwritten}{never}"

    def _line(self, seconds: float) -> Text:
        rate = (self._totals.rows - self._rows_before) / seconds
        self._rows_before = self._totals.rows
        status = self._manager.get_status()
        return Text(
            f"{status.state} {status.live}/{status.used}   {self._totals.rows:,} rows   {rate:,.0f}/s   "
            f"{self._totals.bytes / 1e6:,.1f} MB   queue {self._recorder.waiting:,}   "
            f"{self._totals.gaps:,} gaps   {self._totals.lost:,} lost   {self._files.name}",
            overflow="ellipsis",
            no_wrap=True,
        )
