"""The messages as they were on the wire, beside what they decode to; without decoding, with `--raw-only`.

python -m kitetui.examples.raw_frames [--raw-only] [--live] [--seconds N]
"""

from __future__ import annotations

from kitetui import KiteManagerConfig, Mode, decode_frame
from kitetui.examples.market import ExampleMarket, run
from kitetui.feed import RawFrame


async def raw_frames(market: ExampleMarket) -> None:
    """Print the frames of the first connection."""
    config = KiteManagerConfig(max_connections=1, enable_dedicated_parsers=not market.options.raw_only)
    async with market.manager(config) as manager:
        frames = manager.get_raw_frame_channel(0)
        await manager.subscribe_symbols([each.instrument_token for each in market.shares(10)], Mode.QUOTE)
        async for frame in frames:
            match frame:
                case RawFrame(data=bytes(data)):
                    lengths = decode_frame(data).lengths.tolist()
                    print(f"binary  {len(data)} bytes, packets of {lengths}: {data[:12].hex(' ')} …")
                case RawFrame(data=text):
                    print(f"text    {text[:80]!r}")
                case _:
                    print(f"too slow: {frame}")


if __name__ == "__main__":
    run(raw_frames, __doc__, {"--raw-only": {"action": "store_true", "help": "decode nothing in the feed"}})
