"""What terminals send for keys, and what the editor makes of it."""

from __future__ import annotations

import pytest
from textual import events
from textual.pilot import Pilot

from mlws_tui.domain.text import cell_width
from mlws_tui.ui.input import KeyParser
from tests.editor.test_app import EditorApp, editing


def keys(*reads: str) -> list[str]:
    """The keys of what comes in so many reads, none of them waited for."""
    parser = KeyParser()
    return [
        event.key for read in (*reads, "") for event in parser.feed(read) if isinstance(event, events.Key)
    ]


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        (["\x1ba", "\x1bA", "\x1b<", "\x1b\r"], "alt+a alt+shift+a alt+less_than_sign alt+enter"),
        (["\x1bd\x1bx", "\x1b\x7f"], "alt+d alt+x alt+backspace"),
        (["\x1b", ":", "w\x1b", "j"], "escape colon w escape j"),
        (["\x1b", "[A", "\x1b", "OB", "\x1b\x1b[A"], "up down alt+up"),
        (["\x1b\x1b", "\x1bf", "\x1b[97;3u"], "escape escape ctrl+right alt+a"),
        (["a\x1b:wq\r"], "a alt+colon w q enter"),
    ],
)
def test_alt_is_told_from_escape(reads: list[str], expected: str) -> None:
    assert keys(*reads) == expected.split()


async def send(pilot: Pilot[None], *reads: str) -> None:
    parser = KeyParser()
    for read in reads:
        for event in parser.feed(read):
            pilot.app.post_message(event)
    await pilot.pause()
    await pilot.pause()


async def test_what_the_keys_do() -> None:
    async with editing("one two three") as (editor, pilot, app):
        await send(pilot, "a\nb\x1bj")
        assert editor.text == "a\nbone two three"
        editor.keys = "emacs"
        await send(pilot, "\x1b>!", "\x1b<\x1bd", "\x1bd")
        assert editor.text == " two three!"
        editor.keys = "vim"
        await send(pilot, "z\x1b:s/two/2/\r")  # escape and what follows, over a slow line
        assert editor.text == "z 2 three!"
        assert footer(app) == ["Save"]
        await send(pilot, ":%s/z")
        assert editor.mode_words == "COMMAND"
        assert any(":%s/z" in line for line in screen(app)[-2:])
        await send(pilot, "\n", "i")
        assert footer(app) == ["Commands", "Save"]
        await send(pilot, "\x1bZZ")
        assert app.asked == ["leave"]


def footer(app: EditorApp) -> list[str]:
    """The keys that the screen may show."""
    active = app.screen.active_bindings.values()
    shown = [one.binding for one in active if one.binding.id and one.binding.show and one.enabled]
    return list(dict.fromkeys(binding.description for binding in shown))


def screen(app: EditorApp) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def test_the_find_line_says_its_keys_and_the_cursor_stays_in_sight() -> None:
    async with editing("x\n" * 11 + "word05 " * 6, (48, 12)) as (editor, pilot, app):
        editor.action_document_end()
        for sign in "word05 word05":
            await send(pilot, sign)
            assert editor.cursor_screen_offset.y < editor.region.bottom
        editor.action_open_find()
        await send(pilot, "word05")
        assert footer(app)[:3] == ["Take", "Back", "Next"]
        assert "Replace" in footer(app)
        shown = screen(app)
        assert all(any(part in line for line in shown) for part in ("esc back", "f6 word", "f7 regex"))
        assert max(map(cell_width, shown)) == 48
        await send(pilot, "\x12", "x")
        assert "All" in footer(app)
        await pilot.press("f8")
        assert editor.text.count("x") == 19
