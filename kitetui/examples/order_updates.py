"""Order updates, as they come beside the ticks on the same connections.

    python -m kitetui.examples.order_updates [--live] [--seconds N]

The simulated exchange has no orders of its own: this program has it send one, through its states.
"""

from __future__ import annotations

import asyncio

from kitetui import KiteManagerConfig, Mode
from kitetui.examples.market import ExampleMarket, run
from kitetui.feed import BrokerMessage, OrderUpdate, ServerError
from kitetui.wire import encode_order

ORDER = {"order_id": "220303000308932", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 100}
STATES = [("OPEN", 0), ("UPDATE", 40), ("COMPLETE", 100)]


async def order_updates(market: ExampleMarket) -> None:
    """Print what becomes of orders, and what the broker says, neither of which may steer the terminal."""
    async with (
        market.manager(KiteManagerConfig(max_connections=1)) as manager,
        asyncio.TaskGroup() as tasks,
    ):
        await manager.subscribe_symbols([market.universe.resolve("NSE:INFY").instrument_token], Mode.LTP)
        if market.exchange:
            tasks.create_task(trade(market))
        async for message in manager:
            match message:
                case OrderUpdate(order=order):
                    filled = f"{order.get('filled_quantity', 0)} of {order.get('quantity')}"
                    what = f"{order.get('order_id')} {order.get('tradingsymbol')}"
                    print(printable(f"{what}: {order.get('status')}, {filled}"))
                case BrokerMessage(text=text) | ServerError(text=text):
                    print(printable(f"the server says: {text}"))


def printable(text: str) -> str:
    """Return a text that a terminal can only print."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


async def trade(market: ExampleMarket) -> None:
    """Send an order through its states to whoever is connected."""
    while market.exchange is not None:
        for status, filled in STATES:
            await asyncio.sleep(0.2)
            order = {**ORDER, "status": status, "filled_quantity": filled}
            for client in market.exchange.clients:
                await client.send(encode_order(order))


if __name__ == "__main__":
    run(order_updates, __doc__)
