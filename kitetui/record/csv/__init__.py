"""CSV: one row a tick, for whatever reads tables; and back to the words that were received."""

from kitetui.record.cells.single import field_text
from kitetui.record.csv.columns import COLUMNS, HEADER, parse_columns
from kitetui.record.csv.encoder import CsvEncoder
from kitetui.record.csv.header import columns_of, sniff
from kitetui.record.csv.reader import CsvReader
from kitetui.record.csv.repair import repair
from kitetui.record.csv.writer import CsvWriter
from kitetui.record.names import NameOf

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
