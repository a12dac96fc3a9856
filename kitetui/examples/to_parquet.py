"""Every tick into a Parquet file, without a gap or with one that the gap log beside it names.

python -m kitetui.examples.to_parquet [--output FILE] [--live] [--seconds N]
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from kitetui import Mode
from kitetui.examples.market import ExampleMarket, run
from kitetui.record import COLUMNS, File, Files, Format, Recorder, open_reader


async def to_parquet(market: ExampleMarket) -> None:
    """Record, and when the time is over, finish the file and read it again."""
    shares = market.shares(20)
    name_of = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in shares}
    path: Path = market.options.output
    recorder = Recorder(Files(File(path, Format.PARQUET, COLUMNS), name_of.get))
    async with market.manager() as manager:
        stream = manager.stream(lossless=True)
        await manager.subscribe_symbols(name_of, Mode.FULL)
        try:
            await recorder.record(stream)
        finally:
            await asyncio.shield(recorder.close())
            rows = sum(map(len, open_reader(path)))
            print(f"{rows:,} ticks of {len(name_of)} symbols in {path}, {recorder.totals.gaps} gaps")


if __name__ == "__main__":
    run(to_parquet, __doc__, {"--output": {"type": Path, "default": Path("ticks.parquet")}}, rate=2000)
