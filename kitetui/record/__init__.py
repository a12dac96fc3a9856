"""Recording: what the feed gives, written down."""

from kitetui.record.base import NameOf
from kitetui.record.csv import COLUMNS, CsvEncoder, field_text
from kitetui.record.destinations import File, Folder, Place, Rotation, StandardOutput
from kitetui.record.files import Files, Totals
from kitetui.record.formats import Format, open_reader
from kitetui.record.output import new_file
from kitetui.record.recorder import Durability, Recorder
from kitetui.record.rows import Rows

__all__ = [
    "COLUMNS",
    "CsvEncoder",
    "Durability",
    "File",
    "Files",
    "Folder",
    "Format",
    "NameOf",
    "Place",
    "Recorder",
    "Rotation",
    "Rows",
    "StandardOutput",
    "Totals",
    "field_text",
    "new_file",
    "open_reader",
]
