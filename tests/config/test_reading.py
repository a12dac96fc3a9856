"""A configuration is read whole, or everything that is wrong with it is said, each with its line."""

from __future__ import annotations

import pytest

from kitetui.account import EndpointProfile
from kitetui.config import Config, ConfigError, Entry, FeedSettings, Group, Sort, template
from kitetui.config.reading import read_feed_config
from kitetui.formatting import Units
from kitetui.wire import Mode
from tests.config.helpers import VOCABULARY, read

EXAMPLE = """\
theme = "kitetui-light"
units = "western"
flash = false
bell = true
columns = ["LTP", "VOL"]
sort = "-CHG%"
[feed]
mode = "quote"
connections = 1
account = "second"
endpoint = "mine"
[endpoints.mine]
rest = "https://rest.example"
login = "https://login.example/page"
socket = "wss://socket.example"
[endpoints.other]
rest = "http://127.0.0.1:9002"
login = "http://localhost:9002/connect/login"
socket = "ws://127.0.0.1:9001/"
prefix = "/oms"
sends_user_id = true
[keys]
add = "a"
cursor_up = ["k", "up"]
quit = []
[[groups]]
name = "Core"
symbols = ["NSE:NIFTY 50", { symbol = "NSE:TCS", mode = "ltp" }, { symbol = "408065" }]
[[groups]]
name = "Empty"
"""

ALL_FIELDS = "bell, columns, endpoints, feed, flash, groups, keys, sort, theme"

MINE = EndpointProfile("mine", "https://rest.example", "https://login.example/page", "wss://socket.example")
OTHER = EndpointProfile(
    "other",
    "http://127.0.0.1:9002",
    "http://localhost:9002/connect/login",
    "ws://127.0.0.1:9001/",
    prefix="/oms",
    sends_user_id=True,
)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value.problems


def test_every_field_is_read() -> None:
    assert read(EXAMPLE) == Config(
        theme="kitetui-light",
        units=Units.WESTERN,
        flash=False,
        bell=True,
        columns=("LTP", "VOL"),
        sort=Sort("CHG%", descending=True),
        feed=FeedSettings(mode=Mode.QUOTE, connections=1, account="second", endpoint="mine"),
        endpoints=(MINE, OTHER),
        keys={"add": ("a",), "cursor_up": ("k", "up"), "quit": ()},
        groups=(
            Group("Core", (Entry("NSE:NIFTY 50"), Entry("NSE:TCS", Mode.LTP), Entry("408065"))),
            Group("Empty"),
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "[feed]\n", template(VOCABULARY)])
def test_what_is_not_set_has_its_default(text: str) -> None:
    assert read(text) == Config()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('units = "metric"', 'units is "metric"; expected "indian" or "western"'),
        ("units = ['indian']", 'units is a list; expected "indian" or "western"'),
        ("theme = ''", 'theme is ""; expected a text'),
        ("theme = 1979-05-27", "theme is 1979-05-27; expected a text"),
        ("flash = 1", "flash is 1; expected true or false"),
        ("bell = 'yes'", 'bell is "yes"; expected true or false'),
        ("columns = 'LTP'", 'columns is "LTP"; expected a list of columns'),
        ("columns = ['ltp']", 'no column "ltp"; did you mean LTP?'),
        ("columns = ['SYMBOL']", "columns has SYMBOL, which is always first; leave it out"),
        ("columns = ['LTP', 'LTP']", 'columns has "LTP" twice; leave one out'),
        ("columns = [5]", "column is 5; expected a name"),
        ("columns = ['zzz']", 'no column "zzz"; expected LTP, CHG, CHG%, VOL or AGE'),
        ("sort = '-chg'", 'sort: no column "-chg"; did you mean -CHG?'),
        ("sort = '-list'", 'sort: no column "-list"; did you mean list?'),
        ("sort = {}", "sort: column is a table; expected a name"),
        ("feed = 3", "feed is 3; expected a table"),
        ("feed.connections = 4", "feed.connections is 4; expected a whole number from 1 to 3"),
        ("feed.connections = 1.0", "feed.connections is 1.0; expected a whole number from 1 to 3"),
        ("feed.connections = true", "feed.connections is true; expected a whole number from 1 to 3"),
        ("feed.mode = 'depth'", 'feed.mode is "depth"; expected "ltp", "quote" or "full"'),
        ("feed.modes = 'full'", 'no field of feed "modes"; did you mean mode?'),
        ("feed.account = 'My Account'", 'feed.account is "My Account"; expected a name of a-z, 0-9, - and _'),
        ("feed.endpoint = 3", "feed.endpoint is 3; expected the name of an endpoint"),
        ("feed.endpoint = 'sandbx'", 'feed.endpoint: no endpoint "sandbx"; did you mean sandbox?'),
        ("endpoints = 'kite'", 'endpoints is "kite"; expected an [endpoints.NAME] for each service'),
        ("endpoints.mine = 1", "endpoints.mine is 1; expected a table [endpoints.mine]"),
        ("[endpoints.'']", 'no endpoint can have the name ""; give it a word'),
        ("keys = 'k'", 'keys is "k"; expected a table of commands and their keys'),
        ("keys.ad = 'a'", 'no command "ad"; did you mean add?'),
        ("keys.add = 1", "keys.add is 1; expected a key or a list of keys"),
        ("keys.add = ['']", "keys.add is a list; expected a key or a list of keys"),
        ("groups = 'Core'", 'groups is "Core"; expected a [[groups]] for each group'),
        ("groups = [1]", "groups is a list; expected a [[groups]] for each group"),
        ("[[groups]]", 'a group has no name; expected one like name = "Banks"'),
        ("[[groups]]\nname = ' '", 'name is " "; expected a text of at most 20 characters'),
        (
            f"[[groups]]\nname = '{21 * 'x'}'",
            f'name is "{21 * "x"}"; expected a text of at most 20 characters',
        ),
        ("groups = [{name = 'A'}, {name = 'A'}]", 'two groups have the name "A"; give one of them another'),
        ("[[groups]]\nname = 'A'\nsymbol = 'X'", 'no field of a group "symbol"; did you mean symbols?'),
        ("[[groups]]\nname = 'A'\nsymbols = 'X'", 'symbols is "X"; expected a list of symbols'),
        ("theem = 'x'", 'no field "theem"; did you mean theme?'),
        ("zzz = 1", f'no field "zzz"; expected {ALL_FIELDS} or units'),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_line(text: str, problem: str) -> None:
    line = 2 + text.count("\n")
    assert problems(f"\n{text}") == (f"config.toml:{line}: {problem}",)


