"""Everything that the README shows is run, or compared with what it describes."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from kitetui.bench import Benchmark, BenchSettings, Outcome
from kitetui.cli.main import run
from kitetui.config import read_config
from kitetui.errors import LoginError, RecordingError, UserError
from kitetui.feed import RawFrame
from kitetui.instruments.archive import Archive
from kitetui.instruments.sets import set_names
from kitetui.market.calendarfile import parse_calendar
from kitetui.record import COLUMNS, File, Files, Format, open_reader
from kitetui.simulator import SimulatedExchange
from kitetui.times import IST
from kitetui.tui.commands import ON_LIST, Context, Keymap
from kitetui.tui.filter import Filter
from kitetui.tui.settings import VOCABULARY
from kitetui.tui.theme import load_themes
from tests.bench.readme import rows_in_readme
from tests.cli.served import Served
from tests.feed.helpers import ltp_frame
from tests.record.helpers import at, ticks
from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

NO_CREDENTIALS = {"KITE_API_KEY": "", "KITE_ACCESS_TOKEN": "", "KITETUI_WS_URL": ""}
KITETUI = f"{shlex.quote(sys.executable)} -m kitetui"


def blocks(language: str) -> list[str]:
    """Return the code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def shell_lines() -> Iterator[str]:
    """Yield the command lines of the README, without their remarks."""
    for block in blocks("sh"):
        for line in block.splitlines():
            yield re.sub(r"\s+# .*", "", line).strip()


def keys_table() -> str:
    """Return the table of keys as the commands have it."""
    commands = Keymap().of(*ON_LIST, Context.EVERYWHERE)
    rows = [f"| `{'` `'.join(command.shown.split())}` | {command.help} |" for command in commands]
    return "\n".join(["| Key | What it does |", "|---|---|", *rows, ""])


def columns_text() -> str:
    """Return the CSV's columns as the README lists them."""
    return textwrap.fill(", ".join(COLUMNS), 100)


KITETUI_LINES = [line for line in shell_lines() if line.startswith("kitetui")]
RECORDINGS = [line for line in KITETUI_LINES if "--headless" in line]
EXCHANGES = [line for line in KITETUI_LINES if line.startswith("kitetui sim")]
LOGINS = [line for line in KITETUI_LINES if line.startswith(("kitetui login", "kitetui logout"))]
ASKING = [line for line in KITETUI_LINES if line.startswith(("kitetui instruments", "kitetui doctor"))]
PRINTING = [line for line in KITETUI_LINES if line.startswith(("kitetui config", "kitetui keys"))]
OF_FILES = [line for line in KITETUI_LINES if line.startswith(("kitetui inspect", "kitetui convert"))]
REPLAYS = [line for line in KITETUI_LINES if line.startswith("kitetui replay")]
BENCHMARKS = [line for line in KITETUI_LINES if line.startswith("kitetui bench")]
EXAMPLES = [line for line in shell_lines() if line.startswith("python -m kitetui.examples")]
SERVERS = [line for line in KITETUI_LINES if line.startswith("kitetui serve")]
OTHERS = [*SERVERS, *BENCHMARKS, *RECORDINGS, *EXCHANGES, *LOGINS, *ASKING, *PRINTING, *OF_FILES, *REPLAYS]
MONITORS = [line for line in KITETUI_LINES if line not in OTHERS]
FILTER_TABLE = README.partition("| Filter | Shows |")[2].partition("\n\n")[0]
FILTERS = re.findall(r"^\| `(.+?)` \|", FILTER_TABLE, re.MULTILINE)


PROGRAMS = [program for program in blocks("python") if "sys.argv" not in program]
(READER,) = [program for program in blocks("python") if "sys.argv" in program]


def test_there_is_something_of_everything() -> None:
    assert len(RECORDINGS) >= 3
    assert len(EXCHANGES) >= 1
    assert len(MONITORS) >= 3
    assert len(blocks("python")) >= 2


def test_the_commands_to_start_are_one_line_each() -> None:
    lines = list(shell_lines())
    assert lines[0].endswith(".venv/bin/kitetui")
    assert lines[1].endswith("-m pytest")
    assert all("\\" not in line for line in lines[:2])


def test_the_table_of_keys_is_the_commands_own() -> None:
    assert keys_table() in README


