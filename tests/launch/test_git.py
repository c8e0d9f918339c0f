"""The state of the code, from real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mlws_tui.sources.git import MAX_DIFF, snapshot


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    (folder / "train.py").write_text("one\n")
    (folder / "weights.bin").write_bytes(b"\0\1\2")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_no_repository(tmp_path: Path) -> None:
    assert snapshot(tmp_path) is None
    assert snapshot(tmp_path / "missing") is None


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert snapshot(repository) is None


def test_a_clean_tree_with_an_untracked_file(repository: Path) -> None:
    (repository / "new.py").write_text("x")
    (repository / "sub").mkdir()
    found = snapshot(repository / "sub")
    assert found is not None
    assert found["sha"] == git(repository, "rev-parse", "HEAD")
    assert (found["branch"], found["dirty"], found["diff"]) == ("trunk", False, "")
    assert found["untracked"] == ["new.py"]


def test_changes_are_kept_and_binary_files_only_named(repository: Path) -> None:
    (repository / "train.py").write_text("two\n")
    (repository / "weights.bin").write_bytes(b"\0\1\2\3")
    (repository / "staged.py").write_text("three\n")
    git(repository, "add", "staged.py")
    found = snapshot(repository)
    assert found is not None and found["dirty"]
    assert "-one\n+two" in found["diff"] and "+three" in found["diff"]
    assert "Binary files a/weights.bin and b/weights.bin differ" in found["diff"]


def test_a_long_diff_is_cut_at_a_line(repository: Path) -> None:
    (repository / "train.py").write_text("line\n" * (MAX_DIFF // 4))
    found = snapshot(repository, timeout=20)
    assert found is not None and found["dirty"]
    assert len(found["diff"]) < MAX_DIFF + 100
    assert found["diff"].splitlines()[-2:] == ["+line", f"\\ the diff is cut after {MAX_DIFF} bytes"]


def test_a_detached_head_and_no_commit(repository: Path, tmp_path: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    found = snapshot(repository)
    assert found is not None and found["branch"] is None and found["sha"]
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q", "-b", "trunk")
    found = snapshot(tmp_path / "empty")
    assert found is not None
    assert (found["sha"], found["branch"], found["reason"]) == (None, "trunk", "there is no commit yet")


def test_a_git_that_does_not_answer(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:/usr/bin:/bin")
    found = snapshot(repository, timeout=0.2)
    assert found is not None and found["sha"] is None and found["reason"]


def test_a_repository_does_not_run_programs_of_its_own(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    git(repository, "config", "diff.external", f"touch {mark}")
    git(repository, "config", "core.fsmonitor", f"touch {mark}")
    (repository / "train.py").write_text("two\n")
    found = snapshot(repository)
    assert found is not None and found["dirty"]
    assert not mark.exists()
