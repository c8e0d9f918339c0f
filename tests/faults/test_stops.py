"""An app that is stopped for a while, or dies by what another program does to the memory it shares with it."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal
from tests.faults.kit import OTHER, RUN, Start, call, listed, recorded, sound
from tests.torture.kit import MLWS, wait_until

#: What the app sends when it gives the screen back.
LEFT = b"\x1b[?1049l"


@pytest.fixture
def shell() -> Iterator[Terminal]:
    """A shell in a terminal, which stops and continues what it has in the foreground."""
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], env={"PS1": "$ "})
    terminal.wait_for("$")
    yield terminal
    terminal.close()


def test_stopped_from_outside_while_the_index_is_removed(workspace: Workspace, app: Start) -> None:
    """The stopped one holds the lease: a command says who it is. Once it goes on it heals, and ends as always."""
    recorded(workspace)
    terminal = app(workspace)
    before = termios.tcgetattr(terminal.fd)
    terminal.wait_for("sentiment")
    terminal.signal(signal.SIGSTOP)
    _wait_for_state(terminal.pid, "T")
    for file in workspace.marker.glob("index.db*"):
        file.unlink()
    recorded(workspace, OTHER)
    runs, said = listed(workspace)
    assert runs == {} and f"pid {terminal.pid} reads on" in said
    terminal.signal(signal.SIGCONT)
    terminal.wait_for("llama")
    runs, said = listed(workspace)
    assert set(runs) == {RUN, OTHER} and said == ""
    terminal.type("q")
    assert terminal.wait_exit() == 0
    assert termios.tcgetattr(terminal.fd)[:4] == before[:4]
    assert sound(workspace.marker / "index.db")


@pytest.mark.torture
def test_a_rebuild_while_the_app_is_stopped_by_ctrl_z(workspace: Workspace, shell: Terminal) -> None:
    """By ctrl+z it gives up the lease: the rebuild is whole before it goes on."""
    recorded(workspace)
    shell.type(f"{' '.join(MLWS)} --workspace {workspace.root}\n")
    shell.wait_for("sentiment")
    shell.type("\x1a")
    shell.wait_for("Stopped")
    recorded(workspace, OTHER)
    rebuilt = call(workspace, "doctor", "--rebuild")
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert len(list(workspace.marker.glob("index.db.replaced-*"))) >= 1
    assert set(listed(workspace)[0]) == {RUN, OTHER}
    shell.type("fg\n")
    shell.wait_for("llama")
    shell.type("q")
    shell.wait_for(lambda _: shell.raw.count(LEFT) == 2)
    shell.type("echo back-$((40+2)); exit\n")
    shell.wait_for("back-42")
    runs, said = listed(workspace)
    assert set(runs) == {RUN, OTHER} and said == ""
    assert sound(workspace.marker / "index.db")


def test_a_shared_memory_that_is_truncated_ends_the_process_and_nothing_else(
    workspace: Workspace, app: Start
) -> None:
    """F24: the kernel kills it by SIGBUS at the next look; no program can go on from there. The next start is whole."""
    recorded(workspace)
    terminal = app(workspace, under=("sh", "-c", 'ulimit -c 0; exec "$@"', "sh"))
    terminal.wait_for("sentiment")
    index = workspace.marker / "index.db"
    os.truncate(f"{index}-shm", 0)
    recorded(workspace, OTHER)
    assert terminal.wait_exit() == -signal.SIGBUS
    runs, said = listed(workspace)
    assert set(runs) == {RUN, OTHER} and said == ""
    assert sound(index)


def _wait_for_state(pid: int, state: str) -> None:
    stat = Path(f"/proc/{pid}/stat")
    wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == state, f"{pid} is in state {state}")
