"""Bounded broadcast to several readers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from kitetui.feed import (
    BrokerMessage,
    Channel,
    ClockStepped,
    ConnectionChanged,
    ConnectionState,
    Gap,
    Lagged,
    OrderUpdate,
    RawFrame,
    Receiver,
    SymbolsMoved,
    SymbolsWanted,
    TickerMessage,
    Ticks,
)
from kitetui.wire import Mode, decode_frame
from tests.wire.packets import INFY_QUOTE, frame


def notice(number: int) -> BrokerMessage:
    return BrokerMessage(0, str(number), number)


def ticks(number: int) -> Ticks:
    batch = decode_frame(frame(*[INFY_QUOTE] * number))
    return Ticks(0, batch, np.zeros(number, dtype=np.int64), 1, np.zeros(number, dtype=np.bool_), 0.0)


def publish(channel: Channel, *messages: TickerMessage) -> None:
    for message in messages:
        channel.publish(message)


def waiting(receiver: Receiver) -> list[TickerMessage]:
    """Everything that can be read at once."""
    return list(iter(receiver.recv_nowait, None))


async def rest(receiver: Receiver) -> list[TickerMessage]:
    """Everything up to the end of the stream."""
    async with asyncio.timeout(10):
        return [message async for message in receiver]


def test_every_reader_gets_every_message_in_order() -> None:
    channel = Channel(10)
    readers = [channel.subscribe() for _ in range(3)]
    publish(channel, notice(1), notice(2), notice(3))
    for reader in readers:
        assert waiting(reader) == [notice(1), notice(2), notice(3)]
        assert (reader.delivered, reader.lost_messages) == (3, 0)


def test_a_reader_gets_only_what_comes_after_it_subscribed() -> None:
    channel = Channel(10)
    channel.publish(notice(1))
    reader = channel.subscribe()
    channel.publish(notice(2))
    assert waiting(reader) == [notice(2)]


def test_a_slow_reader_loses_its_oldest_and_is_told_so_first() -> None:
    channel = Channel(3)
    reader = channel.subscribe()
    publish(channel, *map(notice, range(10)))
    assert waiting(reader) == [Lagged(7, 0), notice(7), notice(8), notice(9)]
    assert (reader.delivered, reader.lost_messages) == (3, 7)


def test_what_was_lost_is_told_in_the_place_where_it_is_missing() -> None:
    channel = Channel(2)
    reader = channel.subscribe()
    publish(channel, *map(notice, range(3)))
    assert list(islice(iter(reader.recv_nowait, None), 2)) == [Lagged(1, 0), notice(1)]
    publish(channel, *map(notice, range(3, 6)))
    assert waiting(reader) == [Lagged(2, 0), notice(4), notice(5)]
    assert reader.lost_messages == 3


def test_ticks_that_were_lost_are_counted() -> None:
    channel = Channel(1)
    reader = channel.subscribe()
    publish(channel, ticks(5), notice(1), ticks(7), notice(2))
    assert waiting(reader) == [Lagged(messages=3, ticks=12, start=0, end=0), notice(2)]
    assert reader.lost_ticks == 12


def test_one_slow_reader_costs_the_others_nothing() -> None:
    channel = Channel(2)
    slow, quick = channel.subscribe(), channel.subscribe()
    for number in range(100):
        channel.publish(notice(number))
        assert waiting(quick) == [notice(number)]
    assert waiting(slow)[0] == Lagged(98, 0)


async def test_a_closed_channel_ends_a_stream_after_what_waits() -> None:
    channel = Channel(10)
    reader = channel.subscribe()
    publish(channel, notice(1), notice(2))
    channel.close()
    assert await rest(reader) == [notice(1), notice(2)]
    assert await rest(reader) == []


async def test_a_reader_that_waits_is_woken_by_a_message_and_by_the_end() -> None:
    channel = Channel(10)
    reader = channel.subscribe()
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(rest(reader))
        await asyncio.sleep(0)
        channel.publish(notice(1))
        await asyncio.sleep(0)
        channel.close()
    assert reading.result() == [notice(1)]


async def test_a_reader_closed_while_it_waits_ends() -> None:
    channel = Channel(10)
    reader = channel.subscribe()
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(rest(reader))
        await asyncio.sleep(0)
        reader.close()
    assert reading.result() == []


@pytest.mark.parametrize("messages", [1, 5])
async def test_a_closed_reader_gets_nothing_more(messages: int) -> None:
    channel = Channel(2)
    reader = channel.subscribe()
    publish(channel, *map(notice, range(messages)))
    reader.close()
    channel.publish(notice(9))
    assert await rest(reader) == []
    assert reader.recv_nowait() is None


async def test_a_closed_reader_leaves_the_others_alone() -> None:
    channel = Channel(10)
    gone, here = channel.subscribe(), channel.subscribe()
    gone.close()
    channel.publish(notice(1))
    channel.close()
    assert await rest(here) == [notice(1)]


async def test_a_reader_whose_wait_is_cancelled_loses_nothing() -> None:
    channel = Channel(10)
    reader = channel.subscribe()
    waiter = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    waiter.cancel()
    channel.publish(notice(1))
    await asyncio.wait([waiter])
    assert await anext(reader) == notice(1)


@pytest.mark.parametrize(
    "large",
    [
        RawFrame(0, bytes(100_000), 1, 1),
        RawFrame(0, "₹" * 50_000, 1, 1),
        ticks(600),
        BrokerMessage(0, "x" * 100_000, 1),
        OrderUpdate(0, {str(number): "x" * 1_000 for number in range(100)}, 1),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_waits_is_bounded_by_bytes_too(large: TickerMessage | RawFrame) -> None:
    channel = Channel[TickerMessage | RawFrame](1_000, 1_000_000)
    reader = channel.subscribe()
    publish(channel, *[large] * 20)
    lagged, *others = waiting(reader)
    assert isinstance(lagged, Lagged)
    assert 3 <= len(others) <= 10
    assert lagged.messages + len(others) == 20
    assert reader.stats().published == reader.lost_ticks + reader.stats().delivered


def test_bytes_are_free_again_when_a_message_was_read() -> None:
    channel = Channel[RawFrame](1_000, 250_000)
    reader = channel.subscribe()
    for _ in range(50):
        channel.publish(RawFrame(0, bytes(100_000), 1, 1))
        channel.publish(RawFrame(0, bytes(100_000), 1, 1))
        assert len(waiting(reader)) == 2
    assert reader.lost_messages == 0


def test_a_message_larger_than_all_room_is_kept_when_it_is_the_last() -> None:
    channel = Channel[RawFrame](10, 1_000)
    reader = channel.subscribe()
    publish(channel, *[RawFrame(0, bytes(5_000), number, 1) for number in range(3)])
    lagged, last = waiting(reader)
    assert (lagged, last.received_at) == (Lagged(2, 0), 2)


def test_messages_that_belong_together_are_lost_together() -> None:
    channel = Channel[TickerMessage](4)
    reader = channel.subscribe()
    channel.publish(notice(1), notice(2), ticks(3))
    channel.publish(notice(4), notice(5))
    assert waiting(reader) == [Lagged(3, 3, 0, 0), notice(4), notice(5)]


def test_what_was_lost_says_when_the_first_and_the_last_of_its_ticks_came() -> None:
    channel = Channel[TickerMessage](1)
    reader = channel.subscribe()
    for at in (30, 10, 20, 40):
        channel.publish(replace(ticks(2), received_at=np.array([at, at + 5])))
    lagged, last = waiting(reader)
    assert (lagged, last.received_at[0]) == (Lagged(3, 6, 10, 35), 40)


def test_what_tells_of_connections_and_symbols_is_never_lost() -> None:
    channel = Channel[TickerMessage](2)
    reader = channel.subscribe()
    kept = [
        SymbolsWanted(0, {408065: Mode.FULL}, 1, 0.0),
        ConnectionChanged(0, ConnectionState.RETRYING, "closed", 2),
        Gap(0, 1, 3, 1, "closed"),
        SymbolsMoved(1, (408065,), 4),
        ClockStepped(5, 4, -1.0),
    ]
    for message in kept:
        publish(channel, message, ticks(1))
    publish(channel, notice(1), notice(2))
    assert waiting(reader) == [Lagged(5, 5, 0, 0), *kept, notice(1), notice(2)]


def test_what_a_reader_has_begun_is_not_taken_from_it() -> None:
    channel = Channel[TickerMessage](3)
    reader = channel.subscribe()
    first, second = ticks(3), ticks(5)
    channel.publish(notice(1), notice(2), first)
    assert reader.recv_nowait() == notice(1)
    channel.publish(notice(4), second)
    channel.publish(notice(5), notice(6))
    assert reader.stats().waiting == 3
    assert waiting(reader) == [notice(2), first, Lagged(2, 5, 0, 0), notice(5), notice(6)]
    stats = reader.stats()
    assert (stats.published, stats.delivered, stats.lost, stats.waiting) == (8, 3, 5, 0)


async def test_a_channel_fails_only_readers_that_asked_for_it() -> None:
    channel = Channel[TickerMessage](10)
    calm, alarmed = channel.subscribe(), channel.subscribe(fails=True)
    channel.publish(notice(1))
    channel.fail(lambda: ValueError("down"))
    channel.publish(notice(2))
    assert await anext(alarmed) == notice(1)
    with pytest.raises(ValueError, match="down"):
        await anext(alarmed)
    assert await rest(alarmed) == []
    channel.close()
    assert await rest(calm) == [notice(1), notice(2)]


def test_messages_of_ticks_are_compared_and_hashed_without_a_word_and_cannot_be_written() -> None:
    one, other = (
        Ticks(0, decode_frame(b"\x00"), np.zeros(1, np.int64), 1, np.zeros(1, bool), 0.0) for _ in range(2)
    )
    assert one == one
    assert one != other
    assert len({one, other}) == 2
    for array in (one.received_at, one.snapshot):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
