"""What needs an extra that is not installed says which, in one sentence, and ends as a wrong option does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record import COLUMNS

pytestmark = pytest.mark.landing

SIMULATED = ["--feed", "sim", "-s", "NSE:INFY"]
RECORDING = ["--headless", "--csv", *SIMULATED, "--duration", "0.2"]

WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from kitetui.cli import main
main()
"""

BATCH = """
import sys
sys.modules[sys.argv[1]] = None
from kitetui import decode_frame
from kitetui.errors import UserError
try:
    getattr(decode_frame(bytes.fromhex("0001000800063a0100026683")), sys.argv[2])()
except UserError as error:
    print(error)
"""


def run_without(
    module: str, *arguments: str, program: str = WITHOUT, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run the command line as it is where a module is not installed."""
    command = [sys.executable, "-c", program, module, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("pyarrow", ["--headless", "--parquet", *SIMULATED, "-o", "ticks.parquet"], "parquet"),
        ("pyarrow", ["--headless", "--csv", "--parquet", *SIMULATED, "-o", "ticks/"], "parquet"),
        ("pyarrow", ["convert", "ticks.csv", "ticks.parquet"], "parquet"),
        ("textual_serve", ["serve", *SIMULATED], "web"),
        ("textual_serve.server", ["serve", *SIMULATED], "web"),
        ("aiohttp", ["serve", *SIMULATED], "web"),
    ],
)
def test_a_command_names_the_extra_that_it_needs(
    module: str, arguments: list[str], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "ticks.csv").write_text(",".join(COLUMNS) + "\n")
    done = run_without(module, *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (UserError.exit_code, "")
    assert done.stderr.splitlines()[-1].startswith("kitetui: ")
    assert f"pip install 'kitetui[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [*tmp_path.rglob("*.parquet")]


@pytest.mark.parametrize(
    ("module", "method", "extra"),
    [
        ("pandas", "to_pandas", "pandas"),
        ("polars", "to_polars", "polars"),
        ("pyarrow", "to_arrow", "parquet"),
    ],
)
def test_a_table_names_the_extra_that_it_needs(module: str, method: str, extra: str, tmp_path: Path) -> None:
    done = run_without(module, method, program=BATCH, folder=tmp_path)
    assert done.stderr == ""
    assert f"pip install 'kitetui[{extra}]'" in done.stdout


@pytest.mark.parametrize("module", ["pyarrow", "pandas", "polars", "textual_serve", "kiteconnect"])
def test_what_needs_no_extra_works_without(module: str, tmp_path: Path) -> None:
    done = run_without(module, *RECORDING, "-o", "-", folder=tmp_path)
    assert done.returncode == 0, done.stderr
