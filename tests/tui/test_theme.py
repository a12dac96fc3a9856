"""Theme files: those that ship can be read by those they are for, and a broken one is passed over."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from textual.app import App
from textual.color import ANSI_COLORS, Color
from textual.screen import ModalScreen
from textual.theme import BUILTIN_THEMES

from kitetui.tui.render.spans import Style
from kitetui.tui.theme import (
    DEFAULT_THEME,
    FALLBACK,
    VARIABLES,
    load_themes,
    parse_theme,
    shipped_files,
    user_files,
)
from kitetui.tui.widgets.painted import PaintedPane, Palette

GOOD = 'name = "mine"\nprimary = "#123456"\n[variables]\ntick-up = "#00ff00"\n'
SHIPPED = {theme.name: theme for theme in load_themes().themes}
COLOURED = [theme for theme in SHIPPED.values() if not theme.ansi]
TERMINAL = SHIPPED["kitetui-terminal"]

TEXT = ("foreground", "primary", "tick-up", "tick-down", "stale", "quiet")
GROUNDS = ("background", "surface", "panel", "selection")
BARS = ("depth-buy", "depth-sell")
WRITTEN_ON = [
    *product(TEXT, GROUNDS),
    *product(("tick-up", "tick-down"), ["tick-flash"]),
]
"""Which colour is written on which ground."""

STYLES = Path(__file__).parents[2] / "kitetui" / "tui" / "styles" / "monitor.tcss"


def colour(theme, name):
    """One of our colours of a theme, by the name of its field or its variable."""
    return Color.parse(theme.variables.get(name) or getattr(theme, name))


def named(themes):
    return pytest.mark.parametrize("theme", themes, ids=lambda theme: theme.name)


def problems_of(*texts, folder):
    """What is wrong with files of these texts, in the user's folder."""
    for number, text in enumerate(texts):
        (folder / f"{number}.toml").write_text(text, encoding="utf-8")
    return load_themes(user_files(folder)).problems


def test_the_themes_that_ship_all_work_and_set_every_variable_of_ours():
    assert load_themes().problems == []
    assert list(SHIPPED) == [
        "kitetui-amber",
        "kitetui-blue-orange-light",
        "kitetui-blue-orange",
        "kitetui-dark",
        "kitetui-high-contrast",
        "kitetui-light",
        "kitetui-terminal",
    ]
    assert all(set(VARIABLES) <= set(theme.variables) for theme in SHIPPED.values())


def test_each_file_is_named_as_its_theme_and_begins_with_whom_it_is_for():
    for file in shipped_files():
        text = file.read_text(encoding="utf-8")
        assert parse_theme(text).name == file.name.removesuffix(".toml")
        assert text.startswith("# ")


def test_the_fallback_is_the_default_theme():
    default = SHIPPED[DEFAULT_THEME]
    assert default.variables == FALLBACK.variables == VARIABLES
    for name in ("name", "primary", "foreground", "background", "dark"):
        assert getattr(FALLBACK, name) == getattr(default, name)


@named(COLOURED)
def test_all_that_is_written_can_be_read_on_every_ground(theme):
    needed = 7 if theme.name == "kitetui-high-contrast" else 4.5
    for style, ground in WRITTEN_ON:
        assert contrast(colour(theme, style), colour(theme, ground)) >= needed, (style, ground)


@named(COLOURED)
def test_bars_stand_out_and_frames_stand_back(theme):
    background = colour(theme, "background")
    for bar in BARS:
        assert contrast(colour(theme, bar), background) >= 3, bar
    # A frame says nothing that its title does not, so that it may be faint.
    assert contrast(colour(theme, "frame"), background) >= 1.6


def test_in_high_contrast_bars_and_frames_are_as_clear_as_text():
    theme = SHIPPED["kitetui-high-contrast"]
    for name in (*BARS, "frame"):
        assert contrast(colour(theme, name), colour(theme, "background")) >= 7, name


@named(COLOURED)
def test_the_grounds_of_a_selection_and_of_a_flash_can_be_told_from_the_others(theme):
    grounds = [colour(theme, name) for name in ("background", "selection", "tick-flash")]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert distance(grounds[one], grounds[other], NORMAL) >= 5


