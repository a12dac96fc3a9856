"""A recording played back: an exchange on the loopback that sends again what was received."""

from kitetui.replay.playback import SPEEDS, Playback
from kitetui.replay.server import ReplayExchange
from kitetui.replay.source import RowsSource, Source

__all__ = ["SPEEDS", "Playback", "ReplayExchange", "RowsSource", "Source"]
