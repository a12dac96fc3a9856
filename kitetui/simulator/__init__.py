"""An exchange in a box: a market that moves, streamed over Kite's protocol on the loopback."""

from kitetui.simulator.client import Sent
from kitetui.simulator.faults import Answering, Sending
from kitetui.simulator.server import SimulatedExchange

__all__ = ["Answering", "Sending", "Sent", "SimulatedExchange"]
