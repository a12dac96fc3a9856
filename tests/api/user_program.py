"""A user's program in strict mode that takes every public name in hand, and says what it expects to get.

It is there for the type checker; the examples and the README are what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, assert_never, assert_type

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

import kitetui
from kitetui import (
    CandleBuilder,
    Endpoint,
    Exchange,
    KiteManagerConfig,
    KiteTickerManager,
    LastValueCache,
    Mode,
    Tick,
    TickBatch,
    Ticks,
    decode_frame,
    decode_frames,
    resample,
)
from kitetui.account import (
    DEFAULT,
    ENDPOINTS,
    KITE,
    SANDBOX,
    SIMULATOR,
    EndpointProfile,
    KeptToken,
    Secrets,
    Vault,
    ended,
    endpoint_named,
    login_command,
    valid_until,
)
from kitetui.compat import ConnectionResponse, KiteTicker
from kitetui.config import (
    LIST_ORDER,
    MAX_GROUP_NAME,
    MAX_GROUPS,
    Config,
    ConfigError,
    ConfigFile,
    Entry,
    FeedSettings,
    Group,
    Sort,
    Vocabulary,
    feed_config,
    read_config,
    template,
)
from kitetui.errors import CrashError, LoginError, RecordingError, UserError
from kitetui.feed import (
    KITE_URL,
    MAX_CONNECTIONS,
    MAX_SYMBOLS_PER_CONNECTION,
    Account,
    BrokerMessage,
    CapacityError,
    Channel,
    ClockStepped,
    ConnectionChanged,
    ConnectionState,
    ConnectionStats,
    Distribution,
    FeedDownError,
    FeedState,
    FeedStatus,
    Gap,
    Health,
    HealthSummary,
    Heartbeat,
    Lagged,
    ManagerStats,
    Order,
    OrderUpdate,
    Percentiles,
    RawFrame,
    ReaderStats,
    Receiver,
    ServerError,
    SymbolsMoved,
    SymbolsWanted,
    TickerMessage,
    TokenSource,
    UnknownMessage,
    feed_status,
)
from kitetui.instruments import (
    Choice,
    Instrument,
    Kind,
    Master,
    Universe,
    UnknownSymbol,
    choose,
    simulated_instruments,
)
from kitetui.market import Calendar, Candle, Candles, load_calendar
from kitetui.record import (
    COLUMNS,
    CsvEncoder,
    Destination,
    Durability,
    File,
    Files,
    Folder,
    Format,
    NameOf,
    Recorder,
    Rotation,
    StandardOutput,
    TickRows,
    Totals,
    field_text,
    new_file,
    open_reader,
)
from kitetui.replay import (
    SPEEDS,
    Playback,
    Player,
    Recording,
    ReplayExchange,
    ReplaySource,
    RowsRecording,
    open_recording,
)
from kitetui.simulator import Answering, Sending, Sent, SimulatedExchange
from kitetui.wire import (
    HEARTBEAT,
    OHLC,
    Depth,
    DepthEntry,
    ErrorText,
    MessageText,
    OrderText,
    PacketError,
    Request,
    RequestError,
    SetMode,
    Subscribe,
    TextMessage,
    UnknownText,
    Unsubscribe,
    decimals_of,
    divisor_of,
    encode_batch,
    encode_error,
    encode_frame,
    encode_message,
    encode_order,
    encode_packets,
    encode_request,
    parse_request,
    parse_text,
)


def use(*things: object) -> None:
    """Stand for what a program does with what it has."""


async def stream() -> None:
    """The README's own program, and every message told apart."""

    def sent(account: Sent) -> None:
        assert_type(account.answers, tuple[bool, ...])

    async with SimulatedExchange(rate=400, seed=1, symbols=100, account=sent) as exchange:
        exchange.answering = Answering.EACH
        config = KiteManagerConfig(max_connections=2, default_mode=Mode.FULL, endpoint=Endpoint(exchange.url))
        async with KiteTickerManager("simulated", "simulated", config) as manager:
            assert_type(manager, KiteTickerManager)
            try:
                await manager.subscribe_symbols(range(1, 10), Mode.QUOTE)
            except CapacityError as error:
                use(error)
            try:
                async for message in manager:
                    take(message)
            except FeedDownError as down:
                use((down.problem, down.remedy))
            await manager.change_mode([408065], Mode.LTP)
            await manager.unsubscribe_symbols([408065])
            await manager.rebalance()
            look(manager)
        assert_type(exchange.url_with_credentials, str)
        for client in exchange.clients:
            client.send_only(Sending.HEARTBEATS)


