"""The manager's settings and Kite's limits."""

from __future__ import annotations

import pytest

from kitetui.feed import KITE_URL, KiteManagerConfig
from kitetui.wire import Mode


def test_the_defaults_are_kites_limits_and_address() -> None:
    config = KiteManagerConfig()
    assert (config.max_connections, config.max_symbols_per_connection, config.capacity) == (3, 3000, 9000)
    assert config.endpoint.root == KITE_URL
    assert config.default_mode is Mode.QUOTE
    assert config.heartbeat_liveness_threshold == 5.0
    assert config.reader_buffer_bytes == 256 * 2**20


def test_fewer_connections_carry_fewer_symbols() -> None:
    assert KiteManagerConfig(max_connections=2, max_symbols_per_connection=10).capacity == 20


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("max_connections", 0),
        ("max_connections", 4),
        ("max_symbols_per_connection", 0),
        ("max_symbols_per_connection", 3001),
        ("connection_buffer_size", 0),
        ("reader_buffer_bytes", 0),
        ("connection_timeout", 0.0),
        ("connection_timeout", float("nan")),
        ("heartbeat_liveness_threshold", -1.0),
        ("reconnect_delay", 0.0),
        ("max_reconnect_attempts", 0),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(setting: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{setting} is "):
        KiteManagerConfig(**{setting: value})


def test_what_kite_allows_is_said() -> None:
    with pytest.raises(ValueError, match="Kite allows 1 to 3,000 symbols a connection"):
        KiteManagerConfig(max_symbols_per_connection=5000)


@pytest.mark.parametrize("setting", ["max_connections", "max_symbols_per_connection"])
def test_the_smallest_values_are_allowed(setting: str) -> None:
    assert getattr(KiteManagerConfig(**{setting: 1}), setting) == 1


@pytest.mark.parametrize(
    "preset", ["development", "production", "portfolio", "algo_trading", "market_scanner", "high_frequency"]
)
def test_a_preset_is_valid_and_takes_changes(preset: str) -> None:
    make = getattr(KiteManagerConfig, preset)
    assert make() != KiteManagerConfig()
    assert make(max_connections=2).max_connections == 2
    with pytest.raises(ValueError, match="Kite allows 1 to 3"):
        make(max_connections=4)


def test_the_password_of_a_proxy_is_not_shown() -> None:
    assert "secret" not in repr(KiteManagerConfig(proxy="http://me:secret@proxy:3128"))
