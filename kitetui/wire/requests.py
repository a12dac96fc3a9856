"""What a client sends: JSON text, written and read here.

Kite acknowledges nothing; tokens must be JSON numbers, and the mode after a bare subscribe is `quote`.

The server's text messages are JSON too, `{"type": …, "data": …}`. What is not understood is kept whole as
`UnknownText`: nothing that the server says is thrown away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kitetui.wire.layout import Mode

_MAX_TOKEN = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Ask for these tokens."""

    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Ask for these tokens no longer."""

    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SetMode:
    """Ask for these subscribed tokens in another mode."""

    mode: Mode
    tokens: tuple[int, ...]


Request = Subscribe | Unsubscribe | SetMode


class RequestError(ValueError):
    """A message that is no request; its text is fit to be sent back."""


def encode_request(request: Request) -> str:
    """Return the JSON text of a request."""
    match request:
        case Subscribe(tokens):
            return _message("subscribe", list(tokens))
        case Unsubscribe(tokens):
            return _message("unsubscribe", list(tokens))
        case SetMode(mode, tokens):
            return _message("mode", [str(mode), list(tokens)])


def parse_request(text: str | bytes) -> Request:
    """Read a request.

    Raises RequestError where the text is no JSON, no known action, or carries tokens that are not numbers.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError("the request is not JSON") from None
    match message:
        case {"a": "subscribe", "v": list(tokens)}:
            return Subscribe(_tokens(tokens))
        case {"a": "unsubscribe", "v": list(tokens)}:
            return Unsubscribe(_tokens(tokens))
        case {"a": "mode", "v": [("ltp" | "quote" | "full") as mode, list(tokens)]}:
            return SetMode(Mode(mode), _tokens(tokens))
    raise RequestError("the request is none of subscribe, unsubscribe and mode")


def _message(action: str, value: Sequence[object]) -> str:
    return json.dumps({"a": action, "v": value}, separators=(",", ":"))


def _tokens(values: Iterable[object]) -> tuple[int, ...]:
    tokens = []
    for value in values:
        if type(value) is not int or not 0 < value <= _MAX_TOKEN:
            raise RequestError("instrument tokens must be numbers of 32 bits")
        tokens.append(value)
    return tuple(tokens)


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
