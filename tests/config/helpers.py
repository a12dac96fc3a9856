"""What the tests of the configuration share: a vocabulary, and any configuration there can be."""

from __future__ import annotations

from hypothesis import strategies as st

from kitetui.config import Config, Entry, FeedSettings, Group, Sort, Vocabulary, read_config
from kitetui.formatting import Units
from kitetui.wire import Mode

VOCABULARY = Vocabulary(
    columns=("LTP", "CHG", "CHG%", "VOL", "AGE"), commands=("cursor_up", "cursor_down", "add", "quit")
)


def read(text: str) -> Config:
    """Read a text as `config.toml`."""
    return read_config(text, "config.toml", VOCABULARY)


def texts(longest: int = 12) -> st.SearchStrategy[str]:
    """Any text that a configuration may hold, quotes, hashes and brackets among it."""
    letters = st.one_of(st.sampled_from("AB1 :\"'#[]{},=.\\&-"), st.characters(codec="utf-8"))
    return (
        st.text(letters, max_size=longest)
        .map(lambda text: "".join(filter(str.isprintable, text)).strip())
        .filter(bool)
    )


def entries() -> st.SearchStrategy[Entry]:
    """A symbol, with a mode or without."""
    return st.builds(Entry, texts(), st.none() | st.sampled_from(Mode))


def groups() -> st.SearchStrategy[Group]:
    """A group whose symbols differ."""
    symbols = st.lists(entries(), max_size=8, unique_by=lambda entry: entry.symbol.upper())
    return st.builds(Group, texts(), symbols.map(tuple))


def configs() -> st.SearchStrategy[Config]:
    """Any configuration."""
    return st.builds(
        Config,
        theme=texts(),
        units=st.sampled_from(Units),
        flash=st.booleans(),
        bell=st.booleans(),
        columns=st.lists(st.sampled_from(VOCABULARY.columns), unique=True).map(tuple),
        sort=st.none() | st.builds(Sort, st.sampled_from(("SYMBOL", *VOCABULARY.columns)), st.booleans()),
        feed=st.builds(
            FeedSettings,
            mode=st.sampled_from(Mode),
            connections=st.integers(1, 3),
            account=st.sampled_from(("default", "second", "a-1_b")),
            endpoint=st.sampled_from(("", "kite", "sandbox")),
        ),
        keys=st.dictionaries(
            st.sampled_from(VOCABULARY.commands), st.lists(texts(), max_size=3).map(tuple), max_size=4
        ),
        groups=st.lists(groups(), max_size=9, unique_by=lambda group: group.name).map(tuple),
    )
