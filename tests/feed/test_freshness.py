"""Which packets may be the server's answer: the mark, by what was asked for and what came before."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.feed.freshness import Freshness
from kitetui.feed.lastpackets import LastPackets
from kitetui.wire import Mode, Request, SetMode, Subscribe, TickBatch, Unsubscribe, decode_frame
from kitetui.wire.tokenrows import tokens_of
from tests.wire.packets import FULL, INDEX_FULL, INDEX_QUOTE, INFY, QUOTE, frame, ltp, packet, token

TCS: Final = 2953217
NIFTY: Final = token("INDICES", 1001)

NINE: Final = 1_800_000_000
"""An exchange's time, UTC seconds, while the stopwatch shows 0."""


class Session:
    """A session of one connection: requests go out, pings come back, packets come in."""

    def __init__(self) -> None:
        self.last = LastPackets()
        self.freshness = Freshness(self.last)
        self.at = 0.0

    def asks(self, *requests: Request) -> None:
        for request in requests:
            self.freshness.asked(request, self.at)

    def subscribes(self, *tokens: int, mode: Mode = Mode.QUOTE) -> None:
        self.asks(Subscribe(tokens))
        if mode is not Mode.QUOTE:
            self.asks(SetMode(mode, tokens))

    def waits(self) -> None:
        """Wait until no answer can be on its way any more."""
        for _ in range(2):
            self.at += 5
            self.freshness.pinged(self.at)

    def marks(self, *packets: bytes) -> list[bool]:
        """Receive packets in one message; return the mark of each."""
        batch: TickBatch = decode_frame(frame(*packets))
        rows = self.last.rows_of(tokens_of(batch))
        marks = self.freshness.marks(rows, batch, self.at)
        self.last.note(rows, batch, np.zeros(len(batch), dtype=np.int64), marks, self.at)
        return [False] * len(batch) if marks is None else marks.tolist()

    def mark(self, data: bytes) -> bool:
        """Receive a packet by itself; return its mark."""
        (mark,) = self.marks(data)
        return mark


@pytest.fixture
def session() -> Session:
    """A session that begins."""
    return Session()


def quote(price: int, volume: int = 0, of: int = INFY) -> bytes:
    return packet(QUOTE, instrument_token=of, last_price=price, volume_traded=volume)


def full(price: int, volume: int = 0, *, second: int = 0, of: int = INFY, **others: Any) -> bytes:
    """A full packet; `second` is its exchange time in seconds after nine."""
    return packet(
        FULL,
        instrument_token=of,
        last_price=price,
        volume_traded=volume,
        exchange_timestamp=NINE + second,
        **others,
    )


def test_what_answers_a_subscribe_is_marked_and_what_differs_from_it_is_news(session: Session) -> None:
    session.subscribes(INFY)
    assert session.marks(quote(100), quote(101), quote(102)) == [True, False, False]


def test_both_packets_of_a_server_that_answers_subscribe_and_mode_are_marked(session: Session) -> None:
    session.subscribes(INFY, mode=Mode.FULL)
    assert session.marks(quote(100, 7), full(100, 7), full(101, 8)) == [True, True, False]


def test_a_server_that_sends_its_answer_again_and_again_is_not_believed(session: Session) -> None:
    session.subscribes(INFY, mode=Mode.FULL)
    assert session.marks(*[full(100)] * 5) == [True] * 5
    session.waits()
    assert session.marks(*[full(100)] * 5) == [True] * 5


def test_what_nobody_asked_for_is_no_answer(session: Session) -> None:
    assert not session.mark(ltp(100))


def test_a_change_of_mode_makes_the_next_packet_doubtful_whether_it_is_answered_or_not(
    session: Session,
) -> None:
    session.subscribes(INFY)
    session.marks(quote(100), quote(101))
    session.waits()
    assert session.marks(quote(102)) == [False]
    session.asks(SetMode(Mode.FULL, (INFY,)))
    assert session.marks(full(102), full(103)) == [True, False]
    session.asks(SetMode(Mode.LTP, (INFY,)))
    assert session.marks(ltp(104), ltp(104)) == [False, True]


