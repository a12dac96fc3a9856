"""What a replay tells this client besides Kite's protocol: when its messages were received at first.

A replay is asked for it in the handshake, on the loopback alone, by a header, and agrees with the same one.
It then sends a text message before each binary one, and where a recorded connection was lost or came back.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from kitetui.feed.state import ConnectionState

REPLAY_HEADER: Final = "X-Kitetui-Replay"
"""The header of the handshake, `1` both ways."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The next binary message was received `at` (UTC nanoseconds) when it was recorded.

    snapshot: the places, from 0, among its ticks of those that carry the mark.
    """

    at: int
    snapshot: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedState:
    """The recorded connection entered a state."""

    at: int
    state: ConnectionState
    reason: str


@dataclass(frozen=True, slots=True)
class RecordedGap:
    """Between these moments the recorded connection received nothing.

    tokens: for which symbols; empty for all of them.
    """

    at: int
    start: int
    end: int
    symbols: int
    reason: str
    tokens: tuple[int, ...] = ()


Told = Recorded | RecordedState | RecordedGap


def encode_told(told: Told) -> str:
    """Return the text message that says it."""
    data: dict[str, Any] = {"at": told.at}
    match told:
        case Recorded(snapshot=places) if places:
            data["snapshot"] = places
        case RecordedState(state=state, reason=reason):
            data |= {"state": str(state), "reason": reason}
        case RecordedGap(start=start, end=end, symbols=symbols, reason=reason, tokens=tokens):
            data["gap"] = {"from": start, "to": end, "symbols": symbols, "reason": reason}
            data["gap"] |= {"tokens": tokens} if tokens else {}
    return json.dumps({"type": "replay", "data": data}, separators=(",", ":"), ensure_ascii=False)


def parse_told(text: str) -> Told | None:
    """Read such a message; None for any other text."""
    if not text.startswith('{"type":"replay"'):
        return None
    with suppress(ValueError, RecursionError):
        match json.loads(text):
            case {"data": {"at": int(at), "state": str(state), "reason": str(reason)}}:
                return RecordedState(at, ConnectionState(state), reason)
            case {"data": {"at": int(at), "gap": dict(gap)}}:
                return _gap(at, gap)
            case {"data": {"at": int(at), "snapshot": list(places)}}:
                return Recorded(at, tuple(place for place in places if isinstance(place, int) and place >= 0))
            case {"data": {"at": int(at)}}:
                return Recorded(at)
    return None


def _gap(at: int, gap: dict[str, Any]) -> RecordedGap | None:
    match gap:
        case {"from": int(start), "to": int(end), "symbols": int(symbols), "reason": str(reason), **more}:
            tokens = more.get("tokens", ())
            return RecordedGap(at, start, end, symbols, reason, tuple(map(int, tokens)))
    return None