def take(message: TickerMessage) -> None:
    """A message of a kind that is not named here would be an error of the type checker's."""
    match message:
        case Ticks():
            assert_type(message.batch, TickBatch)
            assert_type(message.received_at, NDArray[np.int64])
            assert_type(message.snapshot, NDArray[np.bool_])
            assert_type(message.timed_at, float)
        case OrderUpdate():
            assert_type(message.order, Order)
            assert_type(message.order["order_id"], str)
        case BrokerMessage() | ServerError() | UnknownMessage():
            assert_type(message.text, str)
        case ConnectionChanged():
            assert_type(message.state, ConnectionState)
        case Gap():
            assert_type(message.seconds, float)
        case SymbolsMoved():
            assert_type(message.tokens, tuple[int, ...])
        case SymbolsWanted():
            assert_type(message.modes, Mapping[int, Mode | None])
        case Heartbeat():
            assert_type(message.received_at, int)
        case ClockStepped():
            assert_type(message.seconds, float)
        case Lagged():
            assert_type(message.ticks, int)
        case _:
            assert_never(message)


def look(manager: KiteTickerManager) -> None:
    """What a manager knows of itself."""
    health = assert_type(manager.get_health(), HealthSummary)
    assert_type(health.health is Health.CRITICAL, bool)
    status = assert_type(manager.get_status(), FeedStatus)
    if status.state is FeedState.LIVE:
        use(feed_status([ConnectionState.LIVE], mute=[False], has_ticked=True, market_open=True) == status)
    stats = assert_type(manager.get_stats(), ManagerStats)
    connections: tuple[ConnectionStats, ...] = stats.connections
    for connection in connections:
        assert_type(connection.modes, Mapping[Mode, int])
        assert_type(connection.round_trips, Percentiles | None)
        assert_type(connection.is_mute, bool)
        assert_type(connection.quiet_for, float | None)
        assert_type(connection.missing_since, int | None)
    assert_type(stats.quiet_for, float)
    assert_type(stats.worst, ConnectionStats | None)
    assert_type(stats.missing, ConnectionStats | None)
    assert_type(stats.is_simulated, bool)
    assert_type(stats.readers, tuple[ReaderStats, ...])
    assert_type(manager.get_symbol_distribution(), dict[int, int])
    assert_type(manager.get_subscriptions(), dict[int, int])
    assert_type(manager.connection_of(408065), int | None)
    assert_type(manager.mode_of(408065), Mode | None)
    assert_type(manager.delivers(408065, 0, 1), bool)


async def read(manager: KiteTickerManager) -> None:
    """Channels: of one connection, of all, with what was on the wire, and one of the program's own."""
    assert_type(manager.get_channel(0), Receiver[TickerMessage])
    assert_type(manager.get_all_channels(), list[tuple[int, Receiver[TickerMessage]]])
    async for raw in manager.get_raw_frame_channel(0):
        assert_type(raw, RawFrame | Lagged)
        if isinstance(raw, RawFrame):
            assert_type(raw.snapshot, tuple[int, ...])
    own: Channel[int] = Channel(100)
    reader = own.subscribe()
    own.publish(1)
    assert_type(reader.recv_nowait(), int | Lagged | None)


