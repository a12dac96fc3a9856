"""The way to a host: whether its name is known, whether it lets one in, and how long both take."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from typing import Final
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from kitetui.doctor.checks import in_thread
from kitetui.doctor.finding import Finding, failed, milliseconds, ok, warning

SLOW: Final = 0.5
"""Seconds from which on the way to a host is worth a word."""

_PORTS: Final = {"https": 443, "http": 80, "wss": 443, "ws": 80}

_PROXIES: Final = {"https": ("https", "all"), "wss": ("wss", "socks", "https")}
"""The kinds of proxy that each client takes for its own, where the environment names one."""

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


async def look_at_host(url: str, limit: float) -> Finding:
    """Go to the host of a URL as far as a secure connection, each step within `limit` seconds."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    on_this_machine = host in _LOOPBACK
    if not on_this_machine and _has_proxy(parts):
        return ok(f"{host} is reached through the proxy that the environment names")
    port = parts.port or _PORTS[parts.scheme]
    security = _security(parts.scheme)
    started = time.monotonic()
    try:
        addresses = await in_thread(lambda: _addresses(host, port), limit)
    except TimeoutError:
        return failed(f"looking up {host} took too long", "look at the network and its DNS")
    except (OSError, UnicodeError):  # the latter for what cannot be a name
        return failed(f"the name {host} is not known here", "look at the network and its DNS")
    resolved = time.monotonic()
    try:
        await _connect(addresses, port, host, security, limit)
    except TimeoutError:
        return failed(f"connecting to {host} took too long", "look at the network and its firewall")
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        step = "look at this machine's clock, and whether a proxy or a virus scanner stands in between"
        return failed(f"the connection to {host} cannot be made secure ({reason})", step)
    except OSError as error:
        nobody = isinstance(error, ConnectionRefusedError)
        found = f"nothing listens at {host}:{port}" if nobody else f"no connection to {host} ({_why(error)})"
        return failed(found, "start it with kitetui sim" if on_this_machine else "look at the network")
    connected = time.monotonic()
    if on_this_machine:
        return ok(f"{host}:{port} connects in {milliseconds(connected - resolved)}")
    return timed(host, resolved - started, connected - resolved)


def timed(host: str, resolving: float, connecting: float) -> Finding:
    """Judge how long the way to a host took; both in seconds."""
    found = f"{host} resolves in {milliseconds(resolving)} and connects in {milliseconds(connecting)}"
    if resolving + connecting <= SLOW:
        return ok(found)
    slow = "look at its DNS" if resolving > connecting else "ticks come late over it"
    return warning(found, f"that is a slow network, {slow}")


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _connect(
    addresses: list[str], port: int, host: str, security: ssl.SSLContext | None, limit: float
) -> None:
    """Connect to the first address that lets one in. Raises what the last did not, TimeoutError."""
    async with asyncio.timeout(limit):
        for number, address in enumerate(addresses, start=1):
            try:
                _, writer = await asyncio.open_connection(
                    address, port, ssl=security, server_hostname=host if security else None
                )
            except OSError:
                if number == len(addresses):
                    raise
            else:
                # Nothing was said; so there is nothing to part from politely.
                writer.transport.abort()
                return


def _security(scheme: str) -> ssl.SSLContext | None:
    """Whom to trust: as the client of each service does."""
    match scheme:
        case "https":
            return httpx.create_ssl_context()
        case "wss":
            return ssl.create_default_context()
    return None


def _has_proxy(parts: SplitResult) -> bool:
    named = getproxies()
    return any(kind in named for kind in _PROXIES.get(parts.scheme, ())) and not proxy_bypass(parts.netloc)


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
