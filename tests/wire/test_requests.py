"""Requests, written as the official clients write them and read with suspicion."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.wire import (
    Mode,
    Request,
    RequestError,
    SetMode,
    Subscribe,
    Unsubscribe,
    encode_request,
    parse_request,
)

tokens = st.lists(st.integers(1, 2**32 - 1), max_size=5).map(tuple)
requests = (
    st.builds(Subscribe, tokens)
    | st.builds(Unsubscribe, tokens)
    | st.builds(SetMode, st.sampled_from(Mode), tokens)
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["full", "subscribe", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "v"]), inner),
    max_leaves=8,
)
almost_requests = st.fixed_dictionaries(
    {"a": st.sampled_from(["subscribe", "unsubscribe", "mode"]) | json_values, "v": json_values}
)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (Subscribe((408065,)), '{"a":"subscribe","v":[408065]}'),
        (Unsubscribe((408065, 5633)), '{"a":"unsubscribe","v":[408065,5633]}'),
        (SetMode(Mode.FULL, (408065,)), '{"a":"mode","v":["full",[408065]]}'),
    ],
)
def test_a_request_is_written_as_kite_documents_it(request_: Request, text: str) -> None:
    assert encode_request(request_) == text
    assert parse_request(text) == request_


def test_a_request_in_bytes_is_read_too() -> None:
    assert parse_request(b'{"v": [1], "a": "subscribe", "more": null}') == Subscribe((1,))


@given(requests)
def test_any_request_is_read_as_it_was_written(request_: Request) -> None:
    assert parse_request(encode_request(request_)) == request_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"subscribe"',
        "{}",
        '{"a":"subscribe"}',
        '{"a":"subscribe","v":408065}',
        '{"a":"subscribe","v":"408065"}',
        '{"a":"subscribe","v":{"408065":1}}',
        '{"a":"mode","v":["full"]}',
        '{"a":"mode","v":["max",[408065]]}',
        '{"a":"mode","v":[null,[408065]]}',
        '{"a":"order","v":[408065]}',
        b"\xff\xfe\x00",
        "[" * 100_000,
        '{"a":"subscribe","v":[' + "9" * 5000 + "]}",
    ],
)
def test_what_is_no_request_is_a_request_error(text: str | bytes) -> None:
    with pytest.raises(RequestError):
        parse_request(text)


@pytest.mark.parametrize("token", ['"408065"', "408065.0", "true", "null", "0", "-1", "4294967296", "[1]"])
def test_tokens_must_be_numbers_of_32_bits(token: str) -> None:
    for text in (f'{{"a":"subscribe","v":[5633,{token}]}}', f'{{"a":"mode","v":["ltp",[{token}]]}}'):
        with pytest.raises(RequestError, match="tokens must be numbers"):
            parse_request(text)


@given(st.text() | st.binary() | almost_requests.map(json.dumps) | json_values.map(json.dumps))
def test_any_text_is_a_request_or_a_request_error(text: str | bytes) -> None:
    with suppress(RequestError):
        assert isinstance(parse_request(text), Subscribe | Unsubscribe | SetMode)