@pytest.mark.parametrize(
    ("symbols", "problem"),
    [
        ("[5]", 'a symbol is 5; expected one like "NSE:INFY" or { symbol = "NSE:INFY", mode = "quote" }'),
        ("['a', 'A']", '"A" is twice in this group; leave one out'),
        ("['A', {symbol = 'A'}]", '"A" is twice in this group; leave one out'),
        (
            "[{mode = 'ltp'}]",
            'a symbol is missing; expected one like "NSE:INFY" or { symbol = "NSE:INFY", mode = "quote" }',
        ),
        ("[{symbol = 'A', mode = 'all'}]", 'mode is "all"; expected "ltp", "quote" or "full"'),
        ("[{symbol = 'A', moed = 'ltp'}]", 'no field of a symbol "moed"; did you mean mode?'),
    ],
)
def test_a_wrong_symbol_is_one_sentence(symbols: str, problem: str) -> None:
    assert problems(f"[[groups]]\nname = 'G'\nsymbols = {symbols}") == (f"config.toml:3: {problem}",)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("rest", "1", 'is 1; expected one like "https://sandbox.kite.trade"'),
        ("rest", "'hidden'", "is a URL like https://host, without a query or a user name"),
        ("rest", "'https://user:hidden@h'", "is a URL like https://host, without a query or a user name"),
        ("rest", "'https://h/'", "has a slash at its end; leave it out"),
        ("login", "'http://h'", "would send secrets in the clear to another machine; use https://"),
        ("socket", "'https://h'", "is a URL like wss://host, without a query or a user name"),
        ("socket", "'ws://h'", "would send secrets in the clear to another machine; use wss://"),
        ("prefix", "'oms'", "is no path; write it like /oms, or leave it out"),
        ("sends_user_id", "'yes'", 'is "yes"; expected true or false'),
    ],
)
def test_a_wrong_endpoint_is_one_sentence(field: str, value: str, problem: str) -> None:
    fields = {"rest": "'https://h'", "login": "'https://h'", "socket": "'wss://h'"} | {field: value}
    text = "".join(f"{name} = {each}\n" for name, each in fields.items())
    line = 2 + list(fields).index(field)
    assert problems(f"[endpoints.x]\n{text}") == (f"config.toml:{line}: endpoints.x.{field} {problem}",)


def test_an_endpoint_has_all_its_addresses_and_nothing_else() -> None:
    text = "[endpoints.x]\nrest = 'https://h'\nsocket = 'wss://h'\nlogn = 'https://h'\n"
    assert problems(text) == (
        'config.toml:1: endpoints.x has no login; expected one like "https://sandbox.kite.trade/connect/login"',
        'config.toml:4: no field of an endpoint "logn"; did you mean login?',
    )


