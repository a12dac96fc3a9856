"""Getting the list of the day: asked for over REST, imported, and put in the place of yesterday's."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from kitetui.account.problems import TokenEndedError
from kitetui.account.profiles import EndpointProfile
from kitetui.account.rest import KiteRest
from kitetui.account.secrets import Secrets
from kitetui.instruments.listing import ListError
from kitetui.instruments.master import Imported, Master

Progress = Callable[[int, int | None], None]
"""Is told how many bytes have come, and of how many, None where that is not known."""

_LARGEST: Final = 64 * 2**20
"""Bytes of a list without gzip; Kite's has about ten million."""

_GZIP: Final = b"\x1f\x8b"
_PIECE: Final = 2**20


async def sync(
    master: Master,
    endpoint: EndpointProfile,
    login: Secrets | None,
    progress: Progress,
    now: Callable[[], float] = time.time,
) -> Imported:
    """Download a service's list, and put it in the place of the one that is there. Raises UserError.

    login: whom to ask as. A token that has ended is no hindrance: lists are for everybody, on Kite.
    """
    with master.temporary() as path:
        async with KiteRest(endpoint, login.api_key if login else "") as kite:
            tokens = [login.access_token, ""] if login and login.access_token else [""]
            for token in tokens:
                with path.open("wb") as file:
                    try:
                        await kite.instruments(file, access_token=token, progress=progress)
                    except TokenEndedError:
                        if token == tokens[-1]:
                            raise
                    else:
                        break
        # The import takes seconds, in which the loop has other things to do.
        return await asyncio.to_thread(_replace, master, path, now())


def _replace(master: Master, path: Path, now: float) -> Imported:
    _check_size(path)
    return master.replace(path, now)


def _check_size(path: Path) -> None:
    """Raises ListError for a list that is far too large: three megabytes of gzip can be gigabytes."""
    with path.open("rb") as file:
        is_packed = file.read(len(_GZIP)) == _GZIP
    size = 0
    # One that is broken off or damaged is told by whoever reads it.
    with gzip.open(path) if is_packed else path.open("rb") as file, suppress(EOFError, zlib.error, OSError):
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > _LARGEST:
                raise ListError(
                    f"the list of instruments has more than {_LARGEST / 2**20:.0f} MB, and Kite's about ten",
                    "try again in a few minutes",
                )
