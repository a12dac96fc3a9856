"""The recorder as a user runs it: a process of its own, against a server on a real socket."""

from __future__ import annotations

import asyncio
import csv
import os
import resource
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path

from kitetui.account import Secrets, Vault
from kitetui.simulator import SimulatedExchange
from kitetui.times import ist_today
from kitetui.wire import encode_error
from tests.account.helpers import service_of
from tests.kite_server import server_that_sends
from tests.wire.packets import INFY_FULL, INFY_QUOTE, frame

PATIENCE = 60.0
SECRET = "s3cr3t-token"


class Recording:
    """A `kitetui --headless --csv` under way."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[str] = []

    async def hear(self, text: str) -> None:
        """Wait for a line on standard error that holds this text."""
        assert self._process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self._process.stderr.readline()).decode():
                self.said.append(line.rstrip())
                if text in line:
                    return
        raise AssertionError(f"never said {text!r}: {self.said}")

    async def end(self, number: signal.Signals | None = None) -> tuple[int, str, str]:
        """Wait for the end, after a signal if one is given; return exit code, output and errors."""
        if number is not None:
            self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            output, errors = await self._process.communicate()
        return self._process.returncode or 0, output.decode(), "\n".join([*self.said, errors.decode()])


async def record(
    *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None, limit: int | None = None
) -> Recording:
    """Start a recorder; `limit`: bytes that a file can have for it, as on a full disk."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kitetui",
        "--headless",
        "--csv",
        *arguments,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=partial(limit_files, limit) if limit else None,
    )
    return Recording(process)


