"""The server's text messages as readers get them: none so long that showing it would hold up a screen.

What is cut says so. The raw frame stays whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kitetui.feed.messages import BrokerMessage, FeedMessage, OrderUpdate, ServerError, UnknownMessage
from kitetui.wire import ErrorText, MessageText, OrderText, parse_text

LONGEST: Final = 4_096
"""Characters of one text, before the mark that it was cut."""

_FIELDS: Final = 256
"""Fields of an order; Kite's have about forty."""


def message_of(connection: int, text: str, now: int) -> FeedMessage:
    """Return the message that a text message is read as; never raises."""
    match parse_text(text):
        case OrderText(order) if len(order) <= _FIELDS:
            try:
                return OrderUpdate(connection, shortened(order), now)
            except RecursionError:
                return UnknownMessage(connection, cut(text), now)
        case ErrorText(said):
            return ServerError(connection, cut(said), now)
        case MessageText(said):
            return BrokerMessage(connection, cut(said), now)
    return UnknownMessage(connection, cut(text), now)


def cut(text: str) -> str:
    """Return a text, or its beginning with the mark that it was cut."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… [cut, {len(text):,} characters]"


def shortened(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an order whose texts are cut; lists and objects that are too long become their cut text."""
    return {cut(name): _shortened(value) for name, value in order.items()}


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, list | dict) and value:
        written = json.dumps(value, ensure_ascii=False)
        return value if len(written) <= LONGEST else cut(written)
    return value
