"""SQLite: a table of ticks that can be read while it grows."""

from kitetui.record.sqlite.reader import SqliteReader, sniff
from kitetui.record.sqlite.writer import SqliteWriter, repair

__all__ = ["SqliteReader", "SqliteWriter", "repair", "sniff"]
