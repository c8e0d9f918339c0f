"""What these tests share: a workbench on real streams, real runs and a real repository."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.services.launch import LaunchOptions, launch_background
from mlws_tui.services.workbench import Workbench
from tests.runs.kit import until

PYTHON = sys.executable


@contextlib.asynccontextmanager
async def workbench(workspace: Workspace, **options: Any) -> AsyncIterator[Workbench]:
    """The workspace as a command has it open, with all that its streams hold."""
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings, **options) as bench:
        await bench.ingest.catch_up()
        yield bench


async def fresh(bench: Workbench, run: str) -> Run:
    """The run as it is now."""
    await bench.ingest.catch_up(logs=0.0)
    return await bench.runs.get(run)


async def ends(bench: Workbench, run: str) -> Run:
    """The run when its end is recorded. Between its process's going and the reading of that it looks crashed."""

    async def ended() -> bool:
        state = (await fresh(bench, run)).state
        return not state.live and state is not RunState.CRASHED

    await until(ended)
    return await bench.runs.get(run)


async def started(bench: Workbench, code: str, folder: Path, **options: Any) -> str:
    """Run Python code as a run in the background; returns its id once the code has said that it is ready."""
    script = folder / "script.py"
    script.write_text(code)
    command = [PYTHON, str(script)]
    run = launch_background(bench.workspace, command, LaunchOptions(cwd=folder, **options))
    await until(lambda: "ready" in log_of(bench.workspace, run))
    assert (await fresh(bench, run)).state is RunState.RUNNING
    return run


def log_of(workspace: Workspace, run: str) -> str:
    logs = list(workspace.logs.rglob(f"{run}.log"))
    return logs[0].read_text() if logs else ""


class Repository:
    """A git repository with one commit of ``train.py``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        (root / "sub").mkdir()
        (root / "train.py").write_text("print('one')\n")
        (root / "sub" / "eval.py").write_text("print('eval')\n")
        self.commit("first")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@b.c")
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()


def told(into: list[str]) -> Callable[[str], None]:
    return into.append
