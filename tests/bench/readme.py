"""`kitetui bench --json | python -m tests.bench.readme` prints the README's table of speed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kitetui.bench import Figure
from kitetui.bench.report import text_of

HEAD = "| What | Measured | Target | |\n|---|---|---|---|"
README = Path(__file__).parents[2] / "README.md"


def table(targets: Iterable[Mapping[str, Any]]) -> str:
    """Return the table of these targets, as `--json` gives them."""
    return "\n".join([HEAD, *map(_row, targets), ""])


def rows_in_readme() -> list[list[str]]:
    """Return the cells of each row of the README's table."""
    _, _, rest = README.read_text(encoding="utf-8").partition(f"{HEAD}\n")
    lines = rest.partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def stands_in_readme(figure: Figure) -> bool:
    """Whether a row has the figure's name, whatever the load, and its target."""
    what = (_without_numbers(figure.name), figure.target)
    return what in [(_without_numbers(name), target) for name, _, target, _ in rows_in_readme()]


def _row(target: Mapping[str, Any]) -> str:
    value = target["value"]
    measured = "not measured" if value is None else f"{text_of(value)} {target['unit']}"
    verdict = {True: "met", False: "**missed**", None: ""}[target["met"]]
    return f"| {target['name']} | {measured} | {target['target'] or ''} | {verdict} |"


def _without_numbers(text: str) -> str:
    return re.sub(r"[\d,.]+", "#", text)


if __name__ == "__main__":
    sys.stdout.write(table(json.load(sys.stdin)["targets"]))
