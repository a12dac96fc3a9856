"""The way in and the way out: every error becomes one sentence on standard error and an exit code."""

from __future__ import annotations

import os
import sys

import typer

from kitetui.cli.app import app
from kitetui.cli.saying import crash_of, say
from kitetui.errors import CrashError, RecordingError, UserError


def main() -> None:
    """Run the command line, and exit with its code."""
    # The usual allocator of pyarrow keeps what it was given back: a third of the memory of a conversion.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    _have_streams()
    sys.exit(run(sys.argv[1:]))


def _have_streams() -> None:
    """Put nothing in the place of standard streams that are closed; `sys.__stdout__` still says so."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for good


def run(arguments: list[str]) -> int:
    """Run the command line; return the exit code."""
    try:
        return app(args=arguments, prog_name="kitetui", standalone_mode=False) or 0
    except UserError as error:
        _complain(str(error))
        return error.exit_code
    except typer.TyperException as error:
        # "Value error" is how the parser's own validator begins its sentences.
        sentence = error.format_message().replace("Value error, ", "").rstrip(".")
        _complain(f"{sentence}; kitetui --help lists what there is")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 0
    except SystemExit as ended:
        # So Rich and Typer end a program whose reader has gone, as `| head` does.
        is_unread = isinstance(ended.__context__, BrokenPipeError)
        return RecordingError.exit_code if is_unread else int(ended.code or 0)
    except Exception as error:  # the last barrier: nobody should have to read a traceback
        _complain(str(crash_of(error)))
        return CrashError.exit_code


def _complain(sentence: str) -> None:
    say(f"kitetui: {' '.join(sentence.split())}")
