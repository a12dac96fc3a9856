"""What hypothesis draws: packets with the values that they were packed from."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.wire.packets import FIELDS, INDEX_FULL, INDEX_QUOTE, LEAST_PRICES, LENGTHS, SEGMENTS, packet

_RANGES = {
    "I": st.integers(0, 2**32 - 1),
    "Hxx": st.integers(0, 2**16 - 1),
}


@dataclass(frozen=True)
class Drawn:
    """A packet and what is in it, in integers as on the wire."""

    length: int
    values: dict[str, int]

    @property
    def data(self) -> bytes:
        """The packet's bytes."""
        return packet(self.length, **self.values)


@st.composite
def drawn_packets(draw: st.DrawFn) -> Drawn:
    """Any packet of any kind, of a token of any known segment."""
    length = draw(st.sampled_from(LENGTHS))
    segment = draw(st.sampled_from(["INDICES"] if length in (INDEX_QUOTE, INDEX_FULL) else sorted(SEGMENTS)))
    least = LEAST_PRICES[segment]
    ranges = _RANGES | {"i": st.integers(least, least + 2**32 - 1)}
    values = {name: draw(ranges[letter]) for name, letter in FIELDS[length].items()}
    values["instrument_token"] = values["instrument_token"] & 0xFFFFFF00 | SEGMENTS[segment]
    return Drawn(length, values)


frames_of_packets = st.lists(drawn_packets(), max_size=8)
"""The packets of one message."""

almost_frames = st.builds(
    lambda packets, cut, tail, count: (
        (count.to_bytes(2, "big") + b"".join(len(p).to_bytes(2, "big") + p for p in packets))[cut:] + tail
    ),
    st.lists(st.sampled_from([8, 28, 32, 44, 184, 0, 1, 45]).map(bytes), max_size=6),
    st.integers(0, 3),
    st.binary(max_size=6),
    st.integers(0, 8),
)
"""Bytes that look like a message for a while."""
