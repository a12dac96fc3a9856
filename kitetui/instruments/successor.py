"""What has become of a name that was good once: contracts end, and shares move from one series to another."""

from __future__ import annotations

from datetime import date
from typing import Final

from kitetui.instruments.contract import Contract
from kitetui.instruments.instrument import Instrument
from kitetui.instruments.table import Table

_OF_SHARES: Final = ("NSE", "BSE")
"""The exchanges that have no contracts."""

_SERIES: Final = ("BE", "BZ", "SM", "ST")
"""What stands behind the symbol of a share that is not in the regular series."""


def successor(table: Table, key: str) -> Instrument | None:
    """Return what a key may be replaced by: the next contract of its kind, or the share in another series.

    table: what can be asked for.
    """
    exchange, _, symbol = key.partition(":")
    contract = _contract(key)
    if contract is not None:
        of_kind = (
            each
            for each in table.beginning_with(contract.name, exchange)
            if (each.name, each.kind, each.strike) == (contract.name, contract.kind, contract.strike)
        )
        # They come in the order of their expiry, and those that have expired do not come.
        return next(of_kind, None)
    share, _, series = symbol.rpartition("-")
    regular = share if series in _SERIES else symbol
    names = [regular, *(f"{regular}-{each}" for each in _SERIES)]
    marks = ", ".join("?" * len(names))
    return next(table.select(f"exchange = ? AND tradingsymbol IN ({marks})", exchange, *names), None)


def ended(key: str, known: Instrument | None, day: date) -> str | None:
    """Say when a contract ended, None for what is no contract, or has not ended.

    known: what the list has under the key, if anything.
    """
    if known is not None:
        return f"expired on {known.expiry}" if known.expiry is not None and known.expiry < day else None
    contract = _contract(key)
    return "has expired" if contract is not None and contract.ended_by < day else None


def _contract(key: str) -> Contract | None:
    exchange, _, symbol = key.partition(":")
    return None if exchange in _OF_SHARES else Contract.parse(symbol)
