"""CSV: one row a tick, for whatever reads tables; and back to the words that were received."""

from kitetui.record.csv.reader import CsvReader
from kitetui.record.csv.schema import COLUMNS, columns_of, parse_columns, repair, sniff
from kitetui.record.csv.writer import CsvEncoder, CsvWriter

__all__ = [
    "COLUMNS",
    "CsvEncoder",
    "CsvReader",
    "CsvWriter",
    "columns_of",
    "parse_columns",
    "repair",
    "sniff",
]