@pytest.mark.parametrize("name", ["kitetui-blue-orange", "kitetui-blue-orange-light"])
@pytest.mark.parametrize("eyes", ["deuteranopia", "protanopia"])
def test_up_and_down_are_far_apart_for_the_eyes_that_blue_and_orange_are_for(name, eyes):
    theme = SHIPPED[name]
    for up, down in (("tick-up", "tick-down"), ("depth-buy", "depth-sell")):
        assert distance(colour(theme, up), colour(theme, down), EYES[eyes]) >= 60


@pytest.mark.parametrize("eyes", ["deuteranopia", "protanopia"])
def test_the_default_tells_up_from_down_by_lightness_too(eyes):
    theme = SHIPPED[DEFAULT_THEME]
    assert distance(colour(theme, "tick-up"), colour(theme, "tick-down"), EYES[eyes]) >= 20


@named(COLOURED)
def test_nothing_else_looks_like_what_is_stale(theme):
    for_all_eyes = theme.name.startswith("kitetui-blue-orange")
    for name in (*TEXT, *BARS, "frame"):
        if name != "stale":
            for eyes in EYES.values() if for_all_eyes else [NORMAL]:
                assert distance(colour(theme, "stale"), colour(theme, name), eyes) >= 20, name


@named(COLOURED)
def test_in_sixteen_colours_nothing_falls_on_its_own_ground(theme):
    for style, ground in WRITTEN_ON:
        assert sixteenth(colour(theme, style)) != sixteenth(colour(theme, ground)), (style, ground)


def test_the_terminals_theme_has_no_colour_that_cannot_be_read_in_every_terminal():
    readable = {"ansi_default", "ansi_green", "ansi_red", "ansi_magenta"}
    fields = (*TEXT, *GROUNDS, *BARS, "secondary", "accent", "success", "warning", "error", "frame")
    assert {str(TERMINAL.variables.get(name) or getattr(TERMINAL, name)) for name in fields} == readable
    assert {TERMINAL.variables.get(name) or getattr(TERMINAL, name) for name in GROUNDS} == {"ansi_default"}


class Styled(PaintedPane):
    """A widget with every style, and a selected row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--selected"}

    def paint(self, width, height):
        return [[(style, style)] for style in Style]


class StyledApp(App[None]):
    """The styles in the monitor's styles and themes."""

    CSS_PATH = STYLES

    def __init__(self, theme):
        super().__init__()
        self.register_theme(theme)
        self.theme = theme.name

    def get_theme_variable_defaults(self):
        return dict(VARIABLES)

    def compose(self):
        yield Styled()


class AddScreen(ModalScreen[None]):
    """A dialog by a name that the styles know."""


async def styles_of(theme):
    """The style of each style, and of a selected row."""
    app = StyledApp(theme)
    async with app.run_test():
        pane = app.query_one(Styled)
        palette, selected = Palette(pane), Palette(pane, "row--selected")
        styles = {style: next(iter(palette.strip([("x", style)], 1))).style for style in Style}
        return styles, selected.base


@named(SHIPPED.values())
async def test_every_theme_gives_every_style_colours_that_are_no_others_in_what_it_means(theme):
    styles, _ = await styles_of(theme)
    meanings = {
        style: (colours.color, colours.bgcolor, colours.bold, colours.dim, colours.reverse)
        for style, colours in styles.items()
    }
    told_apart = [
        Style.TEXT,
        Style.STRONG,
        Style.DIM,
        Style.UP,
        Style.DOWN,
        Style.FLASH_UP,
        Style.FLASH_DOWN,
        Style.STALE,
        Style.ALARM,
    ]
    assert len({meanings[style] for style in told_apart}) == len(told_apart)


@named(SHIPPED.values())
async def test_the_list_stays_in_sight_behind_the_dialog_that_adds_to_it(theme):
    app = StyledApp(theme)
    async with app.run_test():
        await app.push_screen(AddScreen())
        assert app.screen.styles.background.is_transparent


