"""The registry of commands: no key has two meanings, and the user may give other keys."""

from __future__ import annotations

import pytest

from kitetui.tui.commands import COMMANDS, ON_LIST, Context, Keymap, bindings_of_views, key_name
from kitetui.tui.screens.add import AddScreen
from kitetui.tui.screens.columns import ColumnsScreen
from kitetui.tui.screens.dialogs import ChoiceScreen, PromptScreen
from kitetui.tui.screens.reading import ReadingScreen, help_lines
from kitetui.tui.views.list import ListView

PLACES = {
    **dict.fromkeys(ON_LIST, ListView),
    Context.ADD: AddScreen,
    Context.PROMPT: PromptScreen,
    Context.CHOICE: ChoiceScreen,
    Context.COLUMNS: ColumnsScreen,
    Context.READING: ReadingScreen,
}


def command(name, keymap):
    return next(each for each in keymap.commands if each.id == name)


@pytest.mark.parametrize("context", Context)
def test_no_key_has_two_meanings_in_one_place(context):
    contexts = ON_LIST if context in ON_LIST else (context,)
    keys = [key for each in COMMANDS if each.context in (*contexts, Context.EVERYWHERE) for key in each.keys]
    assert len(keys) == len(set(keys))


def test_a_key_that_all_views_share_may_not_be_given_to_the_list_alone():
    with pytest.raises(ValueError, match="the key q is given to both add and quit"):
        Keymap({"add": ["q"]})


@pytest.mark.parametrize("each", COMMANDS, ids=lambda each: each.id)
def test_every_command_has_an_action_where_its_keys_work(each):
    from kitetui.tui.app import MonitorApp

    screen = PLACES.get(each.context, MonitorApp)
    assert hasattr(screen, f"action_{each.id}")
    assert each.help.endswith(".")


def test_every_command_has_an_id_of_its_own():
    assert len({each.id for each in COMMANDS}) == len(COMMANDS)


def test_keys_are_shown_as_people_read_them():
    shown = {each.id: each.shown for each in COMMANDS}
    assert shown["remove"] == "x Del"
    assert shown["group"] == "1-9"
    assert shown["find"] == "/"
    assert shown["half_page_up"] == "^u"
    assert shown["next_group"] == "]"
    assert key_name("shift+up") == "Shift+↑"


def test_a_numbered_command_has_a_binding_for_each_number():
    actions = {binding.key: binding.action for binding in bindings_of_views()}
    assert actions["1"] == "group(1)"
    assert actions["9"] == "group(9)"


def test_other_keys_may_be_given_in_either_spelling():
    keymap = Keymap({"remove": ["X"], "help": ["f1", "!"], "group": ["f2", "f3"]})
    assert command("remove", keymap).keys == ("X",)
    assert command("help", keymap).keys == ("f1", "exclamation_mark")
    assert command("help", keymap).shown == "f1 !"
    assert keymap.overrides["remove"] == "X"
    assert keymap.overrides["group_1"] == "f2"
    assert keymap.overrides["group_3"] == keymap.overrides["group_9"] == "no-key"


def test_two_commands_may_change_places():
    keymap = Keymap({"add": ["x"], "remove": ["a"]})
    assert command("add", keymap).keys == ("x",)


def test_a_key_with_two_meanings_is_refused_and_nothing_changes():
    keymap = Keymap()
    with pytest.raises(ValueError, match="the key a is given to both add and remove"):
        keymap.apply({"remove": ["a"]})
    assert command("remove", keymap).keys == ("x", "delete")


def test_a_command_without_keys_is_in_neither_the_help_nor_the_line_of_keys():
    keymap = Keymap({"quit": []})
    assert keymap.overrides["quit"] == "no-key"
    assert "quit" not in [each.id for each in keymap.of(*ON_LIST)]
    assert not any(
        "asks only while recording" in text for line in help_lines(keymap.commands) for text, _ in line
    )


def labels(keymap, *, replay):
    return [each.label for each in keymap.line(*ON_LIST, replay=replay) if each.label]


def test_the_line_of_keys_of_a_replay_begins_with_what_is_only_there():
    keymap = Keymap({"step": ["comma"]})
    assert labels(keymap, replay=True)[:5] == ["Pause", "Step", "Slower", "Faster", "Find"]
    assert keymap.line(*ON_LIST, replay=True)[1].shown == ","
    assert "Freeze" not in labels(keymap, replay=True)
    assert labels(keymap, replay=False)[0] == "Find"
    assert "Freeze" in labels(keymap, replay=False)
    assert not {"Pause", "Step", "Slower", "Faster"} & set(labels(keymap, replay=False))


def test_taking_the_keys_back_gives_the_usual_ones():
    keymap = Keymap({"remove": ["X"]})
    keymap.apply({})
    assert keymap.commands == COMMANDS
    assert not keymap.overrides
