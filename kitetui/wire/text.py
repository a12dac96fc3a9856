"""The server's text messages: JSON `{"type": …, "data": …}`, read and written here.

What is not understood is kept whole as `UnknownText`: nothing that the server says is thrown away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderText:
    """An order of the account changed; `order` is Kite's order object, every field of it."""

    order: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorText:
    """The server refuses something, in its own words."""

    text: str


@dataclass(frozen=True, slots=True)
class MessageText:
    """A notice from the broker."""

    text: str


@dataclass(frozen=True, slots=True)
class UnknownText:
    """A text message of no known type, as it came."""

    text: str


TextMessage = OrderText | ErrorText | MessageText | UnknownText


def parse_text(text: str) -> TextMessage:
    """Read a text message; never raises."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return UnknownText(text)
    match message:
        case {"type": "order", "data": dict(order)}:
            return OrderText(order)
        case {"type": "error", "data": data}:
            return ErrorText(_plain(data))
        case {"type": "message", "data": data}:
            return MessageText(_plain(data))
    return UnknownText(text)


def encode_order(order: Mapping[str, Any]) -> str:
    """Return the text message of an order update."""
    return _encode("order", dict(order))


def encode_error(text: str) -> str:
    """Return the text message of an error."""
    return _encode("error", text)


def encode_message(text: str) -> str:
    """Return the text message of a broker's notice."""
    return _encode("message", text)


def _encode(kind: str, data: object) -> str:
    return json.dumps({"type": kind, "data": data}, separators=(",", ":"), ensure_ascii=False)


def _plain(data: object) -> str:
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
