"""How a recording is played: speeds, pauses, steps, silences and the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from typing import Any

import pytest

from kitetui.replay import SPEEDS, Playback
from tests.replay.recordings import START, moment
from tests.replay.test_clock import RealTime

SPAN = (START, moment(100))


def playing(time: RealTime | None = None, **settings: Any) -> Playback:
    playback = Playback(clock=time or RealTime(), **settings)
    playback.begin(SPAN)
    playback.play()
    return playback


@asynccontextmanager
async def waiting(playback: Playback, at: int, *, is_data: bool = True) -> AsyncIterator[asyncio.Task[None]]:
    """What waits in a task for a moment to be due."""
    async with asyncio.timeout(10):
        task = asyncio.create_task(playback.reach(at, is_data=is_data))
        await asyncio.sleep(0)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_a_message_is_played_when_its_time_has_come() -> None:
    time = RealTime()
    playback = playing(time)
    async with waiting(playback, moment(5)) as due:
        time.now += 4.9
        await asyncio.wait([due], timeout=0.1)
        assert not due.done()
        assert playback.now() == pytest.approx(moment(4.9) / 1e9)
        time.now += 0.2
        await due
    assert playback.at == moment(5)
    assert playback.position == pytest.approx(0.05)


async def test_another_speed_counts_at_once() -> None:
    playback = playing()
    async with waiting(playback, moment(5)) as due:
        playback.speed = inf
        await due


def test_speeds_go_up_and_down_to_the_last() -> None:
    playback = Playback()
    found = []
    for _ in SPEEDS:
        found.append(playback.speed)
        playback.faster()
    assert found == [1, 2, 5, 10, 60, inf, inf]
    for _ in SPEEDS:
        playback.slower()
    assert playback.speed == 0.5
    playback.speed = 3
    playback.slower()
    assert playback.speed == 2


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_of_nothing_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Playback(speed=speed)
    playback = Playback()
    with pytest.raises(ValueError, match="above 0"):
        playback.speed = speed


async def test_in_a_pause_the_clock_stands_and_nothing_is_due() -> None:
    time = RealTime()
    playback = playing(time)
    async with waiting(playback, moment(5)) as due:
        time.now += 2
        playback.toggle()
        assert playback.is_paused
        time.now += 60
        await asyncio.wait([due], timeout=0.1)
        assert not due.done()
        assert playback.at == moment(2)
        playback.toggle()
        assert not playback.is_paused
        time.now += 3
        await due


async def test_a_step_plays_up_to_the_next_market_data_and_no_further() -> None:
    playback = playing(paused=True)
    playback.step()
    await playback.reach(moment(1), is_data=False)
    await playback.reach(moment(2), is_data=True)
    assert playback.at == moment(2)
    async with waiting(playback, moment(3)) as due:
        await asyncio.wait([due], timeout=0.1)
        assert not due.done()
        playback.step()
        await due


async def test_a_step_is_for_a_pause_alone() -> None:
    playback = playing()
    playback.step()
    playback.pause()
    async with waiting(playback, START) as due:
        await asyncio.wait([due], timeout=0.1)
        assert not due.done()


async def test_steps_that_were_not_made_are_forgotten_when_it_goes_on() -> None:
    playback = playing(paused=True)
    playback.step()
    playback.resume()
    playback.pause()
    async with waiting(playback, START) as due:
        await asyncio.wait([due], timeout=0.1)
        assert not due.done()


async def test_a_silence_of_more_than_a_minute_is_jumped_and_said() -> None:
    jumps: list[tuple[int, int]] = []
    playback = playing(on_jump=lambda start, end: jumps.append((start, end)))
    async with asyncio.timeout(10):
        await playback.reach(moment(61), is_data=True)
    assert jumps == [(START, moment(61))]
    assert playback.at == moment(61)
    async with waiting(playback, moment(121)) as due:
        await asyncio.wait([due], timeout=0.1)
        assert not due.done()
    assert len(jumps) == 1


async def test_a_silence_is_not_jumped_in_a_pause() -> None:
    playback = playing(paused=True)
    async with waiting(playback, moment(3_600)) as due:
        await asyncio.wait([due], timeout=0.1)
        assert not due.done()
        assert playback.at == START


async def test_the_clock_stands_until_somebody_listens_and_from_the_end_on() -> None:
    time = RealTime()
    playback = Playback(clock=time)
    playback.begin(SPAN)
    time.now += 5
    assert playback.at == START
    playback.play()
    playback.end()
    assert playback.ended.is_set()
    playback.toggle()
    playback.toggle()
    time.now += 5
    assert playback.at == START


async def test_it_begins_at_its_start_but_not_before_the_recording() -> None:
    assert playing(start=moment(10)).at == moment(10)
    assert playing(start=START - 1).at == START


async def test_the_position_of_a_recording_of_one_moment_is_its_end_when_it_has_ended() -> None:
    playback = Playback()
    playback.begin((START, START))
    assert playback.position == 0
    playback.end()
    assert playback.position == 1


async def test_messages_that_are_due_leave_others_a_turn() -> None:
    playback = playing(speed=inf)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    for number in range(1_000):
        await playback.reach(START + number, is_data=True)
    counting.cancel()
    assert turns >= 30