async def test_in_the_terminals_colours_attributes_say_what_shades_cannot():
    styles, selected = await styles_of(TERMINAL)
    assert styles[Style.DIM].dim
    assert styles[Style.FRAME].dim
    assert styles[Style.FLASH_UP].reverse
    assert styles[Style.FLASH_DOWN].reverse
    assert styles[Style.ALARM].reverse
    assert selected.bold
    assert not styles[Style.TEXT].bold


@named(SHIPPED.values())
async def test_without_colours_a_price_is_never_darker_than_text_and_a_flash_is_reversed(theme, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    styles, _ = await styles_of(theme)
    assert styles[Style.UP] == styles[Style.DOWN] == styles[Style.TEXT]
    assert styles[Style.FLASH_UP].reverse
    assert styles[Style.FLASH_DOWN].reverse
    assert styles[Style.STALE].bold
    assert styles[Style.ALARM].reverse
    assert styles[Style.DIM] != styles[Style.TEXT]


def test_a_broken_file_is_named_and_the_others_work(tmp_path):
    (tmp_path / "broken.toml").write_text("name = ", encoding="utf-8")
    (tmp_path / "good.toml").write_text(GOOD, encoding="utf-8")
    found = load_themes(user_files(tmp_path))
    assert [theme.name for theme in found.themes] == ["mine", DEFAULT_THEME]
    assert len(found.problems) == 1
    assert found.problems[0].startswith("theme broken.toml is not used: ")


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b'name = "caf\xe9"')
    folder, latin = load_themes(user_files(tmp_path)).problems
    assert folder == "theme folder.toml is not used: Is a directory"
    assert "latin.toml" in latin


def test_a_users_theme_takes_the_place_of_one_that_ships(tmp_path):
    (tmp_path / "a.toml").write_text(f'name = "{DEFAULT_THEME}"\nprimary = "#123456"', encoding="utf-8")
    themes = {theme.name: theme for theme in load_themes([*shipped_files(), *user_files(tmp_path)]).themes}
    assert themes.keys() == SHIPPED.keys()
    assert themes[DEFAULT_THEME].primary == "#123456"


