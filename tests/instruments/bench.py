"""How long the list of instruments takes, beside what a program without an index would do.

Run on demand, not by pytest: `python -m tests.instruments.bench [LIST.csv.gz]`. The list is one as Kite sends
it, repeated under new names until it has 200,000 rows; without one, such a list is made.
"""

from __future__ import annotations

import argparse
import csv
import gc
import gzip
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from rich.console import Console
from rich.table import Table

from kitetui.instruments.master import Master
from kitetui.wire import Exchange
from tests.instruments.helpers import Line, future, index, option, share, table_of, universe_at

ROWS: Final = 200_000
RESOLVED: Final = 9_000
TEXTS: Final = 300
SCANNED: Final = 40
"""Texts and symbols that are given to the scan; all of them would take minutes."""

PHRASES: Final = (
    "nifty 25000 ce, banknifty nov 52000 pe, reliance fut, hdfc bank, bse:, nfo:nifty, state india, "
    "nifty 50, 26dec, tata motors, bank, fut, 25000, nse:*, m&m, bajaj-auto, zzzz, ank"
).split(", ")
"""What people type beside symbols and names."""

T = TypeVar("T")

_TODAY: Final = date(2026, 11, 2)


class Figure(NamedTuple):
    """What was measured, in milliseconds, and what the same takes without an index."""

    what: str
    taken: float
    plain: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", nargs="?", type=Path, help="a list as /instruments sends it, inside gzip")
    given = parser.parse_args().list
    lines = _repeated(_read(given) if given else list(islice(_made(), ROWS)), ROWS)
    with tempfile.TemporaryDirectory() as folder:
        figures = list(_measured(Path(folder), lines))
    table = Table("", "ms", "plain ms", "ratio", title=f"{len(lines):,} instruments", title_justify="left")
    for what, taken, plain in figures:
        table.add_row(what, f"{taken:,.2f}", f"{plain:,.2f}", f"{plain / taken:,.1f}")
    Console(width=80, highlight=False).print(table)


def _measured(folder: Path, lines: Sequence[Line]) -> Iterator[Figure]:
    path = folder / "download.csv.gz"
    path.write_bytes(gzip.compress(table_of(lines), compresslevel=1))
    master = Master(folder / "list.sqlite")
    reading, rows = _timed(lambda: _read(path))
    scan = _Scan(rows)
    # What the benchmark holds for itself is nothing that the program's collector would look through.
    gc.freeze()
    today = date.fromisoformat(min(row[5] for row in rows if row[5]))
    yield Figure("import", _timed(lambda: master.replace(path, 0.0))[0], reading)
    opening = [_timed(lambda: universe_at(master).tradable_on(today))[0] for _ in range(20)]
    yield Figure("open the list that is there", _percentile(opening, 50), reading)
    universe = universe_at(master).tradable_on(today)
    chosen = random.Random(1)
    texts = [text[:end] for text in _typed(chosen, rows) for end in range(1, len(text) + 1)]
    keystrokes = [_timed(partial(universe.search, text))[0] for text in texts]
    scans = [_timed(partial(scan.search, text))[0] for text in chosen.sample(texts, SCANNED)]
    for percent in (50, 99):
        what = f"a keystroke, p{percent} of {len(texts):,}"
        yield Figure(what, _percentile(keystrokes, percent), _percentile(scans, percent))
    keys = [f"{row[-1]}:{row[2]}" for row in chosen.sample(rows, RESOLVED)]
    found = [key for key in keys if universe.by_key(key) is not None]
    resolving = _timed(lambda: [universe.resolve(key) for key in found])[0]
    scanning = _timed(lambda: [scan.resolve(key) for key in found[:SCANNED]])[0]
    yield Figure(f"resolve {len(found):,} symbols", resolving, scanning / SCANNED * len(found))


class _Scan:
    """All rows in memory, each looked at for every question."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self._keys = [f"{row[-1]}:{row[2]}" for row in rows]
        self._texts = [" ".join((*row[2:4], *row[5:7], *row[9:10], row[-1])).upper() for row in rows]

    def search(self, text: str) -> list[str]:
        words = text.upper().replace(":", " ").split()
        entries = zip(self._keys, self._texts, strict=True)
        return sorted(key for key, each in entries if all(word in each for word in words))[:20]

    def resolve(self, key: str) -> str:
        return next(each for each in self._keys if each == key)


def _typed(chosen: random.Random, rows: Sequence[Sequence[str]]) -> list[str]:
    """What people type: phrases, symbols, and words of names."""
    some = chosen.sample(rows, TEXTS - len(PHRASES))
    return [*PHRASES, *(row[2 + at % 2].lower() or row[2] for at, row in enumerate(some))]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1000, result


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]


def _read(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def _repeated(lines: Sequence[Line], rows: int) -> list[Line]:
    """The lines, and again with a letter before each symbol and name and with new tokens, so many in all."""
    tokens = count(1)
    repeated: list[Line] = []
    for letters in ("", *"XYZVWUQ"):
        for _, _, symbol, name, *others in lines:
            token = next(tokens) << 8 | Exchange[str(others[-2] if others[-2] == "INDICES" else others[-1])]
            repeated.append((token, token >> 8, f"{letters}{symbol}", f"{letters}{name}", *others))
            if len(repeated) == rows:
                return repeated
    return repeated


def _made() -> Iterator[Line]:
    """A list of the shape of Kite's: indices, shares, and underlyings with thousands of options."""
    yield from (index(symbol) for symbol in ("NIFTY 50", "NIFTY BANK", "NIFTY FIN SERVICE", "INDIA VIX"))
    chosen = random.Random(1)
    shares = ["".join(chosen.choices("ABCDEGHIKLMNOPRSTUV", k=chosen.randint(3, 10))) for _ in range(9_000)]
    for symbol in dict.fromkeys(shares):
        yield share(symbol, f"{symbol.title()} Industries Ltd")
        yield share(symbol, f"{symbol.title()} Industries Ltd", "BSE")
    for name in ("NIFTY", "BANKNIFTY", "FINNIFTY", *dict.fromkeys(shares[:400])):
        for expiry in (date(2026, 11, 24), date(2026, 12, 29), date(2027, 1, 26)):
            yield future(name, expiry)
            for strike in range(20_000, 30_000, 50 if name.endswith("NIFTY") else 100):
                yield option(name, expiry, strike, "CE")
                yield option(name, expiry, strike, "PE")
        for week in range(1, 5) if name.endswith("NIFTY") else ():
            expiry = _TODAY + timedelta(weeks=week)
            for strike in range(20_000, 30_000, 50):
                yield option(name, expiry, strike, "CE", weekly=True)
                yield option(name, expiry, strike, "PE", weekly=True)


if __name__ == "__main__":
    main()
