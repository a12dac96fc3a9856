"""Theme files: those that ship work, and a broken one is named and passed over."""

from __future__ import annotations

import pytest
from textual.color import Color

from kitetui.tui.theme import DEFAULT_THEME, VARIABLES, load_themes, parse_theme, shipped_files

GOOD = 'name = "mine"\nprimary = "#123456"\n[variables]\ntick-up = "#00ff00"\n'


def test_the_themes_that_ship_all_work_and_set_every_variable_of_ours():
    found = load_themes()
    assert found.problems == []
    assert [theme.name for theme in found.themes] == ["kitetui-blue-orange", "kitetui-dark", "kitetui-light"]
    assert all(set(VARIABLES) <= set(theme.variables) for theme in found.themes)


@pytest.mark.parametrize("variable", ["tick-up", "tick-down", "stale", "quiet"])
def test_what_is_written_in_a_colour_can_be_read_on_its_background(variable):
    for theme in load_themes().themes:
        background, colour = Color.parse(theme.background or ""), Color.parse(theme.variables[variable])
        assert contrast(background, colour) >= 4.5, (theme.name, variable)


def test_a_broken_file_is_named_and_the_others_work(tmp_path):
    (tmp_path / "broken.toml").write_text("name = ", encoding="utf-8")
    (tmp_path / "good.toml").write_text(GOOD, encoding="utf-8")
    found = load_themes(tmp_path.iterdir())
    assert [theme.name for theme in found.themes] == ["mine", DEFAULT_THEME]
    assert len(found.problems) == 1
    assert "broken.toml" in found.problems[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('primary = "#123456"', "name is needed"),
        ('name = "x"\nprimary = "no colour"', "primary is no colour"),
        ('name = "x"\nprimary = "#123"\ncolour = "#123"', "no field 'colour'"),
        ('name = "x"\nprimary = "#123"\n[variables]\nstale = 5', "variables.stale is no colour"),
    ],
)
def test_a_theme_is_told_what_is_wrong_with_it(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_theme(text)


def test_theme_files_are_found_where_they_ship():
    assert {file.name for file in shipped_files()} >= {"kitetui-dark.toml", "kitetui-light.toml"}


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [value / 255 for value in colour.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
