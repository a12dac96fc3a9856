"""The server's texts, as long as they may be."""

from __future__ import annotations

import json

import pytest

from kitetui.feed import (
    BrokerMessage,
    OrderUpdate,
    RawFrame,
    ServerError,
    UnknownMessage,
)
from kitetui.feed.batcher import LONGEST, message_of
from kitetui.wire import encode_error, encode_message, encode_order
from tests.feed.helpers import manager_on, next_of, running
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY

LONG = "x" * 1_000_000
CUT = f"{'x' * LONGEST}… [cut, 1,000,000 characters]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (encode_error(LONG), ServerError(0, CUT, 7)),
        (encode_message(LONG), BrokerMessage(0, CUT, 7)),
        (LONG, UnknownMessage(0, CUT, 7)),
        (encode_error("x" * LONGEST), ServerError(0, "x" * LONGEST, 7)),
        (encode_order({"status": LONG, "quantity": 5}), OrderUpdate(0, {"status": CUT, "quantity": 5}, 7)),
        (encode_order({LONG: None}), OrderUpdate(0, {CUT: None}, 7)),
        (encode_order({"meta": {"a": [1]}, "tags": []}), OrderUpdate(0, {"meta": {"a": [1]}, "tags": []}, 7)),
    ],
    ids=["error", "notice", "unknown", "long enough", "order", "field", "short order"],
)
def test_what_is_too_long_is_cut_and_says_so(text: str, message: object) -> None:
    assert message_of(0, text, 7) == message


def test_what_is_nested_in_an_order_has_the_same_limit() -> None:
    message = message_of(0, encode_order({"meta": {"a": LONG}}), 7)
    assert isinstance(message, OrderUpdate)
    assert message.order["meta"].startswith('{"a": "xxx')
    assert message.order["meta"].endswith("… [cut, 1,000,009 characters]")


def test_an_order_with_thousands_of_fields_is_none() -> None:
    text = encode_order({str(number): number for number in range(100_000)})
    message = message_of(0, text, 7)
    assert isinstance(message, UnknownMessage)
    assert len(message.text) < LONGEST + 100


@pytest.mark.parametrize("depth", [100, 900, 985, 990, 995, 2_000, 100_000])
def test_no_depth_of_nesting_raises(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    for kind in ("error", "order", "message"):
        data = f'{{"a": {nested}}}' if kind == "order" else nested
        message_of(0, f'{{"type": "{kind}", "data": {data}}}', 7)


async def test_the_raw_frame_of_a_text_that_was_cut_stays_whole(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager):
        full = manager.full_stream()
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(encode_error(LONG))
        raw = await next_of(full, RawFrame, lambda each: not each.sent)
        assert json.loads(raw.data)["data"] == LONG
        assert (await next_of(full, ServerError)).text == CUT
