"""The person's own editor: found, told the line, and its text taken back as one change."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.drafts import Drafts
from mlws_tui.services.externaleditor import at_line, editor_command
from mlws_tui.services.pages import as_lent
from mlws_tui.ui.screens.confirm import ConfirmScreen
from tests.e2e.terminal import Terminal
from tests.journal.panes import corner, panes, until

LOG = b"## 2024-10-20\r\n\r\n- a\r\n- caf\xe9\n- b\n\n## 2024-10-19\n\n- c\n"
Editor = Callable[[str], None]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Editor]:
    """Makes a program of a shell script the person's editor; ``$2`` is the file."""
    program = tmp_path / "nano"

    def make(script: str) -> None:
        program.write_text(f"#!/bin/sh\nset -e\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("VISUAL", f"{program}")

    yield make


def test_which_editor_it_is_and_how_it_is_told_the_line(tmp_path: Path) -> None:
    for name in ("vim.basic", "code", "strange"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "editor").symlink_to("vim.basic")
    env = {"PATH": str(tmp_path)}
    assert editor_command({**env, "EDITOR": "code -n", "VISUAL": " "}) == ["code", "-n"]
    assert editor_command(env) == ["editor"]
    file = Path("/x/2024-10-20.md")
    assert at_line([str(tmp_path / "editor")], file, 3)[1:] == ["+3", str(file)]
    assert at_line(["code", "-w"], file, 3) == ["code", "-w", "--goto", f"{file}:3"]
    assert at_line([str(tmp_path / "strange")], file, 3)[1:] == [str(file)]
    for wrong in ({"EDITOR": "no-such"}, {"EDITOR": "vim 'x"}, {"PATH": "/nowhere"}):
        with pytest.raises(MlwsError, match=r"editor|command"):
            editor_command({**env, **wrong})


@settings(max_examples=30)
@given(st.text("ab\r\n\udce9", max_size=20), st.text("abc\n", max_size=20))
def test_lines_that_say_the_same_keep_their_bytes(old: str, new: str) -> None:
    assert as_lent(old, old, "\n") == old
    shown = old.replace("\r\n", "\n").replace("\r", "\n").replace("\udce9", "\ufffd")
    assert as_lent(old, shown, "\n") == old  # an editor that rewrote all of it
    back = as_lent(old, new, "\n")
    assert [line for line in back.replace("\r", "\n").split("\n") if line] == [
        line for line in new.split("\n") if line
    ]


def test_a_page_that_was_lent_is_offered_when_the_app_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (short := tmp_path / "r").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    mine = Drafts(tmp_path / "recovery")
    lent = mine.lend("k#1", "old", "old\nunsaved", "2024-10-20.md", "\n")
    assert lent.path.name == "2024-10-20.md"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (lent.path.parent, lent.path)] == [0o700, 0o600]
    assert lent.short.parent.parent == short and lent.short.samefile(lent.path)
    lent.short.write_text("old\nunsaved\nby the editor\n")  # an editor sees the short name alone
    assert lent.read() == "old\nunsaved\nby the editor"
    assert mine.pages("k#") == []
    if not (child := os.fork()):
        Drafts(tmp_path / "recovery").lend("k#2", "old", "lent", "a.md", "\n")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (draft,) = mine.pages("k#")
    assert (draft.key, draft.base, draft.text) == ("k#2", "old", "lent")
    for link in short.iterdir():
        if link.resolve() == draft.path:
            link.unlink()  # a reboot: what was written is not among what goes
    mine.discard(draft)
    mine.give_back(lent)
    assert not list(short.iterdir())
    assert list((tmp_path / "recovery").iterdir()) == []


async def test_what_the_editor_wrote_is_one_change_merged_with_what_others_wrote(
    workspace: Workspace, editor: Editor
) -> None:
    workspace.journal.write_bytes(LOG)
    editor(f'sed -i "s/\\r$//" "$2"; printf -- "- from $1\\n" >> "$2"; echo "- d" >> {workspace.journal}')
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()
        await pilot.press("i", *"!", "ctrl+e")
        await until(lambda: b"from" in workspace.journal.read_bytes() and not pane.unsaved, pilot)
        now = LOG.replace(b"- b\n", b"- b!\n- from +3\n") + b"- d\n"
        assert workspace.journal.read_bytes() == now
        assert list(pane._drafts.folder.iterdir()) == []
        await pilot.press("escape", "u")
        await until(
            lambda: workspace.journal.read_bytes() == LOG.replace(b"- b\n", b"- b!\n") + b"- d\n", pilot
        )


async def test_an_editor_that_may_not_have_meant_it(workspace: Workspace, editor: Editor) -> None:
    workspace.journal.write_bytes(LOG)
    async with panes(workspace) as (app, pilot):
        pane = app.journal
        pane.editor.focus()

        def lent() -> list[Path]:
            return list(pane._drafts.folder.glob("*.lent"))

        def shown() -> str:
            asked = "\n".join(app.screen._told.lines) if isinstance(app.screen, ConfirmScreen) else ""
            return f"{corner(pane)}{asked}{[note.message for note in app._notifications]}"

        async def edited(script: str, said: str) -> None:
            editor(script)
            await pilot.press("ctrl+e")
            await until(lambda: said in shown(), pilot)

        await edited("exit 0", "nothing was changed")
        assert not lent()
        await edited('rm "$2"', "is gone")
        await edited(': > "$2"', "without any text")
        kept = len(lent())
        await pilot.press("n")
        assert "stays" not in shown() and str(lent()[0].parent) in shown() and len(lent()) == kept
        assert workspace.journal.read_bytes() == LOG
        await edited('echo x >> "$2"; exit 3', "ended with 3")
        await pilot.press("y")
        await until(lambda: b"- b\nx\n" in workspace.journal.read_bytes(), pilot)
        await until(lambda: len(lent()) == kept, pilot)
        await edited('echo y >> "$2"; kill -9 $$', "It was killed (signal 9).")


def test_the_editor_has_the_terminal_alone_and_the_app_comes_back(
    workspace: Workspace, editor: Editor, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    editor(f'trap "" INT; printf "\\033[2J\\033[HEDITING"; cat {go} >> "$2"')
    terminal = Terminal([sys.executable, "-m", "mlws_tui", "--workspace", str(workspace.root)])
    try:
        terminal.wait_for("enter: write today's entry")
        terminal.type("4\x05")
        terminal.wait_for("EDITING")
        begun = len(terminal.raw)
        terminal.type("\x03")  # ctrl+c is the editor's
        go.write_text("- written there\n")
        terminal.wait_for("written there")
        alone = bytes(terminal.raw[begun : terminal.raw.find(b"\x1b[?1049h", begun)])
        assert b"Journal" not in alone and b"CPU" not in alone
        terminal.wait_for("saved")
        terminal.type("q")
        assert terminal.wait_exit() == 0
        assert b"- written there\n" in workspace.journal.read_bytes()
    finally:
        terminal.close()
