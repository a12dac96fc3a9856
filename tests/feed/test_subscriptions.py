"""The wanted symbols, and what is said on the wire to get them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.feed import CapacityError
from kitetui.feed.subscriptions import TOKENS_A_REQUEST, Subscriptions, apply_request, requests_to_follow
from kitetui.wire import Mode, Request, SetMode, Subscribe, Unsubscribe, encode_request
from tests.wire.packets import INFY, token

LTP, QUOTE, FULL = Mode


def tokens(count: int, start: int = 1) -> list[int]:
    return [token("NSE", number) for number in range(start, start + count)]


def subscriptions(connections: int = 3, each: int = 3000) -> Subscriptions:
    return Subscriptions(connections, each)


def sizes(wanted: Subscriptions) -> list[int]:
    return [len(one) for one in wanted.wanted]


def snapshot(wanted: Subscriptions) -> list[dict[int, Mode]]:
    return [dict(one) for one in wanted.wanted]


@pytest.mark.parametrize(
    ("count", "spread"), [(1, [1, 0, 0]), (2, [1, 1, 0]), (10, [4, 3, 3]), (9000, [3000] * 3)]
)
def test_symbols_are_spread_evenly(count: int, spread: list[int]) -> None:
    wanted = subscriptions()
    assert wanted.add(tokens(count), QUOTE) == {number for number in range(3) if spread[number]}
    assert sizes(wanted) == spread
    assert len(wanted) == count


def test_new_symbols_fill_the_holes_that_others_left() -> None:
    wanted = subscriptions()
    wanted.add(tokens(9), QUOTE)
    leaving = list(wanted.wanted[1])
    assert wanted.remove(leaving) == {1}
    assert sizes(wanted) == [3, 0, 3]
    assert wanted.add(tokens(3, start=100), QUOTE) == {1}
    assert sizes(wanted) == [3, 3, 3]


def test_every_symbol_is_on_one_connection_and_knows_it() -> None:
    wanted = subscriptions()
    wanted.add(tokens(10), FULL)
    for one in tokens(10):
        connection = wanted.connection_of(one)
        assert [number for number in range(3) if one in wanted.wanted[number]] == [connection]
        assert wanted.mode_of(one) is FULL
        assert one in wanted
    assert (wanted.connection_of(INFY), wanted.mode_of(INFY), INFY in wanted) == (None, None, False)


def test_what_does_not_fit_changes_nothing_and_names_the_numbers() -> None:
    wanted = subscriptions(connections=2, each=5)
    wanted.add(tokens(8), LTP)
    before = snapshot(wanted)
    with pytest.raises(CapacityError, match="3 more symbols do not fit: 8 of 10 are in use") as caught:
        wanted.add([*tokens(2), *tokens(3, start=100)], FULL)
    assert (caught.value.wanted, caught.value.used, caught.value.capacity) == (3, 8, 10)
    assert snapshot(wanted) == before


def test_symbols_wanted_already_take_no_room() -> None:
    wanted = subscriptions(connections=1, each=5)
    wanted.add(tokens(5), LTP)
    assert wanted.add(tokens(5), LTP) == set()
    assert sizes(wanted) == [5]


def test_a_symbol_named_twice_counts_once() -> None:
    wanted = subscriptions(connections=1, each=1)
    wanted.add([INFY, INFY], QUOTE)
    assert sizes(wanted) == [1]


@pytest.mark.parametrize("bad", [0, -1, 1594 << 8, 1594 << 8 | 200, 2**32 | 1])
def test_a_number_that_is_no_token_is_refused_and_changes_nothing(bad: int) -> None:
    wanted = subscriptions()
    wanted.add([INFY], QUOTE)
    with pytest.raises(ValueError, match=f"{bad} is no instrument token"):
        wanted.add([INFY, *tokens(2), bad], FULL)
    assert snapshot(wanted) == [{INFY: QUOTE}, {}, {}]


@pytest.mark.parametrize("bad", ["408065", 408065.0, None])
def test_what_is_no_number_is_a_type_error_and_changes_nothing(bad: Any) -> None:
    wanted = subscriptions()
    with pytest.raises(TypeError):
        wanted.add([INFY, bad], FULL)
    assert sizes(wanted) == [0, 0, 0]


def test_numbers_out_of_a_column_are_tokens_that_can_be_sent() -> None:
    wanted = subscriptions(connections=1)
    wanted.add(np.array([INFY, 5633]), QUOTE)
    (request,) = requests_to_follow({}, wanted.wanted[0])
    assert encode_request(request) == '{"a":"subscribe","v":[408065,5633]}'


def test_a_mode_may_be_its_plain_name_and_no_other() -> None:
    plain: Any = "full"  # what users of the official client pass
    unknown: Any = "max"
    wanted = subscriptions(connections=1)
    wanted.add([INFY], plain)
    assert list(requests_to_follow({INFY: QUOTE}, wanted.wanted[0])) == [SetMode(FULL, (INFY,))]
    assert wanted.set_mode([INFY], plain) == set()
    for change in (wanted.add, wanted.set_mode):
        with pytest.raises(ValueError, match="'max'"):
            change([INFY, 5633], unknown)
    assert snapshot(wanted) == [{INFY: FULL}]


def test_symbols_wanted_already_change_their_mode_unless_they_are_to_keep_it() -> None:
    wanted = subscriptions()
    wanted.add([INFY], LTP)
    wanted.add([INFY], FULL, keep_mode=True)
    assert wanted.mode_of(INFY) is LTP
    assert wanted.add([INFY], FULL) == {0}
    assert wanted.mode_of(INFY) is FULL


def test_only_connections_that_something_changes_for_are_concerned() -> None:
    wanted = subscriptions()
    wanted.add(tokens(3), LTP)
    second = next(iter(wanted.wanted[1]))
    assert wanted.set_mode([second, INFY], FULL) == {1}
    assert wanted.set_mode([second], FULL) == set()
    assert wanted.remove([second, second, INFY]) == {1}
    assert sizes(wanted) == [1, 0, 1]


def follow(on_wire: dict[int, Mode], wanted: dict[int, Mode]) -> list[Request]:
    """Send everything, one request after the other; `on_wire` becomes the server's state."""
    requests = []
    while (request := next(requests_to_follow(on_wire, wanted), None)) is not None:
        requests.append(request)
        apply_request(on_wire, request)
    return requests


