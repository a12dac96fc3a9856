"""`kitetui config`: where the configuration is, and a commented one to begin with."""

from __future__ import annotations

import typer

from kitetui.paths import config_file

config_app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Print where the configuration is; init writes a commented one.",
)


@config_app.callback(invoke_without_command=True)
def print_path(context: typer.Context) -> None:
    """Print where the configuration is."""
    if context.invoked_subcommand is None:
        typer.echo(config_file())


@config_app.command("init")
def init_config() -> None:
    """Write a commented configuration, unless there is one, and print where."""
    from kitetui.config import ConfigFile
    from kitetui.tui.settings import VOCABULARY

    path = config_file()
    ConfigFile(path, VOCABULARY).init()
    typer.echo(path)
