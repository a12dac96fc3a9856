"""Which proxy is on the way to a host, and that feed and REST go the same way."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import util

import pytest

from kitetui import proxies
from kitetui.account import EndpointProfile
from kitetui.account.rest import KiteRest
from kitetui.errors import UserError
from kitetui.feed import Endpoint, KiteManagerConfig, KiteTickerManager, Ticks
from kitetui.proxies import proxy_of
from kitetui.simulator import SimulatedExchange

SOCKET, REST = "wss://ws.kite.trade/", "https://api.kite.trade"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """None but those that a test names."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "proxy"),
    [
        ("https_proxy", "http://proxy:3128", "http://proxy:3128"),
        ("HTTPS_PROXY", "http://me:secret@proxy:3128/", "http://me:secret@proxy:3128"),
        ("https_proxy", "proxy:3128", "http://proxy:3128"),
        ("ALL_PROXY", "socks5://proxy:1080", "socks5://proxy:1080"),
        ("all_proxy", "socks://proxy:1080", "socks5://proxy:1080"),
        ("all_proxy", "http://[::1]:3128", "http://[::1]:3128"),
        ("http_proxy", "http://proxy:3128", None),
        ("https_proxy", "", None),
    ],
)
def test_the_feed_and_rest_go_through_the_same_proxy(
    name: str, value: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert proxy_of(SOCKET) == proxy_of(REST) == proxy
    assert proxy_of("ws://127.0.0.1:9001/") is proxy_of("https://localhost/") is None


@pytest.mark.parametrize(
    ("entries", "url", "is_direct"),
    [
        ("kite.trade", SOCKET, True),
        (".kite.trade", SOCKET, True),
        ("*.kite.trade", SOCKET, True),
        ("trade.example, api.kite.trade", REST, True),
        ("api.kite.trade", SOCKET, False),
        ("ite.trade", SOCKET, False),
        ("kite.trade:443", "wss://ws.kite.trade:443/", True),
        ("kite.trade:8443", "wss://ws.kite.trade:443/", False),
        ("*", SOCKET, True),
        ("10.0.0.0/8", "wss://10.1.2.3/", True),
        ("10.0.0.0/8", "wss://11.1.2.3/", False),
        ("fd00::/8", "wss://[fd00::7]/", True),
        ("[fd00::7]", "wss://[fd00::7]/", True),
        ("[::1],fe80::/10,kite.trade:99999", SOCKET, False),
        (",,", SOCKET, False),
    ],
)
def test_some_hosts_are_reached_without(
    entries: str, url: str, is_direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", entries)
    assert (proxy_of(url) is None) == is_direct


@pytest.mark.parametrize("value", ["http://proxy:99999", "ftp://proxy:21", "http://", "http://:3128", "::::"])
def test_what_is_no_proxy_is_named_without_its_password(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", value.replace("//", "//me:secret@"))
    with pytest.raises(UserError, match="https_proxy in the environment names no proxy") as raised:
        proxy_of(SOCKET)
    assert "secret" not in str(raised.value)
    assert "http://host:port" in raised.value.remedy


def test_socks_without_its_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://proxy:1080")
    monkeypatch.setattr(
        proxies, "find_spec", lambda name: None if name == "socksio" else util.find_spec(name)
    )
    with pytest.raises(UserError, match=r"run pip install 'kitetui\[socks\]'"):
        proxy_of(REST)


@asynccontextmanager
async def socks_proxy() -> AsyncIterator[tuple[str, list[tuple[str, int]]]]:
    """A SOCKS5 proxy without a password: its URL, and whom it was asked for."""
    asked: list[tuple[str, int]] = []

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        kind = (await reader.readexactly(4))[3]
        length = 4 if kind == 1 else (await reader.readexactly(1))[0]
        name = await reader.readexactly(length)
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        asked.append((".".join(map(str, name)) if kind == 1 else name.decode(), port))
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await asyncio.gather(pipe(reader, back), pipe(there, writer), return_exceptions=True)

    async with await asyncio.start_server(tunnel, "127.0.0.1", 0) as server:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_both_go_through_a_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    # A name that only the proxy knows stands for an exchange on this machine.
    async with SimulatedExchange() as exchange, socks_proxy() as (url, asked), asyncio.timeout(20):
        monkeypatch.setenv("ALL_PROXY", url)
        config = KiteManagerConfig(endpoint=Endpoint(f"ws://203.0.113.1:{exchange.port}/"), max_connections=1)
        async with KiteTickerManager("simulated", "simulated", config) as manager:
            await manager.subscribe_symbols([408065])
            async for message in manager:
                if isinstance(message, Ticks):
                    break
        rest = f"https://203.0.113.2:{exchange.port}"
        profile = EndpointProfile("elsewhere", rest=rest, login=f"{rest}/login", socket="wss://203.0.113.2/")
        async with KiteRest(profile, "simulated") as client:
            with pytest.raises(UserError):  # the exchange speaks no TLS
                await client.exchange("wrong", "secret")
        port = exchange.port
    assert asked == [("203.0.113.1", port), ("203.0.113.2", port)]
