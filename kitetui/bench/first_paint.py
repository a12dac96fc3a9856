"""How long `kitetui` takes from the command until its list stands."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Final

from kitetui.bench.process import command_of, line_of, running
from kitetui.bench.terminal import Terminal
from kitetui.bench.watching import PAINTED
from kitetui.instruments.simulated import simulated_shares

_CALM: Final = 400
"""Ticks a second, as the simulated exchange has them by itself."""

_A_SYMBOL_OPTION: Final = 1000
"""Tokens that one option names; systems limit the length of an argument."""


def first_paints(home: str, symbols: int, rounds: int) -> tuple[float, float]:
    """Return the seconds until the list stands, of the simulated exchange as it comes and of many symbols."""
    tokens = [str(each.instrument_token) for each in simulated_shares(symbols)]
    with running(command_of("kitetui.bench.server", "--rate", _CALM, "--symbols", symbols)) as serving:
        many = ["--ws-url", line_of(serving)]
        for start in range(0, len(tokens), _A_SYMBOL_OPTION):
            many += ["-s", ",".join(tokens[start : start + _A_SYMBOL_OPTION])]
        both = (["--feed", "sim"], many)
        taken = [[_first_paint(options, home) for options in both] for _ in range(rounds + 1)]
    simulated, crowded = zip(*taken[1:], strict=True)  # the first is what warms the caches
    return statistics.median(simulated), statistics.median(crowded)


def _first_paint(options: Sequence[str], home: str) -> float:
    with Terminal(command_of("kitetui", *options), {"KITETUI_HOME": home}) as terminal:
        terminal.wait_for(PAINTED)
        return time.perf_counter() - terminal.started
