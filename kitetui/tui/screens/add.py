"""Add a symbol: type a name or a token, see what it may be, and have it tick at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from kitetui.instruments import Instrument, Universe, UnknownSymbol, choose
from kitetui.instruments.choice import is_several
from kitetui.tui.commands import Context, bindings_of
from kitetui.tui.monitor import Monitor
from kitetui.tui.numerals import group
from kitetui.tui.render.spans import Line, Style, fitted, justified
from kitetui.tui.widgets.painted import PaintedPane

_CHOICES: Final = 8
_LONGEST: Final = 60


class AddScreen(ModalScreen[None]):
    """The dialog; it stays open so that several symbols can be added in a row."""

    BINDINGS = bindings_of(Context.ADD)

    def __init__(self, monitor: Monitor, universe: Universe, added: Callable[[], None]) -> None:
        super().__init__()
        self._monitor = monitor
        self._universe = universe
        self._added = added
        self._choices = _Choices(monitor)
        self._reply = _Reply(monitor)

    def compose(self) -> ComposeResult:
        """Yield the field, the suggestions and the reply."""
        with Vertical(id="add-dialog") as dialog:
            dialog.border_title = "Add a symbol"
            dialog.border_subtitle = "Enter adds · ↑↓ choose · Esc closes"
            field = Input(placeholder="name or instrument token: INFY, NSE:INFY, 408065", max_length=_LONGEST)
            field.cursor_blink = False
            yield field
            yield self._choices
            yield self._reply

    def on_mount(self) -> None:
        """Take keys from now on: the next may be here already."""
        self.set_focus(self.query_one(Input))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Suggest what the text may mean."""
        text = event.value.strip()
        self._choices.show(self._suggestions(text) if text else [])
        if text:
            self._reply.say("Enter adds all that this stands for" if is_several(text) else "", Style.TEXT)

    async def on_input_submitted(self) -> None:
        """Add what is marked: the field has the first claim on Enter."""
        await self.action_add_chosen()

    async def action_add_chosen(self) -> None:
        """Add what is marked, or say why there is nothing to add."""
        field = self.query_one(Input)
        try:
            instruments = self._chosen(field.value.strip())
            added = await self._monitor.add_all(instruments)
        except ValueError as refusal:
            unknown = self._monitor.replay is not None and isinstance(refusal, UnknownSymbol)
            self._reply.say(f"not recorded: {refusal}" if unknown else str(refusal), Style.STALE)
            return
        field.value = ""
        if added and self._is_in_vain(added):
            self._reply.say(f"added {_named(added)}, of which the recording has no tick", Style.STALE)
        elif added:
            self._reply.say(f"added {_named(added)}", Style.LIVE)
        else:
            self._monitor.watchlist.select(instruments[0].instrument_token)
            be = "is" if len(instruments) == 1 else "are"
            self._reply.say(f"{_named(instruments)} {be} in the list already", Style.TEXT)
        self._added()

    def action_choice_up(self) -> None:
        """Mark the suggestion above."""
        self._choices.move(-1)

    def action_choice_down(self) -> None:
        """Mark the suggestion below."""
        self._choices.move(1)

    def action_close_add(self) -> None:
        """Close the dialog."""
        self.dismiss()

    def _is_in_vain(self, instruments: Sequence[Instrument]) -> bool:
        """Whether none of these will ever tick: a replay has only what was recorded."""
        known = (self._universe.by_token(each.instrument_token) for each in instruments)
        return self._monitor.replay is not None and not any(known)

    def _chosen(self, text: str) -> list[Instrument]:
        """What Enter adds: all of a pattern or a set, or else what is marked. Raises UnknownSymbol."""
        if is_several(text):
            return choose(self._universe, text).instruments
        marked = self._choices.marked
        return [self._universe.resolve(text) if marked is None else marked]

    def _suggestions(self, text: str) -> list[Instrument]:
        """What the text names exactly comes first, then what it may be the beginning of."""
        if is_several(text):
            return []
        found = self._universe.search(text, _CHOICES)
        try:
            exact = self._universe.resolve(text)
        except UnknownSymbol:
            return found
        return [exact, *(each for each in found if each != exact)][:_CHOICES]


def _named(instruments: Sequence[Instrument]) -> str:
    return instruments[0].key if len(instruments) == 1 else f"{group(len(instruments))} symbols"


class _Choices(PaintedPane):
    """The suggestions, one of them marked."""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(id="choices")
        self._monitor = monitor
        self._instruments: list[Instrument] = []
        self._marked = 0

    @property
    def marked(self) -> Instrument | None:
        """The marked suggestion, None if there is none."""
        return self._instruments[self._marked] if self._instruments else None

    def show(self, instruments: list[Instrument]) -> None:
        """Show other suggestions, the first one marked."""
        self._instruments, self._marked = instruments, 0
        self.repaint()

    def move(self, rows: int) -> None:
        """Mark another suggestion."""
        self._marked = min(max(self._marked + rows, 0), max(len(self._instruments) - 1, 0))
        self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        """Return a line for each suggestion."""
        lines = [self._line(index, each, width) for index, each in enumerate(self._instruments)]
        return [*lines, *[[] for _ in range(height)]][:height]

    def _line(self, index: int, instrument: Instrument, width: int) -> Line:
        marked = index == self._marked
        style = Style.STRONG if marked else Style.TEXT
        listed = "  ✓" if instrument.instrument_token in self._monitor.watchlist else ""
        left: Line = [
            ("▌ " if marked else "  ", Style.BRAND),
            *fitted([(instrument.tradingsymbol, style)], 22),
            (f" {instrument.exchange:<5}", Style.TITLE),
            (instrument.name, Style.DIM),
        ]
        return justified(left, [(listed, Style.LIVE)], width)


class _Reply(PaintedPane):
    """What came of the last attempt, and how much room there is."""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(id="reply")
        self._monitor = monitor
        self._text: Line = []

    def say(self, text: str, style: Style) -> None:
        """Say something else."""
        self._text = [(text, style)]
        self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the reply, folded, and the quota at its end."""
        capacity = self._monitor.manager.config.capacity
        quota: Line = [(f"{group(self._monitor.used)} of {group(capacity)}", Style.DIM)]
        return [fitted(self._text, width), justified([], quota, width)]
