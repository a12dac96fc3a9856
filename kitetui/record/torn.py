"""The end of a file that a kill has torn: it is moved aside, and never thrown away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.formatting import noun
from kitetui.record.output import stems

_SUFFIX: Final = "torn"


def set_aside(path: Path, file: BinaryIO, end: int) -> str:
    """Cut a file at its last whole part, once what follows is safe in a file beside it; return its name.

    file: the same, open to read and write. Raises OSError, with nothing cut.
    """
    file.seek(end)
    for stem in stems(_SUFFIX):
        beside = path.with_name(f"{path.name}.{stem}")
        try:
            with beside.open("xb") as kept:
                shutil.copyfileobj(file, kept)
                kept.flush()
                os.fsync(kept.fileno())
        except FileExistsError:
            continue
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        break
    file.truncate(end)
    return beside.name


def size_of(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count:,} {noun(count, 'byte')}"