def configuration(file: Path) -> None:
    """What the user has set, and what goes wrong."""
    vocabulary = Vocabulary(columns=("LTP",), commands=("add",))
    kept = ConfigFile(file, vocabulary)
    try:
        found = assert_type(kept.read(), Config)
        kept.update(groups=(*found.groups, Group("Core", (Entry("NSE:INFY", Mode.LTP),))), sort=Sort("LTP"))
        assert_type(read_config(template(vocabulary), file.name, vocabulary), Config)
        assert_type(feed_config(file).feed, FeedSettings)
    except ConfigError as error:
        assert_type(error.problems, tuple[str, ...])
    except (LoginError, RecordingError, CrashError, UserError) as error:
        use(error.problem, error.remedy, error.exit_code)
    use(LIST_ORDER, MAX_GROUP_NAME, MAX_GROUPS)


async def several_accounts(vault: Vault) -> KiteTickerManager:
    """Two keys in one manager, one with a token that is renewed."""
    kept = assert_type(KeptToken.of(vault), KeptToken | None)
    renewed: TokenSource = kept or (lambda: "token")
    assert_type(await Account("first", "key", renewed).at_this_moment(), Account)

    def trades(segments: Collection[Exchange], lasting: float) -> bool:
        return Exchange.NSE in segments and lasting < 60

    return KiteTickerManager(
        accounts=[Account("first", "key", renewed), Account("second", "key", "token")],
        config=KiteManagerConfig.production(max_connections=MAX_CONNECTIONS, market_is_open=trades),
        distribution=Distribution.MANUAL,
    )


def log_in(vault: Vault) -> None:
    """Which service, which key, which token, and until when."""
    service = assert_type(endpoint_named("kite", ENDPOINTS), EndpointProfile)
    use(service in (KITE, SANDBOX, SIMULATOR), KITE_URL, MAX_SYMBOLS_PER_CONNECTION, login_command(DEFAULT))
    secrets = assert_type(vault.read(DEFAULT), Secrets | None)
    if secrets is not None and secrets.issued_at is not None:
        assert_type(valid_until(secrets.issued_at), float)
        assert_type(ended(secrets, 0.0), str | None)
    endpoint, credentials = Endpoint.parse(service.socket)
    assert_type(credentials, Account | None)
    use(endpoint.shown)


def columns(data: bytes, received_at: NDArray[np.int64], snapshot: NDArray[np.bool_]) -> None:
    """Ticks as columns, objects, dictionaries, tables and candles."""
    batch = decode_frame(data)
    assert_type(decode_frames([data, HEARTBEAT]), TickBatch)
    assert_type(batch[1:], TickBatch)
    assert_type(batch["last_price"], NDArray[Any])
    assert_type(batch.of([408065]), TickBatch)
    assert_type(TickBatch.concat([batch, batch]), TickBatch)
    assert_type(batch.as_sent("last_price"), NDArray[np.int64])
    assert_type(batch.times("last_trade_time"), NDArray[np.datetime64])
    assert_type(batch.to_dicts(), list[dict[str, Any]])
    assert_type(batch.to_pandas(), pd.DataFrame)
    assert_type(batch.to_polars(received_at=received_at), pl.DataFrame)
    batch.to_arrow(columns=["last_price"])
    assert_type(batch.errors, list[PacketError])
    for tick in batch:
        show(tick)

    cache = LastValueCache()
    cache.apply(batch, received_at, snapshot, 0.0)
    assert_type(cache.is_snapshot(408065), bool)
    assert_type(cache.tick(408065), Tick | None)
    assert_type(cache.to_pandas(), pd.DataFrame)

    builder = CandleBuilder("5s", calendar=load_calendar())
    assert_type(builder.add(batch, received_at), Candles)
    assert_type(builder.add(batch, received_at, snapshot), Candles)
    assert_type(builder.advance(1_795_412_600.0), Candles)
    for candle in resample(batch, "1min", received_at, snapshot, calendar=Calendar()):
        assert_type(candle, Candle)
        assert_type(candle.day, date)
        assert_type(candle.start, datetime)
        assert_type(candle.volume, int | None)


def as_before() -> None:
    """The official client's class, with callbacks."""
    ticker = KiteTicker("key", "token", reconnect_max_tries=5)

    def on_connect(ws: KiteTicker, response: ConnectionResponse) -> None:
        assert_type(response.peer, str)
        assert_type(ws.subscribe([408065]), bool)
        ws.set_mode(ws.MODE_FULL, [408065])

    ticker.on_connect = on_connect
    ticker.connect(threaded=True)
    assert_type(ticker.is_connected(), bool)
    assert_type(ticker.lost_messages, int)
    ticker.close()


