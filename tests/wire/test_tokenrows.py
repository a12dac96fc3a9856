"""Rows of tokens: one numbering, however they are asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kitetui.wire.tokenrows import TokenRows

TOKENS = st.lists(st.integers(1, 2**32 - 1), max_size=200)


@given(st.lists(TOKENS, max_size=6))
def test_a_token_keeps_the_row_that_it_got_first(parts: list[list[int]]) -> None:
    rows = TokenRows()
    expected: dict[int, int] = {}
    for tokens in parts:
        for token in tokens:
            expected.setdefault(token, len(expected))
        found = rows.of(np.array(tokens, dtype=np.uint32))
        assert found.tolist() == [expected[token] for token in tokens]
        assert len(rows) == len(expected)
    everything = [token for tokens in parts for token in tokens]
    assert rows.get_all(everything).tolist() == [expected[token] for token in everything]


def test_a_token_that_has_no_row_gets_none_by_being_asked_for() -> None:
    rows = TokenRows()
    rows.add([408065, 408065, 257])
    assert (rows.get(257), rows.get(513), 513 in rows, 257 in rows) == (1, None, False, True)
    assert rows.get_all([513, 408065]).tolist() == [-1, 0]
    assert len(rows) == 2


def test_many_tokens_at_once_get_rows_though_some_of_them_are_known() -> None:
    rows = TokenRows()
    rows.add(range(100, 200))
    found = rows.of(np.arange(150, 250, dtype=np.uint32))
    assert found.tolist() == [*range(50, 100), *range(100, 150)]