def test_a_proven_token_may_repeat_itself_and_carries_no_mark_until_the_next_request(
    session: Session,
) -> None:
    session.subscribes(INFY, TCS)
    session.marks(quote(100), quote(500, of=TCS))
    session.waits()
    assert session.marks(quote(101), quote(101), quote(500, of=TCS), quote(101)) == [
        False,
        False,
        True,
        False,
    ]
    session.asks(SetMode(Mode.FULL, (INFY,)))
    assert session.marks(quote(101), quote(500, of=TCS)) == [True, True]


def test_packets_in_flight_are_news_and_the_answer_that_repeats_the_last_of_them_is_not(
    session: Session,
) -> None:
    session.subscribes(INFY)
    session.marks(quote(100), quote(101))
    session.waits()
    session.mark(quote(102))
    session.asks(SetMode(Mode.FULL, (INFY,)))
    assert session.marks(quote(103), quote(104), full(104), full(105)) == [False, False, True, False]


def test_a_packet_that_goes_back_in_time_is_no_news(session: Session) -> None:
    session.subscribes(INFY, mode=Mode.FULL)
    session.marks(quote(100, 10), quote(101, 12))
    assert session.mark(quote(99, 11))
    session.waits()
    session.mark(full(99, 13, second=20))
    session.asks(SetMode(Mode.FULL, (INFY,)))
    assert session.marks(full(98, 13, second=19)) == [True]


def test_an_ltp_packet_shares_only_its_price_with_others(session: Session) -> None:
    session.subscribes(INFY, mode=Mode.LTP)
    session.marks(ltp(100))
    session.waits()
    session.marks(ltp(101))
    session.asks(SetMode(Mode.FULL, (INFY,)))
    assert session.marks(full(101, 900, second=1)) == [True]


def test_what_a_poorer_mode_does_not_carry_proves_nothing_while_a_request_is_on_its_way(
    session: Session,
) -> None:
    session.subscribes(INFY, mode=Mode.FULL)
    session.marks(full(100, 10))
    session.waits()
    session.mark(full(100, 11))
    session.asks(SetMode(Mode.LTP, (INFY,)), SetMode(Mode.FULL, (INFY,)))
    assert session.mark(full(100, 15)), "the volume changed while nothing told of it"
    session.waits()
    assert not session.mark(full(100, 16))


def test_pings_that_are_answered_while_nothing_comes_say_nothing_of_an_answer(session: Session) -> None:
    session.subscribes(INFY, TCS, mode=Mode.FULL)
    session.marks(full(100, 10), full(500, of=TCS))
    session.waits()
    session.mark(full(100, 11))
    session.asks(SetMode(Mode.LTP, (INFY,)), SetMode(Mode.FULL, (INFY,)))
    session.waits()
    assert session.mark(full(100, 15)), "it was held back, with all else"
    session.asks(SetMode(Mode.LTP, (INFY,)), SetMode(Mode.FULL, (INFY,)))
    session.mark(full(501, of=TCS))
    session.waits()
    assert not session.mark(full(100, 16))


def test_the_answer_to_a_second_subscribe_may_differ_from_what_was_in_flight(session: Session) -> None:
    session.subscribes(INFY)
    session.marks(quote(100), quote(101))
    session.waits()
    session.mark(quote(102))
    session.asks(Unsubscribe((INFY,)), Subscribe((INFY,)))
    assert session.marks(quote(103), quote(107)) == [True, True]
    session.waits()
    assert session.marks(quote(107), quote(108)) == [True, False]


def test_an_illiquid_option_proves_itself_at_its_first_trade_hours_later(session: Session) -> None:
    session.subscribes(INFY)
    session.mark(quote(100))
    for _ in range(1000):
        session.waits()
        assert session.mark(quote(100))
    assert not session.mark(quote(100, 1))
    assert not session.mark(quote(100, 1))


@pytest.mark.parametrize("clock", [0, 300, -300, 86_400], ids="right ahead behind tomorrow".split())
def test_an_exchange_time_later_than_any_answer_proves_whatever_the_machines_clock_shows(
    session: Session, clock: int
) -> None:
    session.at = clock
    session.subscribes(INFY, TCS, mode=Mode.FULL)
    session.marks(full(500, of=TCS, second=0))
    session.at += 1
    assert not session.mark(full(501, of=TCS, second=1)), "the exchange's clock is known from now on"
    session.waits()
    over = round(session.at) - clock
    assert session.mark(full(100, second=over)), "made before the last answer can have come"
    assert not session.mark(full(100, second=over + 2))


