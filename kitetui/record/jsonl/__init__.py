"""JSON lines: one object a tick, for whatever reads JSON."""

from kitetui.record.jsonl.reader import JsonlReader, sniff
from kitetui.record.jsonl.repair import repair
from kitetui.record.jsonl.writer import JsonlWriter

__all__ = ["JsonlReader", "JsonlWriter", "repair", "sniff"]
