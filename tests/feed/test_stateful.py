"""Whatever is asked for in whatever order, and whatever is lost meanwhile, the exchange ends up with that.

Random steps against the simulated exchange and a model of what the client wants. The loop turns only
while a step awaits something, so that the steps between two pauses find requests and outages half done.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, ClassVar, Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from kitetui.feed import CapacityError, Receiver, ServerError
from kitetui.simulator import SimulatedExchange
from kitetui.wire import Mode
from tests.feed.exchange import manager_of, quiet, served_by, tokens_of, until
from tests.feed.server import PATIENCE
from tests.wire.packets import token

CONNECTIONS: Final = 3
SYMBOLS_EACH: Final = 6
CAPACITY: Final = CONNECTIONS * SYMBOLS_EACH

KNOWN: Final = 24
UNKNOWN: Final = [token("MCX", number) for number in range(1, 4)]
"""Tokens that the exchange does not trade: it counts them and streams nothing."""

NO_TOKEN: Final = 256 * 4
"""A number whose low byte names no segment."""

PLACES: Final = st.integers(0, KNOWN + len(UNKNOWN) - 1)
SOME: Final = st.lists(PLACES, min_size=1, max_size=6)
"""Several at once, the same one more than once too."""
MANY: Final = st.lists(PLACES, min_size=8, max_size=20)

MODES: Final = st.sampled_from(Mode)
NUMBERS: Final = st.integers(0, CONNECTIONS - 1)

TURNS: Final = st.integers(0, 40) | st.just(400)
"""Turns of the loop: up to a few requests, or a wait between two attempts."""


class Wishes(RuleBasedStateMachine):
    """A manager with little room, an exchange that drops it, and the model: token to wanted mode."""

    settings_of_manager: ClassVar[dict[str, Any]] = {"failover_after": None}

    def __init__(self) -> None:
        super().__init__()
        self.wanted: dict[int, Mode] = {}
        self.patches = pytest.MonkeyPatch()
        # Each loss is the first after a healthy session: the backoff of many losses in a row takes minutes.
        self.patches.setattr("kitetui.feed.socket.HEALTHY_AFTER", 0.0)
        # Nothing tells that a token unknown to the exchange has arrived where it was moved to.
        self.patches.setattr("kitetui.feed.rebalancer._ARRIVAL_TIMEOUT", 0.02)
        self.loop = asyncio.new_event_loop()
        self.exchange = SimulatedExchange(symbols=KNOWN, rate=0)
        self.run(self.exchange.__aenter__())
        self.tokens = tokens_of(self.exchange) + UNKNOWN
        self.manager = manager_of(
            self.exchange,
            max_connections=CONNECTIONS,
            max_symbols_per_connection=SYMBOLS_EACH,
            **self.settings_of_manager,
        )
        self.listening: list[Receiver[Any]] = []
        self.rebalancing: asyncio.Task[None] | None = None

    @initialize()
    def start(self) -> None:
        self.listening.append(self.manager.stream(lossless=True))
        self.run(self.manager.start())

    @rule(places=SOME | MANY, mode=st.none() | MODES)
    def subscribe(self, places: list[int], mode: Mode | None) -> None:
        tokens = self.at(places)
        after = self.wanted | {each: mode or self.wanted.get(each, Mode.QUOTE) for each in tokens}
        try:
            self.run(self.manager.subscribe_symbols(tokens, mode))
        except CapacityError:
            assert len(after) > CAPACITY or self.room_is_short
        else:
            assert len(after) <= CAPACITY
            self.wanted = after

    @rule(places=SOME)
    def subscribe_with_a_number_that_is_no_token(self, places: list[int]) -> None:
        with pytest.raises(ValueError, match="no instrument token"):
            self.run(self.manager.subscribe_symbols([*self.at(places), NO_TOKEN], Mode.FULL))

    @rule(places=SOME | MANY)
    def unsubscribe(self, places: list[int]) -> None:
        self.leave(self.at(places))

    @rule(number=NUMBERS)
    def unsubscribe_all_of_one_connection(self, number: int) -> None:
        self.leave([each for each in self.wanted if self.manager.connection_of(each) == number])

    @rule(places=SOME | MANY, mode=MODES)
    def change_mode(self, places: list[int], mode: Mode) -> None:
        self.run(self.manager.change_mode(self.at(places), mode))
        self.wanted.update(dict.fromkeys(self.wanted.keys() & set(self.at(places)), mode))

    @rule(numbers=st.sets(NUMBERS, min_size=1), refuses=st.booleans())
    def drop(self, numbers: set[int], refuses: bool) -> None:
        """Some or all clients lose their connection; they may come back at once, or not until later."""
        if refuses:
            self.exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self.exchange.handshakes.lift()
        for number, client in enumerate(self.exchange.clients):
            if number in numbers:
                client.drop()

    @rule(turns=TURNS)
    def pause(self, turns: int) -> None:
        self.run(turn(turns))

    @rule(turns=TURNS)
    def restart(self, turns: int) -> None:
        self.run(self.finish_rebalancing())
        self.run(self.manager.stop())
        self.run(turn(turns))
        self.start()

    @rule()
    def rebalance(self) -> None:
        # No precondition: what may be drawn must not depend on how far the network has got.
        if self.rebalancing is None:
            self.rebalancing = self.loop.create_task(self.manager.rebalance())

    @rule()
    def settle(self) -> None:
        self.exchange.handshakes.lift()
        self.run(self.finish_rebalancing())
        self.run(self.agreement())
        assert not [message for message in self.heard() if isinstance(message, ServerError)]

    def teardown(self) -> None:
        try:
            self.settle()
            self.run(self.manager.stop())
            self.run(until(lambda: not self.exchange.clients))
        finally:
            self.run(self.manager.stop())
            self.run(self.exchange.__aexit__(None, None, None))
            left = asyncio.all_tasks(self.loop)
            self.loop.close()
            self.patches.undo()
        assert not left

    async def agreement(self) -> None:
        """Wait until the exchange believes what the client wants, and nothing on its way changes that."""
        looks = 0
        try:
            async with asyncio.timeout(PATIENCE):
                while looks < 2:
                    looks = looks + 1 if self.believed == self.desired else 0
                    await quiet()
        except TimeoutError:
            assert self.believed == self.desired
            raise

    async def finish_rebalancing(self) -> None:
        task, self.rebalancing = self.rebalancing, None
        if task is not None:
            async with asyncio.timeout(PATIENCE):
                await task

    @property
    def desired(self) -> tuple[object, ...]:
        """What the exchange should believe: as the model has it, each token once, where the manager says."""
        streamed = {each: mode for each, mode in self.wanted.items() if each not in UNKNOWN}
        carriers = Counter(self.manager.connection_of(each) for each in self.wanted)
        return dict.fromkeys(self.wanted, 1), streamed, self.wanted, sorted(carriers.values())

    @property
    def believed(self) -> tuple[object, ...]:
        """What it does believe, over all of its clients, and what the manager says that is wanted."""
        served = [each for each in served_by(self.exchange) if each.counted]
        counted = sum((Counter(each.counted) for each in served), Counter())
        streamed = {each: mode for one in served for each, mode in one.modes.items()}
        said = {each: self.manager.mode_of(each) for each in self.tokens}
        return (
            dict(counted),
            streamed,
            {each: mode for each, mode in said.items() if mode is not None},
            sorted(len(each.counted) for each in served if self.is_of_one_connection(each.counted)),
        )

    def is_of_one_connection(self, tokens: Any) -> bool:
        return len({self.manager.connection_of(each) for each in tokens}) == 1

    @property
    def room_is_short(self) -> bool:
        """Whether symbols may be refused although the connections could carry them."""
        return self.rebalancing is not None

    def heard(self) -> list[object]:
        """What the manager has said since the last time."""
        messages = []
        for receiver in self.listening:
            while (message := receiver.recv_nowait()) is not None:
                messages.append(message)
        del self.listening[:-1]
        return messages

    def leave(self, tokens: list[int]) -> None:
        self.run(self.manager.unsubscribe_symbols(tokens))
        for each in tokens:
            self.wanted.pop(each, None)

    def at(self, places: list[int]) -> list[int]:
        return [self.tokens[place] for place in places]

    def run(self, step: Coroutine[Any, Any, Any]) -> None:
        self.loop.run_until_complete(step)


class WishesWithFailover(Wishes):
    """The same while symbols move away from lost connections and come back all the time."""

    settings_of_manager: ClassVar[dict[str, Any]] = {
        "failover_after": 0.005,
        "failback_after": 0.005,
        "health_check_interval": 0.005,
    }

    @property
    def room_is_short(self) -> bool:
        """New symbols go to connections that are there, and one that moves takes room on both."""
        return True


async def turn(times: int) -> None:
    """Let the loop turn so many times."""
    for _ in range(times):
        await asyncio.sleep(0)


MACHINES: Final = pytest.mark.parametrize("machine", [Wishes, WishesWithFailover])


@MACHINES
def test_what_the_exchange_believes_is_what_the_client_wants(machine: type[Wishes]) -> None:
    run(machine, runs=30, steps=50)


@pytest.mark.slow
@MACHINES
def test_what_the_exchange_believes_is_what_the_client_wants_after_long_runs(machine: type[Wishes]) -> None:
    run(machine, runs=100, steps=200)


def run(machine: type[Wishes], runs: int, steps: int) -> None:
    """Take up to so many steps in each of so many runs."""
    # Without shrinking: a failure takes its whole patience, each time that it is tried.
    phases = (Phase.explicit, Phase.generate)
    run_state_machine_as_test(
        machine, settings=settings(max_examples=runs, stateful_step_count=steps, phases=phases)
    )
