"""Exceptions that nothing here expects: into the log, with where they were raised and without a secret.

A program that uses the feed as a library has handlers of its own, which hide nothing. So the log is given a
stand-in for the exception: the same lines of code, and texts in which no URL and no token is left.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from typing import Final

from kitetui.logs import redacted

log = logging.getLogger("kitetui.feed")

_URL: Final = re.compile(r"(?i)\b(?:wss?|https?)://\S+")
_HIDDEN: Final = "[hidden]"
_LONGEST: Final = 1_000
"""Characters of an exception's text."""

_CAUSES: Final = 10
"""How far back the causes of an exception are followed."""


class Bug(Exception):  # noqa: N818 - the name that the log shows before that of the exception
    """Stands for an exception in the log: its type and its text, without what is secret."""


def log_bug(what: str, failure: BaseException, secrets: Collection[str] = ()) -> None:
    """Log that something failed which should not, with its traceback; `secrets` are hidden in it too."""
    log.error("%s", what, exc_info=_stand_in(failure, secrets, _CAUSES))


def place_of_log() -> str:
    """Return where the log can be read, in words: the file if there is one, else its name."""
    logger: logging.Logger | None = log
    while logger is not None:
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                return f"the log, {handler.baseFilename}"
        logger = logger.parent if logger.propagate else None
    return f"the log of {log.name}"


def _stand_in(error: BaseException, secrets: Collection[str], causes: int) -> Bug:
    stand_in = Bug(_told(error, secrets)).with_traceback(error.__traceback__)
    if causes and error.__cause__ is not None:
        stand_in.__cause__ = _stand_in(error.__cause__, secrets, causes - 1)
    elif causes and error.__context__ is not None and not error.__suppress_context__:
        stand_in.__context__ = _stand_in(error.__context__, secrets, causes - 1)
    return stand_in


def _told(error: BaseException, secrets: Collection[str]) -> str:
    try:
        text = str(error)
    except Exception:
        text = "its text cannot be read"
    return f"{type(error).__name__}: {redacted(_URL.sub(_HIDDEN, text), secrets)[:_LONGEST]}"
