"""Messages taken apart, cut and put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.replay.market import Subscribed, cut, join, places_left, split, ticks_in
from kitetui.wire import Mode, SetMode, Subscribe, decode_frame
from kitetui.wire.layout import LAST_PRICE
from tests.replay.recordings import INFY, NIFTY, SBIN, full, index
from tests.wire.packets import FULL, INDEX_FULL, INDEX_QUOTE, LENGTHS, LTP, QUOTE, frame, packet


def test_a_message_is_put_together_as_it_was() -> None:
    message = frame(*(packet(length) for length in LENGTHS), full(2**32 - 1, -5))
    found = split(message)
    assert found is not None
    assert list(map(len, found.packets)) == [*LENGTHS, FULL]
    assert found.tokens == [INFY] * len(LENGTHS) + [2**32 - 1]
    assert join(found.packets) == message


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 100, 187, 188, 373])
def test_a_message_that_ends_early_is_not_taken_apart(size: int) -> None:
    message = frame(full(INFY, 1), full(NIFTY, 2))
    assert split(message[:size]) is None


def test_a_message_with_more_than_it_counts_is_not_taken_apart() -> None:
    assert split(frame(full(INFY, 1)) + b"\0") is None


def test_a_packet_without_room_for_a_token_is_not_taken_apart() -> None:
    assert split(frame(b"abc")) is None
    assert split(frame(b"abc", full(INFY, 1))) is None


CUTS = {
    Mode.LTP: {LTP: LTP, INDEX_QUOTE: LTP, INDEX_FULL: LTP, QUOTE: LTP, FULL: LTP, 200: 200},
    Mode.QUOTE: {LTP: LTP, INDEX_QUOTE: INDEX_QUOTE, INDEX_FULL: INDEX_QUOTE, QUOTE: QUOTE, FULL: QUOTE},
    Mode.FULL: {length: length for length in (*LENGTHS, 200)},
}


@pytest.mark.parametrize("mode", Mode)
def test_each_mode_cuts_what_is_richer(mode: Mode) -> None:
    for length, left in CUTS[mode].items():
        whole = bytes(range(length))
        assert cut(whole, mode) == whole[:left]


def test_what_is_cut_has_the_values_of_the_whole() -> None:
    assert cut(index(7), Mode.LTP) == packet(LTP, instrument_token=NIFTY, last_price=7)
    assert cut(full(INFY, 7), Mode.QUOTE) == packet(QUOTE, last_price=7, volume_traded=7)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*LENGTHS, 0, 100, 200]), st.booleans(), st.booleans(), st.sampled_from(Mode)
        ),
        max_size=12,
    )
)
def test_the_ticks_that_are_left_keep_their_marks(drawn: list[tuple[int, bool, bool, Mode]]) -> None:
    """Each packet has its number as its price: one of unknown length has none, and is no tick."""
    packets = [
        packet(length, last_price=number) if length in LENGTHS else INFY.to_bytes(4) + bytes(length)
        for number, (length, *_) in enumerate(drawn)
    ]
    ticks = [number for number, (length, *_) in enumerate(drawn) if length in LENGTHS]
    places = [place for place, number in enumerate(ticks) if drawn[number][1]]
    chosen = [number for number, (_, _, is_left, _) in enumerate(drawn) if is_left]
    left = decode_frame(join([cut(packets[number], drawn[number][3]) for number in chosen]))
    numbers = left.words[:, LAST_PRICE].tolist()
    assert len(left) == ticks_in([packets[number] for number in chosen])
    marked = [numbers[place] for place in places_left(places, packets, chosen)]
    assert marked == [number for number in numbers if drawn[number][1]]


@pytest.mark.parametrize(
    ("tokens", "places"),
    [
        ((INFY, SBIN, NIFTY), (2, 3)),
        ((INFY, NIFTY), (2,)),
        ((SBIN, NIFTY), (1,)),
        ((INFY, SBIN), (1, 2)),
        ((SBIN,), (0,)),
        ((NIFTY,), ()),
    ],
)
@pytest.mark.parametrize("mode", Mode)
def test_marks_are_places_in_what_is_subscribed(
    tokens: tuple[int, ...], places: tuple[int, ...], mode: Mode
) -> None:
    strange = INFY.to_bytes(4, "big") + bytes(200)
    message = frame(strange, full(INFY, 1), index(2), full(INFY, 3), full(SBIN, 4))
    subscribed = Subscribed()
    subscribed.apply(Subscribe(tokens))
    subscribed.apply(SetMode(mode, tokens))
    packets = split(message)
    assert packets is not None
    part = subscribed.part_of(message, packets, (2, 3))
    assert part is not None
    assert part[1] == places
