"""Recording: what the feed gives, written down."""

from kitetui.record.base import NameOf
from kitetui.record.cells.text import field_text
from kitetui.record.csv import COLUMNS, CsvEncoder
from kitetui.record.destinations import Destination, File, Folder, Rotation, StandardOutput
from kitetui.record.files import Files, Totals
from kitetui.record.formats import Format, open_reader
from kitetui.record.output import new_file
from kitetui.record.recorder import Durability, Recorder
from kitetui.record.rows import TickRows

__all__ = [
    "COLUMNS",
    "CsvEncoder",
    "Destination",
    "Durability",
    "File",
    "Files",
    "Folder",
    "Format",
    "NameOf",
    "Recorder",
    "Rotation",
    "StandardOutput",
    "TickRows",
    "Totals",
    "field_text",
    "new_file",
    "open_reader",
]
