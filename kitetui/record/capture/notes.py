"""What a capture holds besides messages: one JSON object each, with the connection and time of its record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from kitetui.feed import ConnectionState

_NOTED: Final = "noted"


@dataclass(frozen=True, slots=True)
class BeginNote:
    """A recorder began: its version, and when by its clock, ISO 8601 in UTC.

    marks: whether it notes which ticks carry the mark `snapshot`; kitetui 0.1.0 did not.
    """

    version: str
    created: str
    marks: bool = True


@dataclass(frozen=True, slots=True)
class NamesNote:
    """The exchange and tradingsymbol of some tokens."""

    names: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SnapshotNote:
    """In the next binary message of the connection, these ticks carry the mark; places count from 0."""

    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StateNote:
    """The connection entered a state."""

    state: ConnectionState
    reason: str


@dataclass(frozen=True, slots=True)
class GapNote:
    """Nothing was received for symbols of the connection between two moments, UTC nanoseconds.

    tokens: for which; empty for all of them.
    """

    start: int
    end: int
    symbols: int
    reason: str
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LostNote:
    """So much was received and could not be recorded, in this place."""

    messages: int
    ticks: int


Note = BeginNote | NamesNote | SnapshotNote | StateNote | GapNote | LostNote


def encode_note(note: Note) -> bytes:
    """Return the JSON of a note."""
    match note:
        case BeginNote(version, created, marks):
            return _json({"kitetui": version, "created": created} | ({"marks": _NOTED} if marks else {}))
        case NamesNote(names):
            return _json({"names": {str(token): list(name) for token, name in names.items()}})
        case SnapshotNote(places):
            return _json({"snapshot": places})
        case StateNote(state, reason):
            return _json({"state": str(state), "reason": reason})
        case GapNote(start, end, symbols, reason, tokens):
            gap = {"from": start, "to": end, "symbols": symbols, "reason": reason}
            return _json({"gap": gap | ({"tokens": tokens} if tokens else {})})
        case LostNote(messages, ticks):
            return _json({"lost": {"messages": messages, "ticks": ticks}})


def parse_note(data: bytes) -> Note | None:
    """Read a note; None for one that is not known, which a later version may write."""
    with suppress(ValueError, TypeError, RecursionError):
        match json.loads(data):
            case {"kitetui": str(version), "created": str(created), **more}:
                return BeginNote(version, created, more.get("marks") == _NOTED)
            case {"names": dict(names)}:
                return NamesNote({int(token): _name(name) for token, name in names.items()})
            case {"snapshot": list(places)}:
                return SnapshotNote(_places(places))
            case {"state": str(state), "reason": str(reason)}:
                return StateNote(ConnectionState(state), reason)
            case {
                "gap": {
                    "from": int(start),
                    "to": int(end),
                    "symbols": int(symbols),
                    "reason": str(reason),
                    **more,
                }
            }:
                tokens: Any = more.get("tokens", ())
                return GapNote(start, end, symbols, reason, _places(tokens))
            case {"lost": {"messages": int(messages), "ticks": int(ticks)}}:
                return LostNote(messages, ticks)
    return None


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _name(name: Any) -> tuple[str, str]:
    exchange, symbol = name
    return str(exchange), str(symbol)


def _places(values: Sequence[Any]) -> tuple[int, ...]:
    if any(type(value) is not int or value < 0 for value in values):
        raise ValueError("places count from 0")
    return tuple(values)
