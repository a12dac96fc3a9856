"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def put_whole(path: Path, content: bytes, permissions: int | None = None) -> None:
    """Put content in the place of a file's; its folder must be there. Raises OSError.

    Until this is done, and for good if it fails, the file is as it was.
    permissions: of the new file; None for one that is its owner's alone, as it is from the first moment.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if permissions is not None:
            Path(name).chmod(permissions)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
