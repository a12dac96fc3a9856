"""Tasks that go on side by side until one of them fails."""

from __future__ import annotations

import asyncio
from typing import NoReturn


async def first_failure(*tasks: asyncio.Task[NoReturn]) -> Exception:
    """Wait until one of these endless tasks fails, end the others, and return why.

    Not a task group: that one forgets a cancellation which arrives while it ends the other tasks, and then
    whoever stops the manager would wait for ever.
    """
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    failure = next(task for task in tasks if task in done).exception()
    if not isinstance(failure, Exception):
        raise AssertionError("such a task ends by a failure alone")
    return failure
