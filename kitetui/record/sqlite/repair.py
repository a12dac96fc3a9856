"""Making good what a kill left of a database: its write-ahead log is taken over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kitetui.errors import UserError
from kitetui.record.sqlite.schema import APPLICATION_ID


def repair(path: Path) -> str | None:
    """Take over what is in the log beside a database; return what was done, None where there is no log.

    Raises UserError.
    """
    log = path.with_name(f"{path.name}-wal")
    if not log.exists():
        return None
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            (found,) = database.execute("PRAGMA application_id").fetchone()
            if found != APPLICATION_ID:
                raise UserError(f"{path} is no recording of kitetui", "name another file with -o")
            database.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise UserError(f"cannot mend {path}: {error}", "name another file with -o") from error
    return f"took over what was in the write-ahead log of {path.name}"
