"""The configuration in its file: read, changed in place, and watched for changes by others."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from kitetui.config.edit import edited
from kitetui.config.model import Config, Vocabulary
from kitetui.config.problems import ConfigError
from kitetui.config.reading import read_config, read_feed_config
from kitetui.config.template import template
from kitetui.errors import UserError
from kitetui.paths import config_file
from kitetui.writing import put_whole

_Signature = tuple[int, int, int, int]


class ConfigFile:
    """The file at `path`, which need not be there; `vocabulary` holds the names that it may use.

    Every method works on the disk at once, which takes a few milliseconds.
    """

    def __init__(self, path: Path, vocabulary: Vocabulary) -> None:
        self.path = path
        self._vocabulary = vocabulary
        self._seen: _Signature | None = None

    def read(self) -> Config:
        """Return what the file holds, the defaults where there is none. Raises ConfigError."""
        # The signature is taken first: what is written during the reading is a change.
        self._seen = self._signature()
        text = _text(self.path)
        return Config() if text is None else self._parsed(text)

    def update(self, **changes: Any) -> Config:
        """Give fields of `Config` other values in the file, and return what it then holds.

        What the user or another program wrote into it meanwhile stays, and the file is still `changed`
        until that was read. Raises ConfigError, and writes nothing, when the file or a value is wrong;
        UserError when it cannot be written.
        """
        text = _text(self.path)
        text = template(self._vocabulary) if text is None else text
        before = self._parsed(text)
        after = replace(before, **changes)
        if after == before:
            return before
        unix = text.replace("\r\n", "\n")
        changed = edited(unix, before, after)
        if self._parsed(changed) != after:
            raise UserError(f"{self.path} is written in a way that cannot be changed here", "edit it by hand")
        unread = self.changed()
        self._write(changed if "\r\n" not in text else changed.replace("\n", "\r\n"))
        if not unread:
            self._seen = self._signature()
        return after

    def changed(self) -> bool:
        """Return whether the file is another than was last read or written here."""
        return self._signature() != self._seen

    def init(self) -> None:
        """Write the commented file to begin with. Raises UserError when there is one already."""
        if os.path.lexists(self.path):
            raise UserError(f"{self.path} is there already", "edit it, or move it away for a new one")
        self._write(template(self._vocabulary))
        self._seen = self._signature()

    def _parsed(self, text: str) -> Config:
        return read_config(text, self.path.name, self._vocabulary)

    def _signature(self) -> _Signature | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size

    def _write(self, text: str) -> None:
        try:
            _replace(self.path.resolve(), text.encode())
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}; nothing was changed") from error


def feed_config(path: Path | None = None) -> Config:
    """Return what the file, the program's own unless named, says of the feed, for a run that follows nothing
    else. Raises ConfigError.
    """
    path = path or config_file()
    text = _text(path)
    return Config() if text is None else read_feed_config(text, path.name)


def _text(path: Path) -> str | None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigError([f"{path} is not a file; move it away"])
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path.name}:{line}: this is not UTF-8; save the file as UTF-8"]) from None
    except NotADirectoryError:
        raise ConfigError([f"{path} is below a file; set HOME or KITETUI_HOME to a folder"]) from None
    except OSError as error:
        raise ConfigError([f"cannot read {path}: {error.strerror}; make it readable"]) from None


def _replace(path: Path, data: bytes) -> None:
    """Put data into a file, all of it or nothing; the file keeps its permissions. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    permissions = None
    with suppress(FileNotFoundError):
        permissions = stat.S_IMODE(path.stat().st_mode)
    put_whole(path, data, permissions)
