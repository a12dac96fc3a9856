"""What our client does beyond the official one, or says more clearly."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import threading
from datetime import UTC, datetime
from http import HTTPStatus

import kiteconnect
import pytest

from kitetui.compat import ConnectionResponse, KiteTicker
from kitetui.compat.inbox import Call
from kitetui.compat.surface import Socket
from kitetui.feed import CapacityError
from kitetui.simulator import SimulatedExchange
from tests.compat.listener import asked, connected, stopped
from tests.feed.exchange import served_by, tokens_of, until
from tests.feed.helpers import ltp_frame
from tests.feed.server import ScriptedServer
from tests.wire.packets import FULL, frame, packet

INFY, RELIANCE = 408065, 738561


@pytest.fixture(autouse=True)
def _threads() -> object:
    """No test may leave a thread of a client behind."""
    yield
    left = [each for each in threading.enumerate() if each.name in ("kitetui ticker", "kitetui callbacks")]
    for thread in left:
        thread.join(10)
    assert not any(thread.is_alive() for thread in left)


def client_of(server: ScriptedServer, **settings: object) -> KiteTicker:
    return KiteTicker("key", "token", root=server.endpoint.root, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    "__init__ connect is_connected close stop stop_retry subscribe unsubscribe set_mode resubscribe".split(),
)
def test_methods_take_what_the_official_ones_take(name: str) -> None:
    def taken(cls: type) -> list[tuple[str, object]]:
        parameters = inspect.signature(getattr(cls, name)).parameters.values()
        return [(each.name, each.default) for each in parameters]

    assert taken(KiteTicker) == taken(kiteconnect.KiteTicker)


def test_constants_are_the_official_ones() -> None:
    official = {name: value for name, value in vars(kiteconnect.KiteTicker).items() if name.isupper()}
    ours = {name: getattr(KiteTicker, name) for name in official}
    assert ours.pop("ROOT_URI").rstrip("/") == official.pop("ROOT_URI")
    assert ours == official


MISSING = {
    "_close": "`close` and `sendClose` hang up; nothing is left to be done without `stop_retry`",
    "_is_first_connect": "no connection forgets its symbols, so that none is subscribed again",
    "_parse_text_message": "texts are read once, for the log and for all readers; `on_message` has each",
}
"""What the official class has and ours has not, and why."""


def test_every_name_of_the_official_class_is_there_or_has_a_reason_not_to_be() -> None:
    def names(client: object) -> set[str]:
        return {name for name in dir(client) if not name.startswith("__")}

    official = names(kiteconnect.KiteTicker("key", "token"))
    assert official - names(KiteTicker("key", "token")) == set(MISSING)


def test_constants_behind_an_underline_are_the_official_ones_too() -> None:
    official = vars(kiteconnect.KiteTicker).items()
    plain = {name: value for name, value in official if isinstance(value, int | str) and name not in MISSING}
    assert {name: getattr(KiteTicker, name) for name in plain if not name.startswith("__")} == {
        name: value for name, value in plain.items() if not name.startswith("__")
    } | {"ROOT_URI": KiteTicker.ROOT_URI}


def test_the_address_is_read_and_set_whole() -> None:
    client = KiteTicker("key", "to+ken")
    assert client.socket_url == "wss://ws.kite.trade/?api_key=key&access_token=to%2Bken"
    client.socket_url = "wss://ws.sandbox.example?api_key=a&access_token=b&uid=1"
    assert client.socket_url == "wss://ws.sandbox.example/?uid=1&api_key=a&access_token=b"
    for wrong in ("https://kite.trade", "wss://kite.trade", "wss://kite.trade?api_key=only"):
        with pytest.raises(ValueError, match=r"ws://|api_key"):
            client.socket_url = wrong
    assert "sandbox" in client.socket_url


async def test_a_token_may_be_a_function_and_each_dial_asks_it_anew() -> None:
    tokens = iter(["one", "two"])
    async with ScriptedServer() as server:
        client = KiteTicker("key", lambda: next(tokens), root=server.endpoint.root)
        async with connected(client) as heard:
            await heard.next_of("on_connect")
            await (await server.accept()).close(1001, "")
            await heard.next_of("on_connect")
        assert [dial["access_token"] for dial in server.dials] == ["one", "two"]


async def test_tokens_may_be_texts_and_a_mode_subscribes() -> None:
    async with ScriptedServer() as server, connected(client_of(server)) as heard:
        await heard.next_of("on_connect")
        client = heard.client
        await asked(client.subscribe, [str(INFY)])
        await asked(client.set_mode, "full", [RELIANCE])
        assert client.subscribed_tokens == {INFY: "quote", RELIANCE: "full"}
        with pytest.raises(ValueError, match="NSE:INFY"):
            await asked(client.subscribe, ["NSE:INFY"])


def test_what_is_written_to_the_socket_is_a_request_of_kites() -> None:
    socket = Socket(KiteTicker("key", "token"), "peer")
    for wrong in ("", b"[]", "{}", '{"a": "mode", "v": [1]}'):
        with pytest.raises(ValueError, match="a request is a JSON object"):
            socket.sendMessage(wrong)
    with pytest.raises(ValueError, match="no request 'order'"):
        socket.sendMessage('{"a": "order", "v": []}')
    assert socket.state == socket.STATE_CLOSED


def test_times_may_carry_their_zone() -> None:
    client = KiteTicker("key", "token")
    (traded,) = client._parse_binary(frame(packet(FULL, last_trade_time=1_700_000_000)))
    assert traded["last_trade_time"] == datetime.fromtimestamp(1_700_000_000)  # noqa: DTZ006 - as there
    assert traded["exchange_timestamp"] == datetime.fromtimestamp(0)  # noqa: DTZ006 - as there
    client.aware_times = True
    (traded,) = client._parse_binary(frame(packet(FULL, last_trade_time=1_700_000_000)))
    assert traded["last_trade_time"] == datetime.fromtimestamp(1_700_000_000, UTC)
    assert traded["exchange_timestamp"] is None


async def test_a_forked_child_is_told_that_nothing_is_connected_in_it() -> None:
    async with ScriptedServer() as server, connected(client_of(server)) as heard:
        await heard.next_of("on_connect")
        reader, writer = os.pipe()
        if (child := os.fork()) == 0:
            try:
                heard.client.subscribe([INFY])
            except BaseException as error:
                os.write(writer, str(error).encode())
            os._exit(0)
        await asyncio.to_thread(os.waitpid, child, 0)
        os.close(writer)
        told = os.read(reader, 1000).decode()
        os.close(reader)
    assert told == "the ticker is connected in another process; make one here and call its connect()"


def test_nothing_that_is_shown_holds_a_secret() -> None:
    assert repr(KiteTicker("mykey", "mytoken")) == "KiteTicker(not connected, 0 symbols)"


def test_a_root_that_is_no_url_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="ws://"):
        KiteTicker("key", "token", root="https://kite.trade")


def test_half_a_proxy_is_refused_with_what_it_needs() -> None:
    with pytest.raises(ValueError, match="host and port"):
        KiteTicker("key", "token").connect(proxy={"host": "localhost"})


def test_nothing_is_asked_of_a_client_that_does_not_run() -> None:
    client = KiteTicker("key", "token")
    for method, arguments in (
        (client.subscribe, ([INFY],)),
        (client.unsubscribe, ([INFY],)),
        (client.set_mode, ("full", [INFY])),
    ):
        with pytest.raises(RuntimeError, match="call connect"):
            method(*arguments)
    client.close()
    client.stop_retry()
    client.stop()
    assert not client.is_connected()


async def test_on_connect_is_told_where_and_on_open_follows() -> None:
    async with ScriptedServer() as server, connected(client_of(server)) as heard:
        assert await heard.next_of("on_connect") == (ConnectionResponse(server.endpoint.root),)
        assert await heard.next_of("on_open") == ()


async def test_what_does_not_fit_into_one_connection_goes_to_the_next() -> None:
    async with SimulatedExchange(symbols=6_100) as exchange:
        client = KiteTicker("simulated", "simulated", root=exchange.url)
        tokens = tokens_of(exchange)
        async with connected(client, "on_connect", "on_close") as heard:
            await heard.next_of("on_connect")
            await asked(client.subscribe, tokens[:2_000])
            await asked(client.subscribe, tokens)
            await asked(client.set_mode, client.MODE_LTP, tokens)
            await until(
                lambda: sorted(len(each.counted) for each in served_by(exchange)) == [100, 3_000, 3_000]
            )
            await until(
                lambda: {mode for each in served_by(exchange) for mode in each.modes.values()} == {"ltp"}
            )
            await asked(client.unsubscribe, tokens[1:])
            await until(lambda: sorted(len(each.counted) for each in served_by(exchange)) == [0, 0, 1])
            assert client.subscribed_tokens == {tokens[0]: "ltp"}
            await asked(client.close)
            await heard.next_of("on_close")
            assert heard.rest() == []


async def test_ticks_say_whether_they_may_be_the_servers_answer_or_are_news() -> None:
    async with SimulatedExchange(symbols=300, rate=0) as exchange:
        client = KiteTicker("simulated", "simulated", root=exchange.url)
        tokens = tokens_of(exchange)

        async def marks() -> dict[int, bool]:
            (ticks,) = await heard.next_of("on_ticks")
            return {tick["instrument_token"]: tick["snapshot"] for tick in ticks}

        async with connected(client, "on_connect", "on_ticks") as heard:
            await heard.next_of("on_connect")
            await asked(client.subscribe, tokens)
            assert await marks() == dict.fromkeys(tokens, True)
            moved = [tokens[row] for row in await exchange.step(20)]
            assert await marks() == dict.fromkeys(moved, False)
            await asked(client.set_mode, client.MODE_FULL, tokens[:5])
            assert await marks() == dict.fromkeys(tokens[:5], True)


async def test_what_cannot_be_subscribed_changes_nothing() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        async with connected(client, "on_connect"):
            await asked(client.subscribe, [INFY])
            with pytest.raises(CapacityError):
                await asked(client.subscribe, [number << 8 | 1 for number in range(2_000, 11_000)])
            with pytest.raises(ValueError, match="no instrument token"):
                await asked(client.subscribe, [RELIANCE, 0])
            with pytest.raises(ValueError, match="depth"):
                await asked(client.set_mode, "depth", [INFY])
            assert client.subscribed_tokens == {INFY: "quote"}


async def test_many_threads_may_subscribe_at_a_time() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        tokens = [number << 8 | 1 for number in range(1, 101)]
        async with connected(client, "on_connect"):
            peer = await server.accept()
            await asyncio.gather(*(asked(client.subscribe, tokens[start::10]) for start in range(10)))
            await peer.carries(dict.fromkeys(tokens, "quote"))


async def test_it_starts_again_after_close_and_after_stop() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        async with connected(client, "on_connect", "on_close") as heard:
            await heard.next_of("on_connect")
            await asked(client.subscribe, [INFY])
            await asked(client.set_mode, "full", [INFY])
            await (await server.accept()).carries({INFY: "full"})

            await asked(client.close, 1000, "enough")
            assert await heard.next_of("on_close") == (1000, "enough")
            assert not client.is_connected()
            await asked(client.connect)
            await heard.next_of("on_connect")
            await (await server.accept()).carries({INFY: "full"})

            await stopped(client)
            assert await heard.next_of("on_close") == (1000, "")
            await asked(client.connect, True)
            await heard.next_of("on_connect")
            await (await server.accept()).carries({INFY: "full"})
        await server.emptied()


async def test_connecting_what_is_connected_does_nothing() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        async with connected(client, "on_connect") as heard:
            await heard.next_of("on_connect")
            await asked(client.connect)
            await asked(client.subscribe, [INFY])
            await (await server.accept()).carries({INFY: "quote"})
        assert len(server.dials) == 1


async def test_nothing_but_the_close_is_told_after_stop() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        async with connected(client, "on_close") as heard:
            ticked: list[float] = []

            def on_ticks(ws: KiteTicker, ticks: list[dict[str, float]]) -> None:
                ticked.append(ticks[0]["last_price"])
                arrived.wait(10)
                ws.stop()

            arrived = threading.Event()
            client.on_ticks = on_ticks
            client.on_order_update = lambda ws, order: ticked.append(0.0)
            peer = await server.accept()
            await peer.send(ltp_frame(100))
            await peer.send(ltp_frame(200))
            await peer.send('{"type":"order","data":{"order_id":"1"}}')
            await until(lambda: Call("on_order_update", ({"order_id": "1"},)) in client._inbox._events)
            arrived.set()
            assert await heard.next() == ("on_close", (1000, ""))
            assert ticked == [1.0]


async def test_a_callback_that_blocks_holds_up_neither_the_feed_nor_the_methods() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        entered, release, prices = threading.Event(), threading.Event(), []

        def on_ticks(ws: KiteTicker, ticks: list[dict[str, float]]) -> None:
            entered.set()
            release.wait(10)
            prices.extend(tick["last_price"] for tick in ticks)

        client.on_ticks = on_ticks
        try:
            async with connected(client, "on_order_update") as heard:
                peer = await server.accept()
                await peer.send(ltp_frame(100))
                await asyncio.to_thread(entered.wait, 10)
                await asked(client.subscribe, [INFY])
                await peer.carries({INFY: "quote"})
                await peer.until(lambda peer: peer.pings > 0)
                for price in (200, 300):
                    await peer.send(ltp_frame(price))
                await peer.send('{"type":"order","data":{"order_id":"1"}}')
                release.set()
                assert await heard.next_of("on_order_update") == ({"order_id": "1"},)
                assert prices == [1.0, 2.0, 3.0]
                assert client.lost_messages == 0
        finally:
            release.set()


async def test_what_a_callback_raises_is_told_and_the_feed_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        async with connected(client, "on_error", "on_order_update") as heard:
            client.on_ticks = lambda ws, ticks: ticks[0]["volume"]
            peer = await server.accept()
            await peer.send(ltp_frame(100))
            assert await heard.next_of("on_error") == (0, "on_ticks failed: KeyError: 'volume'")
            await peer.send('{"type":"order","data":{"order_id":"1"}}')
            await heard.next_of("on_order_update")
            assert client.is_connected()
    assert "Traceback" in caplog.text


async def test_a_loss_is_told_and_every_attempt_to_come_back() -> None:
    async with ScriptedServer() as server, connected(client_of(server)) as heard:
        await heard.next_of("on_connect")
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        (await server.accept()).drop()
        assert (await heard.next_of("on_error"))[0] == 1006
        assert (await heard.next_of("on_close"))[0] == 1006
        assert await heard.next_of("on_reconnect") == (1,)
        assert await heard.next_of("on_error") == (
            1006,
            "the server answered 503 (503 - Service Unavailable)",
        )
        server.refuse_with = None
        assert await heard.next_of("on_reconnect") == (2,)
        await heard.next_of("on_connect")
        (await server.accept()).drop()
        assert await heard.next_of("on_reconnect") == (1,)


async def test_a_close_by_the_server_is_told_with_its_code_and_is_no_error() -> None:
    async with ScriptedServer() as server, connected(client_of(server), "on_close", "on_error") as heard:
        await (await server.accept()).close(1001, "good night")
        assert await heard.next() == ("on_close", (1001, "good night"))


async def test_a_refused_token_is_not_dialled_with_until_connect_is_called_again() -> None:
    async with ScriptedServer() as server:
        server.refuse_with = HTTPStatus.FORBIDDEN
        client = client_of(server)
        async with connected(client) as heard:
            code, reason = await heard.next_of("on_error")
            assert (code, "403 - Forbidden" in reason) == (1006, True)
            await heard.next_of("on_close")
            await heard.next_of("on_noreconnect")
            assert len(server.dials) == 1
            server.refuse_with = None
            await asked(client.connect)
            await heard.next_of("on_connect")


async def test_what_several_threads_ask_for_is_done_one_after_the_other() -> None:
    async with ScriptedServer() as server:
        client = client_of(server)
        async with connected(client, "on_connect", "on_close") as heard:
            await heard.next_of("on_connect")
            (await server.accept()).transport.pause_reading()  # so that hanging up takes a while
            closing = asyncio.create_task(asked(client.close))
            await until(lambda: not client._feed._reader)  # type: ignore[union-attr]
            await asked(client.connect)
            await closing
            assert [(await heard.next())[0] for _ in range(2)] == ["on_close", "on_connect"]
        assert len(server.dials) == 2


async def test_it_gives_up_after_as_many_attempts_as_it_may_make() -> None:
    async with ScriptedServer() as server:
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        async with connected(client_of(server, reconnect_max_tries=1)) as heard:
            assert await heard.next_of("on_reconnect") == (1,)
            await heard.next_of("on_noreconnect")
        assert len(server.dials) == 2


@pytest.mark.parametrize("how", ["reconnect=False", "stop_retry"])
async def test_it_does_not_come_back_when_it_is_not_to(how: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "kitetui.compat")
    async with ScriptedServer() as server:
        client = client_of(server, reconnect=how != "reconnect=False")
        async with connected(client) as heard:
            await heard.next_of("on_connect")
            if how == "stop_retry":
                await asked(client.stop_retry)
            assert client.is_connected()
            (await server.accept()).drop()
            await heard.next_of("on_close")
            await until(lambda: "connection down" in caplog.text)
            assert "on_reconnect" not in heard.rest()
            assert len(server.dials) == 1
            await asked(client.connect)
            await heard.next_of("on_connect")


async def test_retries_that_are_under_way_can_be_stopped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "kitetui.compat")
    async with ScriptedServer() as server:
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        client = client_of(server)
        async with connected(client) as heard:
            await heard.next_of("on_error")
            await asked(client.stop_retry)
            server.refuse_with = None
            await until(lambda: "connection down" in caplog.text)
            assert "on_connect" not in heard.rest()


async def test_debug_logs_the_changes_of_a_connection(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "kitetui.compat")
    async with ScriptedServer() as server, connected(client_of(server, debug=True)) as heard:
        await heard.next_of("on_connect")
    assert "connection live" in caplog.text
