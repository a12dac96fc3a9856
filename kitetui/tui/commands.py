"""The one registry of commands: bindings, the line of keys, the palette, the help and `kitetui keys`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import Final

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, format_key


class Context(StrEnum):
    """Where a command's keys work; its value heads its section of the help."""

    MOVE = "Moving"
    SYMBOLS = "Symbols"
    VIEW = "The list"
    TIME = "Standing still, and replays"
    PANES = "Panes"
    PROGRAM = "The program"
    ADD = "Adding a symbol"
    PROMPT = "Typing at the last line"
    CHOICE = "Choosing from a list"
    COLUMNS = "Choosing columns"
    READING = "Reading help or log"
    EVERYWHERE = "Everywhere"


ON_LIST: Final = (
    Context.MOVE,
    Context.SYMBOLS,
    Context.VIEW,
    Context.TIME,
    Context.PANES,
    Context.PROGRAM,
)
"""The contexts of the list, whose keys may not clash with each other, nor with what all views share."""

_TYPING: Final = (Context.ADD, Context.PROMPT)
"""The contexts in which keys go to a text field first."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something a user can do.

    id: the action's name, `action_<id>` on the screen or the app of its context, and the binding's id.
    keys: the keys in Textual's names. label: its name in the line of keys, empty for what is found in the
    help only. help: one sentence. numbered: whether its first key means 1, its second 2, and so on.
    replay_label: its name in the line of keys of a replay, where it does something of its own. is_shared:
    whether every view has it, with the same keys.
    """

    id: str
    keys: tuple[str, ...]
    help: str
    context: Context
    label: str = ""
    numbered: bool = False
    replay_label: str = ""
    is_shared: bool = False

    @property
    def shown(self) -> str:
        """The keys as people read them: `x Del`, `1-9`."""
        names = [key_name(key) for key in self.keys]
        return f"{names[0]}-{names[-1]}" if self.numbered and len(names) > 1 else " ".join(names)

    def bindings(self) -> Iterator[Binding]:
        """Yield the bindings of the command's keys."""
        if self.numbered:
            for number, key in enumerate(self.keys, start=1):
                yield self._binding(key, f"{self.id}({number})", f"{self.id}_{number}")
        else:
            yield self._binding(",".join(self.keys), self.id, self.id)

    def _binding(self, keys: str, action: str, binding_id: str) -> Binding:
        return Binding(
            keys,
            action,
            self.help,
            show=False,
            id=binding_id,
            # Keys are obeyed in the order in which they were pressed. Those of a dialog's text field wait
            # behind what was typed into it; all others are taken at once, so that a dialog is open before
            # the key after the one that opens it is looked at.
            priority=self.context not in _TYPING,
        )


