"""The feed: one connection, the manager over several, their states, channels and statistics."""

from kitetui.feed.channel import Channel, ReaderStats, Receiver
from kitetui.feed.config import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION, KiteManagerConfig
from kitetui.feed.endpoint import KITE_URL, Account, Distribution, Endpoint, TokenSource
from kitetui.feed.manager import KiteTickerManager
from kitetui.feed.messages import (
    BrokerMessage,
    ClockStepped,
    ConnectionChanged,
    Gap,
    Heartbeat,
    Lagged,
    Order,
    OrderUpdate,
    RawFrame,
    ServerError,
    SymbolsMoved,
    SymbolsWanted,
    TickerMessage,
    Ticks,
    UnknownMessage,
)
from kitetui.feed.state import ConnectionState, FeedDownError, FeedState, FeedStatus, feed_status
from kitetui.feed.stats import ConnectionStats, Health, HealthSummary, ManagerStats, Percentiles
from kitetui.feed.subscriptions import CapacityError

__all__ = [
    "KITE_URL",
    "MAX_CONNECTIONS",
    "MAX_SYMBOLS_PER_CONNECTION",
    "Account",
    "BrokerMessage",
    "CapacityError",
    "Channel",
    "ClockStepped",
    "ConnectionChanged",
    "ConnectionState",
    "ConnectionStats",
    "Distribution",
    "Endpoint",
    "FeedDownError",
    "FeedState",
    "FeedStatus",
    "Gap",
    "Health",
    "HealthSummary",
    "Heartbeat",
    "KiteManagerConfig",
    "KiteTickerManager",
    "Lagged",
    "ManagerStats",
    "Order",
    "OrderUpdate",
    "Percentiles",
    "RawFrame",
    "ReaderStats",
    "Receiver",
    "ServerError",
    "SymbolsMoved",
    "SymbolsWanted",
    "TickerMessage",
    "Ticks",
    "TokenSource",
    "UnknownMessage",
    "feed_status",
]
