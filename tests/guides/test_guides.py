"""Everything that the guides show is run, and every name in them is one that there is."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

import kitetui.feed
import kitetui.guides
import kitetui.wire
from kitetui.simulator import SimulatedExchange

FOLDER = Path(kitetui.guides.__file__).parent
GUIDES = sorted(FOLDER.glob("*.md"))
OFFICIAL = "from kiteconnect import KiteTicker"


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def programs(*guides: Path) -> list[str]:
    """Return the Python programs of these guides."""
    texts = (guide.read_text(encoding="utf-8") for guide in guides)
    return [
        program
        for text in texts
        for program in re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    ]


OURS = [program for program in programs(*GUIDES) if OFFICIAL not in program]


def names_in_tables(name: str) -> list[str]:
    """Return the names in the last columns of a guide's tables that begin with one of a public class."""
    cells = [line.rsplit("|", 2)[1] for line in text_of(name).splitlines() if line.startswith("|")]
    found = [each for cell in cells for each in re.findall(r"`([A-Z]\w+(?:\.\w+)*)`", cell)]
    return list(dict.fromkeys(found))


def is_there(dotted: str) -> bool:
    """Whether a name of the library, or an attribute of one, exists."""
    first, *attributes = dotted.split(".")
    room = kitetui.feed if hasattr(kitetui.feed, first) else kitetui.wire
    found = getattr(room, first, None)
    for attribute in attributes:
        if attribute in getattr(found, "__dataclass_fields__", {}):
            return True
        found = getattr(found, attribute, None)
    return found is not None


async def run(program: str, *options: str) -> str:
    """Run a program on the simulated exchange, and return what it printed."""
    async with SimulatedExchange() as exchange:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *options,
            "-c",
            program.replace("9001", str(exchange.port)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(60):
                output, errors = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
    assert process.returncode == 0, errors.decode()
    return output.decode()


@pytest.mark.parametrize("program", OURS, ids=lambda program: f"{len(program)} characters")
async def test_a_program_runs_as_it_stands(program: str) -> None:
    output = await run(program, "-W", "error")
    assert bool(output) == (program.count("\n") > 1)  # one line is an import


async def test_the_program_for_the_official_client_runs_with_both() -> None:
    (program,) = [each for each in programs(*GUIDES) if OFFICIAL in each]
    ours = next(each for each in programs(FOLDER / "from_kiteconnect.md") if each.count("\n") == 1).strip()
    for text in (program, program.replace(OFFICIAL, ours)):
        assert "full" in await run(text)


@pytest.mark.parametrize("guide", [path.name for path in GUIDES])
def test_every_name_in_the_tables_is_there(guide: str) -> None:
    names = names_in_tables(guide)
    assert len(names) > 10
    assert [name for name in names if not is_there(name)] == []


def test_every_guide_is_part_of_the_reference() -> None:
    included = re.findall(r"\.\. include:: (\S+)", kitetui.guides.__doc__ or "")
    assert sorted(included) == [path.name for path in GUIDES]
