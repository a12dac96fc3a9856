"""All instruments of the last-value cache as one batch and as one table."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.market import LastValueCache
from kitetui.wire import decode_frame
from tests.wire.packets import INFY, INFY_FULL, LTP, frame, packet

TCS, SILENT = 2953217, 738561
SECOND = 1_000_000_000


@pytest.fixture
def cache() -> LastValueCache:
    """One instrument that never ticked, one with a full packet, one with two prices."""
    cache = LastValueCache()
    cache.add([SILENT])
    prices = [packet(LTP, instrument_token=TCS, last_price=price) for price in (100, 200)]
    received_at = np.array([SECOND, 2 * SECOND, 3 * SECOND])
    cache.apply(decode_frame(frame(INFY_FULL, *prices)), received_at, np.zeros(3, np.bool_), 0.0)
    return cache


def test_a_batch_has_the_last_tick_of_each_instrument_that_has_one(cache: LastValueCache) -> None:
    batch = cache.to_batch()
    assert batch["instrument_token"].tolist() == [INFY, TCS]
    assert batch["last_price"].tolist() == [1573.70, 2.0]
    assert cache.received_at[cache.ticked()].tolist() == [SECOND, 3 * SECOND]


def test_a_batch_stays_as_it_was(cache: LastValueCache) -> None:
    batch = cache.to_batch()
    news = np.zeros(1, np.bool_)
    cache.apply(decode_frame(frame(packet(LTP, last_price=1))), np.array([SECOND]), news, 0.0)
    assert batch["last_price"].tolist() == [1573.70, 2.0]


def test_tables_say_when_each_tick_was_received(cache: LastValueCache) -> None:
    chosen = ["instrument_token", "last_price", "volume_traded"]
    frame = cache.to_pandas(chosen)
    assert list(frame.columns) == ["received_at", *chosen]
    assert frame["received_at"].astype(str).tolist() == [
        "1970-01-01 00:00:01+00:00",
        "1970-01-01 00:00:03+00:00",
    ]
    assert frame["volume_traded"].isna().tolist() == [False, True]
    rows = [(INFY, 1573.70, 1_192_471), (TCS, 2.0, None)]
    assert cache.to_polars(chosen).drop("received_at").rows() == rows
    assert cache.to_arrow(chosen).column_names == ["received_at", *chosen]
    assert cache.to_arrow(chosen)["volume_traded"].to_pylist() == [1_192_471, None]


def test_without_ticks_tables_are_empty() -> None:
    assert len(LastValueCache().to_batch()) == len(LastValueCache().to_pandas()) == 0


def test_what_was_forgotten_is_in_no_table(cache: LastValueCache) -> None:
    cache.clear()
    assert len(cache.to_polars()) == 0
