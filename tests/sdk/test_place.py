"""Where a script writes, and what is told of the process that does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import is_run_id
from mlws_tui.sdk import facts
from mlws_tui.sdk.place import claim, find, log_of


def test_what_is_given_goes_over_the_environment_over_the_folder(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = workspace.root / "deep" / "down"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert find() == str(workspace.root)
    monkeypatch.setenv("MLWS_WORKSPACE", str(tmp_path / "env"))
    assert find() == str(tmp_path / "env")
    assert find(tmp_path / "given") == str(tmp_path / "given")


def test_a_workspace_that_is_made_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert find(tmp_path / "new") == find(tmp_path / "new")
    assert capsys.readouterr().err.count("made the workspace") == 1
    assert Workspace(tmp_path / "new").streams.is_dir()
    assert (tmp_path / "new" / "logs" / "agents").is_dir()


def test_a_log_that_bears_the_id_counts_as_taken(workspace: Workspace) -> None:
    root, when = str(workspace.root), 1729348200.0
    (workspace.logs / "training" / "20241019-143000-x.log").touch()
    ids = [claim(root, "x", kind, when) for kind in ("training", "training", "agents")]
    assert ids == ["20241019-143000-x-2", "20241019-143000-x-3", "20241019-143000-x"]
    assert all(is_run_id(each) for each in ids)


def test_the_log_of_a_run_is_where_it_is(workspace: Workspace) -> None:
    root = str(workspace.root)
    assert log_of(root, "r", "training") == "logs/training/r.log"
    (workspace.logs / "agents" / "r.log").touch()
    assert log_of(root, "r", "training") == "logs/agents/r.log"


def git(folder: Path, *command: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=e@e", *command],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode().strip()


def test_commit_and_branch_are_what_git_says(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "feature/loss")
    assert facts.git_head(str(tmp_path)) == {"sha": None, "branch": "feature/loss"}
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    sha = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "below").mkdir()
    assert facts.git_head(str(tmp_path / "below")) == {"sha": sha, "branch": "feature/loss"}
    git(tmp_path, "pack-refs", "--all")
    assert facts.git_head(str(tmp_path)) == {"sha": sha, "branch": "feature/loss"}
    git(tmp_path, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    assert facts.git_head(str(tmp_path / "tree")) == {"sha": sha, "branch": "other"}
    git(tmp_path, "checkout", "-q", "--detach")
    assert facts.git_head(str(tmp_path)) == {"sha": sha, "branch": None}


@pytest.mark.parametrize("head", [b"", b"\xff\xfe\x00", b"ref: refs/heads/.invalid"])
def test_a_repository_that_cannot_be_read_says_nothing_of_a_commit(tmp_path: Path, head: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head)
    assert not (facts.git_head(str(tmp_path)) or {}).get("sha")


def test_the_process_is_told_by_pid_and_start() -> None:
    told = facts.process_facts(0.0)
    assert told["pid"] == os.getpid()
    assert told["pid_start"] == facts.process_start(os.getpid()) is not None
    assert facts.process_start(2**30) is None
    assert told["tz"] == "+00:00"


def test_gpus_and_slurm_as_the_environment_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts.visible_gpus() is None and facts.slurm() == {}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0, GPU-8f2e,")
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    assert facts.visible_gpus() == ["0", "GPU-8f2e"]
    assert facts.slurm() == {"job_id": "77"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert facts.visible_gpus() == []
