"""Every key and what it does, made from the registry of commands."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from kitetui.tui.commands import Context, bindings_of, commands_of
from kitetui.tui.paint.ink import Ink, Line
from kitetui.tui.widgets.painted import PaintedPane

_SIGNS: Line = [
    (" · does not apply   … waiting   - unknown   ", Ink.TEXT),
    ("!11s", Ink.STALE),
    (" its connection is lost", Ink.TEXT),
]


class HelpScreen(ModalScreen[None]):
    """The keys, section by section."""

    BINDINGS = bindings_of(Context.HELP)

    def compose(self) -> ComposeResult:
        """Yield the dialog."""
        with VerticalScroll(id="help-dialog") as dialog:
            dialog.border_title = "Keys"
            yield _HelpText(id="help-text")

    def action_close_help(self) -> None:
        """Close the help."""
        self.dismiss()


class _HelpText(PaintedPane):
    def on_mount(self) -> None:
        self.styles.height = len(help_lines())

    def paint(self, width: int, height: int) -> list[Line]:
        return help_lines()


def help_lines() -> list[Line]:
    """Return the text of the help."""
    lines: list[Line] = []
    for context in Context:
        lines.append([(f" {context}", Ink.TITLE)])
        lines += [
            [(f"   {command.shown:<8}", Ink.KEY), (command.help, Ink.TEXT)]
            for command in commands_of(context)
        ]
        lines.append([])
    return [*lines, [(" Signs", Ink.TITLE)], _SIGNS]
