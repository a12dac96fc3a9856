"""`kitetui keys`: every key of the monitor, as the configuration has it."""

from __future__ import annotations

import typer

from kitetui.config import ConfigFile
from kitetui.errors import UserError
from kitetui.paths import config_file
from kitetui.tui.commands import Keymap
from kitetui.tui.render.spans import text_of
from kitetui.tui.screens.reading import help_lines
from kitetui.tui.settings import VOCABULARY


def print_keys() -> None:
    """Print the keys and what they do. Raises UserError for a configuration that cannot be followed."""
    path = config_file()
    try:
        keymap = Keymap(ConfigFile(path, VOCABULARY).read().keys)
    except ValueError as clash:
        raise UserError(f"{path}: {clash}", "give one of them another key") from None
    for line in help_lines(keymap.commands):
        typer.echo(text_of(line).rstrip())
