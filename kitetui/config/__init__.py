"""The user's configuration: what it holds, the file that it is kept in, and what is wrong with that.

`FIELDS` is the one table that the file's documentation, its check and its changes are made from.
"""

from kitetui.config.file import ConfigFile, feed_config
from kitetui.config.model import (
    LIST_ORDER,
    MAX_GROUP_NAME,
    MAX_GROUPS,
    Config,
    Entry,
    FeedSettings,
    Group,
    Sort,
    Vocabulary,
)
from kitetui.config.problems import ConfigError
from kitetui.config.reading import read_config
from kitetui.config.template import template

__all__ = [
    "LIST_ORDER",
    "MAX_GROUPS",
    "MAX_GROUP_NAME",
    "Config",
    "ConfigError",
    "ConfigFile",
    "Entry",
    "FeedSettings",
    "Group",
    "Sort",
    "Vocabulary",
    "feed_config",
    "read_config",
    "template",
]