def test_a_run_without_a_screen_reads_its_own_part_alone() -> None:
    of_the_screen = "theme = 3\ncolours = 1\n[keys]\nadd = 1\n"
    feed = "[feed]\nconnections = 1\nendpoint = 'mine'\n"
    mine = "[endpoints.mine]\nrest = 'https://rest.example'\nlogin = 'https://login.example/page'\n"
    text = f"{of_the_screen}{feed}{mine}socket = 'wss://socket.example'\n"
    found = read_feed_config(text, "config.toml")
    assert found == Config(feed=FeedSettings(connections=1, endpoint="mine"), endpoints=(MINE,))
    with pytest.raises(ConfigError, match=r"^config.toml:6: feed.connections is 4"):
        read_feed_config(text.replace("connections = 1", "connections = 4"), "config.toml")
    with pytest.raises(ConfigError, match=r"^config.toml:1: "):
        read_feed_config("theme = ", "config.toml")


def test_a_symbol_of_a_long_list_has_its_own_line() -> None:
    (problem,) = problems("[[groups]]\nname = 'G'\nsymbols = [\n'A',\n# twice\n'B', 'A',\n]")
    assert problem.startswith('config.toml:6: "A" is twice')


def test_there_are_at_most_nine_groups() -> None:
    (problem,) = problems("".join(f"[[groups]]\nname = 'G{number}'\n" for number in range(10)))
    assert problem == "config.toml:19: there are 10 groups; expected at most 9"


def test_all_problems_are_told_in_the_order_of_the_lines() -> None:
    with pytest.raises(ConfigError, match=r"^config.toml:1: .* \(and 2 more\)$") as caught:
        read("colour = 1\nbell = 1\n[feed]\nmode = 1\n")
    assert [problem.split(":")[1] for problem in caught.value.problems] == ["1", "2", "4"]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "api_key = 'hidden'",
        "endpoints.x = {rest='https://h', login='https://h', socket='wss://h', api_secret='hidden'}",
        "[feed]\nACCESS_TOKEN = 'hidden'",
        "[keys]\nkite_api_secret = 'hidden'",
        "[[groups]]\nname = 'G'\nsymbols = [{symbol = 'A', api_key = 'hidden'}]",
    ],
)
def test_a_secret_is_refused_and_not_repeated(text: str) -> None:
    (problem,) = problems(text)
    assert "is a secret and has no place in a file; take it out, and run kitetui login" in problem
    assert "hidden" not in problem


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("bell = true\nflash =\n", 2),
        ("bell = true\nbell = false\n", 2),
        ("a = 1\n\ncolumns = [", 3),
        ("\x00", 1),
    ],
)
def test_a_text_that_is_not_toml_has_its_line(text: str, line: int) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"config.toml:{line}: ")
    assert "expected a line of TOML" in problem
    assert "(at " not in problem


def test_what_is_shown_of_a_file_cannot_steer_a_terminal() -> None:
    (problem,) = problems('theme = "\\u001b[31m\\n\\u202e\\u2028red"')
    assert problem.isprintable()


def test_lists_in_lists_without_end_are_refused() -> None:
    (problem,) = problems("columns = " + 10_000 * "[")
    assert "too deep" in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            f"theme = 'x'\n[feed]\nconnections = {'9' * 5000}",
            "config.toml:3: a number of so many digits cannot be read; expected one like connections = 3",
        ),
        (
            f"\nflash = 1{'_000' * 2000}",
            "config.toml:2: a number of so many digits cannot be read; expected one like connections = 3",
        ),
        (
            f"[feed]\nconnections = 0x{'f' * 5000}",
            "config.toml:2: feed.connections is a number of many digits; expected a whole number from 1 to 3",
        ),
    ],
    ids=["decimal", "apart", "hexadecimal"],
)
def test_a_number_without_end_is_one_sentence_with_its_line(text: str, problem: str) -> None:
    assert problems(text) == (problem,)
    with pytest.raises(ConfigError):
        read_feed_config(text, "config.toml")


@pytest.mark.parametrize("depth", range(100, 1100, 37))
def test_what_is_too_deep_is_said_however_it_is_written(depth: int) -> None:
    for text in (
        f"columns = {'[' * depth}{']' * depth}",
        f"keys.add = {'[' * depth}{']' * depth}",
        f"[{'.'.join('a' * depth)}]",
        f"{'.'.join('a' * depth)} = 1",
    ):
        assert problems(text)


def test_lists_just_too_deep_for_their_places_are_said() -> None:
    assert all(problems(f"keys.add = {'[' * depth}{']' * depth}") for depth in range(480, 500))
