"""Made-up shares are shares in all but name, and collide with nothing real."""

from __future__ import annotations

from kitetui.instruments import Kind, Universe
from kitetui.instruments.builtin import simulated_shares
from kitetui.wire import Exchange

SHARES = list(simulated_shares(30_000))


def test_there_are_as_many_as_asked_for_and_the_same_each_time() -> None:
    assert len(SHARES) == 30_000
    assert list(simulated_shares(100)) == SHARES[:100]
    assert list(simulated_shares(0)) == []


def test_they_are_numbered_shares_of_the_nse() -> None:
    assert [SHARES[number].key for number in (0, 9_998, 9_999)] == [
        "NSE:SIM0001",
        "NSE:SIM9999",
        "NSE:SIM10000",
    ]
    assert {each.kind for each in SHARES} == {Kind.EQUITY}
    assert {each.segment for each in SHARES} == {Exchange.NSE}


def test_their_tokens_and_keys_are_their_own() -> None:
    listed = [*Universe.load(), *SHARES]
    assert len({each.instrument_token for each in listed}) == len(listed)
    assert len({each.key for each in listed}) == len(listed)


def test_their_tokens_fit_31_bits_and_stand_above_every_real_one() -> None:
    tokens = [each.instrument_token for each in SHARES]
    assert max(tokens) < 2**31
    shares = [each for each in Universe.load() if each.segment is Exchange.NSE]
    assert min(tokens) > max(each.instrument_token for each in shares)


def test_their_prices_are_whole_ticks_between_20_and_5000_rupees() -> None:
    for each in SHARES:
        assert each.tick_size in (1, 5, 10), each.key
        assert each.reference_price % each.tick_size == 0, each.key
        assert 2_000 <= each.reference_price <= 500_000, each.key


def test_the_real_exchange_is_never_asked_for_them() -> None:
    assert not any(each.listed for each in SHARES)
