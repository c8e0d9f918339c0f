"""The editor on a screen: lists, links, finding, completion, the clipboard, and undo at every size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events, on
from textual.app import App, ComposeResult
from textual.document._wrapped_document import WrappedDocument
from textual.keys import _character_to_key
from textual.pilot import Pilot

from mlws_tui.services.completion import Offer
from mlws_tui.ui.widgets.completionlist import CompletionList
from mlws_tui.ui.widgets.editor import MarkdownEditor
from mlws_tui.ui.widgets.findline import FindLine
from tests.journal.panes import until


class EditorApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.asked: list[str] = []

    def compose(self) -> ComposeResult:
        editor = MarkdownEditor()
        yield editor
        yield FindLine(editor)

    @on(MarkdownEditor.LinkOpened)
    def _opened(self, event: MarkdownEditor.LinkOpened) -> None:
        self.opened.append(event.link.target)

    @on(MarkdownEditor.Asked)
    def _asked(self, event: MarkdownEditor.Asked) -> None:
        self.asked.append(event.what)


@asynccontextmanager
async def editing(
    text: str, size: tuple[int, int] = (50, 14)
) -> AsyncIterator[tuple[MarkdownEditor, Pilot[None], EditorApp]]:
    app = EditorApp()
    async with app.run_test(size=size) as pilot:
        editor = app.query_one(MarkdownEditor)
        editor.show(text)
        editor.read_only = False
        editor.focus()
        await pilot.pause()
        yield editor, pilot, app


async def press(pilot: Pilot[None], *keys: str) -> None:
    """All keys at once, as they come over a slow line."""
    for key in keys:
        sign = key if len(key) == 1 else "\r" if key == "enter" else None
        pilot.app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else key, sign))
    await pilot.pause()
    await pilot.pause()


def whole(editor: MarkdownEditor) -> bool:
    """Whether what is wrapped step by step is what it would be if all were wrapped anew."""
    fresh = WrappedDocument(editor.document, editor.wrap_width, editor.indent_width)
    mine = editor.wrapped_document
    return (
        mine._offset_to_line_info == fresh._offset_to_line_info and mine._wrap_offsets == fresh._wrap_offsets
    )


async def test_items_move_with_their_children() -> None:
    text = "- a\r\n- b\r\n  - c\r\n\r\n    x\r\n- d"
    async with editing(text) as (editor, pilot, _):
        editor.move_cursor((1, 3))
        await pilot.press("tab")
        assert editor.text == "- a\r\n  - b\r\n    - c\r\n\r\n      x\r\n- d"
        assert editor.cursor_location == (1, 5)
        await pilot.press("shift+tab", "alt+down")
        assert editor.text == "- a\r\n- d\r\n- b\r\n  - c\r\n\r\n    x"
        assert editor.cursor_location == (2, 3)
        await pilot.press("alt+up", "alt+up", "alt+up")
        assert editor.text == "- b\r\n  - c\r\n\r\n    x\r\n- a\r\n- d"
        editor.select_all()
        await pilot.press("ctrl+@")
        assert editor.text == "- [ ] b\r\n  - [ ] c\r\n\r\n    x\r\n- [ ] a\r\n- [ ] d"
        for _ in range(6):
            editor.undo()
        assert editor.text == text
        assert editor.cursor_location == (1, 3)


async def test_signs_of_several_characters_are_one_to_the_cursor() -> None:
    async with editing("e\u0301👩\u200d🔬模x") as (editor, pilot, _):
        await pilot.press("right", "right")
        assert editor.cursor_location == (0, 5)
        await pilot.press("backspace")
        assert editor.text == "e\u0301模x"
        await pilot.press("right", "ctrl+end", "left", "left", "left", "delete")
        assert editor.text == "模x"


async def test_find_and_replace() -> None:
    text = "loss 1\nclosses\nLoss 2\nend"
    async with editing(text) as (editor, pilot, app):
        line = app.query_one(FindLine)

        def count() -> str:
            return str(line._count.render())

        editor.move_cursor((1, 7))
        editor.action_open_find()
        await press(pilot, *"loss")
        assert editor.cursor_location == (2, 0)
        assert count() == "3 of 3"
        await press(pilot, "f3")
        assert (editor.cursor_location, count()) == ((0, 0), "1 of 3")
        await press(pilot, "alt+w", "up")
        assert (editor.cursor_location, count()) == ((0, 0), "1 of 2")
        await press(pilot, "escape")
        assert (editor.cursor_location, editor.has_focus, editor.read_only) == ((1, 7), True, False)
        await press(pilot, "f3")
        assert editor.cursor_location == (2, 0)
        await press(pilot, "ctrl+r", "alt+w", "alt+r", *r"(l)oss", "enter", "X", "enter")
        await press(pilot, "alt+a", "escape")
        assert editor.text == "X 1\ncXes\nX 2\nend"
        editor.undo()
        assert editor.text == "loss 1\nclosses\nX 2\nend"
        editor.undo()
        assert editor.text == text
        editor.read_only = True
        editor.action_open_find(True)
        await press(pilot, "(", "enter")
        assert editor.has_focus
        assert editor.read_only
        assert editor.text == text


class Names:
    """Offers names that begin with the word, when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.go.set()
        self.asked: list[str] = []

    async def offers(self, line: str, column: int, *, asked: bool = False) -> Sequence[Offer]:
        word = line[:column].rpartition(" ")[2]
        self.asked.append(word)
        await self.go.wait()
        names = ("alpha-one", "alpha-two", "beta [b]")
        fits = word and (asked or len(word) > 1)
        return [Offer(name, column - len(word), "note") for name in names if fits and name.startswith(word)]


