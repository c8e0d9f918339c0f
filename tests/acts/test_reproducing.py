"""Doing runs again: what is restored, what is told to differ, and that the person's checkout stays as it is."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.reproscript import script
from mlws_tui.domain.runs import RunState
from mlws_tui.sources.git import snapshot
from tests.acts.kit import PYTHON, Repository, ends, log_of, workbench
from tests.runs.kit import begun, ended, record

RUN = "20241019-143000-alpha"
ODD = "it's ödd \x1b[31m.py"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with a change that is not committed, a hook, and a file that git does not know."""
    made = Repository(tmp_path / "my code")
    hook = made.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/hooked'\n")
    hook.chmod(0o755)
    (made.root / "train.py").write_text("print('uncommitted')\n")
    (made.root / "sub" / ODD).write_text("print('odd')\n")
    made.git("add", "-N", f"sub/{ODD}")
    (made.root / "extra.txt").write_text("not kept\n")
    return made


def recorded(
    workspace: Workspace, repository: Repository, *command: str, cwd: str = "", **facts: Any
) -> None:
    """A run of the repository as it is now; then the person goes on working in it."""
    folder = repository.root / cwd
    git = snapshot(folder)
    begin = begun(RUN, 1000.0, cmd=list(command), cwd=str(folder), git=git, tags=["t"], **facts)
    record(workspace, RUN, begin, ended(1001.0))
    (repository.root / "train.py").write_text("print('today')\n")
    repository.commit("today")


def state_of(root: Path) -> dict[str, str]:
    files = [file for file in root.rglob("*") if file.is_file() and ".git" not in file.parts]
    return {str(file): file.read_text() for file in files}


async def test_it_is_done_again_beside_the_checkout(
    workspace: Workspace, repository: Repository, tmp_path: Path
) -> None:
    recorded(workspace, repository, PYTHON, str(repository.root / "train.py"), "--x", "1", environment={})
    before, head = state_of(repository.root), repository.git("rev-parse", "HEAD")
    async with workbench(workspace) as bench:
        plan = await bench.reproducing.plan(RUN)
        assert plan.problems == () and plan.diff_problem == "" and "uncommitted" in plan.diff
        assert any("extra.txt" in note for note in plan.notes)
        prepared = await bench.reproducing.prepare(plan)
        new = await bench.reproducing.start(plan, prepared)
        run = await ends(bench, new)
        assert "uncommitted" in log_of(workspace, new)
        assert (run.state, run.name, run.parent, run.tags) == (RunState.COMPLETED, "alpha-2", RUN, ())
        assert run.git is not None and run.git["sha"] == plan.sha and "uncommitted" in run.git["diff"]
        assert run.cwd == str(workspace.marker / "worktrees" / f"{RUN}-1")
        second = await bench.reproducing.prepare(plan, without_diff=True)
        assert second.folder.name == f"{RUN}-2" and "one" in (second.folder / "train.py").read_text()
        await bench.reproducing.forget(plan, second)
        assert not second.folder.exists() and (await bench.runs.get(second.run_id)).deleted
    assert state_of(repository.root) == before and repository.git("rev-parse", "HEAD") == head
    assert repository.git("stash", "list") == "" and not (tmp_path / "hooked").exists()


