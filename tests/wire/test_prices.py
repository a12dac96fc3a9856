"""What a word of a price means: silver on NCO is beyond 31 bits, and energy on MCX has been below zero."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.market import LastValueCache, resample
from kitetui.wire import decode_frame
from kitetui.wire.layout import priced, prices_of
from tests.wire.packets import DIVISORS, FULL, LEAST_PRICES, LTP, QUOTE, SEGMENTS, frame, packet, token

SILVER = token("NCO", 7)
SILVERS_PRICE = 2_645_230_000
"""NSE:SILVER26MARFUT at 2,64,523.0000."""


@pytest.mark.parametrize("segment", sorted(SEGMENTS))
@pytest.mark.parametrize("length", [LTP, QUOTE, FULL])
def test_every_segment_has_its_least_price_and_the_largest_32_bits_above_it(
    segment: str, length: int
) -> None:
    least, of = LEAST_PRICES[segment], token(segment)
    for price in (least, least + 2**32 - 1):
        batch = decode_frame(frame(packet(length, instrument_token=of, last_price=price)))
        (tick,) = batch
        meant = price / DIVISORS[segment]
        assert tick.last_price == tick.to_dict()["last_price"] == meant
        assert batch.to_dicts()[0]["last_price"] == meant
        assert (batch["last_price"][0], batch.as_sent("last_price")[0]) == (meant, price)


def test_silver_has_its_price_in_every_field() -> None:
    names = ["average_traded_price", "open", "high", "low", "close", "bid_price_1", "ask_price_5"]
    values = {name: SILVERS_PRICE + place for place, name in enumerate(names)}
    data = packet(FULL, instrument_token=SILVER, last_price=SILVERS_PRICE, **values)
    for batch in (decode_frame(frame(data)), decode_frame(frame(data, packet(LTP)))):
        tick = batch.tick(0)
        assert tick.ohlc is not None
        assert tick.depth is not None
        assert (tick.last_price, tick.average_traded_price) == (264523.0, 264523.0)
        assert tick.ohlc.close == 264523.0004
        assert (tick.depth.buy[0].price, tick.depth.sell[4].price) == (264523.0005, 264523.0006)
        assert tick.to_dict() == batch.to_dicts()[0]
        assert [batch[name][0] for name in names] == [each / 10_000 for each in values.values()]
        assert tick.net_change == batch["net_change"][0] == -0.0004
        assert tick.change == batch["change"][0]


def test_a_batch_of_one_silver_has_the_words_of_the_wire() -> None:
    (alone,) = [decode_frame(frame(packet(LTP, instrument_token=SILVER, last_price=SILVERS_PRICE)))]
    assert alone.words[0, 1] == SILVERS_PRICE - 2**32
    assert alone[[0]].tick(0) == alone.tick(0)


def test_the_rule_is_the_same_for_a_row_and_for_a_column() -> None:
    for of in (token("NSE"), token("CDS"), SILVER):
        for word in (-(2**31), -50_000_001, -50_000_000, -1, 0, 2**31 - 1):
            column = prices_of(np.array([word], np.int32), np.array([of]))
            assert priced([of, word])[1] == column[0]


def test_silver_makes_candles_and_last_values_of_its_price() -> None:
    batch = decode_frame(
        frame(*(packet(LTP, instrument_token=SILVER, last_price=SILVERS_PRICE + step) for step in (0, 5, -5)))
    )
    received_at = np.full(3, 1_795_000_000 * 10**9)
    (candle,) = resample(batch, "1min", received_at)
    assert (candle.open, candle.high, candle.low) == (264523.0, 264523.0005, 264522.9995)
    cache = LastValueCache()
    cache.add([SILVER])
    cache.apply(batch, received_at, snapshot=np.zeros(3, bool), timed_at=0.0)
    last = cache.tick(SILVER)
    assert last is not None
    assert last.last_price == 264522.9995
