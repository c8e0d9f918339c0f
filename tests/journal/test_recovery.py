"""Nothing that was typed is lost: recovery files, what is offered from them, and where they go when a disk is full."""

from __future__ import annotations

import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.pages import Page
from mlws_tui.ui.screens.confirm import ConfirmScreen
from mlws_tui.ui.screens.recovery import RecoveryScreen
from tests.journal.panes import panes, question, title, until

LOG = b"## 2024-10-20\n\n- a\n\n## 2024-10-19\n\n- c\n"
MANY = " ".join(f"word{number}" for number in range(30))


def left_behind(folder: Path, *drafts: tuple[str, str, str]) -> None:
    """Recovery files of an app that is gone: key, base and text of each."""
    if not (child := os.fork()):
        kept = Drafts(folder)
        for key, base, text in drafts:
            kept.keep(key, base, text, (0, 0))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


async def test_what_was_found_is_offered_one_after_the_other(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    key = f"{workspace.journal}#2024-10-"
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        left_behind(
            pane._drafts.folder,
            (f"{key}20.0", "- a", f"- a\n{MANY}"),
            (f"{key}19.0", "- c", "- c"),  # was saved after all
            (f"{key}19.0", "", "ahead"),  # typed before the page had come
        )
        await pane.look_for_drafts()
        pane.editor.focus()
        assert "Sat 2024-10-19" in question(pane) and "1 of 2" in question(pane)
        assert len(list(pane._drafts.folder.iterdir())) == 2
        await pilot.press("C")
        assert isinstance(app.screen, RecoveryScreen)
        await until(lambda: bool(app.screen._disk), pilot)  # type: ignore[attr-defined]
        await pilot.press("R")
        await until(lambda: pane.editor.text == "- c\nahead" and not pane.editor.read_only, pilot)
        await pilot.press("escape")
        await until(lambda: b"- c\nahead\n" in workspace.journal.read_bytes(), pilot)
        await until(lambda: "30 new words" in question(pane), pilot)
        await pilot.press("x")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("n", "x", "y")
        await until(lambda: not question(pane), pilot)
        assert list(pane._drafts.folder.iterdir()) == []


async def test_what_is_typed_ahead_of_a_page_is_kept_at_once_and_at_the_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane, go = app.journal, threading.Event()
        load = pane.load_page

        def late() -> Page:
            assert go.wait(20)
            return load()

        monkeypatch.setattr(pane, "load_page", late)
        pane.editor.focus()
        await pilot.press("left_square_bracket", "enter", *"hello")
        files = pane._drafts.folder
        await until(lambda: any("hello" in path.read_text() for path in files.glob("*.json")), pilot)
        await pilot.press("!")
        pane.rescue()  # as a hang-up does
        (kept,) = files.glob("*.json")
        assert "hello!" in kept.read_text() and "#2024-10-19.0" in kept.read_text()
        go.set()
        await until(lambda: pane.editor.text == "- chello!", pilot)
        assert await pane.save()
        assert list(files.iterdir()) == []


async def test_one_who_never_stops_typing_is_kept_as_well(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press("i")
        typed: list[str] = []

        def kept() -> bool:
            pane.editor.insert("x")
            typed.append("x")
            return any("xxx" in path.read_text() for path in pane._drafts.folder.glob("*.json"))

        await until(kept, pilot)
        assert len(typed) < 200
        (path,) = pane._drafts.folder.glob("*.json")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await until(lambda: "word" in title(pane), pilot)
        assert await pane.save()


def test_where_the_state_folder_cannot_be_written_there_is_another_place(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.write_text("a file in the way")
    spare = tmp_path / "spare"
    drafts = Drafts(full, spare)
    path = drafts.keep("k", "", "text", (0, 0))
    assert path.parent == spare and stat.S_IMODE(spare.stat().st_mode) == 0o700
    drafts.drop("k")
    left_behind_spare = Drafts(full, spare)
    left_behind_spare.keep("k", "", "text", (0, 0))
    spare.chmod(0o777)  # anyone may have put something there
    assert Drafts(tmp_path / "none", spare).pages("") == []
    with pytest.raises(OSError):
        drafts.keep("k", "", "text", (0, 0))
