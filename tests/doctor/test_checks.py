"""How checks are run: at once, in order, and without taking each other down."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from kitetui.doctor import Check, Finding, State, Topic
from kitetui.doctor.checks import Fact, in_thread, ok, run_checks


def check(look: Callable[[], Awaitable[Finding]], name: str = "it") -> Check:
    return Check(Topic.MACHINE, name, look)


async def found(look: Callable[[], Awaitable[Finding]]) -> Finding:
    (result,) = await run_checks([check(look)])
    return result.finding


async def test_the_results_have_the_order_of_the_checks_and_not_of_their_ends() -> None:
    last_has_looked = asyncio.Event()

    async def first() -> Finding:
        await last_has_looked.wait()
        return ok("first")

    async def last() -> Finding:
        last_has_looked.set()
        return ok("last")

    results = await run_checks([check(first), check(last)])
    assert [each.finding.found for each in results] == ["first", "last"]


async def test_a_check_that_raises_is_a_failure_in_plain_words_and_the_others_go_on() -> None:
    async def broken() -> Finding:
        raise KeyError("t0ken-of-the-day")

    async def sound() -> Finding:
        await asyncio.sleep(0)
        return ok("sound")

    results = await run_checks([check(broken), check(sound)])
    assert [each.finding.sentence for each in results] == [
        "could not be looked at (KeyError); that is a bug of kitetui's own, please report it",
        "sound",
    ]
    assert results[0].finding.state is State.FAILED


async def test_a_check_that_runs_out_of_time_says_so() -> None:
    hang = threading.Event()
    finding = await found(lambda: in_thread(lambda: ok("late") if hang.wait(20) else ok("never"), limit=0.01))
    hang.set()
    assert finding == Finding(State.FAILED, "there was no answer in time", "try again")


async def test_what_was_found_can_only_be_printed() -> None:
    async def hostile() -> Finding:
        return Finding(State.FAILED, "\x1b[2Jgone\n", "\u202eback")

    finding = await found(hostile)
    assert finding == Finding(State.FAILED, "�[2Jgone ", "�back")


async def test_a_fact_is_asked_once_for_all() -> None:
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return asked

    fact = Fact(ask)

    async def look() -> Finding:
        return ok(str(await fact))

    results = await run_checks([check(look), check(look)])
    assert [each.finding.found for each in results] == ["1", "1"]
    assert asked == 1


async def test_a_fact_is_given_up_with_the_checks_that_wait_for_it() -> None:
    given_up = asyncio.Event()

    async def ask() -> int:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            given_up.set()

    fact = Fact(ask)

    async def look() -> Finding:
        return ok(str(await fact))

    running = asyncio.create_task(run_checks([check(look), check(look)]))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert given_up.is_set()


async def test_a_look_that_raises_raises_where_it_is_awaited() -> None:
    def look() -> int:
        raise ValueError("seen")

    with pytest.raises(ValueError, match="seen"):
        await in_thread(look, limit=5)


async def test_a_look_that_ends_after_it_was_given_up_disturbs_nobody() -> None:
    hang, complaints = threading.Event(), []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    with pytest.raises(TimeoutError):
        await in_thread(lambda: hang.wait(20), limit=0.01)
    hang.set()
    for thread in threading.enumerate():
        if thread.name == "kitetui check":
            await asyncio.to_thread(thread.join)
    await asyncio.sleep(0)
    assert complaints == []