def show(tick: Tick) -> None:
    """One tick, and what a packet of less than full mode does not carry."""
    assert_type(tick.exchange is Exchange.NSE, bool)
    assert_type(tick.ohlc, OHLC | None)
    assert_type(field_text(tick, "last_price"), str)
    assert_type(tick.exchange_timestamp, datetime | None)
    depth = assert_type(tick.depth, Depth | None)
    if depth is not None:
        best = assert_type(depth.buy[0], DepthEntry)
        assert_type(best.price, float)


def speak(batch: TickBatch) -> None:
    """The protocol by itself, in both directions."""
    requests: list[Request] = [Subscribe((1,)), SetMode(Mode.LTP, (1,)), Unsubscribe((1,))]
    for request in requests:
        try:
            assert_type(parse_request(encode_request(request)), Request)
        except RequestError as error:
            use(error)
    texts = [encode_order({"order_id": "1"}), encode_error("wrong"), encode_message("news")]
    for text in texts:
        told = assert_type(parse_text(text), TextMessage)
        match told:
            case OrderText():
                assert_type(told.order, Mapping[str, Any])
            case ErrorText() | MessageText() | UnknownText():
                assert_type(told.text, str)
            case _:
                assert_never(told)
    assert_type(encode_batch(batch), bytes)
    assert_type(encode_frame(batch.words, batch.lengths.tolist()), bytes)
    assert_type(encode_packets(batch.words, batch.lengths.tolist()), list[bytes])
    use(decimals_of(408065), divisor_of(408065))


def names() -> None:
    """Names and tokens, and the list of the day."""
    kept = Master.of("kite").read()
    universe = Universe(kept.table) if kept else Universe.load()
    try:
        instrument = assert_type(universe.resolve("NSE:INFY"), Instrument)
    except UnknownSymbol as error:
        use(error)
        return
    assert_type(instrument.kind is Kind.EQUITY, bool)
    assert_type(instrument.expiry, date | None)
    assert_type(instrument.strike, Decimal | None)
    assert_type(universe.by_token(408065), Instrument | None)
    assert_type(choose(universe, "@nifty50"), Choice)
    assert_type(simulated_instruments(10), tuple[Instrument, ...])


async def record(manager: KiteTickerManager, folder: Path, name_of: NameOf) -> None:
    """A recording to each kind of place."""
    places: Sequence[Destination] = [
        File(folder / "ticks.csv", Format.CSV, COLUMNS),
        Folder(folder, [Format.PARQUET, Format.CAPTURE], COLUMNS, Rotation.parse("1h")),
        StandardOutput(Format.JSONL, COLUMNS),
    ]
    heard: Callable[[TickerMessage], None] = use
    recorder = Recorder(Files(places[0], name_of), heard, durability=Durability(sync=True))
    await recorder.record(manager.full_stream() if recorder.wants_wire else manager.stream(lossless=True))
    await recorder.close()
    totals = assert_type(recorder.totals, Totals)
    assert_type(totals.rows, int)


async def play_back(path: Path, name_of: NameOf) -> None:
    """A recording read, written anew, and served to any client of Kite's."""
    reader = open_reader(path)
    encoder = CsvEncoder(name_of)
    copy = assert_type(new_file(path.parent, "copy", ".csv"), tuple[Path, BinaryIO])
    for rows in reader:
        assert_type(rows, TickRows)
        assert_type(rows.batch, TickBatch)
        copy[1].write(encoder.rows(rows))
    recording: Recording = RowsRecording(reader, span=(0, 1))
    playback = Playback(speed=SPEEDS[0])
    async with ReplayExchange(recording, playback) as replay:
        assert_type(replay.url, str)
    player = Player(open_recording(path, (0, 1), {}), playback)
    assert_type(KiteTickerManager(source=ReplaySource(player)), KiteTickerManager)
    await player.play()


use(kitetui.__version__)
