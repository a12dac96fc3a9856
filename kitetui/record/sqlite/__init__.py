"""SQLite: a table of ticks that can be read while it grows."""

from kitetui.record.sqlite.reader import SqliteReader, sniff
from kitetui.record.sqlite.repair import repair
from kitetui.record.sqlite.writer import SqliteWriter

__all__ = ["SqliteReader", "SqliteWriter", "repair", "sniff"]
