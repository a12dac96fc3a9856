"""An order update comes on every connection of an account, and is told once."""

from __future__ import annotations

from kitetui.feed import BrokerMessage, KiteManagerConfig, KiteTickerManager, Order, OrderUpdate
from kitetui.feed.orders import OrderRepetitions
from kitetui.wire import encode_order
from tests.feed.server import ScriptedServer


def update(connection: int, status: str = "OPEN", order_id: str = "1") -> OrderUpdate:
    return OrderUpdate(connection, Order(order_id=order_id, status=status), 0)


def told(*updates: OrderUpdate, accounts: str = "aaa") -> list[bool]:
    repetitions = OrderRepetitions()
    return [not repetitions.is_one(accounts[each.connection], each) for each in updates]


def test_the_first_connection_that_brings_an_update_is_heard() -> None:
    assert told(update(1), update(0), update(2)) == [True, False, False]
    assert told(update(0), update(0, "COMPLETE"), update(1), update(1, "COMPLETE")) == [
        True,
        True,
        False,
        False,
    ]


def test_the_same_update_twice_is_told_twice_however_they_mix() -> None:
    assert told(update(0), update(0), update(1), update(2), update(1)) == [True, True, False, False, False]
    assert told(update(0), update(1), update(1), update(0)) == [True, False, True, False]


def test_two_accounts_with_the_same_order_have_one_each() -> None:
    assert told(update(0), update(1), accounts="ab") == [True, True]


def test_the_oldest_are_forgotten() -> None:
    repetitions = OrderRepetitions()
    for number in range(2_000):
        assert not repetitions.is_one("a", update(0, order_id=str(number)))
    assert repetitions.is_one("a", update(1, order_id="1999"))
    assert not repetitions.is_one("a", update(1, order_id="0"))


async def test_three_sockets_tell_of_one_order_once_and_each_channel_has_it() -> None:
    async with ScriptedServer() as server:
        config = KiteManagerConfig(endpoint=server.endpoint, connect_when_idle=True)
        manager = KiteTickerManager("key", "token", config)
        reader, everything = manager.stream(), manager.full_stream()
        channels = manager.get_all_channels()
        async with manager:
            sockets = [await server.accept() for _ in range(3)]
            for socket in sockets:
                await socket.send(encode_order({"order_id": "7", "status": "COMPLETE"}))
                await socket.send('{"type": "message", "data": "end"}')
            for messages in (reader, everything):
                ends, orders = 0, []
                async for message in messages:
                    orders += [message] if isinstance(message, OrderUpdate) else []
                    ends += isinstance(message, BrokerMessage)
                    if ends == 3:
                        break
                assert len(orders) == 1
            for _, channel in channels:
                async for message in channel:
                    if isinstance(message, OrderUpdate):
                        break
