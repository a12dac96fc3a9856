"""What callers rely on does not change unseen, is documented, and is typed for a program in strict mode."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.api.describe import PACKAGES, described, file_of

ROOT = Path(__file__).parent.parent
PROGRAM = Path(__file__).parent / "api" / "user_program.py"
CONFIG = PROGRAM.with_name("mypy.ini")

each_package = pytest.mark.parametrize("package", PACKAGES)


def exported(package: str) -> list[str]:
    names: list[str] = import_module(package).__all__
    return names


def undocumented(package: str) -> Iterator[str]:
    """Yield the classes and functions of a package, and their members, of which nothing is said.

    What a class's own docstring describes in a line of its own needs no other.
    """
    module = import_module(package)
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isroutine(thing):
            told = inspect.getdoc(thing) or ""
            if not told:
                yield name
            yield from (
                f"{name}.{member}"
                for member, value in own_members(thing)
                if not inspect.getdoc(value) and not re.search(rf"\b{member}: ", told)
            )


def own_members(thing: object) -> Iterator[tuple[str, object]]:
    for name, value in vars(thing).items() if inspect.isclass(thing) else ():
        if not name.startswith("_") and (
            inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)
        ):
            yield name, value


@each_package
def test_what_a_caller_relies_on_is_as_it_was_written_down(package: str) -> None:
    kept = file_of(package).read_text(encoding="utf-8")
    assert described(package) == kept, "python -m tests.api.refresh writes it down anew; is no caller broken?"


@each_package
def test_the_exported_names_are_sorted_public_and_there(package: str) -> None:
    module, names = import_module(package), exported(package)
    assert names == sorted(names, key=by_kind), "constants, then classes, then functions"
    assert len(names) == len(set(names))
    for name in names:
        assert not name.startswith("_")
        assert getattr(module, name) is not None


def by_kind(name: str) -> tuple[int, str]:
    """As ruff sorts them: CONSTANTS, Classes, functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@each_package
def test_all_that_a_package_imports_of_its_own_rooms_is_exported(package: str) -> None:
    module = import_module(package)
    imported = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and not isinstance(thing, ModuleType)
        and getattr(thing, "__module__", "").startswith("kitetui.")
    }
    assert imported <= set(exported(package))


@each_package
def test_every_public_name_is_documented(package: str) -> None:
    assert import_module(package).__doc__
    assert list(undocumented(package)) == []


@each_package
def test_the_users_program_uses_every_name(package: str) -> None:
    program = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(program)
        if isinstance(node, ast.ImportFrom) and node.module in ("kitetui", package)
        for alias in node.names
    }
    used = {node.id for node in ast.walk(program) if isinstance(node, ast.Name)}
    assert set(exported(package)) <= imported & used


@pytest.mark.landing
def test_the_users_program_is_accepted_in_strict_mode(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--config-file", str(CONFIG), str(PROGRAM)]
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.landing
def test_the_reference_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "pdoc", "--output-directory", str(tmp_path), *PACKAGES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    for package in PACKAGES:
        page = (tmp_path / f"{package.replace('.', '/')}.html").read_text(encoding="utf-8")
        assert [name for name in exported(package) if f'id="{name}"' not in page] == []
