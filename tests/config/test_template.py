"""The file that a user begins with says all that can be set, and sets nothing."""

from __future__ import annotations

import pytest

from kitetui.config import Config, template
from kitetui.config.fields import FIELDS
from tests.config.helpers import VOCABULARY, read

TEMPLATE = template(VOCABULARY)


def without_marks(text: str) -> str:
    """Return the template with every commented statement in force."""
    return "".join(
        f"{line.removeprefix('# ')}\n"
        for line in text.splitlines()
        if not line.startswith("#") or is_toml(line)
    )


def is_toml(line: str) -> bool:
    return line.startswith("# [") or " = " in line.split('"')[0]


def test_the_defaults_that_it_shows_are_those_that_hold() -> None:
    shown = read(without_marks(TEMPLATE))
    for field in FIELDS:
        if not field.example:
            assert field.shown(shown) == field.shown(Config()), field.name


def test_its_examples_can_be_used_as_they_are() -> None:
    shown = read(without_marks(TEMPLATE))
    assert [group.name for group in shown.groups] == ["Core"]
    assert shown.keys == {"add": ("a", "insert")}
    assert [each.name for each in shown.endpoints] == ["mine"]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_is_shown(field) -> None:
    assert f"\n# {field.path[-1]} = " in TEMPLATE or field.example.splitlines()[0] in TEMPLATE


def test_every_name_that_can_be_used_is_in_it() -> None:
    assert all(name in TEMPLATE for name in (*VOCABULARY.columns, *VOCABULARY.commands))


def test_its_lines_fit_a_page() -> None:
    assert max(map(len, TEMPLATE.splitlines())) <= 102
