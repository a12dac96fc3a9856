"""An exchange in a box: a market that moves, streamed over Kite's protocol on the loopback."""

from kitetui.simulator.faults import Sending
from kitetui.simulator.server import SimulatedExchange

__all__ = ["Sending", "SimulatedExchange"]
