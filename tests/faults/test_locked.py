"""Another program holds the index locked: it is told, typing goes on, and what waits is taken in when it lets go."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from tests.faults.kit import OTHER, RUN, Start, call, listed, recorded, says, sound

_LOCKING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@contextlib.contextmanager
def locked(index: Path) -> Iterator[None]:
    """Another program is in the middle of writing to the index."""
    with subprocess.Popen(
        [sys.executable, "-c", _LOCKING, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        try:
            assert other.stdout.readline() == "locked\n"
            yield
        finally:
            other.stdin.close()


def test_while_the_index_is_locked_one_goes_on_writing(workspace: Workspace, app: Start) -> None:
    """F28: ingesting waits, the journal and what the index holds already do not."""
    recorded(workspace)
    terminal = app(workspace)
    terminal.wait_for("sentiment")
    with locked(workspace.marker / "index.db"):
        recorded(workspace, OTHER)
        terminal.type("4\r")
        terminal.wait_for("esc done")
        terminal.type("typed meanwhile")
        terminal.wait_for("typed meanwhile")
        terminal.type("\x13")
        terminal.wait_for(lambda _: "typed meanwhile" in workspace.journal.read_text())
        terminal.wait_for(says("is locked by another program"))
        assert "sentiment" in terminal.text
        terminal.type(" and later")
        terminal.wait_for("typed meanwhile and later")
    terminal.wait_for("llama")
    terminal.wait_for(lambda text: "locked" not in text.splitlines()[-1])
    terminal.type("\x11")
    assert terminal.wait_exit() == 0
    assert "typed meanwhile and later" in workspace.journal.read_text()
    runs, said = listed(workspace)
    assert set(runs) == {RUN, OTHER} and said == ""
    assert sound(workspace.marker / "index.db")


@pytest.mark.torture
def test_a_change_that_a_lock_holds_up_is_kept(workspace: Workspace) -> None:
    """F28 for a command: the tag is in its stream before the index is asked, so the next one finds it."""
    recorded(workspace)
    listed(workspace)
    with locked(workspace.marker / "index.db"):
        tagged = call(workspace, "runs", "tag", RUN, "kept")
        assert "locked by another program" in tagged.stderr and "Traceback" not in tagged.stderr
    assert listed(workspace)[0][RUN]["tags"] == ["kept"]