def limit_files(limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def rows_in(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def prices(rows: Sequence[dict[str, str]]) -> list[str]:
    return [row["last_price"] for row in rows]


async def test_every_tick_that_was_sent_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    frames = [frame(*[INFY_FULL, INFY_QUOTE] * 10)] * 50
    async with server_that_sends(*frames) as url:
        run = await record("-s", "NSE:INFY", "--ws-url", url, "--duration", "3", "-o", str(path))
        code, output, errors = await run.end()
    rows = rows_in(path.read_text())
    assert code == 0, errors
    assert output == ""
    assert len(rows) == 1000
    assert [int(row["sequence"]) for row in rows] == list(range(1, 1001))
    assert prices(rows[:2]) == ["1573.70", "1573.15"]
    assert {row["tradingsymbol"] for row in rows} == {"INFY"}
    assert f"1,000 rows in {path}" in errors


async def test_a_pipe_gets_the_data_and_nothing_else() -> None:
    async with server_that_sends(frame(INFY_FULL)) as url:
        code, output, errors = await (await record("-s", "INFY", "--ws-url", url, "--duration", "2")).end()
    assert code == 0, errors
    assert output.startswith("received_at,connection,sequence,")
    assert prices(rows_in(output)) == ["1573.70"]
    assert "recording 1 symbols to standard output" in errors


async def test_a_signal_ends_the_recording_with_all_that_was_received(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        path = tmp_path / f"{number.name}.csv"
        notice = encode_error("all sent")
        async with server_that_sends(frame(*[INFY_FULL] * 100), notice) as url:
            run = await record("-s", "INFY", "--ws-url", url, "-o", str(path))
            await run.hear("all sent")
            code, _, errors = await run.end(number)
        assert code == 0, errors
        assert len(rows_in(path.read_text())) == 100


async def test_a_refused_login_ends_with_3_and_what_to_do() -> None:
    async with server_that_sends(refuse=HTTPStatus.FORBIDDEN) as url:
        env = {"KITE_API_KEY": "key", "KITE_ACCESS_TOKEN": SECRET}
        code, _, errors = await (await record("-s", "INFY", "--ws-url", url, "-o", "-", env=env)).end()
    assert code == 3
    assert "login refused (403)" in errors
    assert errors.endswith("; start again with an access_token of today in KITE_ACCESS_TOKEN\n")
    assert SECRET not in errors


async def test_a_recording_told_to_wait_outlasts_a_refused_login_and_says_once_what_to_do() -> None:
    async with server_that_sends(refuse=HTTPStatus.FORBIDDEN) as url:
        run = await record("-s", "INFY,TCS,SBIN", "--ws-url", url, "-o", "-", "--wait")
        await run.hear("; give --ws-url an api_key and an access_token")
        code, _, errors = await run.end(signal.SIGTERM)
    assert code == 0, errors
    assert errors.count("down: login refused (403)") == 3
    assert errors.count("; give --ws-url") == 1


async def test_without_credentials_nothing_is_simulated() -> None:
    code, output, errors = await (await record("-s", "INFY")).end()
    assert code == 3
    assert output == ""
    assert "account default has no login; run kitetui login, or use" in errors
    assert len(errors.strip().splitlines()) == 1


async def test_a_token_that_has_ended_is_tried_once_and_told_of(home: Path) -> None:
    async with SimulatedExchange(rate=0, rest_port=0) as exchange:
        keep_a_login(home, exchange, access_token="of yesterday")
        code, _, errors = await (await record("-s", "INFY", "-o", "-")).end()
        assert code == 3
        assert errors.endswith(
            "kitetui: the access token ended on Thu 06:00 IST; log in with kitetui login\n"
        )
        keep_a_login(home, exchange, access_token="simulated")  # a wrong clock keeps nobody from his data
        code, output, errors = await (await record("-s", "INFY", "-o", "-", "--duration", "2")).end()
        assert code == 0, errors
        assert rows_in(output)


async def test_what_is_configured_of_the_feed_holds_and_the_rest_does_not_matter(home: Path) -> None:
    async with SimulatedExchange(rate=0, rest_port=0) as exchange:
        keep_a_login(home, exchange, access_token="simulated")
        file = home / "config" / "config.toml"
        described = file.read_text()
        file.write_text(f'theme = 3\n[feed]\nmode = "ltp"\nconnections = 1\n{described}')
        run = await record("-s", "INFY,TCS", "-o", "-", "--duration", "2")
        code, output, errors = await run.end()
        assert code == 0, errors
        rows = rows_in(output)
        assert [row["mode"] for row in rows[-2:]] == ["ltp", "ltp"]
        assert {row["connection"] for row in rows} == {"1"}
        file.write_text(f"[feed]\nconnections = 4\n{described}")
        code, _, errors = await (await record("-s", "INFY")).end()
        assert (code, errors.startswith("kitetui: config.toml:2: feed.connections is 4")) == (2, True)


def keep_a_login(home: Path, exchange: SimulatedExchange, access_token: str) -> None:
    """Keep a login of days ago at an exchange, which the configuration describes."""
    login = Secrets(
        api_key="simulated", access_token=access_token, issued_at=1_795_000_000.0, endpoint="mine"
    )
    Vault(environment={}).store("default", login)
    service = service_of(exchange)
    addresses = f'rest = "{service.rest}"\nlogin = "{service.login}"\nsocket = "{service.socket}"\n'
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.toml").write_text(f"[endpoints.mine]\n{addresses}")


async def test_the_simulated_exchange_is_recorded_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    arguments = ("--feed", "sim", "-s", "NSE:RELIANCE,NSE:INFY", "-s", "NSE:NIFTY 50", "--duration", "3")
    code, _, errors = await (await record(*arguments, "-o", str(path))).end()
    assert code == 0, errors
    rows = rows_in(path.read_text())
    assert {row["tradingsymbol"] for row in rows} == {"RELIANCE", "INFY", "NIFTY 50"}
    assert {row["connection"] for row in rows} == {"1", "2", "3"}


async def test_what_the_server_says_reaches_the_terminal_without_its_control_characters() -> None:
    async with server_that_sends(encode_error("bad \x1b[2J[bold]request[/bold]")) as url:
        run = await record("-s", "INFY", "--ws-url", url, "-o", "-")
        await run.hear("[bold]request[/bold]")
        code, _, errors = await run.end(signal.SIGINT)
    assert code == 0
    assert "\x1b" not in errors


async def test_a_reader_that_goes_away_ends_the_recording_with_4() -> None:
    async with server_that_sends(*[frame(*[INFY_FULL] * 100)] * 200) as url:
        run = await record("-s", "INFY", "--ws-url", url, "-o", "-")
        process = run._process
        assert process.stdout is not None
        await process.stdout.readline()
        process.stdout._transport.close()  # type: ignore[attr-defined]  # a reader that stops reading, as `head` does
        assert process.stderr is not None
        async with asyncio.timeout(PATIENCE):
            errors = (await process.stderr.read()).decode()
            assert await process.wait() == 4, errors
    assert "closed by its reader" in errors


async def test_a_folder_gets_dated_files_of_every_format_with_one_gap_log(tmp_path: Path) -> None:
    async with server_that_sends(frame(*[INFY_FULL] * 100)) as url:
        run = await record(
            "--jsonl",
            "--capture",
            "-s",
            "INFY",
            "--ws-url",
            url,
            "-o",
            f"{tmp_path}/ticks/",
            "--duration",
            "2",
        )
        code, output, errors = await run.end()
    assert (code, output) == (0, ""), errors
    names = sorted(path.name for path in (tmp_path / "ticks").iterdir())
    stems = {name.partition(".")[0] for name in names}
    assert len(stems) == 1
    assert [name.partition(".")[2] for name in names] == ["csv", "gaps.csv", "jsonl", "kcap", "ledger"]
    assert "100 rows in" in errors


async def test_a_file_is_continued_and_the_time_between_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    for _ in range(2):
        async with server_that_sends(frame(*[INFY_FULL] * 10)) as url:
            run = await record("-s", "INFY", "--ws-url", url, "-o", str(path), "--append", "--duration", "2")
            code, _, errors = await run.end()
        assert code == 0, errors
    rows = rows_in(path.read_text())
    assert [int(row["sequence"]) for row in rows] == [*range(1, 11), *range(1, 11)]
    (gap,) = rows_in((tmp_path / "ticks.gaps.csv").read_text())
    assert gap["reason"] == "not recorded"


async def test_a_file_with_other_columns_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("instrument_token,received_at,last_price\n")
    run = await record("-s", "INFY", "--feed", "sim", "-o", str(path), "--append")
    code, _, errors = await run.end()
    assert code == 2
    assert "add --columns instrument_token,received_at,last_price" in errors
    assert path.read_text() == "instrument_token,received_at,last_price\n"


async def test_what_a_kill_tore_is_mended_on_the_next_start_and_said(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    async with server_that_sends(frame(*[INFY_FULL] * 10)) as url:
        run = await record("-s", "INFY", "--ws-url", url, "-o", str(path), "--duration", "2")
        assert (await run.end())[0] == 0
    with path.open("ab") as file:
        file.write(b"2026-11-23T10:42:17.123456+05:30,1,11,4080")
    async with server_that_sends(frame(*[INFY_FULL] * 10)) as url:
        run = await record("-s", "INFY", "--ws-url", url, "-o", str(path), "--append", "--duration", "2")
        code, _, errors = await run.end()
    assert code == 0, errors
    assert "moved the unfinished last row of ticks.csv, 42 bytes, to ticks.csv.torn" in errors
    assert len(rows_in(path.read_text())) == 20


async def test_what_may_be_the_servers_answer_is_marked_as_a_snapshot_and_what_moved_is_not() -> None:
    async with server_that_sends(frame(*[INFY_QUOTE] * 2), frame(*[INFY_FULL] * 2)) as url:
        code, output, errors = await (await record("-s", "INFY", "--ws-url", url, "--duration", "2")).end()
    assert code == 0, errors
    assert [row["snapshot"] for row in rows_in(output)] == ["1", "1", "0", "1"]


async def test_chosen_columns_are_written_in_their_order() -> None:
    async with server_that_sends(frame(INFY_FULL)) as url:
        run = await record(
            "-s", "INFY", "--ws-url", url, "--duration", "2", "--columns", "last_price,sequence"
        )
        code, output, errors = await run.end()
    assert code == 0, errors
    assert output == "last_price,sequence\n1573.70,1\n"


async def test_a_recorder_of_market_hours_waits_for_the_opening(home: Path) -> None:
    (home / "config").mkdir(exist_ok=True)
    holidays = ", ".join(f"{ist_today() + timedelta(days=number)}" for number in range(-1, 2))
    (home / "config" / "sessions.toml").write_text(f"holidays = [{holidays}]\n")
    async with server_that_sends(frame(INFY_FULL)) as url:
        run = await record("-s", "INFY", "--ws-url", url, "-o", "-", "--market-hours")
        await run.hear("the market is closed, and trades from")
        code, output, _ = await run.end(signal.SIGTERM)
    assert code == 0
    assert rows_in(output) == []


async def test_a_disk_that_is_full_ends_the_recording_with_4_and_whole_rows(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    async with server_that_sends(*[frame(*[INFY_FULL] * 100)] * 200) as url:
        run = await record("-s", "INFY", "--ws-url", url, "-o", str(path), limit=3_000_000)
        code, _, errors = await run.end()
    assert code == 4, errors
    assert "what was written before is whole" in errors
    rows = rows_in(path.read_text())
    assert rows
    assert [int(row["sequence"]) for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["snapshot"] is not None for row in rows)
    assert f"{len(rows):,} rows in" in errors


async def test_a_folder_that_cannot_be_written_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "ticks").write_text("a file\n")
    run = await record("-s", "INFY", "--feed", "sim", "-o", f"{tmp_path}/ticks/")
    code, _, errors = await run.end()
    assert code == 2
    assert "cannot write to" in errors
    assert len(errors.strip().splitlines()) == 1
