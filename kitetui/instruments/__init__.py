"""What can be traded, and by which name: the list of the day, and a built-in one without it."""

from kitetui.instruments.builtin import simulated_instruments
from kitetui.instruments.choice import Choice, choose
from kitetui.instruments.instrument import Instrument, Kind
from kitetui.instruments.master import Master
from kitetui.instruments.universe import Universe, UnknownSymbol

__all__ = [
    "Choice",
    "Instrument",
    "Kind",
    "Master",
    "Universe",
    "UnknownSymbol",
    "choose",
    "simulated_instruments",
]