COMMANDS: Final = (
    Command("cursor_up", ("k", "up"), "Select the symbol above.", Context.MOVE),
    Command("cursor_down", ("j", "down"), "Select the symbol below.", Context.MOVE),
    Command("first", ("g", "home"), "Select the first symbol.", Context.MOVE),
    Command("last", ("G", "end"), "Select the last symbol.", Context.MOVE),
    Command("page_up", ("pageup",), "Move up a page.", Context.MOVE),
    Command("page_down", ("pagedown",), "Move down a page.", Context.MOVE),
    Command("half_page_up", ("ctrl+u",), "Move up half a page.", Context.MOVE),
    Command("half_page_down", ("ctrl+d",), "Move down half a page.", Context.MOVE),
    Command("find", ("slash",), "Find a symbol in the list as you type.", Context.MOVE, "Find"),
    Command("find_next", ("n",), "Go to the next symbol found.", Context.MOVE),
    Command("find_previous", ("N",), "Go to the symbol found before.", Context.MOVE),
    Command(
        "group",
        tuple("123456789"),
        "Show a group; the number after the last begins a new one.",
        Context.MOVE,
        numbered=True,
        is_shared=True,
    ),
    Command(
        "previous_group", ("left_square_bracket",), "Show the group before.", Context.MOVE, is_shared=True
    ),
    Command("next_group", ("right_square_bracket",), "Show the next group.", Context.MOVE, is_shared=True),
    Command("add", ("a",), "Add a symbol by name, contract or instrument token.", Context.SYMBOLS, "Add"),
    Command("remove", ("x", "delete"), "Remove the selected or marked symbols.", Context.SYMBOLS, "Remove"),
    Command("undo", ("u",), "Bring back what was removed last, where it was.", Context.SYMBOLS, "Undo"),
    Command(
        "successors",
        ("U",),
        "Watch what came after symbols that expired or moved, in their place.",
        Context.SYMBOLS,
    ),
    Command("mode", ("m",), "Stream it as ltp, quote or full.", Context.SYMBOLS, "Mode"),
    Command("mark", ("v",), "Mark the symbol; commands then go to all that are marked.", Context.SYMBOLS),
    Command("copy", ("y",), "Copy the names of the selected or marked symbols.", Context.SYMBOLS),
    Command("rename_group", ("R",), "Give the group another name.", Context.SYMBOLS),
    Command("sort", ("s",), "Sort by a column, or back to the list's own order.", Context.VIEW, "Sort"),
    Command("reverse_sort", ("S",), "Sort from the other end.", Context.VIEW),
    Command("filter", ("f",), "Show only some: chg>2 vol>1L ltp<500 bank.", Context.VIEW, "Filter"),
    Command("clear_filter", ("F",), "Show all symbols of the group again.", Context.VIEW),
    Command("columns", ("o",), "Choose the columns and their order.", Context.VIEW, "Columns"),
    Command(
        "freeze",
        ("space",),
        "Hold the display still, or pause a replay; again to go on.",
        Context.TIME,
        "Freeze",
        replay_label="Pause",
        is_shared=True,
    ),
    Command(
        "step",
        ("full_stop",),
        "Play the next message of a replay, and pause.",
        Context.TIME,
        replay_label="Step",
        is_shared=True,
    ),
    Command(
        "slower",
        ("less_than_sign",),
        "Play a replay slower.",
        Context.TIME,
        replay_label="Slower",
        is_shared=True,
    ),
    Command(
        "faster",
        ("greater_than_sign",),
        "Play a replay faster.",
        Context.TIME,
        replay_label="Faster",
        is_shared=True,
    ),
    Command("depth", ("d",), "Show or hide the order book.", Context.PANES, "Depth"),
    Command("chart", ("h",), "Show or hide the chart.", Context.PANES, "Chart"),
    Command("bucket", ("b",), "Chart in steps of 1 s, 5 s or 1 min.", Context.PANES),
    Command("chart_style", ("t",), "Chart as a line or as candles.", Context.PANES),
    Command("connections", ("c",), "Show or hide the health of the connections.", Context.PANES, "Conns"),
    Command("detail", ("enter",), "Give the whole screen to the selected symbol, or back.", Context.PANES),
    Command("log", ("l",), "Read what happened.", Context.PANES, "Log", is_shared=True),
    Command(
        "record", ("r",), "Start or stop recording to a CSV file.", Context.PROGRAM, "Record", is_shared=True
    ),
    Command("export", ("e",), "Write the table as it stands to a CSV file.", Context.PROGRAM, "Export"),
    Command(
        "picture", ("E",), "Write the screen as it stands to an SVG picture.", Context.PROGRAM, is_shared=True
    ),
    Command("themes", ("T",), "Choose a theme, seeing each.", Context.PROGRAM, is_shared=True),
    Command(
        "palette", ("ctrl+p", "colon"), "Find a command by name.", Context.PROGRAM, "Commands", is_shared=True
    ),
    Command("help", ("question_mark",), "Show every key.", Context.PROGRAM, "Help", is_shared=True),
    Command(
        "clear",
        ("escape",),
        "Take back marks, a detail or a filter, one after the other.",
        Context.PROGRAM,
        is_shared=True,
    ),
    Command("quit", ("q",), "Leave; asks only while recording.", Context.PROGRAM, "Quit", is_shared=True),
    Command("add_chosen", ("enter",), "Add the marked symbol; the dialog stays open.", Context.ADD),
    Command("choice_up", ("up",), "Mark the suggestion above.", Context.ADD),
    Command("choice_down", ("down",), "Mark the suggestion below.", Context.ADD),
    Command("close_add", ("escape",), "Close the dialog.", Context.ADD),
    Command("accept", ("enter",), "Accept what was typed.", Context.PROMPT),
    Command("dismiss_prompt", ("escape",), "Leave everything as it was.", Context.PROMPT),
    Command("item_up", ("k", "up"), "Go up.", Context.CHOICE),
    Command("item_down", ("j", "down"), "Go down.", Context.CHOICE),
    Command("take_item", ("enter",), "Take the item.", Context.CHOICE),
    Command("close_choice", ("escape", "q"), "Leave everything as it was.", Context.CHOICE),
    Command("column_up", ("k", "up"), "Go up.", Context.COLUMNS),
    Command("column_down", ("j", "down"), "Go down.", Context.COLUMNS),
    Command("toggle_column", ("space",), "Show or hide the column.", Context.COLUMNS),
    Command("raise_column", ("K", "shift+up"), "Move the column to the left.", Context.COLUMNS),
    Command("lower_column", ("J", "shift+down"), "Move the column to the right.", Context.COLUMNS),
    Command("default_columns", ("r",), "Back to the columns of the program.", Context.COLUMNS),
    Command("take_columns", ("enter",), "Keep the columns.", Context.COLUMNS),
    Command("close_columns", ("escape", "q"), "Leave everything as it was.", Context.COLUMNS),
    Command("scroll_lines_up", ("k", "up"), "Scroll up.", Context.READING),
    Command("scroll_lines_down", ("j", "down"), "Scroll down.", Context.READING),
    Command("scroll_page_up", ("pageup", "ctrl+u"), "Scroll up a page.", Context.READING),
    Command("scroll_page_down", ("pagedown", "ctrl+d", "space"), "Scroll down a page.", Context.READING),
    Command("close_reading", ("escape", "question_mark", "l", "q"), "Close it.", Context.READING),
    Command(
        "leave", ("ctrl+c", "ctrl+q"), "Leave at once; a recording is finished first.", Context.EVERYWHERE
    ),
)
"""Every command, in the order of the help."""

