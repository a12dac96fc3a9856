"""`kitetui doctor`: what works, what does not, and what to do about it; exit code 1 where anything fails."""

from __future__ import annotations

import asyncio
import json
import os
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final

import typer

from kitetui.cli.login import AccountOption, EndpointOption

if TYPE_CHECKING:
    from rich.console import Console

    from kitetui.doctor import Examination, Result

_STYLES: Final = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}
_STATES: Final = max(map(len, _STYLES))


def doctor(
    account: AccountOption = None,
    endpoint: EndpointOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list for programs.")] = False,
) -> None:
    """Say what works, what does not, and what to do about it; exit code 1 where anything fails."""
    from rich.console import Console

    from kitetui.account import Vault, endpoint_named
    from kitetui.config import feed_config
    from kitetui.doctor import Examination, State, Terminal
    from kitetui.logs import hide

    config, vault = feed_config(), Vault(hide=hide)
    output, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    examination = Examination(
        terminal=Terminal.of(output if output.is_terminal else errors, os.environ),
        account=vault.meant(account, config.feed.account),
        vault=vault,
        endpoint=endpoint or config.feed.endpoint or None,
        profiles=lambda name: endpoint_named(name, config.endpoints),
    )
    results = _results(examination, errors)
    if as_json:
        typer.echo(json.dumps([_entry(each) for each in results], indent=1))
    else:
        _print(results, output)
    if any(each.finding.state is State.FAILED for each in results):
        raise typer.Exit(1)


def _results(examination: Examination, console: Console) -> list[Result]:
    if not console.is_terminal:
        return asyncio.run(examination.run())
    # Of plain characters, for the terminal may not have others; that is one of the questions.
    with console.status("looking", spinner="line"):
        return asyncio.run(examination.run())


def _entry(result: Result) -> dict[str, str]:
    check, finding = result.check, result.finding
    return {
        "check": check.name,
        "group": check.group,
        "state": finding.state,
        "found": finding.found,
        "next": finding.next,
    }


def _print(results: list[Result], console: Console) -> None:
    """Print a line a check; a terminal has long ones broken, and coloured."""
    names = max(len(each.check.name) for each in results)
    for number, (group, members) in enumerate(groupby(results, key=lambda each: each.check.group)):
        if number:
            console.print()
        console.print(group, style="bold")
        for each in members:
            state = each.finding.state
            lead = f"  {state:{_STATES}}  {each.check.name:{names}}  "
            # A path may have what the terminal has not.
            sentence = each.finding.sentence.encode(console.encoding, "replace").decode(console.encoding)
            _print_line(console, lead, _STYLES[state], sentence)


def _print_line(console: Console, lead: str, style: str, sentence: str) -> None:
    from rich.table import Column, Table
    from rich.text import Text

    if not console.is_terminal:
        console.print(Text(lead + sentence), soft_wrap=True)
        return
    line = Table.grid(Column(no_wrap=True), Column(overflow="fold"))
    line.add_row(Text(lead, style), Text(sentence))
    console.print(line)
