"""The handshake: how a connection is asked for, and what the answer says besides."""

from __future__ import annotations

import logging
from typing import Final

from websockets.asyncio.client import ClientConnection, connect

from kitetui.feed.config import KiteManagerConfig
from kitetui.feed.endpoint import Credentials
from kitetui.feed.replayed import REPLAY_HEADER

_MAX_MESSAGE: Final = 4 * 2**20
"""Bytes; Kite's largest legal message, 3,000 full packets, has 558,002."""

_CLOSE_TIMEOUT: Final = 1.0
_USER_AGENT: Final = "kitetui"
_HEADERS: Final = {"X-Kite-Version": "3"}

# The library below would log the URL of the handshake, and with it the token, to whoever turns on debug
# logging. A logger outside the hierarchy cannot be turned on from elsewhere.
_SILENT: Final = logging.Logger("kitetui.feed.websockets", level=logging.CRITICAL + 1)


async def dial(config: KiteManagerConfig, credentials: Credentials | None) -> ClientConnection:
    """Make a connection. Raises whatever it fails of; the texts of these exceptions may hold the URL."""
    endpoint = config.endpoint
    return await connect(
        endpoint.url(credentials),
        additional_headers=_HEADERS | ({REPLAY_HEADER: "1"} if endpoint.is_loopback else {}),
        user_agent_header=_USER_AGENT,
        compression=None,
        proxy=config.proxy or (None if endpoint.is_loopback else True),
        open_timeout=config.connection_timeout,
        ping_interval=None,  # it pings by itself, to measure alone: a pong proves nothing of the feed
        close_timeout=_CLOSE_TIMEOUT,
        max_size=_MAX_MESSAGE,
        logger=_SILENT,
    )


def says(socket: ClientConnection, header: str) -> bool:
    """Return whether the server agreed to this header."""
    return socket.response is not None and socket.response.headers.get(header) == "1"
