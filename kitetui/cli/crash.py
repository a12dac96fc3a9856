"""What a user is told of a bug: one sentence, with the place of its traceback."""

from __future__ import annotations

from kitetui.errors import CrashError
from kitetui.logs import crash_report, start_logging


def crash_of(error: BaseException) -> CrashError:
    """Write a bug's traceback to the log, and return the sentence that says where."""
    start_logging()
    path = crash_report(error)
    where = f"its traceback is in {path}" if path else "and no log could be written"
    return CrashError(f"kitetui has a bug, {type(error).__name__}", where)
