"""The one registry of commands: bindings, the line of keys and the help screen are all made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from textual.binding import Binding, BindingType


class Context(StrEnum):
    """Where a command's keys work; its value heads its section of the help."""

    WATCHLIST = "Watchlist"
    ADD = "Adding a symbol"
    HELP = "Help"
    EVERYWHERE = "Everywhere"


@dataclass(frozen=True, slots=True)
class Command:
    """Something a user can do.

    id: the action's name, `action_<id>` on the screen or the app of its context, and the binding's id.
    keys: the keys in Textual's names. shown: the same for people. label: its name in the line of keys,
    empty for what is found in the help only. help: one sentence.
    """

    id: str
    keys: tuple[str, ...]
    shown: str
    help: str
    label: str = ""
    context: Context = Context.WATCHLIST

    def binding(self) -> Binding:
        """Return the binding of the command's keys."""
        return Binding(
            ",".join(self.keys),
            self.id,
            self.help,
            show=False,
            id=self.id,
            # Keys are obeyed in the order in which they were pressed. Those of a dialog's text field wait
            # behind what was typed into it; all others are taken at once, so that a dialog is open before
            # the key after the one that opens it is looked at.
            priority=self.context is not Context.ADD,
        )


COMMANDS: Final = (
    Command("cursor_up", ("k", "up"), "k ↑", "Select the symbol above."),
    Command("cursor_down", ("j", "down"), "j ↓", "Select the symbol below."),
    Command("first", ("g", "home"), "g Home", "Select the first symbol."),
    Command("last", ("G", "end"), "G End", "Select the last symbol."),
    Command("page_up", ("pageup",), "PgUp", "Move up a page."),
    Command("page_down", ("pagedown",), "PgDn", "Move down a page."),
    Command("half_page_up", ("ctrl+u",), "^u", "Move up half a page."),
    Command("half_page_down", ("ctrl+d",), "^d", "Move down half a page."),
    Command("add", ("a",), "a", "Add a symbol by name or instrument token.", "Add"),
    Command("remove", ("x", "delete"), "x Del", "Remove the selected symbol and unsubscribe it.", "Remove"),
    Command("undo", ("u",), "u", "Bring back the symbol removed last, where it was.", "Undo"),
    Command("mode", ("m",), "m", "Stream the selected symbol as ltp, quote or full.", "Mode"),
    Command("depth", ("d",), "d", "Show or hide the order book of the selected symbol.", "Depth"),
    Command("connections", ("c",), "c", "Show or hide the health of the connections.", "Connections"),
    Command("help", ("question_mark",), "?", "Show every key.", "Help"),
    Command("quit", ("q",), "q", "Leave; the terminal is as it was before.", "Quit"),
    Command(
        "add_chosen", ("enter",), "Enter", "Add the marked symbol; the dialog stays open.", "Add", Context.ADD
    ),
    Command("choice_up", ("up",), "↑", "Mark the suggestion above.", "", Context.ADD),
    Command("choice_down", ("down",), "↓", "Mark the suggestion below.", "", Context.ADD),
    Command("close_add", ("escape",), "Esc", "Close the dialog.", "Close", Context.ADD),
    Command(
        "close_help", ("escape", "question_mark", "q"), "Esc ? q", "Close the help.", "Close", Context.HELP
    ),
    Command("leave", ("ctrl+c", "ctrl+q"), "^c", "Leave at once.", "", Context.EVERYWHERE),
)
"""Every command, in the order of the help."""

ALWAYS_SHOWN: Final = ("help", "quit")
"""The commands that the line of keys keeps, whatever else has no room."""


def commands_of(context: Context) -> Iterator[Command]:
    """Yield the commands of a context, in order."""
    return (command for command in COMMANDS if command.context is context)


def bindings_of(context: Context) -> list[BindingType]:
    """Return the bindings of a context, for a screen's or the app's `BINDINGS`."""
    return [command.binding() for command in commands_of(context)]
