"""What others write while one types: told, kept in its place, and never taken from the disk by an undo."""

from __future__ import annotations

from mlws_tui.config.workspace import Workspace
from tests.journal.panes import PanesApp, panes, until, write_outside

LOG = b"# Log\n\n## 2024-10-20\n\n- a\n\n## 2024-10-19\n\n### Experiments\n- c\n"
THEIRS = b"- a\n\n### Next Steps\n- [ ] theirs\n"


def disk(app: PanesApp, workspace: Workspace) -> bytes:
    assert not app.journal.unsaved
    return workspace.journal.read_bytes()


async def test_undo_and_redo_of_what_others_wrote_leave_it_on_the_disk(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        editor = app.journal.editor
        editor.focus()
        await pilot.press("enter", "enter", *"mine")
        await write_outside(app, pilot, workspace.journal, b"- a\n", THEIRS)
        assert editor.text == "- a\n- mine\n\n### Next Steps\n- [ ] theirs"
        assert [note.message for note in app._notifications] == ["merged 3 outside lines"]
        await pilot.press("ctrl+z")
        assert editor.text == "- a\n- mine"
        await pilot.press("ctrl+y", "ctrl+z", "escape")
        await until(lambda: b"mine" in workspace.journal.read_bytes(), pilot)
        await until(lambda: not app.journal.unsaved, pilot)
        assert LOG.replace(b"- a\n", b"- a\n- mine\n" + THEIRS[4:]) == disk(app, workspace)
        await pilot.press("u")  # while one reads it is the last own change that goes
        await until(lambda: b"mine" not in workspace.journal.read_bytes(), pilot)
        await until(lambda: not app.journal.unsaved, pilot)
        assert b"- [ ] theirs\n" in disk(app, workspace)
        assert "theirs" in editor.text


async def test_what_came_while_all_was_saved_comes_back_when_one_is_done(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        app.journal.editor.focus()
        await pilot.press("enter")
        await write_outside(app, pilot, workspace.journal, b"- a\n", THEIRS)
        await pilot.press("ctrl+z")
        assert app.journal.editor.text == "- a"
        await pilot.press("escape")
        await until(lambda: "theirs" in app.journal.editor.text, pilot)
        assert disk(app, workspace) == LOG.replace(b"- a\n", THEIRS)


async def test_undoing_what_settled_a_conflict_asks_again(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        app.journal.editor.focus()
        await pilot.press("enter", "x")
        await write_outside(app, pilot, workspace.journal, b"- a\n", b"- a changed\n")
        await pilot.press("escape", "b")
        both = LOG.replace(b"- a\n", b"- a changed\n- ax\n")
        await until(lambda: workspace.journal.read_bytes() == both, pilot)
        await pilot.press("enter", "y", "ctrl+z", "ctrl+z", "escape")
        await pilot.app.workers.wait_for_complete()
        assert b"- a changed\n" in workspace.journal.read_bytes()


async def test_who_comes_to_a_day_by_its_heading_writes_at_its_end(workspace: Workspace) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        app.journal.editor.focus()
        await app.journal.show_line(7)
        await pilot.press("enter", *"typed")
        assert app.journal.editor.text == "### Experiments\n- ctyped"
