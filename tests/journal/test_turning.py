"""Writing while a page is being turned, and recovering text where the disk is full."""

from __future__ import annotations

import errno
import threading
from datetime import date
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import FileChanged
from mlws_tui.services.drafts import Draft
from mlws_tui.services.journal import DayRef
from mlws_tui.services.pages import Page
from mlws_tui.sources.files import FileError
from mlws_tui.ui.panes.writing import WritingPane
from tests.journal.panes import panes, until

LOG = b"# Log\n\n## 2024-10-20\n\n- a\n\n## 2024-10-19\n\n- c\n"
EARLIER = "left_square_bracket"


def slowly(pane: WritingPane, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let reading a page take until the event is set."""
    load, go = pane.load_page, threading.Event()

    def late() -> Page | None:
        assert go.wait(20)
        return load()

    monkeypatch.setattr(pane, "load_page", late)
    return go


async def test_what_is_typed_while_a_day_is_turned_goes_into_the_day_that_comes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        go = slowly(pane, monkeypatch)
        pane.editor.focus()
        await pilot.press(EARLIER, "enter", "enter", *"hellx", "backspace", *"o tjg")
        assert pane.editor.text == "- a"
        assert pane.unsaved
        go.set()
        await until(lambda: "tjg" in pane.editor.text, pilot)
        assert pane.editor.text == "- c\n- hello tjg"
        await pilot.press("!", "escape")
        await until(lambda: not pane.unsaved, pilot)
        assert workspace.journal.read_bytes() == LOG.replace(b"- c\n", b"- c\n- hello tjg!\n")
        assert pane.shown == DayRef(date(2024, 10, 19))


async def test_who_is_done_before_the_day_has_come_finds_it_saved(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        go = slowly(app.journal, monkeypatch)
        app.journal.editor.focus()
        await pilot.press(EARLIER, "enter", *"hello", "escape")
        go.set()
        assert await app.journal.save()
        assert workspace.journal.read_bytes() == LOG.replace(b"- c\n", b"- chello\n")
        await until(lambda: app.journal.editor.read_only, pilot)


async def test_what_is_typed_while_a_session_is_turned_goes_into_the_one_that_comes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("2024-10-19-old", "2024-10-20-new"):
        (workspace.sessions / f"{name}.md").write_text(f"# {name}\n")
    async with panes(workspace) as (app, pilot):
        pane = app.session
        go = slowly(pane, monkeypatch)
        pane.editor.focus()
        await pilot.press(EARLIER, "enter", *" jk")
        app.hub.publish(FileChanged(workspace.sessions / "2024-10-20-new.md"))
        go.set()
        await until(lambda: pane.editor.text == "# 2024-10-19-old jk", pilot)
        assert await pane.save()
        assert (workspace.sessions / "2024-10-20-new.md").read_text() == "# 2024-10-20-new\n"


async def test_where_the_day_does_not_come_nothing_is_written_into_the_one_that_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane, go = app.journal, threading.Event()

        def fails() -> Page:
            assert go.wait(20)
            raise FileError("unreadable")

        monkeypatch.setattr(pane, "load_page", fails)
        pane.editor.focus()
        await pilot.press(EARLIER, "enter", *"hello")
        go.set()
        await until(lambda: str(pane.border_subtitle) == "unreadable", pilot)
        await until(lambda: not pane.unsaved, pilot)
        assert (pane.editor.text, pane.editor.read_only) == ("- a", True)
        assert pane.shown == DayRef(date(2024, 10, 20))
        assert [note.message for note in app._notifications] == ["hello"]


async def test_a_page_that_comes_never_takes_the_place_of_unsaved_text(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press("enter", *" mine")
        pane.turn_to(f"{workspace.journal}#2024-10-19.0")  # as if the words had come in after saving
        await pane.refresh_page()
        assert (pane.editor.text, pane.editor.read_only) == ("- c", True)
        assert workspace.journal.read_bytes() == LOG.replace(b"- a\n", b"- a mine\n")


async def test_where_it_can_neither_be_saved_nor_kept_the_page_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press("enter", *" mine")
        _full_disk(pane, monkeypatch)
        pane.turn_to(f"{workspace.journal}#2024-10-19.0")
        await pane.refresh_page()
        assert pane.editor.text == "- a mine" and pane.unsaved
        assert pane.shown == DayRef(date(2024, 10, 20))


@pytest.mark.parametrize("saved", [False, True])
async def test_a_restored_recovery_file_stays_until_its_text_is_somewhere_else(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, saved: bool
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        folder = pane._drafts.folder
        old = _draft(pane, folder / "old.json", f"{workspace.journal}#2024-10-20.0")
        with monkeypatch.context() as patch:
            _full_disk(pane, patch)
            pane._offer = old
            pane.editor.focus()
            await pilot.press("R")
            await until(lambda: pane.editor.text == "- a found", pilot)
            await pilot.app.workers.wait_for_complete()
            assert old.path.exists()
            assert "no recovery file" in str(pane.border_subtitle)
        if saved:
            assert await pane.save()
            assert workspace.journal.read_bytes() == LOG.replace(b"- a\n", b"- a found\n")
        else:
            assert await pane._keep_draft()
            assert any("- a found" in path.read_text() for path in folder.glob("*.json") if path != old.path)
        assert not old.path.exists()


async def test_a_draft_of_another_day_is_restored_there_with_what_is_typed_meanwhile(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        go = slowly(pane, monkeypatch)
        pane._offer = _draft(
            pane, pane._drafts.folder / "old.json", f"{workspace.journal}#2024-10-19.0", "- c"
        )
        pane.editor.focus()
        await pilot.press("R", "enter", *" hello")
        go.set()
        await until(lambda: "hello" in pane.editor.text, pilot)
        assert pane.editor.text == "- c found hello"
        assert await pane.save()
        assert workspace.journal.read_bytes() == LOG.replace(b"- c\n", b"- c found hello\n")


def _draft(pane: WritingPane, path: Path, key: str, base: str = "- a") -> Draft:
    text = f"{base} found"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Draft(key, base, text, (0, len(text)), 0.0, path)


def _full_disk(pane: WritingPane, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def unsaved(*_: object) -> None:
        raise FileError("no space left on device")

    monkeypatch.setattr(pane._drafts, "keep", full)
    monkeypatch.setattr(pane, "store_page", unsaved)