def test_a_users_folder_is_read_by_name_and_need_not_be_there(tmp_path):
    for name in ("b.toml", "a.toml", "c.txt"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    assert [file.name for file in user_files(tmp_path)] == ["a.toml", "b.toml"]
    assert user_files(tmp_path / "nowhere") == []


def test_a_broken_default_is_replaced_by_one_that_cannot_break(tmp_path):
    assert load_themes(user_files(tmp_path)).themes == [FALLBACK]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('primary = "#123456"', "name is needed, and must be a text"),
        ('name = "x"', "primary is needed, and must be a colour"),
        ('name = 5\nprimary = "#123"', "name is 5, and must be a text"),
        ('name = " "\nprimary = "#123"', "name is ' ', and must be a text"),
        ('name = "a\\u001b[2J"\nprimary = "#123"', r"name is 'a\\x1b\[2J', and must be a text"),
        ('name = "x"\nprimary = "no colour"', "primary is 'no colour', and must be a colour such as"),
        ('name = "x"\nprimary = "ansi_puce"', "primary is 'ansi_puce', and must be a colour such as"),
        ('name = "x"\nprimary = "#123"\ndark = "yes"', "dark is 'yes', and must be true or false"),
        ('name = "x"\nprimary = "#123"\ntext_alpha = 5', "text_alpha is 5, and must be a number from 0 to 1"),
        ('name = "x"\nprimary = "#123"\ntext_alpha = nan', "text_alpha is nan, and must be a number"),
        ('name = "x"\nprimary = "#123"\ntext_alpha = true', "text_alpha is True, and must be a number"),
        (
            'name = "x"\nprimary = "#123"\nbackgruond = "#123"',
            "no field 'backgruond'; did you mean background?",
        ),
        ('name = "x"\nprimary = "#123"\nvariables = 5', "variables is 5, and must be a table"),
        (
            'name = "x"\nprimary = "#123"\n[variables]\nstale = 5',
            "variables.stale is 5, and must be a colour",
        ),
        ('name = "x"\nprimary = "#123"\n[variables]\nstale = "5%"', "variables.stale is '5%', and must be"),
        (
            'name = "x"\nprimary = "#123"\n[variables]\nstaale = "#123"',
            "no variable 'staale'; did you mean stale?",
        ),
        (
            'name = "x"\nprimary = "#123"\n[variables]\nlink-style = "#123"',
            "variables.link-style is '#123', and must be a style",
        ),
        (
            'name = "x"\nprimary = "#123"\n[variables]\nlink-style = ""',
            "link-style is '', and must be a style",
        ),
    ],
)
def test_a_theme_is_told_what_is_wrong_with_it(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_theme(text)


def test_a_problem_is_short_and_safe_to_show(tmp_path):
    (tmp_path / "\x1b[2J.toml").write_text("", encoding="utf-8")
    head = 'name = "x"\nprimary = "#123"\n'
    long = "x" * 5000
    problems = problems_of(
        f'name = "x"\nprimary = "{long}"',
        f'{head}{long} = "#123"',
        f'{head}[variables]\n{long} = "#123"',
        f'{head}"\\u001b[2J" = 5',
        f'{head}stale = "\x1b[2J"',
        "a = " + "[" * 5000,
        folder=tmp_path,
    )
    assert len(problems) == 7
    for problem in problems:
        assert problem.isprintable()
        assert len(problem) < 200


async def test_a_theme_of_the_terminals_colours_needs_no_variables_to_be_shown():
    theme = parse_theme('name = "x"\nprimary = "ansi_green"\nansi = true')
    styles, _ = await styles_of(theme)
    assert styles[Style.TITLE].color.number == ANSI_COLORS.index("green")


def test_what_textuals_own_themes_set_may_be_set_by_any():
    for theme in BUILTIN_THEMES.values():
        lines = "".join(f'{name} = "{value}"\n' for name, value in theme.variables.items())
        variables = parse_theme(f'name = "x"\nprimary = "#123"\n[variables]\n{lines}').variables
        assert variables == theme.variables


VALUES = st.one_of(
    st.text(max_size=8).map(repr),
    st.sampled_from(
        '"#123" "ansi_red" "red 50%" "red 5e9%" "rgb(1,2,999)" "hsl(1,2%,3%)" 1 -0.5 true [] {}'.split(" ")
    ),
)
LINES = st.builds(
    "{} = {}".format,
    st.sampled_from(
        "name primary dark text_alpha panel variables variables.stale variables.link-style".split()
    ),
    VALUES,
)


@given(st.lists(LINES, max_size=5).map("\n".join) | st.text(max_size=40))
def test_any_text_is_a_theme_that_can_be_used_or_is_refused(text):
    try:
        theme = parse_theme(text)
    except ValueError:
        return
    assert theme.to_color_system().generate()


def contrast(one, other):
    """How far apart two colours are in lightness, 1 to 21, as WCAG 2 counts it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    return weighted([(0.2126, 0.7152, 0.0722)], linear(colour))[0]


def linear(colour):
    parts = [value / 255 for value in colour.rgb]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def weighted(matrix, vector):
    return [sum(weight * part for weight, part in zip(row, vector, strict=True)) for row in matrix]


NORMAL = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
EYES = {
    "normal": NORMAL,
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
"""What eyes see of linear red, green and blue (Machado, Oliveira and Fernandes 2009, severity 1)."""

XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)


def distance(one, other, eyes):
    """How different two colours look to such eyes, as their distance in CIELAB: 2 is just visible."""
    pairs = zip(lab(one, eyes), lab(other, eyes), strict=True)
    return sum((left - right) ** 2 for left, right in pairs) ** 0.5


def lab(colour, eyes):
    seen = [min(max(part, 0.0), 1.0) for part in weighted(eyes, linear(colour))]
    x, y, z = (root(part / white) for part, white in zip(weighted(XYZ, seen), WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def root(part):
    return part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116


def sixteenth(colour):
    """The number of the colour that a terminal of sixteen shows in its place."""
    return colour.rich_color.downgrade(ColorSystem.STANDARD).number
