"""Notes: what is written is read again, and what is not known is passed over."""

from __future__ import annotations

import json

import pytest

from kitetui.feed import ConnectionState
from kitetui.record.capture import (
    BeginNote,
    GapNote,
    LostNote,
    NamesNote,
    Note,
    SnapshotNote,
    StateNote,
    parse_note,
)
from kitetui.record.capture.notes import encode_note
from tests.record.capture.helpers import T
from tests.wire.packets import INFY


@pytest.mark.parametrize(
    "note",
    [
        BeginNote("1.0", "2026-11-23T05:00:00+00:00"),
        BeginNote("0.1.0", "2026-11-23T05:00:00+00:00", marks=False),
        SnapshotNote((0, 3)),
        NamesNote({INFY: ("NSE", "INFY"), 256265: ("NSE", "NIFTY 50")}),
        StateNote(ConnectionState.RETRYING, "closed ₹"),
        GapNote(T, T + 1, 3000, "closed"),
        LostNote(3, 30),
    ],
    ids=lambda note: type(note).__name__,
)
def test_a_note_is_read_as_it_was_written(note: Note) -> None:
    assert parse_note(encode_note(note)) == note


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{}", b"[]", b'{"state":"HAPPY","reason":""}', b'{"names":{"a":1}}', b"\xff"),
        *(b'{"snapshot":[-1]}', b'{"snapshot":[true]}', b'{"snapshot":[1.0]}', b'{"snapshot":0}'),
    ],
)
def test_a_note_that_is_not_known_is_passed_over(text: bytes) -> None:
    assert parse_note(text) is None


def test_a_note_is_a_json_object_as_the_layout_has_it() -> None:
    assert [
        json.loads(encode_note(each))
        for each in (
            BeginNote("1.0", "2026-11-23T05:00:00+00:00"),
            BeginNote("0.1.0", "2026-11-23T05:00:00+00:00", marks=False),
            SnapshotNote((0, 3)),
            NamesNote({INFY: ("NSE", "INFY")}),
            StateNote(ConnectionState.LIVE, ""),
            GapNote(1, 2, 3, "closed"),
            LostNote(4, 5),
        )
    ] == [
        {"kitetui": "1.0", "created": "2026-11-23T05:00:00+00:00", "marks": "noted"},
        {"kitetui": "0.1.0", "created": "2026-11-23T05:00:00+00:00"},
        {"snapshot": [0, 3]},
        {"names": {"408065": ["NSE", "INFY"]}},
        {"state": "live", "reason": ""},
        {"gap": {"from": 1, "to": 2, "symbols": 3, "reason": "closed"}},
        {"lost": {"messages": 4, "ticks": 5}},
    ]
