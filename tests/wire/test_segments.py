"""Segments of tokens and what their prices are worth."""

from __future__ import annotations

import pytest

from kitetui.wire import Exchange, decimals_of, divisor_of
from kitetui.wire.layout import DECIMALS, DIVISORS
from tests.wire import packets


@pytest.mark.parametrize("segment", sorted(packets.SEGMENTS))
def test_the_low_byte_of_a_token_is_its_segment(segment: str) -> None:
    token = packets.token(segment)
    assert Exchange.of(token).name == segment
    assert divisor_of(token) == packets.DIVISORS[segment] == 10 ** decimals_of(token)


def test_a_segment_of_no_name_is_unknown_and_has_paise() -> None:
    for number in set(range(256)) - set(packets.SEGMENTS.values()):
        assert Exchange.of(1594 << 8 | number) is Exchange.UNKNOWN
        assert divisor_of(1594 << 8 | number) == 100


def test_a_token_read_as_a_negative_word_has_its_segment_still() -> None:
    assert Exchange.of(0xFFFFFF03 - 2**32) is Exchange.CDS
    assert divisor_of(0xFFFFFF03 - 2**32) == 10_000_000


def test_the_tables_say_the_same_exactly_for_every_number() -> None:
    assert DIVISORS.tolist() == [divisor_of(number) for number in range(256)]
    assert DECIMALS.tolist() == [decimals_of(number) for number in range(256)]
