"""The journal and the session pane, as a person uses them, with others writing at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import FileChanged
from mlws_tui.services.journal import DayRef, JournalService
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.screens.preview import PreviewScreen, rendered
from tests.journal.panes import NOW, corner, panes, question, title, until, write_outside

D19, D20 = date(2024, 10, 19), date(2024, 10, 20)
LOG = b"# Log\n\n## 2024-10-20\n\n### Experiments\n- a\n- b\n\n## 2024-10-19\n\n- c\n\n## 2024-10-17\n\n- d\n"

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from mlws_tui.config.workspace import Workspace
from tests.journal.panes import panes, until

async def main():
    async with panes(Workspace(Path(sys.argv[1]))) as (app, pilot):
        app.journal.editor.focus()
        await pilot.press("enter", "ctrl+end", *" typed words")
        folder = app.journal._drafts.folder
        await until(lambda: any("typed words" in f.read_text() for f in folder.glob("*.json")), pilot)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_today_is_shown_edited_and_saved_and_nothing_else_changes(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        assert title(pane) == "4 Journal ── Sun 2024-10-20 · streak 2"
        assert pane.editor.text == "### Experiments\n- a\n- b"
        pane.editor.focus()
        await pilot.press("x", "enter", "ctrl+end", "enter", *"new")
        assert pane.unsaved and corner(pane) == "unsaved"
        assert workspace.journal.read_bytes() == LOG
        await pilot.press("escape")
        await until(lambda: corner(pane) == "saved", pilot)
        assert not pane.unsaved
        assert workspace.journal.read_bytes() == LOG.replace(b"- b\n", b"- b\n- new\n")


async def test_a_day_without_an_entry_is_made_only_when_something_is_written(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace, lambda: datetime(2024, 10, 21, 8)) as (app, pilot):
        pane = app.journal
        assert "enter: write today's entry" in pane.editor.render_line(0).text
        pane.editor.focus()
        await pilot.press("enter", "x", "backspace", "escape")
        await until(lambda: not pane.unsaved, pilot)
        assert workspace.journal.read_bytes() == LOG
        await pilot.press("enter", *"words", "ctrl+s")
        await until(lambda: corner(pane) == "saved", pilot)
        assert workspace.journal.read_bytes() == LOG.replace(
            b"## 2024-10-20", b"## 2024-10-21\n\nwords\n\n## 2024-10-20"
        )


async def test_going_from_day_to_day_saves_and_today_is_always_there(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace, lambda: datetime(2024, 10, 21, 8)) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        for key, day in (
            ("left_square_bracket", "2024-10-20"),
            ("left_square_bracket", "2024-10-19"),
            ("left_square_bracket", "2024-10-17"),
            ("left_square_bracket", "2024-10-17"),
            ("right_square_bracket", "2024-10-19"),
            ("t", "2024-10-21"),
            ("left_square_bracket", "2024-10-20"),
        ):
            await pilot.press(key)
            await until(lambda day=day: day in title(pane), pilot)  # type: ignore[misc]
        await pilot.press("enter", "ctrl+end", *"!", "escape", "left_square_bracket")
        await until(lambda: "2024-10-19" in title(pane), pilot)
        assert b"- b!\n" in workspace.journal.read_bytes()
        assert pane.editor.text == "- c"


async def test_what_others_write_comes_into_a_clean_editor_and_the_cursor_stays(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.move_cursor((2, 2))
        service = JournalService(workspace, clock=lambda: NOW)
        service.append("Models", "from another shell")
        app.hub.publish(FileChanged(workspace.journal))
        await until(lambda: "from another shell" in pane.editor.text, pilot)
        assert pane.editor.document[pane.editor.cursor_location[0]] == "- b"
        assert not pane.unsaved


async def test_what_others_write_is_merged_into_what_is_being_typed(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press("enter", "ctrl+end", *" mine")
        await write_outside(app, pilot, workspace.journal, b"- b\n", b"- b\n- theirs\n")
        assert pane.editor.text == "### Experiments\n- a\n- b mine\n- theirs"
        assert pane.unsaved
        await pilot.press("escape")
        await until(lambda: not pane.unsaved, pilot)
        assert workspace.journal.read_bytes() == LOG.replace(b"- b\n", b"- b mine\n- theirs\n")


async def test_the_same_line_changed_asks_and_each_answer_is_taken(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        for key, expected in (("m", b"- b mine\n"), ("d", b"- theirs\n"), ("b", b"- theirs\n- b mine\n")):
            await write_outside(app, pilot, workspace.journal, workspace.journal.read_bytes(), LOG)
            await pilot.press("i", "ctrl+end", *" mine")
            await write_outside(app, pilot, workspace.journal, b"- b\n", b"- theirs\n")
            assert pane.editor.text.endswith("- b mine")
            await pilot.press("escape")
            await until(lambda: pane._line.display, pilot)
            assert b"mine" not in workspace.journal.read_bytes()
            assert corner(pane) == "not saved yet"
            await pilot.press(key)
            await until(lambda: not pane.unsaved and not pane._line.display, pilot)
            assert workspace.journal.read_bytes() == LOG.replace(b"- b\n", expected)


async def test_a_save_that_fails_keeps_the_words_and_says_so(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press("enter", "ctrl+end", *" mine")
        workspace.journal.write_bytes("## 2024-10-20".encode("utf-16"))
        assert await pane.save() is False
        assert corner(pane) == "not saved"
        assert pane.editor.text.endswith("- b mine") and pane.unsaved
        pane.rescue()
        drafts = [json.loads(path.read_text()) for path in pane._drafts.folder.glob("*.json")]
        assert [draft["text"] for draft in drafts] == [pane.editor.text]
        workspace.journal.write_bytes(LOG)
        assert await pane.save() is True
        assert list(pane._drafts.folder.glob("*.json")) == []


async def test_after_kill_9_the_words_are_offered_and_restored(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    done = subprocess.run([sys.executable, "-c", KILLED, str(workspace.root)], timeout=60, check=False)
    assert done.returncode == -9
    assert workspace.journal.read_bytes() == LOG
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        await until(lambda: pane._line.display, pilot)
        pane.editor.focus()
        await pilot.press("R")
        await until(lambda: "typed words" in pane.editor.text, pilot)
        assert pane.unsaved
        await pilot.press("escape")
        await until(lambda: not pane.unsaved, pilot)
        assert workspace.journal.read_bytes() == LOG.replace(b"- b\n", b"- b typed words\n")
        assert list(pane._drafts.folder.glob("*.json")) == []
        assert not pane._line.display


async def test_the_pane_goes_on_to_the_next_day_at_midnight(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    now = [NOW]
    async with panes(workspace, lambda: now[0]) as (app, _pilot):
        now[0] = datetime(2024, 10, 21, 0, 0, 5)
        await app.journal._look_at_calendar()
        assert app.journal.shown == DayRef(date(2024, 10, 21))
        assert app.journal.editor.text == ""


async def test_a_session_is_begun_written_and_saved(workspace: Workspace) -> None:
    async with panes(workspace) as (app, pilot):
        pane = app.session
        assert "n: begin a session log" in pane.editor.render_line(0).text
        await pane.new_session("Fine-tuning [llama]")
        await pilot.pause()
        assert title(pane).startswith("5 Session ── Fine-tuning [llama]")
        assert "sections left to write" in corner(pane)
        assert not pane.editor.read_only
        await pilot.press("ctrl+end", "enter", *"the end", "escape")
        await until(lambda: not pane.unsaved, pilot)
        path = workspace.sessions / "2024-10-20-fine-tuning-llama.md"
        assert path.read_bytes().endswith(b"\nthe end\n")


async def test_going_from_session_to_session(workspace: Workspace) -> None:
    for name in ("2024-10-18-old", "2024-10-19-middle", "2024-10-20-new"):
        (workspace.sessions / f"{name}.md").write_text(f"# {name}\n\n## Part\n\nwritten\n")
    async with panes(workspace) as (app, pilot):
        pane = app.session
        assert (pane.shown, corner(pane)) == ("2024-10-20-new", "")
        pane.editor.focus()
        for key, name in (
            ("left_square_bracket", "2024-10-19-middle"),
            ("left_square_bracket", "2024-10-18-old"),
            ("left_square_bracket", "2024-10-18-old"),
            ("right_square_bracket", "2024-10-19-middle"),
        ):
            await pilot.press(key)
            await until(lambda name=name: pane.editor.text.startswith(f"# {name}"), pilot)  # type: ignore[misc]


async def test_a_session_that_shows_up_or_changes_outside_is_shown(workspace: Workspace) -> None:
    async with panes(workspace) as (app, pilot):
        path = workspace.sessions / "2024-10-20-x.md"
        path.write_text("# X\n\n## Part\n\n[to do]\n")
        app.hub.publish(FileChanged(path))
        await until(lambda: title(app.session) == "5 Session ── X", pilot)
        assert corner(app.session) == "1 section left to write"
        await write_outside(app, pilot, path, b"[to do]", b"done")
        await until(lambda: "done" in app.session.editor.text, pilot)
        await until(lambda: "left" not in corner(app.session), pilot)


async def test_leaving_the_pane_saves(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        app.journal.editor.focus()
        await pilot.press("enter", "ctrl+end", *" mine")
        app.session.editor.focus()
        await until(lambda: b"- b mine\n" in workspace.journal.read_bytes(), pilot)
        assert app.journal.editor.read_only


async def test_looking_at_another_window_saves_and_one_goes_on_writing(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        app.journal.editor.focus()
        await pilot.press("enter", "ctrl+end", *" mi")
        app.app_focus = False
        await until(lambda: b"- b mi\n" in workspace.journal.read_bytes(), pilot)
        app.app_focus = True
        await pilot.pause()
        await pilot.press(*"ne", "escape")
        await until(lambda: b"- b mine\n" in workspace.journal.read_bytes(), pilot)


async def test_o_begins_a_bullet_of_its_own(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        app.journal.editor.focus()
        await pilot.press("o", *"new", "escape")
        await until(lambda: corner(app.journal) == "saved", pilot)
        assert workspace.journal.read_bytes() == LOG.replace(b"- b\n", b"- b\n- new\n")


async def test_a_new_session_begins_in_place_of_its_first_placeholder(workspace: Workspace) -> None:
    async with panes(workspace) as (app, pilot):
        await app.session.new_session("A title")
        await until(lambda: not app.session.editor.read_only, pilot)
        await pilot.press(*"42 minutes")
        assert "**Duration**: 42 minutes\n" in app.session.editor.text


async def test_the_cursor_stays_where_it_was_put_and_enter_goes_where_it_leads(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG.replace(b"- a\n", b"- see logs/train.log:12\n- [ ] x\n"))
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        await until(lambda: title(pane).endswith("1 open"), pilot)
        pane.editor.focus()
        await pilot.press("j", "i", "!", "escape")  # nobody who went somewhere is taken to the end
        await until(lambda: corner(pane) == "saved", pilot)
        assert pane.editor.document[1] == "!- see logs/train.log:12"
        await pilot.press("u")
        await until(lambda: b"!" not in workspace.journal.read_bytes(), pilot)
        await pilot.press("g", "right_curly_bracket", "enter", "c", "T", "r", "j", "space")
        await until(lambda: b"- [x] x" in workspace.journal.read_bytes(), pilot)
        assert app.jumps == [
            Jump("file", "logs/train.log", 12),
            *(Jump(k, "") for k in ("days", "tasks", "review")),
        ]
        await pilot.press("u")
        await until(lambda: corner(pane) == "saved" and not pane.unsaved, pilot)
        await pilot.press("j", "space")  # a bullet without a box stays one
        await until(lambda: corner(pane) == "no box to tick in this line", pilot)
        await pilot.press("u")
        await until(lambda: corner(pane) == "nothing to undo", pilot)
        await pilot.press("ctrl+r")
        await until(lambda: corner(pane) == "saved" and not pane.unsaved, pilot)
        await pane.show_line(12)
        assert (pane.shown.date, pane.editor.cursor_location) == (D19, (0, 0))
        await pilot.press("p")
        assert isinstance(app.screen, PreviewScreen)
        await pilot.press("j", "p", "enter")
        assert not pane.editor.read_only
        await until(lambda: "1 word" in title(pane), pilot)


async def test_headings_that_echo_wrote_are_mended_when_asked_and_back(workspace: Workspace) -> None:
    broken = LOG + b"\\n## 2024-10-16\\n\n- e\n"
    workspace.journal.write_bytes(broken)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        await until(lambda: "echo" in question(pane), pilot)
        pane.editor.focus()
        await pilot.press("f")
        await until(lambda: b"\\n" not in workspace.journal.read_bytes(), pilot)
        assert b"## 2024-10-16" in workspace.journal.read_bytes() and not question(pane)
        await pilot.press("u")
        await until(lambda: workspace.journal.read_bytes() == broken, pilot)


def test_a_preview_controls_nothing_and_shows_where_links_lead() -> None:
    lines = rendered("# T\n\n- [x] &#27;[31m [a](http://b)\n", 40, {})
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    assert "\x1b" not in text and "a (http://b)" in text
    assert not any(segment.style and segment.style.link for line in lines for segment in line)
