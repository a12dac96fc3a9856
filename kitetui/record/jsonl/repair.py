"""Makes good what a kill left of JSON lines."""

from __future__ import annotations

from pathlib import Path

from kitetui.record.csv.repair import repair_lines
from kitetui.record.jsonl.reader import begins


def repair(path: Path) -> str | None:
    """Mend a recording in JSON lines; see `repair_lines`."""
    return repair_lines(path, lambda line, *, is_whole: begins(line))
