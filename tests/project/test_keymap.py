"""Keymaps: only what can hold reaches the app."""

from __future__ import annotations

import pytest
from textual.keys import _character_to_key

from mlws_tui.config.keymap import SIGNS, load_keymap, normal_key, typed_key
from mlws_tui.config.workspace import Workspace

KNOWN = {
    "app.quit": "q,ctrl+q",
    "app.zoom": "z",
    "app.next-pane": "tab",
    "runs.next": "j,down",
    "runs.previous": "k,up",
    "log.find": "slash",
    "journal.indent": "tab",
}


def loaded(workspace: Workspace, text: str) -> tuple[dict[str, str], list[str]]:
    workspace.keymap.write_text(text)
    keymap, problems = load_keymap(workspace, KNOWN)
    return keymap, [problem.sentence() for problem in problems]


def test_without_a_file_nothing_is_replaced(workspace: Workspace) -> None:
    assert load_keymap(workspace, KNOWN) == ({}, [])


def test_keys_may_be_a_word_a_sign_a_number_or_a_list(workspace: Workspace) -> None:
    keymap, problems = loaded(workspace, "runs.next: n, f5\nlog.find: '?'\napp.zoom: [ctrl+Z, 9]\n")
    assert problems == []
    assert keymap == {"runs.next": "n,f5", "log.find": "question_mark", "app.zoom": "ctrl+z,9"}


def test_an_unknown_action_names_the_nearest(workspace: Workspace) -> None:
    keymap, (said,) = loaded(workspace, "runs.nxt: n\n")
    assert keymap == {}
    assert said == f"{workspace.keymap}, line 1: there is no action runs.nxt (did you mean runs.next?)"


@pytest.mark.parametrize(
    "keys", ["ctrl+banana", "no key", "[]", "{a: b}", "true", "meta", "ctrl+ctrl+a", "'\\t'", "[j, 1.5]"]
)
def test_what_is_no_key_leaves_the_default(workspace: Workspace, keys: str) -> None:
    keymap, problems = loaded(workspace, f"runs.next: {keys}\n")
    assert keymap == {}
    assert problems and all("line 1" in said for said in problems)


def test_a_taken_key_leaves_both_as_they_were(workspace: Workspace) -> None:
    keymap, (said,) = loaded(workspace, "runs.next: k\napp.zoom: x\n")
    assert keymap == {"app.zoom": "x"}
    assert "k for runs.next is already the key of runs.previous (its default keys hold)" in said


def test_a_key_of_everywhere_is_taken_in_every_pane(workspace: Workspace) -> None:
    assert loaded(workspace, "log.find: q\n")[0] == {}
    assert loaded(workspace, "app.zoom: j\n")[0] == {}
    assert loaded(workspace, "log.find: j\n") == ({"log.find": "j"}, [])


def test_two_actions_may_swap_their_keys(workspace: Workspace) -> None:
    swap = {"runs.next": "k,up", "runs.previous": "j,down"}
    assert loaded(workspace, "runs.next: [k, up]\nruns.previous: [j, down]\n") == (swap, [])


def test_a_pane_keeps_a_key_that_it_takes_by_default(workspace: Workspace) -> None:
    assert loaded(workspace, "journal.indent: [tab, ctrl+t]\n") == ({"journal.indent": "tab,ctrl+t"}, [])


def test_every_sign_has_the_name_that_textual_gives_it() -> None:
    for code in range(0x21, 0x7F):
        assert normal_key(chr(code)) == _character_to_key(chr(code))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Ctrl+P", "ctrl+p"),
        ("esc", "escape"),
        ("shift+a", "A"),
        ("shift+ctrl+up", "ctrl+shift+up"),
        ("ctrl++", "ctrl+plus"),
    ],
)
def test_other_ways_to_write_a_key(written: str, name: str) -> None:
    assert normal_key(written) == name


def test_a_key_is_told_as_it_is_typed() -> None:
    assert [typed_key(one) for one in ("left_curly_bracket", "ctrl+slash", "comma")] == [
        "{",
        "ctrl+/",
        "comma",
    ]
    assert all(normal_key(typed_key(name)) == name for name in SIGNS)