def test_nothing_is_said_when_nothing_differs() -> None:
    assert follow({INFY: FULL}, {INFY: FULL}) == []


def test_leaving_comes_first_then_subscribing_then_modes() -> None:
    on_wire = {1: QUOTE, 2: LTP, 3: FULL}
    assert follow(on_wire, {2: FULL, 3: FULL, 4: QUOTE, 5: LTP}) == [
        Unsubscribe((1,)),
        Subscribe((4, 5)),
        SetMode(LTP, (5,)),
        SetMode(FULL, (2,)),
    ]
    assert on_wire == {2: FULL, 3: FULL, 4: QUOTE, 5: LTP}


def test_the_servers_own_mode_is_not_asked_for() -> None:
    assert follow({}, {INFY: QUOTE}) == [Subscribe((INFY,))]


def test_many_tokens_are_sent_in_chunks_each_token_once() -> None:
    wanted = dict.fromkeys(tokens(3000), FULL)
    requests = follow({}, wanted)
    assert [type(request) for request in requests] == [Subscribe] * 6 + [SetMode] * 6
    assert {len(request.tokens) for request in requests} == {TOKENS_A_REQUEST}
    for half in (requests[:6], requests[6:]):
        assert [one for request in half for one in request.tokens] == list(wanted)


states = st.dictionaries(st.integers(1, 30), st.sampled_from(Mode), max_size=20)


@given(states, states)
def test_what_is_yielded_leads_to_the_wanted_state_and_is_no_more_than_needed(
    on_wire: dict[int, Mode], wanted: dict[int, Mode]
) -> None:
    before = dict(on_wire)
    requests = follow(on_wire, wanted)
    assert on_wire == wanted
    for kind in (Subscribe, Unsubscribe, SetMode):
        named = [one for request in requests if isinstance(request, kind) for one in request.tokens]
        assert len(named) == len(set(named))
        if kind is Subscribe:
            assert set(named) == wanted.keys() - before.keys()
        if kind is Unsubscribe:
            assert set(named) == before.keys() - wanted.keys()


@given(states, states, states, st.integers(0, 5))
def test_the_wanted_state_may_change_between_two_requests(
    on_wire: dict[int, Mode], wanted: dict[int, Mode], later: dict[int, Mode], sent: int
) -> None:
    for _ in range(sent):
        request = next(requests_to_follow(on_wire, wanted), None)
        if request is not None:
            apply_request(on_wire, request)
    follow(on_wire, later)
    assert on_wire == later


operations = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "mode"]),
        st.sets(st.sampled_from(tokens(12))),
        st.sampled_from(Mode),
    ),
    max_size=12,
)


@given(operations)
def test_any_changes_leave_every_symbol_in_its_mode_on_one_connection_within_its_limit(
    changes: list[tuple[str, set[int], Mode]],
) -> None:
    wanted, expected = subscriptions(connections=3, each=3), dict[int, Mode]()
    for kind, some, mode in changes:
        if kind == "add" and len(expected.keys() | some) > 9:
            with pytest.raises(CapacityError):
                wanted.add(some, mode)
        elif kind == "add":
            wanted.add(some, mode)
            expected |= dict.fromkeys(some, mode)
        elif kind == "remove":
            wanted.remove(some)
            expected = {one: mode for one, mode in expected.items() if one not in some}
        else:
            wanted.set_mode(some, mode)
            expected |= dict.fromkeys(some & expected.keys(), mode)
    merged = [item for one in wanted.wanted for item in one.items()]
    assert dict(merged) == expected
    assert len(merged) == len(expected)
    assert max(sizes(wanted)) <= 3


def test_a_token_that_stays_has_the_mode_that_it_was_given_on_the_way() -> None:
    wanted = subscriptions(2)
    wanted.add([INFY], QUOTE, [0])
    wanted.move([INFY], 1)
    wanted.set_mode([INFY], FULL)
    assert wanted.stay([INFY]) == {0, 1}
    assert snapshot(wanted) == [{INFY: FULL}, {}]
    assert wanted.connection_of(INFY) == 0


def test_a_token_that_moves_has_its_new_mode_on_both_connections() -> None:
    wanted = Subscriptions(2, 10)
    wanted.add([INFY], QUOTE, [0])
    wanted.move([INFY], 1)
    assert wanted.set_mode([INFY], FULL) == {0, 1}
    assert [dict(each) for each in wanted.wanted] == [{INFY: FULL}, {INFY: FULL}]
    wanted.leave([INFY])
    assert wanted.set_mode([INFY], LTP) == {1}


def test_what_is_wanted_is_told_with_its_connection_and_the_answer_is_the_callers() -> None:
    subscriptions = Subscriptions(2, 1)
    subscriptions.add([408065, 2953217], Mode.LTP)
    told = subscriptions.connections()
    assert told == {token: subscriptions.connection_of(token) for token in (408065, 2953217)}
    told.clear()
    assert len(subscriptions) == 2
