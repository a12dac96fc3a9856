"""An installation from the wheel, far from the checkout, does what the checkout does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kitetui import __version__
from kitetui.record import COLUMNS
from tests.packaging.environment import VERSIONS, Archives, Environment, python_of

EVERY_MODULE = """
import importlib, pkgutil, kitetui
for module in pkgutil.walk_packages(kitetui.__path__, "kitetui."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(kitetui.__file__)
"""


@pytest.fixture(scope="module")
def installed(archives: Archives, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel in an environment of this Python, with its dependencies from beside the tests."""
    environment = Environment.create(sys.executable, tmp_path_factory.mktemp("installed"))
    done = environment.install("--no-index", "--no-deps", str(archives.wheel))
    assert done.returncode == 0, done.stderr
    environment.borrow_dependencies()
    return environment


@pytest.fixture(scope="module", params=VERSIONS)
def whole(
    request: pytest.FixtureRequest, archives: Archives, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """The wheel in a clean environment of each Python, with the dependencies that it asks for."""
    python = python_of(request.param)
    if python is None:
        pytest.skip(f"Python {request.param} is not on this machine")
    environment = Environment.create(python, tmp_path_factory.mktemp("whole"))
    done = environment.install(str(archives.wheel))
    if "connection" in done.stderr.lower():
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr
    return environment


def printed_by(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_works(environment: Environment, folder: Path) -> None:
    """It says its version, records, and all of it can be imported."""
    for command in ([environment.kitetui], [environment.python, "-m", "kitetui"]):
        assert printed_by(*command, "--version", folder=folder) == f"kitetui {__version__}\n"
    assert printed_by(environment.python, "-c", "from kitetui import *; Mode.FULL", folder=folder) == ""
    recording = "--headless --csv --feed sim -s NSE:INFY --duration 1 -o -".split()
    rows = printed_by(environment.kitetui, *recording, folder=folder).splitlines()
    assert rows[0] == ",".join(COLUMNS)
    assert all(",INFY,full," in row for row in rows[1:])
    assert len(rows) > 1
    place = printed_by(environment.python, "-c", EVERY_MODULE, folder=folder).strip()
    assert Path(place).is_relative_to(environment.folder)


@pytest.mark.landing
def test_an_installed_wheel_works(installed: Environment, tmp_path: Path) -> None:
    assert_works(installed, tmp_path)


@pytest.mark.slow
def test_an_installed_wheel_works_with_no_more_than_it_asks_for(whole: Environment, tmp_path: Path) -> None:
    assert_works(whole, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "runner", [["pipx", "run", "--spec"], ["uvx", "--from"]], ids=lambda runner: runner[0]
)
def test_a_wheel_runs_without_being_installed(
    archives: Archives, runner: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(runner[0]) is None:
        pytest.skip(f"{runner[0]} is not installed")
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    said = printed_by(*runner, str(archives.wheel), "kitetui", "--version", folder=tmp_path)
    assert said == f"kitetui {__version__}\n"
