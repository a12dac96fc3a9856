"""An exchange in a box: a market that moves, streamed over Kite's protocol on the loopback."""

from kitetui.simulator.server import SimulatedExchange

__all__ = ["SimulatedExchange"]