async def test_completion_never_stands_in_the_way() -> None:
    async with editing("\n" * 11 + "- x", (50, 12)) as (editor, pilot, app):
        names = Names()
        editor.completer = names
        editor.action_document_end()
        await pilot.press("space", "a", "l")
        await until(lambda: editor.offering, pilot)
        shown = app.screen.query_one(CompletionList)
        assert "alpha-two" in str(shown.render())
        assert "\ntab takes · esc" in str(shown.render())
        assert shown.region.bottom <= editor.cursor_screen_offset.y  # above the last line of the screen
        await pilot.press("enter")  # nothing was chosen: it is the text's
        assert editor.text.endswith("- x al\n- ")
        assert not editor.offering
        names.go.clear()
        await pilot.press("a", "l")
        names.go.set()
        await until(lambda: editor.offering, pilot)
        await pilot.press("down", "down", "enter")
        assert editor.text.endswith("- x al\n- alpha-two")
        await pilot.press("space", "b")
        assert not editor.offering
        await pilot.press("f2")
        await until(lambda: editor.offering, pilot)
        await pilot.press("escape")
        assert not editor.offering
        await pilot.press("f2")
        await until(lambda: editor.offering, pilot)
        assert "enter, tab takes · esc" in str(app.screen.query_one(CompletionList).render())
        await pilot.press("enter")  # it was called for: the first is chosen
        assert editor.text.endswith("- alpha-two beta [b]")
        editor.undo()
        assert editor.text.endswith("- alpha-two b")


async def test_links_are_gone_to() -> None:
    text = "# Day\nsee 20241019-101010-ab and\n```\n[[code]]\n```\n[[notes]] x"
    async with editing(text) as (editor, pilot, app):
        assert any(part.style and part.style.underline for part in editor.render_line(1))
        editor.read_only = True
        assert editor.link_at_cursor is None
        for place in ((1, 4), (5, 0), (1, 4)):
            editor.action_go_to_link(1)
            assert editor.cursor_location == place
        editor.action_go_to_link(-1)
        editor.action_open_link()
        await pilot.click(MarkdownEditor, offset=(8, 1))
        await pilot.click(MarkdownEditor, offset=(2, 1))
        assert app.opened == ["notes", "20241019-101010-ab"]


