"""Runs that were made from others: what they are called, and how a shell starts them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runnames import next_name
from mlws_tui.domain.runs import RunState
from tests.acts.kit import fresh, workbench
from tests.runs.kit import begun, ended, record

PARENT = "20241019-143000-alpha"


@pytest.mark.parametrize(
    ("name", "taken", "next_one"),
    [
        ("alpha", (), "alpha-2"),
        ("alpha", ("alpha-2", "alpha-3"), "alpha-4"),
        ("alpha-2", ("alpha",), "alpha-3"),
        ("alpha-9", ("alpha-10",), "alpha-11"),
        ("lr-1e-3", (), "lr-1e-3-2"),
        ("run-007", (), "run-007-2"),
        ("-2", (), "-2-2"),
    ],
)
def test_the_next_free_name(name: str, taken: tuple[str, ...], next_one: str) -> None:
    assert next_name(name, taken) == next_one


async def test_forks_have_names_of_their_own(workspace: Workspace) -> None:
    record(workspace, PARENT, begun(PARENT, 1000.0), ended(1001.0))
    async with workbench(workspace) as bench:
        first = await bench.forking.fork(PARENT, config={})
        await bench.runacts.delete([first])  # it may come back
        names = [
            (await bench.runs.get(await bench.forking.fork(run, config={}))).name for run in (PARENT, first)
        ]
        assert names == ["alpha-3", "alpha-4"]


async def test_a_made_run_starts_with_its_own_command_in_its_own_folder(
    workspace: Workspace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")
    script = "import os; print('in', os.getcwd(), os.environ['MLWS_CONFIG'])"
    data = {"data": [{"path": str(tmp_path / "data.csv")}, {"path": "/nowhere/gone.csv"}]}
    facts = {"cmd": [sys.executable, "-c", script], "cwd": str(tmp_path), "environment": data}
    record(workspace, PARENT, begun(PARENT, 1000.0, **facts), ended(1001.0))
    async with workbench(workspace) as bench:
        made = await bench.forking.fork(PARENT, config={"lr": 2})
        assert started_with(workspace, "--as", made) == 0
        out = capfd.readouterr().out
        assert f"in {tmp_path} " in out and '"lr": 2' in out.replace('":2', '": 2')
        run = await fresh(bench, made)
        assert run.state is RunState.COMPLETED and run.cwd == str(tmp_path)
        assert [one["path"] for one in (await bench.store.get_run(made)).environment["data"]] == [  # type: ignore[union-attr]
            str(tmp_path / "data.csv")
        ]
        gone = "20241019-143000-gone"
        record(workspace, gone, begun(gone, 1000.0, cmd=["true"], cwd="/nowhere", pid=None))
        bare = "20241019-143000-bare"
        record(workspace, bare, begun(bare, 1000.0, pid=None))
    assert started_with(workspace, "--as", gone) == 2
    assert "Its folder /nowhere is gone" in capfd.readouterr().err
    assert started_with(workspace, "--as", bare) == 2
    assert f"The command of {bare} is not known" in capfd.readouterr().err
    assert started_with(workspace) == 2
    assert "There is no command to run" in capfd.readouterr().err


def started_with(workspace: Workspace, *words: str) -> int:
    try:
        return main(["--workspace", str(workspace.root), "run", *words])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
