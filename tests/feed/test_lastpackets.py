"""The feed's own memory of each token: its last packet, when it came, and when it last was news."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.feed.lastpackets import LastPackets
from kitetui.wire import decode_frame
from kitetui.wire.layout import LAST_PRICE, TOKEN
from tests.wire.packets import INFY, LTP, QUOTE, frame, ltp, packet, token

TCS = 2953217


@pytest.fixture
def last() -> LastPackets:
    """The memory of a connection that begins."""
    return LastPackets()


def note(last: LastPackets, *packets: bytes, at: int = 1, marks: list[bool] | None = None) -> None:
    """Receive packets at a moment: seconds of the stopwatch, and nanoseconds of the day."""
    batch = decode_frame(frame(*packets))
    rows = last.rows_of(np.ascontiguousarray(batch.words[:, TOKEN]).view(np.uint32))
    received_at = np.full(len(batch), at, dtype=np.int64)
    last.note(rows, batch, received_at, None if marks is None else np.array(marks), float(at))


@pytest.mark.parametrize("others", [0, 1, 200])
def test_of_each_token_the_last_packet_stays(last: LastPackets, others: int) -> None:
    note(last, packet(QUOTE, last_price=1))
    note(
        last,
        *(ltp(7, of=token("NSE", number)) for number in range(2000, 2000 + others)),
        ltp(2),
        ltp(3),
        at=5,
    )
    (row,) = last.rows_of(np.array([INFY], dtype=np.uint32)).tolist()
    assert (last.words[row, LAST_PRICE], last.lengths[row]) == (3, LTP)
    assert (last.ticked_at(INFY), last.news_at[row], last.last_news) == (5, 5.0, 5.0)


def test_a_new_session_has_no_packets_and_remembers_when_tokens_ticked(last: LastPackets) -> None:
    note(last, ltp(1))
    last.began()
    (row,) = last.rows_of(np.array([INFY], dtype=np.uint32)).tolist()
    assert (last.lengths[row], last.ticked_at(INFY)) == (0, 1)


def test_a_tick_says_by_its_number_whether_it_came_before_its_token_was_subscribed(last: LastPackets) -> None:
    last.subscribed([INFY, TCS], 7)
    assert [last.is_since_subscribed(INFY, number) for number in (6, 7, 8)] == [False, True, True]
    last.subscribed([INFY], 9)
    assert [last.is_since_subscribed(each, 8) for each in (INFY, TCS, 257)] == [False, True, False]


def test_answers_are_ticks_and_no_news(last: LastPackets) -> None:
    note(last, ltp(1), marks=[True])
    assert (last.ticked_at(INFY), last.last_news) == (1, None)
    note(last, ltp(1), ltp(1, of=TCS), at=2, marks=[True, False])
    rows = last.rows_of(np.array([INFY, TCS], dtype=np.uint32))
    assert last.news_at[rows].tolist() == [-np.inf, 2.0]
    assert last.last_news == 2.0


def test_ticks_that_are_forgotten_have_never_been(last: LastPackets) -> None:
    note(last, ltp(1), ltp(1, of=TCS))
    assert last.have_ticked([INFY, TCS])
    last.forget_ticks([INFY, 7])
    assert (last.ticked_at(INFY), last.ticked_at(TCS), last.have_ticked([INFY])) == (None, 1, False)
    assert last.have_ticked([])
