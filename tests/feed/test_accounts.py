"""Several accounts on one manager: each dials with its own pair, and carries its own symbols."""

from __future__ import annotations

import asyncio

import pytest

from kitetui.feed import (
    Account,
    CapacityError,
    ConnectionState,
    Distribution,
    Endpoint,
    KiteManagerConfig,
    KiteTickerManager,
    Ticks,
)
from kitetui.simulator import SimulatedExchange
from kitetui.wire import Mode
from tests.feed.helpers import ltp_frame, next_of, running
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY, token

FIRST, SECOND = Account("first", "key-1", "token-1"), Account("second", "key-2", lambda: "token-2")
TOKENS = [token("NSE", number) for number in range(1, 13)]


def manager_of(
    *accounts: Account, distribution: Distribution = Distribution.ROUND_ROBIN, **settings: object
) -> KiteTickerManager:
    config = KiteManagerConfig(**settings)
    return KiteTickerManager(config=config, accounts=accounts or (FIRST, SECOND), distribution=distribution)


async def test_symbols_are_spread_over_the_connections_of_all_accounts() -> None:
    manager = manager_of()
    await manager.subscribe_symbols(TOKENS)
    assert manager.get_symbol_distribution() == dict.fromkeys(range(6), 2)
    assert [manager.get_stats().of(name).symbols for name in ("first", "second")] == [6, 6]
    assert manager.get_stats().symbols == 12


async def test_three_accounts_carry_27000_symbols_and_no_more() -> None:
    manager = manager_of(FIRST, SECOND, Account("third", "key-3", "token-3"))
    tokens = [token("NSE", number) for number in range(1, 27_001)]
    await manager.subscribe_symbols(tokens, Mode.LTP)
    assert manager.get_symbol_distribution() == dict.fromkeys(range(9), 3000)
    with pytest.raises(CapacityError, match="27,000 of 27,000"):
        await manager.subscribe_symbols([token("BSE", 1)])


async def test_an_account_that_is_named_carries_the_symbols() -> None:
    manager = manager_of(distribution=Distribution.MANUAL)
    await manager.subscribe_symbols(TOKENS[:3], account="second")
    assert manager.get_symbol_distribution() == {0: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 1}
    assert manager.connections_of("second") == range(3, 6)
    assert manager.account_of(4) == "second"


async def test_a_manual_distribution_wants_a_name() -> None:
    manager = manager_of(distribution=Distribution.MANUAL)
    with pytest.raises(ValueError, match="name the account"):
        await manager.subscribe_symbols(TOKENS)
    assert manager.get_stats().symbols == 0


async def test_a_token_of_another_account_is_refused_with_its_name() -> None:
    manager = manager_of(distribution=Distribution.MANUAL)
    await manager.subscribe_symbols(TOKENS[:3], account="second")
    with pytest.raises(ValueError, match=f"{TOKENS[0]} is on account second: unsubscribe it first"):
        await manager.subscribe_symbols([TOKENS[3], TOKENS[0]], account="first")
    assert manager.get_subscriptions().keys() == set(TOKENS[:3])
    await manager.unsubscribe_symbols(TOKENS[:1])
    await manager.subscribe_symbols(TOKENS[:1], account="first")
    assert manager.account_of(manager.get_subscriptions()[TOKENS[0]]) == "first"


def test_a_manager_is_of_one_event_loop() -> None:
    manager = manager_of()

    async def once() -> None:
        async with manager:
            pass

    asyncio.run(once())
    with pytest.raises(RuntimeError, match=r"make one in each asyncio\.run"):
        asyncio.run(once())


