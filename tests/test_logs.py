"""The log: of its owner alone, bounded, without secrets, and with no line that the network can forge."""

from __future__ import annotations

import logging
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kitetui import logs
from kitetui.logs import LogFile, crash_report, hide, redacted, start_logging, stop_logging

LOG = logging.getLogger("kitetui.test")
SECRET = "t0pS3cret/+value"


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave logging as it was, and forget what was registered."""
    monkeypatch.setattr(logs, "_hidden", set())
    levels = {name: logging.getLogger(name).level for name in ("", "kitetui")}
    yield
    stop_logging()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Start logging; return the file."""
    found = start_logging(tmp_path / "log")
    assert found.problem == ""
    assert found.path is not None
    return found.path


def crashed(error: Exception) -> Exception:
    local_secret = SECRET.lower()  # what a traceback with local variables would show
    try:
        raise error from ValueError(f"before that {len(local_secret)}")
    except Exception as caught:
        return caught


def test_a_record_is_a_line_with_its_time_in_india(log: Path) -> None:
    LOG.info("started with %d symbols", 3)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30 INFO kitetui\.test: started with 3 symbols\n",
        log.read_text(),
    )


def test_only_warnings_of_libraries_are_written(log: Path) -> None:
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("trouble")
    LOG.debug("detail")
    assert [line.split(" ", 1)[1] for line in log.read_text().splitlines()] == ["WARNING library: trouble"]


def test_the_file_and_its_folder_are_their_owners_alone(log: Path) -> None:
    LOG.info("here")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_the_log_folder_is_the_programs_own_unless_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KITETUI_HOME", str(tmp_path))
    assert start_logging().path == tmp_path / "log" / "kitetui.log"


@pytest.mark.parametrize(
    "text",
    [
        f"wss://ws.kite.trade/?api_key={SECRET}&access_token={SECRET}",
        f"wss%3A%2F%2Fws.kite.trade%2F%3Faccess_token%3D{SECRET}",
        f"{{'access_token': '{SECRET}', 'api_key': '{SECRET}'}}",
        f'{{"api_secret":"{SECRET}"}}',
        f"Credentials(api_key='{SECRET}')",
        f"request_token = {SECRET}; checksum: {SECRET}",
        f"Authorization: token key:{SECRET}",
        f"authorization: Bearer {SECRET}",
        f"('Authorization', 'token key:{SECRET}')",
        "sent token k3y:s3cret",
    ],
)
def test_whatever_is_named_as_a_secret_is_hidden(text: str, log: Path) -> None:
    LOG.warning("%s", text)
    LOG.warning("failed", exc_info=crashed(RuntimeError(text)))
    written = log.read_text()
    assert SECRET not in written
    assert "s3cret" not in written
    assert "[hidden]" in written


def test_what_is_beside_a_secret_is_shown() -> None:
    text = "wss://host/?api_key=a&user_id=AB1234 token refused, no api_key set"
    assert redacted(text) == "wss://host/?api_key=[hidden]&user_id=AB1234 token refused, no api_key set"


def test_a_registered_value_is_hidden_wherever_it_is(log: Path) -> None:
    hide(SECRET)
    hide("")
    LOG.warning("a plain %s, and in a URL t0pS3cret%%2F%%2Bvalue", SECRET)
    LOG.warning("failed", exc_info=crashed(RuntimeError(f"with {SECRET}")))
    written = log.read_text()
    assert "a plain [hidden], and in a URL [hidden]\n" in written
    assert "RuntimeError: with [hidden]\n" in written


def test_a_secret_at_the_end_of_what_is_kept_is_hidden(log: Path) -> None:
    hide(SECRET)
    LOG.warning("%s", "x" * (logs._LONGEST - 5) + SECRET)
    assert SECRET[:5] not in log.read_text()


def test_nothing_from_the_network_can_forge_a_record(log: Path) -> None:
    forged = "2026-11-22T10:42:17.000+05:30 INFO kitetui: all is well"
    LOG.warning("the server says %s", f"no\r\n{forged}\x1b[2J")
    LOG.warning("failed", exc_info=crashed(RuntimeError(f"no\n{forged}\u2028{forged}\x85{forged}")))
    lines = log.read_text().split("\n")
    assert not any(line.startswith(forged) for line in lines)
    assert all(line.isprintable() for line in lines)
    assert sum(not line.startswith("    ") for line in lines[:-1]) == 2


def test_a_record_is_bounded(log: Path) -> None:
    LOG.warning("x" * 1_000_000, exc_info=crashed(RuntimeError("y" * 1_000_000)))
    assert log.stat().st_size < 3 * logs._LONGEST


def test_all_files_of_a_process_are_bounded(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_logging()
    monkeypatch.setattr(logs, "_FILE_SIZE", 1000)
    start_logging(log.parent)
    for number in range(200):
        LOG.info("record %d %s", number, "x" * 50)
    names = sorted(path.name for path in log.parent.glob("*.log*"))
    assert names == ["kitetui.log", *(f"kitetui.log.{number}" for number in range(1, 5))]
    assert "record 199 " in log.read_text()
    assert all(path.stat().st_size <= 1000 for path in log.parent.glob("*.log*"))


def test_another_process_writes_a_file_of_its_own(log: Path) -> None:
    program = (
        "import logging, sys; from pathlib import Path; from kitetui.logs import start_logging; "
        "print(start_logging(Path(sys.argv[1])).path); logging.getLogger('kitetui').info('other')"
    )
    command = [sys.executable, "-c", program, str(log.parent)]
    LOG.info("first")
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == str(log.parent / "kitetui-2.log")
    assert "other" not in log.read_text()
    stop_logging()
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == str(log)


def test_there_are_only_so_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_PROCESSES", 1)
    _, lock = logs._first_free(tmp_path)
    with lock:
        problem = start_logging(tmp_path).problem
    assert problem == f"no log is written: {tmp_path}: 1 processes write logs there already"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    assert start_logging(tmp_path / "taken") == LogFile(
        None, f"no log is written: {tmp_path / 'taken'}: File exists"
    )
    assert crash_report(RuntimeError("gone")) is None


def test_without_a_log_nothing_goes_to_the_screen(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    program = (
        "import logging, sys; from pathlib import Path; from kitetui.logs import start_logging; "
        "start_logging(Path(sys.argv[1])); logging.getLogger('library').error('nobody hears')"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "taken")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout + done.stderr == ""


def test_a_log_that_fails_later_is_silent(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log.mkdir()
    LOG.warning("nobody hears")
    assert crash_report(RuntimeError("gone")) is None
    assert capfd.readouterr().err == ""


def test_a_crash_is_written_without_local_variables(log: Path) -> None:
    assert crash_report(crashed(RuntimeError("it broke"))) == log
    written = log.read_text()
    assert "CRITICAL kitetui: crashed\n    ValueError: before that" in written
    assert "    Traceback (most recent call last):\n" in written
    assert written.endswith("    RuntimeError: it broke\n")
    assert SECRET.lower() not in written


def test_a_crash_without_a_log_has_no_path() -> None:
    assert crash_report(RuntimeError("gone")) is None


def test_starting_twice_writes_once(log: Path) -> None:
    before = logging.getLogger().handlers.copy()  # held, so that nothing but closing frees its lock
    assert start_logging(log.parent).path == log
    assert logging.getLogger().handlers != before
    LOG.info("here")
    assert log.read_text().count("here") == 1
