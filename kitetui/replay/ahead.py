"""Reading ahead: a recording is read in a thread, so that the loop never waits for the disk.

While some records are played the next are read, and no more, so that memory does not grow with the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Final

from kitetui.record.capture.records import Record

_RECORDS: Final = 1_000
_BYTES: Final = 1_000_000


async def read_ahead(records: Iterator[Record]) -> AsyncGenerator[Record, None]:
    """Yield what an iterator that blocks yields, and raise what it raises.

    Close this one, and the iterator is closed too, when the thread has done what it has begun.
    """
    loop = asyncio.get_running_loop()
    ahead = loop.run_in_executor(None, _take, records)
    try:
        while True:
            # Shielded: what a thread has begun goes on, and nobody else may touch the iterator meanwhile.
            chunk, error = await asyncio.shield(ahead)
            if chunk and error is None:
                ahead = loop.run_in_executor(None, _take, records)
            for record in chunk:
                yield record
            if error is not None:
                raise error
            if not chunk:
                return
    finally:
        await asyncio.wait([ahead])
        close = getattr(records, "close", None)
        if close is not None:
            await loop.run_in_executor(None, close)


def _take(records: Iterator[Record]) -> tuple[list[Record], Exception | None]:
    """Return the next records: so many, or so many bytes of them, or what is left before an error."""
    taken: list[Record] = []
    size = 0
    try:
        for record in records:
            taken.append(record)
            size += len(record.data)
            if len(taken) == _RECORDS or size >= _BYTES:
                break
    except Exception as error:
        return taken, error
    return taken, None