async def test_vim_and_emacs_while_one_writes() -> None:
    async with editing("one two\n- three") as (editor, pilot, app):
        editor.keys = "vim"
        assert editor.mode_words == "INSERT"
        await press(pilot, "x", "y", "escape")
        assert (editor.text, editor.mode_words) == ("xyone two\n- three", "NORMAL")
        await press(pilot, "u", "w", "c", "w", *"TWO", "enter", "z", "escape", "j", "o", *"new", "escape")
        assert editor.text == "one TWO\nz\n- three\nnew"
        await press(pilot, "v", "0")
        assert editor.selected_text == "new"
        await press(pilot, "escape", *":%s/o/0/g", "enter", *":w", "enter", "u", "u", "u")
        assert (editor.text, app.asked) == ("one two\n- three", ["save"])
        editor.read_only = True
        assert editor.mode_words == ""
        await press(pilot, "x", "d", "d")
        assert editor.text == "one two\n- three"
        editor.keys = "emacs"
        editor.read_only = False
        await press(pilot, "ctrl+home", "ctrl+@", "alt+f", "ctrl+w", "ctrl+e", "ctrl+y", "ctrl+x")
        assert (editor.text, editor.mode_words) == (" twoone\n- three", "C-x-")
        await press(pilot, "ctrl+s", "ctrl+x", "u", "ctrl+s", *"thr", "enter")
        assert (editor.text, app.asked) == (" two\n- three", ["save", "save"])
        assert editor.cursor_location == (1, 2)


async def test_pasted_lines_stay_as_they_are() -> None:
    async with editing("- a\r\n") as (editor, pilot, app):
        editor.move_cursor((0, 3))
        many = "\n  - b\n- [ ] c" + "\nx" * 5000
        app.post_message(events.Paste(many))
        await pilot.pause()
        assert editor.text == ("- a" + many).replace("\n", "\r\n") + "\r\n"
        assert whole(editor)
        for _ in range(3):
            editor.undo()
        assert editor.text == "- a\r\n"
        editor.redo()
        assert whole(editor)


AT = st.integers(0, 60)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["type", "put"]), st.text(alphabet="ab -模\n", min_size=1, max_size=4), AT),
        st.tuples(st.sampled_from(["apply", "group"]), st.text(alphabet="ab\n\r -", max_size=90), AT),
        st.tuples(st.sampled_from(["delete", "undo", "redo", "tab", "move", "box", "size"]), st.just(""), AT),
    ),
    max_size=25,
)


async def _step(editor: MarkdownEditor, pilot: Pilot[None], what: str, text: str, at: int) -> None:
    length = len(editor.text)
    start, end = (
        editor.exact.location(min(at, length)),
        editor.exact.location(min(at + len(text) * 3, length)),
    )
    if what in ("type", "delete"):
        editor.move_cursor(start)
        for sign in text:
            editor._replace_via_keyboard(sign, *editor.selection)
        if what == "delete":
            editor._delete_via_keyboard(start, editor.exact.location(min(at + 7, length)))
    elif what == "apply":
        editor.apply_text(text)
    elif what == "group":
        with editor.history.group():
            for sign in text[:8]:
                editor.insert(sign, editor.exact.location(at % (len(editor.text) + 1)))
    elif what == "put":
        editor.replace(text, start, end)
    elif what in ("undo", "redo"):
        (editor.undo if what == "undo" else editor.redo)()
    elif what == "tab":
        editor.action_indent()
    elif what == "move":
        editor.action_move_lines(1 if at % 2 else -1)
    elif what == "box":
        editor.action_toggle_box()
    else:
        await pilot.resize_terminal(12 + at, 6 + at % 9)


@settings(max_examples=5)
@given(st.lists(STEPS, min_size=2, max_size=4))
def test_whatever_is_edited_can_be_undone(rounds: list[list[tuple[str, str, int]]]) -> None:
    async def scenario() -> None:
        async with editing("") as (editor, pilot, _):
            for steps in rounds:
                text = "- one two three four five six seven eight nine ten\n  - two\r\n\nthree"
                editor.show(text)
                for step in steps:
                    await _step(editor, pilot, *step)
                    assert whole(editor)
                last = editor.text
                undone = 0
                while editor.history.undo_stack:
                    editor.undo()
                    undone += 1
                    assert whole(editor)
                assert editor.text == text
                for _ in range(undone):
                    editor.redo()
                assert editor.text == last or not undone
                await pilot.pause()

    asyncio.run(scenario())