ALWAYS_SHOWN: Final = ("palette", "help", "quit")
"""The commands that the line of keys keeps, whatever else has no room."""

COMMAND_IDS: Final = tuple(command.id for command in COMMANDS)

_VIEW_OF: Final[Mapping[Context, str]] = dict.fromkeys(ON_LIST, "list")
_VIEWS: Final = sorted(set(_VIEW_OF.values()))
"""The view that has the commands of a context, and all views."""

_NO_KEY: Final = "no-key"
"""The name of a key that no keyboard sends: what a command without keys is bound to."""


class Keymap:
    """The commands with the keys that the user gave them."""

    def __init__(self, keys: Mapping[str, Sequence[str]] | None = None) -> None:
        self.commands: tuple[Command, ...] = COMMANDS
        self.overrides: dict[str, str] = {}
        if keys:
            self.apply(keys)

    def apply(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Take other keys for some commands, and the usual ones for all others.

        Raises ValueError, and changes nothing, where one key would then have two meanings.
        """
        changed = {name: tuple(map(_textual_name, each)) for name, each in keys.items()}
        commands = tuple(
            replace(command, keys=changed[command.id]) if command.id in changed else command
            for command in COMMANDS
        )
        if (clash := _clash(commands)) is not None:
            key, first, second = clash
            raise ValueError(f"the key {key_name(key)} is given to both {first.id} and {second.id}")
        self.commands = commands
        self.overrides = dict(
            pair for command in commands if command.id in changed for pair in _overrides(command)
        )

    def of(self, *contexts: Context) -> list[Command]:
        """Return the commands of some contexts that have a key, in order."""
        return [command for command in self.commands if command.context in contexts and command.keys]

    def of_view(self, *contexts: Context) -> list[Command]:
        """Return what a view's keys do: the commands of its own contexts, and those that all views share."""
        return [each for each in self.commands if each.keys and (each.is_shared or each.context in contexts)]

    def line(self, *contexts: Context, replay: bool) -> list[Command]:
        """Return a view's commands as its line of keys has them; in a replay its own come first."""
        commands = self.of_view(*contexts)
        if not replay:
            return commands
        own = [replace(command, label=command.replay_label) for command in commands if command.replay_label]
        return [*own, *(command for command in commands if not command.replay_label)]

    def key_of(self, command_id: str) -> str:
        """Return the first key of a command as people read it, or how else it is found."""
        keys = next(command.keys for command in self.commands if command.id == command_id)
        return key_name(keys[0]) if keys else "the list of commands"


def bindings_of(*contexts: Context) -> list[BindingType]:
    """Return the bindings of some contexts, for a screen's or the app's `BINDINGS`; those that all views
    share are theirs."""
    own = (each for each in COMMANDS if each.context in contexts and not each.is_shared)
    return [binding for command in own for binding in command.bindings()]


def bindings_of_views() -> list[BindingType]:
    """Return the bindings that all views share."""
    return [binding for command in COMMANDS if command.is_shared for binding in command.bindings()]


def key_name(key: str) -> str:
    """Return a key as people read it: `?` for question_mark, `^u` for ctrl+u."""
    modifier, _, bare = key.rpartition("+")
    name = _KEY_NAMES.get(bare) or format_key(bare)
    if modifier == "ctrl":
        return f"^{name}"
    return f"{modifier.capitalize()}+{name}" if modifier else name


_KEY_NAMES: Final = {
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "delete": "Del",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
}
"""Names that people know from their keyboards, where Textual's differ."""


def _textual_name(key: str) -> str:
    """A key in Textual's name, also where the configuration has the character itself: `?`."""
    modifier, plus, bare = key.rpartition("+") if len(key) > 1 else ("", "", key)
    if len(bare) == 1 and not bare.isalnum():
        name = unicodedata.name(bare, bare).lower().replace("-", "_").replace(" ", "_")
        bare = KEY_NAME_REPLACEMENTS.get(name, name)
    return f"{modifier}{plus}{bare}"


def _clash(commands: Iterable[Command]) -> tuple[str, Command, Command] | None:
    """The first key with two meanings in one place, and the two commands."""
    taken: dict[tuple[str, str], Command] = {}
    for command in commands:
        places = _VIEWS if command.is_shared else [_VIEW_OF.get(command.context, command.context)]
        for place, key in product(places, command.keys):
            other = taken.setdefault((place, key), command)
            if other is not command:
                return key, other, command
    return None


def _overrides(command: Command) -> Iterator[tuple[str, str]]:
    """The bindings of a command that differ from the usual ones, for Textual's keymap."""
    usual = next(each for each in COMMANDS if each.id == command.id)
    if not command.numbered:
        yield command.id, ",".join(command.keys) or _NO_KEY
        return
    for number in range(1, len(usual.keys) + 1):
        yield f"{command.id}_{number}", command.keys[number - 1] if number <= len(command.keys) else _NO_KEY
