"""The editor's keys in the app itself, where panes and the app have keys of their own."""

from __future__ import annotations

from mlws_tui.config.workspace import Workspace
from mlws_tui.ui.panes.journal import JournalPane
from tests.runs.kit import begun, ended, record
from tests.ui.stage import NOW, Still, until

RUN = "20261119-100000-lora"


async def test_vim_and_completion_in_the_journal(workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, NOW - 90_000), ended(NOW - 80_000))
    workspace.config.write_text("journal:\n  keys: vim\n")
    workspace.journal.write_text("## 2026-11-20\n\n### Code\n- one two\n")
    stage = Still(workspace)
    async with stage.app.run_test(size=(100, 30)) as pilot:
        await stage.ready(pilot, "### Code")
        await pilot.press("4", "j", "i", "escape", "d", "w", "Z", "Z")
        editor = stage.app.screen.query_one(JournalPane).editor
        await until(pilot, lambda: b"\n- one two" not in workspace.journal.read_bytes())
        assert editor.text == "### Code\none two"
        assert editor.read_only
        await pilot.press("i", *"q5?z", "enter", "ctrl+z", "escape", "A", " ", "@", "l", "o")
        await until(pilot, lambda: editor.offering)
        await stage.sees(pilot, f"{RUN}  lora · completed", "INSERT")
        await pilot.press("down", "enter")
        assert editor.text == f"### Code\none two {RUN}"
        await pilot.press(" ", "@")
        await until(pilot, lambda: editor.offering)
        await pilot.press("escape")  # both: no list, no INSERT
        await stage.sees(pilot, "NORMAL", "^s save", "^q quit")
        assert not editor.offering
        await pilot.press("escape", "x", "u")  # none is a command of the pane
        await pilot.press("u", "ctrl+r", "/", "t", "w", "o", "enter", "x", ":", "x", "enter")
        await until(pilot, lambda: f"one wo {RUN}".encode() in workspace.journal.read_bytes())
        await stage.leave()
