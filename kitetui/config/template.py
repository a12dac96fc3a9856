"""The commented configuration that a user begins with: every field, with what it is for and its default."""

from __future__ import annotations

import textwrap
from typing import Final

from kitetui.config.edit import statement
from kitetui.config.fields import FIELDS, ConfigField
from kitetui.config.model import Config, Vocabulary
from kitetui.config.problems import one_of

_WIDTH: Final = 100

_TOP: Final = (
    "The configuration of kitetui. What is commented out is what holds anyway: take the # away and change "
    "the rest. kitetui takes up changes while it runs, and writes what is changed on the screen here. "
    "API keys and access tokens never belong here: kitetui login keeps them where nobody else can read them."
)


def template(vocabulary: Vocabulary) -> str:
    """Return the text of a configuration in which everything has its default."""
    paragraphs = [_comment(_TOP)]
    table = ""
    for field in FIELDS:
        if field.table not in ("", table):
            table = field.table
            paragraphs.append(f"[{table}]\n")
        paragraphs.append(_comment(_about(field, vocabulary)) + _commented(field))
    return "\n".join(paragraphs)


def _about(field: ConfigField, vocabulary: Vocabulary) -> str:
    return field.about.format(
        columns=one_of(vocabulary.columns, "and"), commands=one_of(vocabulary.commands, "and")
    )


def _commented(field: ConfigField) -> str:
    lines = field.example or statement(field.path[-1], field.shown(Config()))
    return "".join(f"# {line}\n" for line in lines.splitlines())


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, _WIDTH, break_long_words=False))
