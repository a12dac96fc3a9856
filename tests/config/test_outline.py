"""Every value of a valid text has its place, whatever way it is written in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given

from kitetui.config import Config, template
from kitetui.config.edit import edited
from kitetui.config.outline import Outline, Path
from tests.config.helpers import VOCABULARY, configs

EVERYTHING = '''\
# "a comment" = [1]
text = "a # b \\" ] \\\\" # c
literal = 'C:\\' # "
long = """
x = 1 # no comment
""""
raw = \'\'\'
[y]
'\'\'\'
number = 1.5e3
moment = 1979-05-27 07:32:00.5
"quoted key" . 'and.dotted' = true
list = [ 1, [2.5, "],"], # ]
  { a = 1, b = { c = [true] } }, ]
[table . inner]  # [x]
a.b = 1
[[array]]
[[array]]
x = 1
[array.sub]
y = 2
[[array.deep]]
z = 3
'''


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value that is no table and has none in it."""
    if isinstance(value, dict):
        parts: Iterable[tuple[str | int, Any]] = value.items()
    else:
        parts = list(enumerate(value)) if isinstance(value, list) else []
        if not any(isinstance(part, dict) for _, part in parts):
            yield path
    for name, part in parts:
        yield from paths(part, (*path, name))


def at(value: Any, path: Path) -> Any:
    for name in path:
        value = value[name]
    return value


def assert_outlined(text: str) -> None:
    """Assert that the text at each value's place is that value."""
    document, outline = tomllib.loads(text), Outline.of(text)
    assert set(paths(document)) <= set(outline.values)
    for path, span in outline.values.items():
        assert tomllib.loads(f"value = {text[span.start : span.end]}")["value"] == at(document, path)


def test_every_way_to_write_a_value_has_its_place() -> None:
    assert_outlined(EVERYTHING)


@given(configs())
def test_any_configuration_has_its_places(config: Config) -> None:
    assert_outlined(edited(template(VOCABULARY), Config(), config))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("text",), 2),
        (("number",), 10),
        (("quoted key", "and.dotted"), 12),
        (("list", 1, 1), 13),
        (("list", 2, "b", "c", 0), 14),
        (("table", "inner"), 15),
        (("table", "inner", "a", "b"), 16),
        (("array", 0), 17),
        (("array", 1, "x"), 19),
        (("array", 1, "sub", "y"), 21),
        (("array", 1, "deep", 0, "z"), 23),
        (("array", 1, "missing"), 18),
        (("missing",), 1),
    ],
)
def test_the_line_is_the_values_or_that_of_what_it_is_in(path: Path, line: int) -> None:
    assert Outline.of(EVERYTHING).line(path) == line


@pytest.mark.parametrize("text", ["", "[", "a", "a = [", "a = {b", "[[a", 'a = "'])
def test_a_broken_text_is_outlined_as_far_as_it_goes(text: str) -> None:
    assert Outline.of(text).text == text