async def test_the_script_does_the_same(workspace: Workspace, repository: Repository, tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "mlws-tui"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m mlws_tui "$@"\n')
    tool.chmod(0o755)
    data = {"data": [{"path": str(tool)}, {"path": "/nowhere"}]}
    recorded(workspace, repository, PYTHON, ODD, "a b", "$(touch hacked)", cwd="sub", environment=data)
    async with workbench(workspace) as bench:
        plan = await bench.reproducing.plan(RUN)
        text = script(plan, str(workspace.root))
    assert all(line.isprintable() for line in text.replace("\t", " ").splitlines())
    env = {**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash"], input=text, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0 and "odd" in done.stdout, done.stderr
    assert "start it with" not in done.stderr and f" --data {tool} -- " in text
    async with workbench(workspace) as bench:
        newest = await bench.runs.get("@last")
        assert newest.parent == RUN and newest.command[-2:] == ("a b", "$(touch hacked)")
        assert newest.cwd is not None and newest.cwd.endswith("/sub") and "worktrees" in newest.cwd


async def test_what_stands_in_the_way_is_told(workspace: Workspace, repository: Repository) -> None:
    recorded(workspace, repository, PYTHON, "train.py")
    async with workbench(workspace) as bench:

        async def with_git(**git: Any) -> Any:
            run = await bench.runs.get(RUN)
            record(workspace, RUN, {"type": "run", "ts": 1000.5, "git": {**(run.git or {}), **git}})
            await bench.ingest.catch_up(logs=0.0)
            return await bench.reproducing.plan(RUN)

        cut = await with_git(diff="--- a/x\n+++ b/x\n\\ the diff is cut after 9 bytes\n")
        assert "too large" in cut.diff_problem
        with pytest.raises(MlwsError, match="too large"):
            await bench.reproducing.prepare(cut)
        binary = await with_git(diff="diff --git a/w.pt b/w.pt\nBinary files a/w.pt and b/w.pt differ\n")
        assert "w.pt" in binary.diff_problem
        misfit = (
            "diff --git a/train.py b/train.py\n--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-never\n+was\n"
        )
        assert "do not fit" in (await with_git(diff=misfit)).diff_problem
        missing = await with_git(sha="f" * 40)
        assert "fetch --all" in missing.problems[0]
        with pytest.raises(MlwsError, match="is not in"):
            await bench.reproducing.prepare(missing, without_diff=True)
        for plan, why in ((missing, "is not in"), (cut, "too large")):
            text = script(plan, "/w")
            done = subprocess.run(
                ["bash"], input=text, capture_output=True, text=True, timeout=20, check=False
            )
            assert (done.returncode, done.stdout) == (1, "") and why in done.stderr
        assert "worktree add" in script(cut, "/w", without_diff=True)
        option = await with_git(sha="--output=/tmp/x")
        assert option.repository is None and "commit is not known" in option.notes[0]
        assert not (workspace.marker / "worktrees").exists()


async def test_a_repository_that_was_moved(
    workspace: Workspace, repository: Repository, tmp_path: Path
) -> None:
    recorded(workspace, repository, PYTHON, str(repository.root / "sub" / "eval.py"), cwd="sub")
    moved = repository.root.rename(tmp_path / "elsewhere")
    async with workbench(workspace) as bench:
        assert "--repository" in (await bench.reproducing.plan(RUN)).problems[0]
        plan = await bench.reproducing.plan(RUN, repository=moved)
        assert (plan.problems, plan.below, plan.repository) == ((), "sub", moved)
        assert plan.command_in("/w")[1] == "/w/sub/eval.py"


async def test_code_that_is_not_in_git_runs_where_it_is(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text("print('plain')\n")
    record(workspace, RUN, begun(RUN, 1000.0, cmd=[PYTHON, "t.py"], cwd=str(tmp_path)), ended(1001.0))
    async with workbench(workspace) as bench:
        plan = await bench.reproducing.plan(RUN)
        assert plan.repository is None and "not in git" in plan.notes[0]
        prepared = await bench.reproducing.prepare(plan)
        assert prepared.worktree is None
        await ends(bench, await bench.reproducing.start(plan, prepared))
        assert "plain" in log_of(workspace, prepared.run_id)


async def test_what_was_recorded_may_be_no_path(workspace: Workspace, repository: Repository) -> None:
    recorded(workspace, repository, "x" * 5000, "y" * 5000, "a\0b", "c\nd", "\udce9", "/" + "z" * 5000)
    async with workbench(workspace) as bench:
        plan = await bench.reproducing.plan(RUN)
        assert plan.problems == () and script(plan, "/w")
        record(workspace, RUN, {"type": "run", "ts": 1000.5, "cwd": "/" + "x" * 5000, "cmd": ["./x", "\0"]})
        await bench.ingest.catch_up(logs=0.0)
        assert "no repository" in (await bench.reproducing.plan(RUN)).problems[0]


async def test_packages_gpus_and_data_are_compared(
    workspace: Workspace, repository: Repository, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    site = venv / "lib" / "python3.11" / "site-packages"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(PYTHON)
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.9\n")
    for installed in ("torch-2.4.1", "NumPy_x-1.26", "new-1.0"):
        (site / f"{installed}.dist-info").mkdir(parents=True)
    (site / "new-1.0.dist-info" / "direct_url.json").write_text(
        f'{{"url": "file://{str(repository.root).replace(" ", "%20")}", "dir_info": {{"editable": true}}}}'
    )
    kept, changed = tmp_path / "kept.bin", tmp_path / "changed.bin"
    kept.write_bytes(b"same")
    changed.write_bytes(b"now!")
    data = [
        {"path": str(kept), "bytes": 4, "sha256": hashlib.sha256(b"same").hexdigest()},
        {"path": str(changed), "bytes": 4, "sha256": hashlib.sha256(b"then").hexdigest()},
        {"path": str(tmp_path / "gone.bin"), "bytes": 4, "sha256": "00"},
        {"path": "/dev/zero", "bytes": 4, "sha256": "00"},
    ]
    packages = {"torch": "2.1.0", "numpy-x": "1.26", "old": "3"}
    environment = {"packages": packages, "gpus": ["NVIDIA H9"], "driver": "1.2", "os": "Other", "data": data}
    recorded(
        workspace, repository, str(venv / "bin" / "python"), "t.py", environment=environment, python="3.11.7"
    )
    async with workbench(workspace) as bench:
        read: list[tuple[int, int]] = []
        plan = await bench.reproducing.plan(RUN, progress=lambda done, total: read.append((done, total)))
        told = [one.words() for one in plan.differences]
        for words in (
            "package torch: 2.1.0 then, 2.4.1 now",
            "package old: 3 then, none now",
            "package new: none then, 1.0 now",
            "Python: 3.11.7 then, 3.11.9 now",
        ):
            assert words in told
        assert not any("numpy" in words for words in told)
        assert {one.name for one in plan.differences if one.kind == "data"} == {
            str(changed),
            str(tmp_path / "gone.bin"),
            "/dev/zero",
        }
        assert f"data {kept}" in plan.same and read[-1] == (8, 8)
        assert any("pip install -e" in note for note in plan.notes)
        unread = await bench.reproducing.plan(RUN, hashes=False)
        assert any("it was not read" in note for note in unread.notes)
