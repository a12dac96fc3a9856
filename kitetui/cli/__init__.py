"""The command line."""

from kitetui.cli.main import main

__all__ = ["main"]
