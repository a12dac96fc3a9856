"""Messages are whole, of the kind that was asked for, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.bench.frames import frames_of_kind, frames_of_shares
from kitetui.instruments.builtin import simulated_shares
from kitetui.wire import decode_frames
from kitetui.wire.layout import FULL, INDEX_FULL, LAST_QUANTITY, LTP, QUOTE, TOKEN


@pytest.mark.parametrize(("kind", "length"), [("full", FULL), ("quote", QUOTE), ("ltp", LTP)])
def test_a_kind_has_packets_of_one_length(kind: str, length: int) -> None:
    batch = decode_frames(frames_of_kind(kind, 7, 11, symbols=50))
    assert not batch.errors
    assert set(batch.lengths.tolist()) == {length}
    assert np.bincount(batch.frames).tolist() == [7] * 11


def test_mixed_messages_have_every_kind_in_its_share() -> None:
    batch = decode_frames(frames_of_kind("mixed", 100, 100, symbols=200))
    assert not batch.errors
    shares = {length: float((batch.lengths == length).mean()) for length in (FULL, QUOTE, LTP, INDEX_FULL)}
    assert shares == pytest.approx({FULL: 0.60, QUOTE: 0.20, LTP: 0.15, INDEX_FULL: 0.05}, abs=0.02)
    assert ((batch.lengths == INDEX_FULL) == ~batch["tradable"]).all()


def test_the_same_is_made_each_time() -> None:
    assert frames_of_kind("mixed", 10, 10, symbols=50) == frames_of_kind("mixed", 10, 10, symbols=50)


def test_shares_tick_in_no_order_and_leave_room_for_a_time() -> None:
    shares = list(simulated_shares(40))
    batch = decode_frames(frames_of_shares(shares, 20, ticks=400))
    assert len(batch) == 400
    assert set(batch.words[:, TOKEN].tolist()) == {each.instrument_token for each in shares}
    assert (np.diff(batch.words[:40, TOKEN]) < 0).any()
    assert not batch.words[:, LAST_QUANTITY].any()
