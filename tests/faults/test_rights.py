"""What may not be written, or belongs to somebody else: it is shown, one sentence says so, nothing is changed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workspace import init
from tests.faults.kit import (
    OTHER,
    RUN,
    Start,
    call,
    listed,
    mounted,
    ours_again,
    recorded,
    says,
    somebody_elses,
    sound,
    tree,
)

SHOWN = "may not be written: it is shown, and nothing can be changed"


@pytest.fixture
def foreign(workspace: Workspace) -> Iterator[Workspace]:
    """A workspace of somebody else with one run, which everybody may read."""
    recorded(workspace)
    workspace.journal.write_text("## 2024-10-19\n\n- theirs\n")
    somebody_elses(workspace.root)
    yield workspace
    ours_again(workspace.root)


def test_commands_read_a_workspace_that_may_not_be_written(
    foreign: Workspace, plainly: tuple[str, ...]
) -> None:
    before = tree(foreign.root)
    runs, said = listed(foreign, plainly)
    assert runs[RUN]["state"] == "completed" and runs[RUN]["latest"]["loss"]["count"] == 5
    assert said == f"mlws-tui: The workspace {foreign.root} {SHOWN}\n"
    for change in (("runs", "tag", RUN, "mine"), ("log", "experiments", "mine")):
        refused = call(foreign, *change, under=plainly)
        sentence = refused.stderr.splitlines()[-1]
        assert (refused.returncode, refused.stdout) == (1, "")
        assert sentence.startswith("mlws-tui: ") and "permission denied" in sentence.lower(), sentence
        assert "Traceback" not in refused.stderr
    assert listed(foreign, plainly)[0][RUN]["tags"] == []
    assert tree(foreign.root) == before


def test_the_app_shows_a_workspace_that_may_not_be_written(
    foreign: Workspace, plainly: tuple[str, ...], app: Start
) -> None:
    before = tree(foreign.root)
    terminal = app(foreign, under=plainly)
    terminal.wait_for(says(SHOWN))
    terminal.wait_for("sentiment")
    terminal.type("4\r")
    terminal.type("words of mine")
    terminal.wait_for("words of mine")
    terminal.type("\x13")
    terminal.wait_for("not saved")
    assert "words of mine" in terminal.text
    terminal.type("\x11")
    assert terminal.wait_exit() == 0
    assert b"Traceback" not in terminal.raw
    assert tree(foreign.root) == before


def test_an_index_of_somebody_else_is_left_alone(workspace: Workspace, plainly: tuple[str, ...]) -> None:
    recorded(workspace)
    listed(workspace)
    index = workspace.marker / "index.db"
    for file in workspace.marker.glob("index.db*"):
        somebody_elses(file)
        file.chmod(0o400 if plainly else 0)
    before = index.stat()
    runs, said = listed(workspace, plainly)
    assert RUN in runs and "belongs to somebody else" in said and said.count("\n") == 1
    tagged = call(workspace, "runs", "tag", RUN, "mine", under=plainly)
    assert tagged.stdout == f"{RUN}: mine\n"
    assert index.stat() == before
    ours_again(index)
    assert sound(index)


def test_a_file_system_that_is_read_only(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "24m") as there:
        if not there:
            pytest.skip("no small file system may be mounted here")
        workspace = init(tmp_path / "disk" / "workspace").workspace
        recorded(workspace)
        listed(workspace)
        recorded(workspace, OTHER)
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "disk")], check=True)
        runs, said = listed(workspace)
        assert set(runs) == {RUN, OTHER} and SHOWN in said and said.count("\n") == 1
        refused = call(workspace, "runs", "tag", RUN, "mine")
        assert refused.returncode == 1 and "Read-only file system" in refused.stderr
