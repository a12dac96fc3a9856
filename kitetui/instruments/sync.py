"""Getting the list of the day: asked for over REST, imported, and put in the place of yesterday's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kitetui.account.problems import TokenEndedError
from kitetui.account.profiles import EndpointProfile
from kitetui.account.rest import KiteRest
from kitetui.account.secrets import Secrets
from kitetui.instruments.master import Imported, Master

Progress = Callable[[int, int | None], None]
"""Is told how many bytes have come, and of how many, None where that is not known."""


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
        return await asyncio.to_thread(master.replace, path, now())
