"""A recording played back: as a source of the feed, and as an exchange on the loopback for other clients."""

from kitetui.replay.playback import SPEEDS, Playback
from kitetui.replay.player import Player
from kitetui.replay.recording import Recording, RowsRecording, open_recording
from kitetui.replay.server import ReplayExchange
from kitetui.replay.source import ReplaySource

__all__ = [
    "SPEEDS",
    "Playback",
    "Player",
    "Recording",
    "ReplayExchange",
    "ReplaySource",
    "RowsRecording",
    "open_recording",
]
