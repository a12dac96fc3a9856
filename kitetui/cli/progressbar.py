"""A bar on standard error while a recording is gone through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from kitetui.record.base import Reader

T = TypeVar("T")


def with_bar(steps: Iterable[T], reader: Reader, what: str) -> Iterator[T]:
    """Yield the steps of going through a reader, and show on a terminal how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from kitetui.formatting import plain

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(plain(what), total=1.0)
        for step in steps:
            progress.update(task, completed=reader.position)
            yield step
