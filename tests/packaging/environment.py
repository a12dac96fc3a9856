"""Archives of this project, and environments that they are installed in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
VERSIONS: Final = ("3.11", "3.12", "3.13")
"""Those that the package says it is for."""


@dataclass(frozen=True, slots=True)
class Archives:
    """What is uploaded for a release."""

    wheel: Path
    source: Path


def build(project: Path, folder: Path) -> Archives:
    """Build both archives of a project with the tools that are installed: nothing is downloaded."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(folder)]
    subprocess.run([*command, str(project)], check=True, capture_output=True, timeout=300)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Archives(wheel, source)


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with nothing in it but pip."""

    folder: Path

    @classmethod
    def create(cls, python: str, folder: Path) -> Environment:
        subprocess.run([python, "-m", "venv", str(folder)], check=True, capture_output=True, timeout=300)
        return cls(folder)

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def kitetui(self) -> str:
        """The command that the installation made."""
        return str(self.folder / "bin" / "kitetui")

    def install(self, *what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-m", "pip", "install", "--quiet", *what],
            capture_output=True,
            text=True,
            timeout=600,
        )

    def borrow_dependencies(self) -> None:
        """Let it find what is installed beside the tests, after what is its own."""
        own = subprocess.run(
            [self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        )
        (Path(own.stdout.strip()) / "borrowed.pth").write_text(sysconfig.get_path("purelib"))


def python_of(version: str) -> str | None:
    """Return an interpreter of this version, None where there is none on this machine."""
    candidates = [sys.executable, shutil.which(f"python{version}"), *_of_pyenv(version)]
    return next((each for each in candidates if each and _version(each) == version), None)


def _of_pyenv(version: str) -> Iterator[str]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return (str(each) for each in sorted(root.glob(f"versions/{version}.*/bin/python{version}")))


def _version(python: str) -> str:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, timeout=60)
    return done.stdout.strip()
