"""CSV: one row a tick, for whatever reads tables; and back to the words that were received."""

from kitetui.record.base import NameOf
from kitetui.record.cells.text import field_text
from kitetui.record.csv.reader import CsvReader
from kitetui.record.csv.schema import COLUMNS, HEADER, columns_of, parse_columns, repair, sniff
from kitetui.record.csv.writer import CsvEncoder, CsvWriter

__all__ = [
    "COLUMNS",
    "HEADER",
    "CsvEncoder",
    "CsvReader",
    "CsvWriter",
    "NameOf",
    "columns_of",
    "field_text",
    "parse_columns",
    "repair",
    "sniff",
]
