"""The server's text messages."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.wire import (
    ErrorText,
    MessageText,
    OrderText,
    TextMessage,
    UnknownText,
    encode_error,
    encode_message,
    encode_order,
    parse_text,
)

ORDER = {"order_id": "220303000308932", "status": "COMPLETE", "price": 0, "meta": {}, "tag": None}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
almost_messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["order", "error", "message", "news"]) | json_values, "data": json_values}
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"order","data":{"order_id":"1"}}', OrderText({"order_id": "1"})),
        ('{"type":"error","data":"Rejected"}', ErrorText("Rejected")),
        ('{"type":"message","data":"Bell at 9:15"}', MessageText("Bell at 9:15")),
        ('{"type":"message","data":"₹ 100","id":7}', MessageText("₹ 100")),
    ],
)
def test_the_known_types_are_read(text: str, message: TextMessage) -> None:
    assert parse_text(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "null",
        "[]",
        "{}",
        '{"type":"order"}',
        '{"type":"order","data":"1"}',
        '{"type":"news","data":"x"}',
        '{"type":null,"data":1}',
        "[" * 100_000,
    ],
)
def test_what_is_not_known_is_kept_whole(text: str) -> None:
    assert parse_text(text) == UnknownText(text)


def test_an_error_that_is_no_string_is_kept_as_its_json() -> None:
    assert parse_text('{"type":"error","data":{"code":429}}') == ErrorText('{"code": 429}')
    assert parse_text('{"type":"message","data":null}') == MessageText("null")


@pytest.mark.parametrize("kind", ["error", "message", "order", "news"])
def test_nesting_of_any_depth_is_no_trouble(kind: str) -> None:
    for depth in (*range(900, 1000), 10_000, 100_000):
        parse_text(f'{{"type":"{kind}","data":' + "[" * depth + "]" * depth + "}")


def test_messages_are_read_as_they_were_written() -> None:
    assert parse_text(encode_order(ORDER)) == OrderText(ORDER)
    assert parse_text(encode_error("Can't subscribe to more than 3000 instruments.")) == ErrorText(
        "Can't subscribe to more than 3000 instruments."
    )
    assert parse_text(encode_message("₹")) == MessageText("₹")


@given(st.text())
def test_any_notice_is_read_as_it_was_written(text: str) -> None:
    assert parse_text(encode_message(text)) == MessageText(text)
    assert parse_text(encode_error(text)) == ErrorText(text)


@given(st.text() | almost_messages.map(json.dumps) | json_values.map(json.dumps))
def test_any_text_at_all_is_some_message(text: str) -> None:
    assert isinstance(parse_text(text), OrderText | ErrorText | MessageText | UnknownText)
