"""The last line: the keys that do something here, as many as fit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from kitetui.tui.commands import ALWAYS_SHOWN, Command, key_name
from kitetui.tui.render.spans import Line, Style, fitted

Placed = tuple[int, int, Command]
"""From which cell to which (exclusive) a command can be clicked."""


def placed_keys(commands: Sequence[Command], width: int) -> list[Placed]:
    """Return the commands with a label that fit whole, and where; the ones always shown go first."""
    labelled = [command for command in commands if command.label]
    kept = [command for command in labelled if command.id in ALWAYS_SHOWN]
    for command in labelled:
        if command not in kept and sum(_cells(each) for each in [*kept, command]) <= width:
            kept.append(command)
    placed, x = [], 0
    for command in (command for command in labelled if command in kept):
        placed.append((x, x + _cells(command), command))
        x += _cells(command)
    return placed


def keys_line(commands: Sequence[Command], width: int) -> Line:
    """Return the line of keys."""
    line: Line = []
    for _, _, command in placed_keys(commands, width):
        line += [(f" {key_name(command.keys[0])}", Style.KEY), (f" {command.label} ", Style.DIM)]
    return fitted(line, width)


def _cells(command: Command) -> int:
    return cell_len(key_name(command.keys[0])) + len(command.label) + 3
