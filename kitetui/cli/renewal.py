"""A new instrument list for what runs from one day to the next."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from kitetui.cli.saying import crash_of
from kitetui.cli.source import Source
from kitetui.errors import UserError
from kitetui.formatting import duration
from kitetui.instruments import Universe
from kitetui.instruments.master import Master, is_due
from kitetui.times import ist_today

LOOK: Final = 600.0
"""Seconds between two looks whether the exchanges have made a new list."""

LIMIT: Final = 300.0
"""Seconds that getting it may take; on a slow line it takes one minute."""


async def follow_lists(
    source: Source, use: Callable[[Universe], None], say: Callable[[str], None], *, look: float = LOOK
) -> None:
    """Get each day's list of a source until cancelled; see `renew_list`.

    use: takes what the source can be asked for that day. A source without REST has no list, and this returns.
    """
    if source.service is not None:

        def use_tradable(universe: Universe) -> None:
            use(source.tradable(universe, ist_today()))

        await renew_list(source.service.name, source.account.name, use_tradable, say, look=look)


async def renew_list(
    endpoint: str,
    account: str,
    use: Callable[[Universe], None],
    say: Callable[[str], None],
    *,
    look: float = LOOK,
    limit: float = LIMIT,
    now: Callable[[], float] = time.time,
) -> None:
    """Get the list of the day whenever it is due, until cancelled, and hand it over.

    endpoint and account: the names of the service and of the login to ask with.
    use: takes the new list. say: is told once that a list is due and cannot be had.
    look, limit: seconds between two looks, and those that an attempt may take.
    """
    master = Master.of(endpoint)
    complaint = ""
    while True:
        await asyncio.sleep(look)
        if not await asyncio.to_thread(_is_due, master, now()):
            continue
        problem = await _synced(endpoint, account, limit)
        if not problem:
            with suppress(UserError):
                if (stored := await asyncio.to_thread(master.read)) is not None:
                    use(Universe(stored.table))
        elif problem != complaint:
            say(f"today's instruments are not here: {problem}")
        complaint = problem


def _is_due(master: Master, now: float) -> bool:
    try:
        stored = master.read()
    except UserError:
        return True
    if stored is None:
        return True
    stored.table.close()
    return is_due(stored.fetched_at, now)


async def _synced(endpoint: str, account: str, limit: float) -> str:
    """Get the list by a process of its own, for an import holds up the loop; return what failed."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__, endpoint, account), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
    except OSError as error:
        return f"the program that gets them cannot be started: {error.strerror}"
    try:
        async with asyncio.timeout(limit):
            told, _ = await process.communicate()
    except TimeoutError:
        return f"they did not come within {duration(limit)}, and are tried again; see kitetui doctor"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        return f"the program that gets them ended with the code {process.returncode}"
    problem: str = json.loads(told)
    return problem


def sync_alone(endpoint: str, account: str) -> str:
    """Get a service's list now; return what failed, empty where nothing did."""
    from kitetui.cli.instruments import service_of
    from kitetui.cli.lists import download

    try:
        service, login = service_of(account, endpoint)
        asyncio.run(download(Master.of(service.name), service, login))
    except UserError as error:
        return str(error)
    except Exception as error:  # which is logged, and told like all that fails
        return str(crash_of(error))
    return ""


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sync_alone(*sys.argv[1:])))
