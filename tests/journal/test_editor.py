"""The editor: exact to the byte, at home in lists, and its undo goes all the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mlws_tui.ui.widgets.editor import MarkdownEditor
from mlws_tui.ui.widgets.exactdocument import ExactDocument, ExactText
from mlws_tui.ui.widgets.markdownstyle import code_lines, spans

TEXTS = st.text(alphabet="ab \t\r\n\x0c\x0b\u2028\x85\udcff-", max_size=30)


class EditorApp(App[None]):
    def compose(self) -> ComposeResult:
        yield MarkdownEditor()


@asynccontextmanager
async def editing(text: str, newline: str = "\n") -> AsyncIterator[tuple[MarkdownEditor, Pilot[None]]]:
    app = EditorApp()
    async with app.run_test(size=(40, 12)) as pilot:
        editor = app.query_one(MarkdownEditor)
        editor.show(text, newline)
        editor.read_only = False
        editor.focus()
        await pilot.pause()
        yield editor, pilot


@given(TEXTS)
def test_a_document_gives_back_what_it_was_given(text: str) -> None:
    assert ExactDocument(text).text == text


@settings(max_examples=30)
@given(TEXTS, TEXTS, st.integers(0, 30), st.integers(0, 30))
def test_an_edit_undone_gives_the_same_text(text: str, insert: str, start: int, end: int) -> None:
    document = ExactDocument(text, "\r\n")
    first, last = sorted((document.location(min(start, len(text))), document.location(min(end, len(text)))))
    done = document.replace_range(first, last, insert)
    document.replace_range(first, done.end_location, done.replaced_text)
    assert document.text == text


@given(TEXTS, TEXTS)
def test_exact_text_goes_in_as_it_is(text: str, insert: str) -> None:
    document = ExactDocument("")
    document.replace_range((0, 0), (0, 0), ExactText(text))
    assert document.text == text
    document.replace_range((0, 0), document.end, ExactText(insert))
    assert document.text == insert


def test_typed_lines_end_like_those_around() -> None:
    document = ExactDocument("a\r\nb\nc")
    document.replace_range((0, 1), (0, 1), "\n")
    document.replace_range((3, 1), (3, 1), "\nd")
    assert document.text == "a\r\n\r\nb\nc\nd"


async def test_sixty_undos_and_redos_go_all_the_way() -> None:
    async with editing("first\r\n") as (editor, pilot):
        await pilot.press("ctrl+end")
        for _ in range(30):
            await pilot.press("x", "enter")
        written = editor.text
        assert written == "first\r\n" + "x\r\n" * 30
        for _ in range(90):
            editor.action_undo()
        await pilot.pause()
        assert editor.text == "first\r\n"
        for _ in range(90):
            editor.action_redo()
        await pilot.pause()
        assert editor.text == written


@settings(max_examples=15)
@given(TEXTS, TEXTS)
def test_another_version_comes_in_as_one_step(old: str, new: str) -> None:
    import asyncio

    async def scenario() -> None:
        async with editing(old) as (editor, _pilot):
            editor.apply_text(new)
            assert editor.text == new
            editor.action_undo()
            assert editor.text == (old if old != new else new)

    asyncio.run(scenario())


async def test_the_cursor_stays_on_its_line_when_lines_come_in_above_and_below() -> None:
    async with editing("- a\n- here\n- z") as (editor, _pilot):
        editor.move_cursor((1, 4))
        editor.apply_text("- new\n- a\n- here\n- z\n- more")
        assert editor.cursor_location == (2, 4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- a", "- a\n- "),
        ("  * a", "  * a\n  * "),
        ("9. a", "9. a\n10. "),
        ("- [x] a", "- [x] a\n- [ ] "),
        ("- ", ""),
        ("  - ", ""),
        ("words", "words\n"),
        ("```\n- a", "```\n- a\n"),
    ],
)
async def test_enter_goes_on_with_a_list(before: str, after: str) -> None:
    async with editing(before) as (editor, pilot):
        await pilot.press("ctrl+end", "enter")
        assert editor.text == after


async def test_tab_indents_items_and_ctrl_space_ticks_boxes() -> None:
    async with editing("- a\n- [ ] b\nwords") as (editor, pilot):
        await pilot.press("ctrl+home", "tab")
        assert editor.text == "  - a\n- [ ] b\nwords"
        await pilot.press("shift+tab", "down", "ctrl+@")
        assert editor.text == "- a\n- [x] b\nwords"
        await pilot.press("ctrl+@", "up", "ctrl+@")
        assert editor.text == "- [ ] a\n- [ ] b\nwords"
        await pilot.press("ctrl+end", "ctrl+@", "tab")
        assert editor.text == "- [ ] a\n- [ ] b\nwords   "


async def test_read_mode_changes_nothing_and_leaves_keys_to_others() -> None:
    async with editing("- [ ] a") as (editor, pilot):
        await pilot.press("ctrl+end", "x")
        editor.read_only = True
        await pilot.press("y", "enter", "ctrl+@", "tab", "ctrl+z", "backspace", "ctrl+x", "ctrl+k")
        assert editor.text == "- [ ] ax"


async def test_bytes_that_are_no_text_can_be_copied_and_cut() -> None:
    async with editing("caf\udce9\nb") as (editor, pilot):
        editor.select_all()
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard == "caf?\nb"
        editor.move_cursor((0, 0))
        await pilot.press("ctrl+x")
        assert editor.text == "b"
        editor.action_undo()
        assert editor.text == "caf\udce9\nb"


async def test_control_characters_are_shown_not_sent() -> None:
    async with editing("a\x1b[2Jb\x07\x0cc\x9b\u202e") as (editor, _pilot):
        line = editor.render_line(0).text
        assert line.startswith("a␛[2Jb")
        assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in line)


def test_parts_of_lines_are_known() -> None:
    lines = ["# head", "- [ ] a `b`", "```py", "# code", "```", "1. **x** [later]"]
    assert code_lines(lines) == {2, 3, 4}
    assert list(spans(lines[0])) == [(0, 6, "heading")]
    assert list(spans(lines[1])) == [(0, 1, "mark"), (1, 5, "box"), (8, 11, "code")]
    assert list(spans(lines[5])) == [(0, 2, "mark"), (3, 8, "strong"), (9, 16, "placeholder")]