@pytest.mark.parametrize("line", PRINTING)
def test_a_command_that_only_prints_prints(line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(line)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("line", LOGINS)
def test_a_login_asks_for_a_terminal_or_has_nothing_to_forget(line: str) -> None:
    """Which says that the options are right; whole logins are in tests/cli/test_login.py and test_day.py."""
    command = [sys.executable, "-m", *shlex.split(line)]
    done = subprocess.run(
        command,
        env=os.environ | NO_CREDENTIALS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) in (
        (3, "kitetui: the API key and secret are asked for once; run kitetui login in a terminal\n"),
        (2, "kitetui: no login of account default is kept; there is nothing to forget\n"),
    )


@pytest.mark.parametrize("line", ASKING)
def test_what_is_asked_of_an_exchange_is_answered(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Served() as served:
        served.configure("simulator")
        assert run(["instruments", "sync", "--endpoint", "simulator"]) == 0
        contract = (513, "NFO", "NIFTY26NOVFUT", "NIFTY", "FUT", "2026-11-24", None, 5, 65, 0, 1)
        past = datetime(2026, 11, 20, 9, tzinfo=IST).timestamp()
        Archive.of("simulator").keep([contract], past)
        capsys.readouterr()
        code = run([*shlex.split(line)[1:], "--endpoint", "simulator"])
    answer = capsys.readouterr().out
    if "doctor" in line:
        assert code == 1  # nobody is logged in
        assert "skipped" in answer
    else:
        assert code == 0
        assert answer
    if "search" in line:
        assert f"```text\n{answer}```" in README


def test_the_configuration_is_one_that_is_accepted() -> None:
    first, services, _ = blocks("toml")
    config = read_config(first, "README.md", VOCABULARY)
    assert config.groups
    Keymap(config.keys)
    assert read_config(services, "README.md", VOCABULARY).endpoints


def test_the_sessions_are_accepted() -> None:
    *_, sessions = blocks("toml")
    assert parse_calendar(sessions, "README.md")


def test_the_sets_that_ship_are_named() -> None:
    for name in set_names():
        assert f"`@{name}`" in README


def test_the_filters_are_filters() -> None:
    assert len(FILTERS) >= 4
    for text in FILTERS:
        assert Filter.parse(text).terms


def test_the_themes_are_all_there_are() -> None:
    for theme in load_themes().themes:
        assert f"`{theme.name}`" in README


def test_the_columns_are_those_that_are_written() -> None:
    assert f"```text\n{columns_text()}\n```" in README


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_every_exit_code_is_in_the_table() -> None:
    for code in (0, UserError.exit_code, LoginError.exit_code, RecordingError.exit_code):
        assert f"| {code} |" in README


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: f"{len(program)} characters")
def test_a_python_snippet_runs_as_it_stands(program: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("line", RECORDINGS)
def test_a_recording_records(line: str, tmp_path: Path) -> None:
    program, pipe, rest = line.partition(" | ")
    ending = "" if "--duration" in program else " --duration 1.5"
    feed = "" if "--feed" in program else " --feed sim"
    program = re.sub(r"--duration \S+", "--duration 1.5", program)
    shell = f"{program.replace('kitetui', KITETUI, 1)}{ending}{feed}{pipe}{rest}"
    command = ["bash", "-o", "pipefail", "-c", shell]
    with Terminal(command, env=NO_CREDENTIALS, cwd=tmp_path) as terminal:
        code = terminal.wait_exit()
        assert code in ((0, 4) if pipe else (0,)), terminal.text
    if pipe:
        assert "received_at,connection,sequence" in terminal.received.decode()
    else:
        formats = re.findall(r"--(csv|jsonl|parquet|sqlite|capture)\b", line)
        files = [
            path
            for path in tmp_path.rglob("*")
            if path.is_file() and not path.name.endswith((".gaps.csv", ".ledger"))
        ]
        assert sorted(Format.of_name(path) for path in files) == sorted(formats)
        assert all(sum(len(rows) for rows in open_reader(path)) for path in files)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder with a short recording under the names that the README uses."""
    for kind in (Format.CSV, Format.CAPTURE):
        path = tmp_path / f"ticks{kind.suffix}"
        files = Files(File(path, kind, COLUMNS), {408065: ("NSE", "INFY")}.get)
        frames = [
            RawFrame(0, ltp_frame(157_315), at("2026-11-23T10:42:17") + number, 1 + number)
            for number in range(5)
        ]
        files.write([*frames, *(ticks(frame.received_at, sequence=frame.sequence) for frame in frames)])
        files.close()
    return tmp_path


@pytest.mark.parametrize("line", OF_FILES)
def test_a_recording_is_looked_at_and_converted(
    line: str, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(recordings)
    assert run(shlex.split(line)[1:]) == 0


@pytest.mark.parametrize("line", REPLAYS)
def test_a_recording_is_played(line: str, recordings: Path) -> None:
    line = line.replace("--from 10:00", "--from 10:42").replace("--serve 9010", "--serve 0")
    command = ["bash", "-c", line.replace("kitetui", f"exec {KITETUI}", 1)]
    with Terminal(command, env=NO_CREDENTIALS, cwd=recordings) as terminal:
        terminal.wait_for("ws://127.0.0.1" if "--serve" in line else "REPLAY")
        terminal.press("\x03")
        assert terminal.wait_exit() == 0


def test_the_program_that_reads_a_capture_reads_it(recordings: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", READER, str(recordings / "ticks.kcap")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()].count("data") == 5


@pytest.mark.parametrize("line", BENCHMARKS)
def test_a_benchmark_is_one_that_there_is(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is run in tests/bench; here only its options are looked at."""
    asked: list[tuple[Benchmark, BenchSettings]] = []

    def note(benchmark: Benchmark, settings: BenchSettings) -> Outcome:
        asked.append((benchmark, settings))
        return Outcome()

    monkeypatch.setattr("kitetui.bench.run_benchmark", note)
    assert run(shlex.split(line)[1:]) == 0
    assert [benchmark for benchmark, _ in asked] == (
        [Benchmark(line.split()[2])] if " " in line[8:] else list(Benchmark)
    )


@pytest.mark.landing
@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_runs(line: str) -> None:
    """All of them, and what they print, are in tests/examples."""
    done = subprocess.run(
        [sys.executable, *shlex.split(line)[1:], "--seconds", "1"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_what_is_said_of_a_target_is_true_of_what_was_measured() -> None:
    rows = rows_in_readme()
    assert len(rows) > 20
    for name, measured, target, verdict in rows:
        if not verdict:  # without a target, or measured at another load than the target's
            continue
        value, bound = (
            float(re.findall(r"[\d,.]+", text)[0].replace(",", "")) for text in (measured, target)
        )
        is_met = value <= bound if "at most" in target else value >= bound
        assert verdict == ("met" if is_met else "**missed**"), name


def test_every_example_is_in_the_table() -> None:
    examples = [path.stem for path in (ROOT / "kitetui" / "examples").glob("*.py")]
    table = README.partition("| Example | Shows |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted(set(examples) - {"__init__", "market"})


@pytest.mark.landing
@pytest.mark.parametrize("line", SERVERS)
def test_a_page_is_served(line: str) -> None:
    line = re.sub(r"--port \d+", "", line).replace("kitetui", KITETUI, 1) + " --port 0 --feed sim"
    with subprocess.Popen(
        shlex.split(line), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert "<html" in httpx.get(url).text
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.landing
@pytest.mark.parametrize("line", MONITORS)
async def test_a_monitor_opens(line: str) -> None:
    async with SimulatedExchange() as exchange:
        await asyncio.to_thread(open_and_quit, line.replace("9001", str(exchange.port)))


def open_and_quit(line: str) -> None:
    with Terminal(["bash", "-c", line.replace("kitetui", KITETUI, 1)], env=NO_CREDENTIALS) as terminal:
        terminal.wait_for("LIVE")
        terminal.press("q")
        assert terminal.wait_exit() == 0


@pytest.mark.landing
@pytest.mark.parametrize("line", EXCHANGES)
def test_an_exchange_prints_its_url(line: str) -> None:
    line = re.sub(r"--port \d+", "", line).replace("kitetui sim", f"{KITETUI} sim --port 0")
    with subprocess.Popen(
        shlex.split(line), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        assert re.fullmatch(
            r"ws://127\.0\.0\.1:\d+/\?api_key=simulated&access_token=simulated\n", process.stdout.readline()
        )
        process.terminate()
        assert process.wait(30) == 0
