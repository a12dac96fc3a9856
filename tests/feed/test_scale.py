"""All that one key allows: 9,000 symbols over three connections, and not one more."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from kitetui.feed import CapacityError, KiteTickerManager, Receiver, ServerError
from kitetui.simulator import SimulatedExchange
from kitetui.wire import Mode
from tests.feed.exchange import manager_of, quiet, served_by, tokens_of, tokens_ticked, until

ALL: Final = 9_000
LONG: Final = 60.0
"""Seconds that these may take on a slow machine; far more than they need."""


def no_error(reader: Receiver) -> bool:
    """Whether the exchange has complained of nothing in what waits for this reader."""
    while (message := reader.recv_nowait()) is not None:
        if isinstance(message, ServerError):
            return False
    return True


def everything_is_served(exchange: SimulatedExchange, manager: KiteTickerManager, tokens: list[int]) -> bool:
    """Whether the exchange streams exactly these, each once and on the connection that the manager says."""
    served = served_by(exchange)
    carriers = [{manager.connection_of(token) for token in each.modes} for each in served]
    return (
        all(count == 1 for each in served for count in each.counted.values())
        and sorted(token for each in served for token in each.counted) == sorted(tokens)
        and sorted(token for each in served for token in each.modes) == sorted(tokens)
        and all(len(numbers) <= 1 for numbers in carriers)
    )


async def test_nine_thousand_symbols_tick_over_three_connections_and_one_more_is_refused() -> None:
    async with asyncio.timeout(LONG), SimulatedExchange(symbols=ALL + 1, rate=0) as exchange:
        *tokens, one_more = tokens_of(exchange)
        manager = manager_of(exchange)
        reader, complaints = manager.stream(), manager.stream(lossless=True)
        async with manager:
            await manager.subscribe_symbols(tokens, Mode.FULL)
            await tokens_ticked(reader, set(tokens))
            await quiet()
            assert manager.never_ticked() == []
            assert manager.get_symbol_distribution() == {0: 3_000, 1: 3_000, 2: 3_000}
            assert everything_is_served(exchange, manager, tokens)
            assert [set(each.modes.values()) for each in served_by(exchange)] == [{Mode.FULL}] * 3

            before = served_by(exchange)
            with pytest.raises(CapacityError, match="9,000 of 9,000") as refusal:
                await manager.subscribe_symbols([one_more])
            assert (refusal.value.wanted, refusal.value.used, refusal.value.capacity) == (1, ALL, ALL)
            with pytest.raises(CapacityError):
                await manager.subscribe_symbols([tokens[0], one_more], Mode.LTP)
            await quiet()
            assert served_by(exchange) == before
            assert (manager.connection_of(one_more), manager.mode_of(one_more)) == (None, None)
            assert manager.mode_of(tokens[0]) is Mode.FULL
            assert manager.get_symbol_distribution() == {0: 3_000, 1: 3_000, 2: 3_000}
            assert no_error(complaints)


async def test_the_holes_that_half_of_the_symbols_leave_are_filled_evenly() -> None:
    half = ALL // 2
    async with asyncio.timeout(LONG), SimulatedExchange(symbols=ALL + half, rate=0) as exchange:
        listed = tokens_of(exchange)
        first, new = listed[:ALL], listed[ALL:]
        manager = manager_of(exchange)
        complaints = manager.stream(lossless=True)
        async with manager:
            await manager.subscribe_symbols(first)
            await until(lambda: everything_is_served(exchange, manager, first))

            one_and_a_half = [token for token in first if manager.connection_of(token) == 0]
            one_and_a_half += [token for token in first if manager.connection_of(token) == 1][::2]
            await manager.unsubscribe_symbols(one_and_a_half)
            assert manager.get_symbol_distribution() == {0: 0, 1: 1_500, 2: 3_000}
            kept = sorted(set(first) - set(one_and_a_half))
            await until(lambda: everything_is_served(exchange, manager, kept))

            await manager.subscribe_symbols(new[:1_500])
            assert manager.get_symbol_distribution() == {0: 1_500, 1: 1_500, 2: 3_000}
            reader = manager.stream()
            await manager.subscribe_symbols(new[1_500:])
            assert manager.get_symbol_distribution() == {0: 3_000, 1: 3_000, 2: 3_000}
            await tokens_ticked(reader, set(new[1_500:]))
            await until(lambda: everything_is_served(exchange, manager, kept + new))
            await until(lambda: manager.never_ticked() == [])
            assert [each.reconnects for each in manager.get_stats().connections] == [0, 0, 0]
            assert no_error(complaints)
