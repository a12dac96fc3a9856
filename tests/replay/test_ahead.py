"""Reading ahead of what is played, and no further."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from kitetui.record.capture.layout import Record
from kitetui.replay.recording import read_ahead
from tests.replay.recordings import INFY, Recording, data, full, prices

MANY = prices(INFY, *range(10_000))


async def test_everything_is_read_in_order() -> None:
    assert [record async for record in read_ahead(Recording(MANY).records())] == MANY


async def test_it_is_read_in_another_thread() -> None:
    threads = set()

    def records() -> Iterator[Record]:
        threads.add(threading.current_thread())
        yield MANY[0]

    assert [record async for record in read_ahead(records())] == MANY[:1]
    assert threading.current_thread() not in threads


async def test_no_more_is_read_than_a_little_ahead() -> None:
    recording = Recording(MANY)
    async with aclosing(read_ahead(recording.records())) as records:
        await anext(records)
    assert recording.taken <= 2_000


async def test_large_messages_are_read_fewer_at_a_time() -> None:
    recording = Recording([data(0, *[full(INFY, 1)] * 3_000)] * 100)
    async with aclosing(read_ahead(recording.records())) as records:
        await anext(records)
    assert recording.taken <= 4


async def test_leaving_in_the_middle_closes_the_recording() -> None:
    recording = Recording(MANY)
    async with aclosing(read_ahead(recording.records())) as records:
        await anext(records)
    assert recording.closed == 1


async def test_what_is_cancelled_while_it_waits_closes_the_recording_when_the_thread_is_done() -> None:
    began, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def records() -> Iterator[Record]:
        try:
            began.set()
            go_on.wait(10)
            yield MANY[0]
        finally:
            closed.set()

    async def read() -> None:
        async with aclosing(read_ahead(records())) as ahead:
            await anext(ahead)

    reading = asyncio.create_task(read())
    await asyncio.to_thread(began.wait, 10)
    reading.cancel()
    await asyncio.sleep(0)
    assert not closed.is_set()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert closed.is_set()


async def test_what_goes_wrong_in_the_thread_is_raised_here() -> None:
    def records() -> Iterator[Record]:
        yield MANY[0]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        [record async for record in read_ahead(records())]
