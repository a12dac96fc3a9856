"""`decode`: from bytes to columns, to last values, to a `Tick` and to dictionaries.

A message is decoded alone, as one that comes on a quiet feed, or with others up to the size at which the
feed flushes. The official client has no other way than one message at a time, whatever has gathered.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from kitetui.bench.frames import KINDS, frames_of_kind
from kitetui.bench.official import ABSENT, parser
from kitetui.bench.results import (
    BenchSettings,
    Cell,
    Figure,
    Outcome,
    ResultTable,
    Spread,
    Work,
    in_turn,
    least,
    ratio,
)
from kitetui.market import LastValueCache
from kitetui.wire import decode_frame, decode_frames

SIZES: Final = (1, 3, 10, 30, 100, 300)
"""Packets in a message."""

OFFICIAL: Final = "official"
COLUMNS, PRICES, CACHE, DICTS, TICK = "columns", "prices", "last_values", "dicts", "tick"
OURS: Final = (COLUMNS, PRICES, CACHE, DICTS, TICK)

_FLUSH: Final = 100_000
"""Bytes after which the feed decodes what has gathered."""

_MOST: Final = 2000
"""Packets of one flush; more would make the official client's turn long, and nothing else."""

_TURN: Final = 0.02
"""Seconds of each rival in each round."""

_TURNS: Final = 5
"""Turns of each rival in a round: a machine can be busy for longer than one so short."""

_FROM_TEN: Final = 10
_FROM_THIRTY: Final = 30
_MIXED: Final = 100

Costs = dict[str, Spread]
Case = tuple[str, int, bool]
"""The kind of the packets, how many are in a message, and whether messages are coalesced."""


def bench_decode(settings: BenchSettings) -> Outcome:
    """Measure every case, and hold the slowest of each kind against its target."""
    turn = min(_TURN, settings.seconds / 150)
    found: dict[Case, Costs] = {}
    for kind in KINDS:
        for size in SIZES:
            frames = frames_of_kind(kind, size, _messages(kind, size))
            found[kind, size, False], found[kind, size, True] = _compared(frames, size, settings, turn)
    remarks = [] if parser() else [ABSENT]
    return Outcome([_table(found)], _figures(found), remarks)


def _messages(kind: str, size: int) -> int:
    """Return how many messages make one flush."""
    (one,) = frames_of_kind(kind, size, 1, symbols=300)
    return max(min(-(-_FLUSH // len(one)), _MOST // size), 1)


def _compared(
    frames: Sequence[bytes], size: int, settings: BenchSettings, turn: float
) -> tuple[Costs, Costs]:
    """Return what a packet costs each rival, alone and coalesced, of the same messages in the same rounds."""
    works: dict[tuple[str, bool], Work] = {}
    if (parse := parser()) is not None:
        works[OFFICIAL, False] = lambda: [parse(each) for each in frames]
    cache = LastValueCache()
    for coalesced in (False, True):
        flushes = [frames] if coalesced else [[each] for each in frames]
        works |= _ours(flushes, cache, coalesced=coalesced)
    if size == 1:
        works[TICK, False] = lambda: [_read(each) for each in frames]
    costs = in_turn(works, size * len(frames), rounds=_TURNS * settings.rounds, seconds=turn)
    alone = {name: spread for (name, coalesced), spread in costs.items() if not coalesced}
    together = {name: spread for (name, coalesced), spread in costs.items() if coalesced}
    if OFFICIAL in alone:
        together[OFFICIAL] = alone[OFFICIAL]
    return alone, together


def _ours(
    flushes: Sequence[Sequence[bytes]], cache: LastValueCache, *, coalesced: bool
) -> dict[tuple[str, bool], Work]:
    return {
        (COLUMNS, coalesced): lambda: [decode_frames(each) for each in flushes],
        (PRICES, coalesced): lambda: [decode_frames(each)["last_price"] for each in flushes],
        (CACHE, coalesced): lambda: _apply(flushes, cache),
        (DICTS, coalesced): lambda: [decode_frames(each).to_dicts() for each in flushes],
    }


def _apply(flushes: Sequence[Sequence[bytes]], cache: LastValueCache) -> None:
    for each in flushes:
        batch = decode_frames(each)
        received_at = np.full(len(batch), time.time_ns(), np.int64)
        cache.apply(batch, received_at, np.zeros(len(batch), np.bool_), 0.0)


def _read(frame: bytes) -> tuple[int, float, int | None]:
    tick = decode_frame(frame).tick(0)
    return tick.instrument_token, tick.last_price, tick.volume_traded


def _table(found: dict[Case, Costs]) -> ResultTable:
    table = ResultTable(
        "decode",
        "ns a packet (times faster than the official client)",
        (
            "kind",
            "packets",
            "coalesced",
            OFFICIAL,
            *OURS,
            *(f"{each}_ratio" for each in OURS),
            "spread_percent",
        ),
    )
    for (kind, size, coalesced), costs in found.items():
        medians = {name: costs[name].median for name in (OFFICIAL, *OURS) if name in costs}
        ratios = [ratio(medians.get(OFFICIAL), medians.get(name)) for name in OURS]
        widest = max(each.percent for each in costs.values())
        cells: list[Cell] = [_rounded(medians.get(name)) for name in (OFFICIAL, *OURS)]
        table.rows.append((kind, size, coalesced, *cells, *map(_rounded, ratios), round(widest, 1)))
    return table


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _figures(found: dict[Case, Costs]) -> list[Figure]:
    def slowest(rival: str, kind: str, sizes: Sequence[int], *, coalesced: bool = True) -> float | None:
        cases = [found[kind, size, coalesced] for size in sizes]
        return least(ratio(each[OFFICIAL].median, each[rival].median) for each in cases if OFFICIAL in each)

    ten, thirty = [[each for each in SIZES if each >= least_] for least_ in (_FROM_TEN, _FROM_THIRTY)]
    return [
        Figure("decode with prices, full, any size", slowest(PRICES, "full", SIZES), "times", 50),
        Figure("decode with prices, full, from 30 a message", slowest(PRICES, "full", thirty), "times", 150),
        Figure("decode with prices, mixed, 100 a message", slowest(PRICES, "mixed", [_MIXED]), "times", 60),
        Figure("decode into last values, full, from 10 a message", slowest(CACHE, "full", ten), "times", 100),
        Figure("one packet alone, read as a Tick", slowest(TICK, "full", [1], coalesced=False), "times", 5),
        Figure("dictionaries, full, any size", slowest(DICTS, "full", SIZES), "times", 3),
    ]
