"""Real programs for the end-to-end tests: the app in a terminal, commands, training scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal

MLWS = [sys.executable, "-m", "mlws_tui"]

#: Logs a falling loss until the file `stop` appears beside it; says each step that is safely logged.
TRAINING = """
import sys, time, pathlib
import mlws_tui as mlws
name, rate = sys.argv[1], float(sys.argv[2])
stop = pathlib.Path("stop")
with mlws.run(name, config={"lr": 1e-4}, tags=["e2e"]) as run:
    print("RUN", run.id, flush=True)
    step = 0
    while not stop.exists() and step < 20000:
        step += 1
        run.log({"loss": 10 / (step + 1), "val/loss": 11 / (step + 1)}, step=step)
        print("STEP", step, flush=True)
        time.sleep(1 / rate)
"""


class Cli:
    """The command line as a person or a script uses it, on one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def __call__(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MLWS, "--workspace", str(self.workspace.root), *args],
            check=check,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def json(self, *args: str) -> Any:
        return json.loads(self(*args, "--json").stdout)

    def runs(self) -> dict[str, dict[str, Any]]:
        """The runs by name."""
        return {run["name"]: run for run in self.json("runs", "list")["runs"]}

    def wait_for_run(
        self, holds: Callable[[dict[str, dict[str, Any]]], bool], seconds: float = 20.0
    ) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while not holds(runs := self.runs()):
            assert time.monotonic() < end, runs
        return runs


@pytest.fixture
def cli(workspace: Workspace) -> Cli:
    return Cli(workspace)


@pytest.fixture
def app_in(workspace: Workspace) -> Iterator[Callable[..., Terminal]]:
    """Starts the app (or another command of ours) in a terminal; ends what is left at the end."""
    opened: list[Terminal] = []

    def start(*args: str, columns: int = 120, rows: int = 40) -> Terminal:
        command = args or ("--workspace", str(workspace.root))
        terminal = Terminal([*MLWS, *command], columns=columns, rows=rows)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture
def training(workspace: Workspace) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a script that really logs through the SDK; ends it by its stop file, or by force."""
    script = workspace.root / "train.py"
    script.write_text(TRAINING)
    started: list[subprocess.Popen[str]] = []

    def start(name: str, *, rate: float = 20.0, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*under, sys.executable, str(script), name, str(rate)],
            cwd=workspace.root,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "MLWS_WORKSPACE": str(workspace.root)},
        )
        started.append(process)
        return process

    yield start
    (workspace.root / "stop").touch()
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def steps_of(process: subprocess.Popen[str], at_least: int) -> int:
    """Read what the script says until it has logged so many steps; the last one it spoke of."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("STEP") and int(line.split()[1]) >= at_least:
            return int(line.split()[1])
    raise AssertionError("the script ended early")


def journal_of(root: Path) -> str:
    return (root / "ACTIVITY.md").read_text()
