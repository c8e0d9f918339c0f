"""The keys of Emacs, as tables of a text, keys, and the text after them; ``|`` is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.ui.widgets.editoremacs import EmacsMachine
from tests.editor.sheets import TextSheet, keys_of

TABLE = [
    ("one t|wo\nx", "<ctrl+a>", "|one two\nx"),
    ("one t|wo\nx", "<ctrl+e>", "one two|\nx"),
    ("a|b\nc", "<ctrl+b><ctrl+b><ctrl+b>", "|ab\nc"),
    ("ab|\nc", "<ctrl+f>", "ab\n|c"),
    ("abc|\nd\nabc", "<ctrl+n><ctrl+n>", "abc\nd\nabc|"),
    ("abc\nd\nabc|", "<ctrl+p><ctrl+p>", "abc|\nd\nabc"),
    ("|one two", "<alt+f>", "one| two"),
    ("one two|", "<alt+b>", "one |two"),
    ("a\n|b\nc", "<alt+less_than_sign>", "|a\nb\nc"),
    ("a\n|b\nc", "<alt+greater_than_sign>", "a\nb\nc|"),
    ("a|b", "<ctrl+d>", "a|"),
    ("a|bc\nd", "<ctrl+k>", "a|\nd"),
    ("a|bc\nd", "<ctrl+k><ctrl+k><ctrl+y>", "abc\n|d"),
    ("a|bc\nd", "<ctrl+k><ctrl+e><ctrl+y>", "abc|\nd"),
    ("|one two", "<alt+d><alt+d><ctrl+y>", "one two|"),
    ("one two|", "<alt+backspace><alt+backspace><ctrl+y>", "one two|"),
    ("|one two", "<alt+d><ctrl+d><alt+d><ctrl+y><alt+y>", "one|"),
    ("|one two", "<ctrl+space><alt+f><ctrl+w>", "| two"),
    ("|one two", "<ctrl+space><alt+f><alt+w><ctrl+e><ctrl+y>", "one twoone|"),
    ("|one\ntwo", "<ctrl+@><ctrl+n><ctrl+w>", "|two"),
    ("|one two", "<ctrl+space><alt+f><ctrl+x><ctrl+x>", "|one two"),
    ("a|b", "<ctrl+t>", "ba|"),
    ("ab|", "<ctrl+t>", "ba|"),
    ("a|b", "<ctrl+o>", "a|\nb"),
    ("|one two", "<alt+u>", "ONE| two"),
    ("|one two", "<alt+c><alt+c>", "One Two|"),
    ("ON|E", "<alt+b><alt+l>", "one|"),
    ("|one", "x<ctrl+x>u", "|one"),
    ("|one", "<alt+d><ctrl+underscore>", "|one"),
    ("|ab", "<ctrl+space><ctrl+f>x", "ax|b"),
    ("a\n|b\n\nc", "<alt+right_curly_bracket>", "a\nb\n|\nc"),
]


def drive(marked: str, keys: str) -> tuple[TextSheet, EmacsMachine]:
    sheet = TextSheet(marked)
    emacs = EmacsMachine(sheet)
    emacs.start()
    for key in keys_of(keys):
        if not emacs.key(key):
            sheet.type(key)
    return sheet, emacs


@pytest.mark.parametrize(("before", "keys", "after"), TABLE)
def test_keys_do_as_in_emacs(before: str, keys: str, after: str) -> None:
    assert drive(before, keys)[0].marked == after


def test_what_the_pane_is_asked_and_the_person_told() -> None:
    for keys, asked in (
        ("<ctrl+x><ctrl+s>", "save"),
        ("<ctrl+x>k", "leave"),
        ("<ctrl+x><ctrl+e>", "external"),
    ):
        assert drive("|a", keys)[0].asked == [asked]
    assert drive("|a", "<ctrl+c><ctrl+c>")[0].asked == ["tick"]
    assert drive("|a", "<ctrl+s><ctrl+r>")[0].sought == [False, True]
    assert drive("|a", "<ctrl+w>")[0].told
    assert drive("|a", "<ctrl+x>")[1].words == "C-x-"
    sheet, emacs = drive("|abc", "<ctrl+space><ctrl+f>")
    assert (sheet.selection, emacs.words) == (((0, 0), (0, 1)), "mark set")
    emacs.key("ctrl+g")
    assert (sheet.selection, emacs.words) == (None, "")


def test_what_was_copied_elsewhere_is_yanked() -> None:
    sheet = TextSheet("|a")
    sheet.board = "x"
    EmacsMachine(sheet).key("ctrl+y")
    assert sheet.marked == "x|a"


KEYS = st.lists(
    st.sampled_from([*(f"ctrl+{key}" for key in "abdefknoptwyxcv"), *(f"alt+{key}" for key in "bdfwyulcv<>{}"),
                     "ctrl+space", "a", "enter", "backspace", "alt+backspace", "ctrl+g", "up", "down", "right"]),
    max_size=40,
)  # fmt: skip


@settings(max_examples=33)
@given(st.text(alphabet="ab (\n)-模", max_size=40), KEYS)
def test_no_keys_break_it_and_all_can_be_undone(text: str, keys: list[str]) -> None:
    sheet = TextSheet(text)
    emacs = EmacsMachine(sheet)
    for key in keys:
        if not emacs.key(key):
            sheet.type(key)
    for _ in range(len(keys) + 1):
        sheet.undo()
    assert "\n".join(sheet.lines) == text
