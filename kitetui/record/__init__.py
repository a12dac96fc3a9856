"""Recording: what the feed gives, written down."""

from kitetui.record.csv import COLUMNS, CsvEncoder, NameOf, field_text
from kitetui.record.output import Output, dated_file, named_file, new_file, standard_output
from kitetui.record.recorder import Recorder, Totals

__all__ = [
    "COLUMNS",
    "CsvEncoder",
    "NameOf",
    "Output",
    "Recorder",
    "Totals",
    "dated_file",
    "field_text",
    "named_file",
    "new_file",
    "standard_output",
]
