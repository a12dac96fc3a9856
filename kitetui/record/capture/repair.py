"""Making a capture whole again that a kill has torn."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from kitetui.errors import UserError
from kitetui.record.capture.layout import BLOCK_HEAD, HEAD, BlockHead
from kitetui.record.capture.reader import ends_finished, find_block, foreign
from kitetui.record.torn import set_aside, size_of


def repair(path: Path) -> str | None:
    """Cut off a block that was not written whole at the end; return what was done, None for nothing.

    Raises UserError.
    """
    try:
        with path.open("rb+") as file:
            size = file.seek(0, 2)
            file.seek(0)
            head = file.read(len(HEAD))
            if size < len(HEAD) and HEAD.startswith(head):
                end = 0
            elif head != HEAD:  # what a later version wrote would look torn
                raise foreign(path, head)
            elif ends_finished(file):
                return None
            else:
                end = _end(file, size)
            if end == size:
                return None
            beside = set_aside(path, file, end)
    except OSError as error:
        raise UserError(f"cannot mend {path}: {error.strerror}", "name another file with -o") from error
    return f"moved an unfinished block of {path.name}, {size_of(size - end)}, to {beside}"


def _end(file: BinaryIO, size: int) -> int:
    """Return where the last whole block ends; damage between whole blocks is left as it is."""
    end = start = len(HEAD)
    while start < size:
        file.seek(start)
        raw = file.read(BLOCK_HEAD)
        head = BlockHead.parse(raw)
        stop = start + BLOCK_HEAD + head.stored if head is not None else 0
        is_last = stop == size
        if head is None or stop > size or (is_last and head.content(raw, file.read(head.stored)) is None):
            found = find_block(file, start + 1, size)
            if found is None:
                return end
            start = found
        else:
            end = start = stop
    return end
