"""The log file: what happened, in IST, with nothing secret in it and no line that the network can forge.

A record begins in the first column of a line; whatever else belongs to it is indented. Every process
writes a file of its own, the first one free of a few, so that no process rotates another's file away
and all of them together stay below 40 MB. A log that cannot be written never stops the program.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from kitetui.formatting import plain
from kitetui.paths import log_folder
from kitetui.times import IST

_FILE_SIZE: Final = 1_000_000
_FILES: Final = 5
_PROCESSES: Final = 8

_LONGEST: Final = 20_000
"""Characters of one record: a server may say more, but not push everything else out of the log."""

_HIDDEN: Final = "[hidden]"
_NAMED: Final = "api_key|access_token|api_secret|request_token|public_token|refresh_token|checksum"
_SECRETS: Final = (
    re.compile(rf"""(?i)((?:{_NAMED})["']?\s*(?:=|:|%3D)\s*["']?)[^\s"'&,;(){{}}\[\]<>]+"""),
    re.compile(r"""(?i)(authorization["']?\s*[:=,]\s*["']?)[^\s"',;()]+(?:[ \t]+[^\s"',;()]+)?"""),
    re.compile(r"(?i)(\btoken\s+)[\w.%~-]+:[\w.%~-]+"),
)

_hidden: set[str] = set()
"""What the program's own log hides, one for the process as that log is; libraries are given none of it."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """Where the log is written, or else one sentence that says why there is none."""

    path: Path | None
    problem: str = ""


def start_logging(folder: Path | None = None) -> LogFile:
    """Write what the program logs, and the warnings of its libraries, to a file in the log folder."""
    stop_logging()
    folder = folder or log_folder()
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    logging.getLogger("kitetui").setLevel(logging.INFO)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _LogHandler(*_first_free(folder))
    except OSError as error:
        # Without any handler warnings would go to standard error, and so across the screen.
        root.addHandler(_Nowhere())
        return LogFile(None, plain(f"no log is written: {folder}: {error.strerror or error}"))
    root.addHandler(handler)
    return LogFile(handler.path)


def stop_logging() -> None:
    """Close the log file, if there is one, and leave it to other processes."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _LogHandler | _Nowhere)]:
        root.removeHandler(handler)
        handler.close()


def crash_report(error: BaseException) -> Path | None:
    """Write a traceback, without local variables, to the log; return its path, or None without a log."""
    handler = next((each for each in logging.getLogger().handlers if isinstance(each, _LogHandler)), None)
    if handler is None:
        return None
    handler.failed = False
    logging.getLogger("kitetui").critical("crashed", exc_info=error)
    return None if handler.failed else handler.path


def hide(value: str) -> None:
    """Hide this value, plain or as part of a URL, in all that the program logs from now on."""
    _hidden.add(value)


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without these secrets, plain or in a URL, and whatever is named as one of Kite's."""
    forms = {form for secret in secrets for form in (secret, quote(secret, safe="")) if form}
    for value in sorted(forms, key=len, reverse=True):
        text = text.replace(value, _HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{_HIDDEN}", text)
    return text


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        message = plain(redacted(record.getMessage(), _hidden)[:_LONGEST])
        moment = datetime.fromtimestamp(record.created, IST).isoformat(timespec="milliseconds")
        lines = [f"{moment} {record.levelname} {record.name}: {message}"]
        if record.exc_info and (error := record.exc_info[1]) is not None:
            lines += self._indented("".join(traceback.format_exception(error)))
        return "\n".join(lines)

    def _indented(self, text: str) -> list[str]:
        # The end of a traceback says what happened.
        return [f"    {plain(line)}" for line in redacted(text, _hidden)[-_LONGEST:].splitlines()]


class _LogHandler(RotatingFileHandler):
    """A rotating file for its owner alone, that is silent about its own failures.

    What `logging` prints about them would go to standard error, and so across the screen.
    """

    def __init__(self, path: Path, lock: IO[bytes]) -> None:
        super().__init__(path, maxBytes=_FILE_SIZE, backupCount=_FILES - 1, delay=True)
        self.path = path
        self.failed = False
        self._file_lock = lock
        self.setFormatter(_Formatter())

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", errors="replace", opener=_private)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        self.failed = True

    def close(self) -> None:
        super().close()
        self._file_lock.close()


class _Nowhere(logging.NullHandler):
    """Takes the place of the log file when there can be none."""


def _first_free(folder: Path) -> tuple[Path, IO[bytes]]:
    """Return a log file that no running process writes, and the lock that keeps it so. Raises OSError."""
    for number in range(1, _PROCESSES + 1):
        name = "kitetui" if number == 1 else f"kitetui-{number}"
        lock = open(folder / f"{name}.lock", "ab", opener=_private)  # noqa: SIM115 - held while it is locked
        if _locks(lock):
            return folder / f"{name}.log", lock
        lock.close()
    raise OSError(f"{_PROCESSES} processes write logs there already")


def _locks(file: IO[bytes]) -> bool:
    """Lock a file until it is closed or the process ends; say whether it was free."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
