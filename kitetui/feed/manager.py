"""The multi-connection manager: symbols in, one stream of typed messages out.

It runs on the caller's event loop. `start` begins one task, which owns all others, and `stop` ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Final

from kitetui.feed.bugs import log_bug
from kitetui.feed.channel import Channel, Receiver
from kitetui.feed.clock import Clock
from kitetui.feed.config import KiteManagerConfig
from kitetui.feed.connection import Connection, ConnectionSetup, FeedSource
from kitetui.feed.endpoint import DEFAULT_ACCOUNT, Account, Distribution, TokenSource, checked
from kitetui.feed.messages import (
    ClockStepped,
    ConnectionChanged,
    FeedMessage,
    OrderUpdate,
    RawFrame,
    TickerMessage,
)
from kitetui.feed.orders import OrderRepetitions
from kitetui.feed.rebalancer import Rebalancer
from kitetui.feed.socket import KiteSource
from kitetui.feed.state import QUIET_AFTER, ConnectionState, FeedDownError, FeedState, FeedStatus, feed_status
from kitetui.feed.stats import HealthSummary, ManagerStats, health_of
from kitetui.feed.subscriptions import CapacityError, Subscriptions
from kitetui.wire import Mode

_CLOCK_LOOK: Final = 1.0
"""Seconds between two looks at the clock."""


class KiteTickerManager:
    """Up to three connections an account of up to 3,000 symbols each, kept alive and subscribed.

    `access_token` is the token, or a function that returns the current one. With `api_key` None the
    endpoint is dialled without credentials, which only a test server accepts. Several `accounts` are given
    in place of the pair; their connections count on from one account to the next, in their order. `source`
    is where ticks come from, Kite itself unless another is given.

    All methods are for the event loop that `start` was called on, and may be called at any time, in an
    outage too. Raises ValueError for accounts that share a name or a key.
    """

    def __init__(
        self,
        api_key: str | None = None,
        access_token: str | TokenSource | None = None,
        config: KiteManagerConfig | None = None,
        *,
        accounts: Iterable[Account] = (),
        distribution: Distribution = Distribution.ROUND_ROBIN,
        source: FeedSource | None = None,
    ) -> None:
        self.config = config or KiteManagerConfig()
        self.accounts = checked(list(accounts) or [Account(DEFAULT_ACCOUNT, api_key, access_token)])
        self._loop: asyncio.AbstractEventLoop | None = None
        self._orders = OrderRepetitions()
        self._distribution = Distribution(distribution)
        self._source = source or KiteSource()
        connections = self.config.max_connections * len(self.accounts)
        self._subscriptions = Subscriptions(
            connections,
            self.config.max_symbols_per_connection,
            fill_first=self._distribution is Distribution.FILL_FIRST,
        )
        size = self.config.connection_buffer_size, self.config.reader_buffer_bytes
        self._merged = Channel[TickerMessage](*size)
        self._everything = Channel[TickerMessage | RawFrame](*size)
        self._channels = tuple(Channel[TickerMessage](*size) for _ in range(connections))
        self._raw_channels = tuple(Channel[RawFrame](*size) for _ in range(connections))
        self._clock = Clock(self.config.clock, self.config.stopwatch, self._clock_stepped)
        self._connections = tuple(self._make_connection(number) for number in range(connections))
        self._rebalancer = Rebalancer(
            self._connections, self._subscriptions, self.config, self._groups(), self._publish, self._clock
        )
        self._runner: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; returns at once, and what happens arrives as messages.

        A connection is dialled when it has its first symbol. Does nothing when started already; waits for a
        `stop` that is under way. Raises RuntimeError on another event loop than the first.
        """
        if self._loop not in (None, asyncio.get_running_loop()):
            raise RuntimeError("this manager belongs to another event loop; make one in each asyncio.run")
        self._loop = asyncio.get_running_loop()
        while (ending := self._runner) is not None and ending.cancelling():
            await asyncio.wait([ending])
            if self._runner is ending:
                self._runner = None
        if self._runner is None:
            self._runner = asyncio.create_task(self._run(), name="kitetui manager")
            # Not in the task itself, whose code never runs if it is cancelled before its first turn.
            self._runner.add_done_callback(self._end)

    async def stop(self) -> None:
        """Close all connections and end all streams; what was received before can still be read.

        The wanted symbols are kept for the next `start`. Raises what the manager failed of, if it did.
        """
        runner = self._runner
        if runner is None:
            return
        if not runner.cancelling():
            runner.cancel()
        await asyncio.wait([runner])
        if self._runner is runner:
            self._runner = None
        if not runner.cancelled():
            runner.result()

    async def subscribe_symbols(
        self, tokens: Iterable[int], mode: Mode | None = None, *, account: str | None = None
    ) -> None:
        """Want these tokens, distributed over the connections, or over those of one account.

        New ones come in `mode`, or the configured default; those wanted already take `mode` if it is given.
        Raises CapacityError when not all fit, ValueError for a number that is no token, a token that another
        account has, an account that is not there, or none named where the distribution is manual; then
        nothing changes.
        """
        if account is None and self._distribution is Distribution.MANUAL:
            raise ValueError("the distribution is manual: name the account to subscribe on")
        tokens = list(tokens)
        among = range(len(self._connections)) if account is None else self.connections_of(account)
        for token in tokens if account is not None else ():
            if (there := self._subscriptions.connection_of(token)) is not None and there not in among:
                raise ValueError(f"{token} is on account {self.account_of(there)}: unsubscribe it first")
        sound = [number for number in among if not self._connections[number].keep_trying]

        def add(connections: Sequence[int]) -> set[int]:
            return self._subscriptions.add(
                tokens, mode or self.config.default_mode, connections, keep_mode=mode is None
            )

        try:
            changed = add(sound)
        except CapacityError:
            # Those that do not fit elsewhere wait with a connection that is lost.
            changed = add(among)
        self._follow(changed)

    async def unsubscribe_symbols(self, tokens: Iterable[int]) -> None:
        """Want these tokens no longer; those not wanted are passed over."""
        tokens = list(tokens)
        self._rebalancer.forget(tokens)
        self._follow(self._subscriptions.remove(tokens))

    async def change_mode(self, tokens: Iterable[int], mode: Mode) -> None:
        """Want these tokens in another mode; those not wanted are passed over."""
        self._follow(self._subscriptions.set_mode(tokens, mode))

    async def stop_retrying(self) -> None:
        """Dial no more after a loss, until the next start; a connection that is up stays until it is lost."""
        for connection in self._connections:
            connection.stop_retrying()

    async def rebalance(self) -> None:
        """Even out the connections, without losing a tick: a symbol leaves one when it has come to another.

        Returns when it is done. With a manual distribution symbols stay with their accounts, with fill-first
        where they are.
        """
        await self._rebalancer.rebalance()

    def stream(self, *, lossless: bool = False, raise_when_down: bool = False) -> Receiver[TickerMessage]:
        """Return a reader of all connections' messages from now on, merged in order of arrival.

        With `lossless` more messages wait for it (`parser_buffer_size`), for a reader that is to miss none;
        should even these not be enough, it is told with `Lagged` and counted like any other. Their bytes have
        a limit too (`reader_buffer_bytes`). It is told first what is wanted, and how each connection stands.

        Of an order update, which the server sends on every connection of an account, it is told once.

        A feed that is down is a state like others, and the reader waits. With `raise_when_down` it ends with
        a FeedDownError where every connection in use is down and nothing here will bring one back: a token
        that is a text was refused, or the attempts ran out. `async for` over the manager itself does so.
        """
        receiver = self._merged.subscribe(
            self.config.parser_buffer_size if lossless else None,
            fails=raise_when_down,
            first=self._as_it_stands() if lossless else (),
        )
        self._tell_if_down()
        return receiver

    def full_stream(self) -> Receiver[TickerMessage | RawFrame]:
        """Return a lossless reader like that of `stream`, with the raw frames too, sent ones among them.

        A frame comes right before the message that it was read as, or that several were read as together. A
        reader that is too slow loses frames and their message together.
        """
        return self._everything.subscribe(self.config.parser_buffer_size, first=self._as_it_stands())

    def get_channel(self, connection: int, *, account: str | None = None) -> Receiver[TickerMessage]:
        """Return a reader of one connection's messages from now on.

        Connections count from 0, over all accounts or within the one that is named.
        """
        numbers = range(len(self._channels)) if account is None else self.connections_of(account)
        return self._channels[numbers[connection]].subscribe()

    def get_all_channels(self) -> list[tuple[int, Receiver[TickerMessage]]]:
        """Return a reader for each connection, with the connection's number."""
        return [(number, self.get_channel(number)) for number in range(len(self._channels))]

    def get_raw_frame_channel(self, connection: int) -> Receiver[RawFrame]:
        """Return a reader of one connection's messages as they come, not decoded, from now on."""
        return self._raw_channels[connection].subscribe()

    def get_all_raw_frame_channels(self) -> list[tuple[int, Receiver[RawFrame]]]:
        """Return a reader of raw messages for each connection, with the connection's number."""
        return [(number, self.get_raw_frame_channel(number)) for number in range(len(self._raw_channels))]

    def get_stats(self) -> ManagerStats:
        """Return every connection as it stands, and what became of the ticks published to each reader."""
        connections = zip(self._connections, self._channels, self._subscriptions.counts(), strict=True)
        return ManagerStats(
            tuple(
                replace(each.stats(), readers=channel.reader_stats(), symbols=symbols)
                for each, channel, symbols in connections
            ),
            self._merged.reader_stats() + self._everything.reader_stats(),
        )

    def get_health(self) -> HealthSummary:
        """Return how well the feed is as a whole."""
        return health_of(self.get_stats(), len(self.never_ticked()))

    def last_tick_at(self, token: int) -> int | None:
        """Return when this token last ticked, in UTC nanoseconds, None if it never has."""
        connection = self._subscriptions.connection_of(token)
        return None if connection is None else self._connections[connection].last.ticked_at(token)

    def never_ticked(self) -> list[int]:
        """Return the wanted tokens that have not had one tick."""
        return [
            token
            for wanted, connection in zip(self._subscriptions.wanted, self._connections, strict=True)
            for token in wanted
            if connection.last.ticked_at(token) is None
        ]

    def get_status(self) -> FeedStatus:
        """Return the state of the feed as a whole."""
        connections = self._connections
        live = [each for each in connections if each.state is ConnectionState.LIVE]
        quiet_for = min((each.quiet_for for each in live), default=0.0)
        has_ticked = any(each.has_ticked for each in live)
        is_ticking = has_ticked and quiet_for <= QUIET_AFTER
        return feed_status(
            [connection.state for connection in connections],
            self._subscriptions.counts(),
            mute=[connection.is_mute for connection in connections],
            still=any(connection.is_still for connection in connections),
            quiet_for=quiet_for,
            has_ticked=has_ticked,
            market_open=None if is_ticking else self._is_open(),
        )

    def _is_open(self) -> bool | None:
        """Whether anything that is wanted trades now, None where nobody can say."""
        if any(connection.is_simulated for connection in self._connections):
            return True
        is_open, segments = self.config.market_is_open, self._subscriptions.segments
        return is_open(segments, 0.0) if is_open is not None and segments else None

    def get_subscriptions(self) -> dict[int, int]:
        """Return the tokens that are subscribed, each with the number of its connection; `mode_of` has its
        mode.
        """
        return self._subscriptions.connections()

    def get_symbol_distribution(self) -> dict[int, int]:
        """Return how many symbols each connection carries."""
        return dict(enumerate(self._subscriptions.counts()))

    def delivers(self, token: int, connection: int, sequence: int) -> bool:
        """Return whether a tick stands: nothing can have been missed since, and another would be received.

        Its connection still carries the token, is live and not mute, and subscribed it before the tick came.
        connection, sequence: of the tick; see `Ticks`.
        """
        carriers = self._subscriptions.carriers_of(token)
        return connection in carriers and self._connections[connection].delivers(token, sequence)

    def state_of(self, token: int) -> ConnectionState:
        """Return the state of the connection that carries this token, `UNUSED` if it is not wanted."""
        connection = self._subscriptions.connection_of(token)
        return ConnectionState.UNUSED if connection is None else self._connections[connection].state

    def connections_of(self, account: str) -> range:
        """Return the numbers of an account's connections. Raises ValueError for a name that is not there."""
        names = [each.name for each in self.accounts]
        if account not in names:
            raise ValueError(f"no account {account!r}; there are {', '.join(names)}")
        first = names.index(account) * self.config.max_connections
        return range(first, first + self.config.max_connections)

    def account_of(self, connection: int) -> str:
        """Return the name of the account that a connection belongs to."""
        return self.accounts[connection // self.config.max_connections].name

    def connection_of(self, token: int) -> int | None:
        """Return the number of the connection that carries this token, None if it is not wanted."""
        return self._subscriptions.connection_of(token)

    def mode_of(self, token: int) -> Mode | None:
        """Return the wanted mode of this token, None if it is not wanted."""
        return self._subscriptions.mode_of(token)

    async def __aenter__(self) -> KiteTickerManager:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def __aiter__(self) -> AsyncIterator[TickerMessage]:
        receiver = self.stream(raise_when_down=True)
        try:
            async for message in receiver:
                yield message
        finally:
            receiver.close()

    def __repr__(self) -> str:
        status = self.get_status()
        return f"KiteTickerManager({status.state}, {len(self._subscriptions):,} symbols)"

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as connections:
            for connection in self._connections:
                connections.create_task(connection.run(), name=f"kitetui connection {connection.number}")
            connections.create_task(self._rebalancer.watch(), name="kitetui rebalancer")
            connections.create_task(self._watch_clock(), name="kitetui clock")

    async def _watch_clock(self) -> None:
        """Look at the clock in silence too, so that it is known when it was set."""
        while True:
            self._clock()
            await asyncio.sleep(_CLOCK_LOOK)

    def _end(self, runner: asyncio.Task[None]) -> None:
        if not runner.cancelled() and (failure := runner.exception()) is not None:
            for bug in failure.exceptions if isinstance(failure, BaseExceptionGroup) else [failure]:
                log_bug("the feed ended by a bug", bug)
        self._rebalancer.reset()
        for connection in self._connections:
            connection.may_retry = True
        for channel in (self._merged, *self._channels):
            channel.close()
        self._everything.close()
        for raw in self._raw_channels:
            raw.close()

    def _groups(self) -> list[range]:
        """Return which connections may carry each other's symbols: all, those of each account, or none."""
        if self._distribution is Distribution.MANUAL:
            return [self.connections_of(account.name) for account in self.accounts]
        if self._distribution is Distribution.FILL_FIRST:
            return [range(number, number + 1) for number in range(len(self._channels))]
        return [range(len(self._channels))]

    def _make_connection(self, number: int) -> Connection:
        account, place = divmod(number, self.config.max_connections)
        is_filled_later = place > 0 and self._distribution is Distribution.FILL_FIRST
        setup = ConnectionSetup(
            number,
            replace(self.config, connect_when_idle=False) if is_filled_later else self.config,
            self.accounts[account],
            self._subscriptions.wanted[number],
            self._hand_on,
            lambda: self._everything.has_readers or self._raw_channels[number].has_readers,
            self._clock,
        )
        return self._source.connection(setup)

    def _as_it_stands(self) -> Iterator[FeedMessage]:
        """Yield what a reader that is to miss nothing is told first.

        Of a symbol that moves it hears as all readers did: first where it leaves, then where it arrives.
        """
        arriving = self._subscriptions.arriving()
        for connection in self._connections:
            yield from connection.as_it_stands(arriving.get(connection.number, ()))
        for number, tokens in arriving.items():
            yield self._connections[number].wants(tokens)

    def _clock_stepped(self, at: int, since: int, seconds: float) -> None:
        """Tell that the clock was set, after all that was received before."""
        for connection in self._connections:
            connection.clock_stepped(round(seconds * 1e9))
        message = ClockStepped(at, since, seconds)
        self._merged.publish(message)
        self._everything.publish(message)

    def _publish(self, message: FeedMessage) -> None:
        self._hand_on((), message)

    def _hand_on(self, frames: Sequence[RawFrame], message: FeedMessage | None) -> None:
        """Publish frames, and the message that they became: together to whoever reads both."""
        for frame in frames:
            if not frame.sent:
                self._raw_channels[frame.connection].publish(frame)
        if message is not None:
            self._channels[message.connection].publish(message)
        if message is None or self._is_repeated(message):
            self._everything.publish(*frames)
            return
        self._merged.publish(message)
        self._everything.publish(*frames, message)
        if isinstance(message, ConnectionChanged):
            self._rebalancer.look.set()
            self._tell_if_down()

    def _is_repeated(self, message: FeedMessage) -> bool:
        """Whether it is an order update that another connection of its account has brought already."""
        if not isinstance(message, OrderUpdate):
            return False
        return self._orders.is_one(self.account_of(message.connection), message)

    def _tell_if_down(self) -> None:
        """End the streams that asked for it where nothing here will bring a connection back."""
        runner = self._runner
        if runner is None or runner.cancelling() or self.get_status().state is not FeedState.DOWN:
            return
        down = [each for each in self._connections if each.state is ConnectionState.DOWN]
        if all(each.remedy for each in down):
            problem, remedy = f"the feed is down: {down[0].reason}", down[0].remedy
            self._merged.fail(lambda: FeedDownError(problem, remedy))

    def _follow(self, connections: Iterable[int]) -> None:
        for number in connections:
            self._connections[number].follow()
