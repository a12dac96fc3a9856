"""What a client sends: JSON text, written and read here.

Kite acknowledges nothing; tokens must be JSON numbers, and the mode after a bare subscribe is `quote`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kitetui.wire.modes import Mode

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