async def test_fill_first_uses_a_connection_when_those_before_are_full_and_symbols_stay_there() -> None:
    manager = manager_of(FIRST, distribution=Distribution.FILL_FIRST, max_symbols_per_connection=5)
    await manager.subscribe_symbols(TOKENS)
    assert manager.get_symbol_distribution() == {0: 5, 1: 5, 2: 2}
    await manager.unsubscribe_symbols(TOKENS[:4])
    await manager.rebalance()
    assert manager.get_symbol_distribution() == {0: 1, 1: 5, 2: 2}
    await manager.subscribe_symbols([*TOKENS[:3], TOKENS[11]])
    assert manager.get_symbol_distribution() == {0: 4, 1: 5, 2: 2}
    with pytest.raises(CapacityError):
        await manager.subscribe_symbols([token("BSE", number) for number in range(1, 6)])
    assert manager.get_symbol_distribution() == {0: 4, 1: 5, 2: 2}


async def test_fill_first_dials_the_first_connection_alone_before_there_are_symbols() -> None:
    async with ScriptedServer() as server:
        config = KiteManagerConfig(endpoint=server.endpoint, connect_when_idle=True)
        manager = KiteTickerManager("key", "token", config, distribution=Distribution.FILL_FIRST)
        async with running(manager):
            await server.accept()
            states = [each.state for each in manager.get_stats().connections]
            assert states[1:] == [ConnectionState.UNUSED, ConnectionState.UNUSED]


async def test_an_account_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no account 'third'; there are first, second"):
        await manager_of().subscribe_symbols(TOKENS, account="third")


async def test_an_account_takes_no_more_than_its_own_connections_carry() -> None:
    manager = manager_of(max_connections=1, max_symbols_per_connection=2)
    with pytest.raises(CapacityError, match="0 of 2 are in use"):
        await manager.subscribe_symbols(TOKENS[:3], account="first")
    assert manager.get_stats().symbols == 0


@pytest.mark.parametrize(
    ("accounts", "sentence"),
    [
        ([FIRST, Account("first", "key-9", "t")], "same name"),
        ([FIRST, Account("other", "key-1", "t")], "same API key"),
    ],
)
def test_accounts_share_neither_name_nor_key(accounts: list[Account], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        manager_of(*accounts)


def test_no_secret_shows_in_an_account() -> None:
    assert repr(FIRST) == "Account(name='first')"


async def test_each_account_dials_with_its_own_pair_and_all_come_in_one_stream(
    server: ScriptedServer,
) -> None:
    manager = manager_of(max_connections=1, endpoint=server.endpoint)
    async with running(manager) as reader:
        own = manager.get_channel(0, account="second")
        await manager.subscribe_symbols([INFY], account="first")
        first = await server.accept()
        await manager.subscribe_symbols(TOKENS[:1], account="second")
        second = await server.accept()
        await second.carries({TOKENS[0]: "quote"})
        await second.send(ltp_frame(200, token=TOKENS[0]))
        await first.send(ltp_frame(100))
        seen = {manager.account_of((await next_of(reader, Ticks)).connection) for _ in range(2)}
        assert seen == {"first", "second"}
        assert (await next_of(own, Ticks)).batch["instrument_token"].tolist() == TOKENS[:1]
    assert server.dials == [
        {"api_key": "key-1", "access_token": "token-1"},
        {"api_key": "key-2", "access_token": "token-2"},
    ]


async def test_27000_symbols_tick_on_three_accounts() -> None:
    keys = {f"key-{number}": f"token-{number}" for number in range(3)}
    async with SimulatedExchange(symbols=27_000, rate=0, accounts=keys) as exchange:
        manager = manager_of(
            *(Account(key, key, pair) for key, pair in keys.items()), endpoint=Endpoint(exchange.url)
        )
        async with running(manager) as reader:
            await manager.subscribe_symbols(
                [each.instrument_token for each in exchange.instruments], Mode.FULL
            )
            await next_of(reader, Ticks, lambda message: not manager.never_ticked())
            assert manager.get_symbol_distribution() == dict.fromkeys(range(9), 3000)
            assert [manager.get_stats().of(key).symbols for key in keys] == [9000] * 3
            assert manager.get_health().percentage == 100
