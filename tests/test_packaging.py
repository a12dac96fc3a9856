"""What is installed is whole: a wheel, unpacked far from the checkout, finds its data and starts."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel's content, as an installation would have it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run_installed(installed: Path, program: str) -> str:
    """Run a program with the unpacked wheel in front of everything else, in a folder of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {program}"],
        cwd=installed.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_wheel_holds_what_is_not_code(installed: Path) -> None:
    for path in ("kitetui/py.typed", "kitetui/instruments/universe.csv", "kitetui/themes/kitetui-dark.toml"):
        assert (installed / path).is_file(), path


def test_an_installed_wheel_finds_its_themes(installed: Path) -> None:
    program = "from kitetui.tui.theme import shipped_files; print(*shipped_files(), sep='\\n')"
    found = [Path(line) for line in run_installed(installed, program).splitlines()]
    assert {path.parent for path in found} == {installed / "kitetui" / "themes"}
    assert {path.name for path in found} == {path.name for path in (ROOT / "themes").glob("*.toml")}


def test_an_installed_wheel_loads_its_universe(installed: Path) -> None:
    program = "from kitetui.instruments import Universe; print(len(Universe.load()))"
    assert int(run_installed(installed, program)) > 300


def test_an_installed_wheel_finds_its_styles(installed: Path) -> None:
    program = (
        "from pathlib import Path; import kitetui.tui.app as app; "
        "print(Path(app.__file__).parent / app.MonitorApp.CSS_PATH)"
    )
    assert Path(run_installed(installed, program)).is_file()