def test_no_exchange_time_proves_anything_before_the_exchanges_clock_is_known(session: Session) -> None:
    session.subscribes(INFY, mode=Mode.FULL)
    session.waits()
    assert session.mark(full(100, second=10_000))


def test_an_exchange_time_after_the_request_may_still_be_an_answers(session: Session) -> None:
    session.subscribes(INFY, TCS, mode=Mode.FULL)
    session.marks(full(500, of=TCS, second=0), full(501, of=TCS, second=0))
    assert session.mark(full(100, second=3)), "it changed while the request was on its way"


@pytest.mark.parametrize("length", [INDEX_QUOTE, INDEX_FULL])
def test_an_index_proves_itself_by_any_of_its_fields(session: Session, length: int) -> None:
    session.subscribes(NIFTY, mode=Mode.FULL)
    before = packet(length, instrument_token=NIFTY, last_price=100, high=120)
    after = packet(length, instrument_token=NIFTY, last_price=100, high=121)
    assert session.marks(before, before, after) == [True, True, False]


def test_tokens_are_judged_one_by_one_in_a_message_of_many(session: Session) -> None:
    session.subscribes(INFY, TCS)
    marks = session.marks(quote(1), quote(2, of=TCS), quote(1), quote(3, of=TCS), quote(2), ltp(9, of=NIFTY))
    assert marks == [True, True, True, False, False, False]


def test_more_tokens_than_there_was_room_for_at_first_keep_what_is_known_of_each(session: Session) -> None:
    many = [token("NSE", number) for number in range(2000, 5000)]
    session.subscribes(INFY)
    session.mark(quote(100))
    session.subscribes(*many)
    assert session.mark(quote(100))
    assert session.marks(*(quote(7, of=each) for each in many)) == [True] * 3000
    assert session.marks(*(quote(8, of=each) for each in many), quote(101)) == [False] * 3001


def test_answers_out_of_two_stores_that_differ_are_both_older_than_the_request(session: Session) -> None:
    session.subscribes(TCS, mode=Mode.FULL)
    session.marks(full(500, of=TCS, second=0))
    session.at += 100
    session.mark(full(501, of=TCS, second=100))
    session.subscribes(INFY, mode=Mode.FULL)
    assert session.marks(full(90, 5, second=-86_400), full(95, 9, second=40), full(96, 10, second=101)) == [
        True,
        True,
        False,
    ]


def test_what_is_older_than_the_request_is_news_once_no_answer_can_come(session: Session) -> None:
    session.subscribes(TCS, INFY, mode=Mode.FULL)
    session.marks(full(500, of=TCS, second=0), full(501, of=TCS, second=0), full(90, 5, second=-600))
    session.waits()
    assert not session.mark(full(91, 6, second=-500))


PRICES: Final = st.integers(1, 2)
VOLUMES: Final = st.integers(0, 2)
EVENTS: Final = st.one_of(
    st.just("subscribe"),
    st.sampled_from(list(Mode)),
    st.just("ping"),
    st.builds(ltp, PRICES),
    st.builds(quote, PRICES, VOLUMES),
    st.builds(full, PRICES, VOLUMES, second=st.integers(-3, 60)),
)
"""Requests, answered pings, and packets."""


@given(st.lists(EVENTS, max_size=30))
def test_a_packet_has_the_same_mark_alone_and_among_others(events: list[Any]) -> None:
    alone, among = Session(), Session()
    for each in (alone, among):
        each.subscribes(INFY, TCS)
    for event in events:
        match event:
            case "subscribe":
                for each in (alone, among):
                    each.subscribes(INFY)
            case Mode():
                for each in (alone, among):
                    each.asks(SetMode(event, (INFY,)))
            case "ping":
                for each in (alone, among):
                    each.at += 5
                    each.freshness.pinged(each.at)
            case _:
                assert among.marks(ltp(1, of=TCS), event) == [True, alone.mark(event)]
