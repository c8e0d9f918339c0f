"""Folders, owners, privacy, disks: what the doctor says of the place where everything lies."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from tests.doctor.kit import Doctor, needs_rights, record, without_rights


def test_a_new_workspace_is_well(doctor: Doctor) -> None:
    answer = doctor()
    assert answer.code == 0
    assert answer.document["ok"] is True
    assert answer.problems == []
    assert answer.document["links"] == {"broken": []}
    assert answer.document["done"] == []
    for check in answer.document["checks"]:
        assert set(check) == {"name", "ok", "level", "group", "message", "hint"}
        assert check["message"]
        assert check["level"] in ("ok", "advice")
        assert check["ok"] is True


def test_it_changes_nothing_unless_it_is_told_to(doctor: Doctor, workspace: Workspace) -> None:
    record(workspace)
    shutil.rmtree(workspace.sessions)
    before = sorted(workspace.root.rglob("*"))
    assert doctor("--deep").code == 0
    assert sorted(workspace.root.rglob("*")) == before


def test_a_missing_folder_is_advice_and_a_missing_streams_folder_a_problem(
    doctor: Doctor, workspace: Workspace
) -> None:
    shutil.rmtree(workspace.logs / "agents")
    answer = doctor()
    assert answer.code == 0
    assert answer.one("folders")["level"] == "advice"
    assert "logs/agents" in answer.one("folders")["message"]
    workspace.streams.rmdir()
    answer = doctor()
    assert answer.code == 1
    assert ".mlws/streams" in answer.one("folders")["message"]
    assert "--fix" in answer.one("folders")["hint"]


@pytest.mark.parametrize("link", [False, True])
def test_what_stands_where_a_folder_belongs(doctor: Doctor, workspace: Workspace, link: bool) -> None:
    folder = workspace.logs / "agents"
    folder.rmdir()
    if link:
        folder.symlink_to("nowhere")
    else:
        folder.touch()
    check = doctor().one("folders")
    assert not check["ok"]
    assert ("a link that leads nowhere" if link else "logs/agents is a file") in check["message"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_entries_of_another_user_are_named(doctor: Doctor, workspace: Workspace) -> None:
    path = record(workspace)
    os.chown(path, 65_534, 65_534)
    check = doctor().one("owner")
    assert check["level"] == "advice"
    assert path.name in check["message"] and "65534" in check["message"]
    assert "chown" in check["hint"]


def test_what_others_may_read(doctor: Doctor, workspace: Workspace) -> None:
    workspace.marker.chmod(0o755)
    check = doctor().one("privacy")
    assert check["level"] == "advice" and ".mlws" in check["message"]
    workspace.config.write_text("files: {private: false}\n")
    workspace.marker.chmod(0o750)
    assert doctor().one("privacy")["level"] == "ok"


def test_a_closed_folder_of_checked_out_code_keeps_what_is_in_it(
    doctor: Doctor, workspace: Workspace
) -> None:
    script = workspace.worktrees / "run-1" / "train.sh"
    script.parent.mkdir(parents=True)
    script.touch()
    workspace.worktrees.chmod(0o700)
    script.chmod(0o755)
    assert doctor().one("privacy")["level"] == "ok"
    workspace.worktrees.chmod(0o755)
    assert doctor().one("privacy")["message"].endswith(": .mlws/worktrees")
    doctor("--fix")
    assert stat.S_IMODE(workspace.worktrees.stat().st_mode) == 0o700
    assert stat.S_IMODE(script.stat().st_mode) == 0o755


def test_a_network_file_system_is_named(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """F33"""
    assert "of this machine" in doctor().one("file system")["message"]
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"1 0 0:1 / {doctor.workspace.root} rw - nfs4 server:/home rw\n")
    monkeypatch.setattr("mlws_tui.sources.mounts._MOUNTINFO", mountinfo)
    check = doctor().one("file system")
    assert check["ok"]
    assert "nfs4, shared with other machines; the index is in" in check["message"]
    mountinfo.write_text("1 0 0:1 / / rw - nfs4 server:/ rw\n")
    check = doctor().one("file system")
    assert not check["ok"] and "XDG_CACHE_HOME" in check["hint"]


def test_a_full_disk(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(doctor.workspace.root)

    def pretend(free: int, inodes: int) -> None:
        values = list(real)
        values[:8] = [4096, 4096, 1 << 20, free, free, 1 << 20, inodes, inodes]
        monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result(values))

    pretend(free=1 << 19, inodes=1 << 19)
    assert doctor().one("space")["level"] == "ok"
    pretend(free=1 << 17, inodes=100)
    room, files = doctor().of("space")
    assert (room["level"], files["level"]) == ("advice", "advice")
    assert "512 MiB of 4.0 GiB are free" in room["message"]
    assert "100 more files" in files["message"]
    pretend(free=100, inodes=1 << 19)
    answer = doctor()
    assert answer.code == 1
    assert not answer.one("space")["ok"]


@needs_rights
def test_folders_without_the_rights_for_them(workspace: Workspace) -> None:
    """F20"""
    workspace.streams.chmod(0o500)
    workspace.marker.chmod(0o500)
    try:
        answer = without_rights(workspace)
        assert answer.code == 1
        messages = [check["message"] for check in answer.of("folders")]
        assert any(message.startswith(".mlws cannot be written: it belongs to") for message in messages)
        workspace.streams.chmod(0)
        workspace.marker.chmod(0)
        answer = without_rights(workspace)
        assert answer.code == 1
        assert {"folders", "streams", "config"} <= set(answer.problems)
        assert "missing" not in answer.of("folders")[0]["message"]
        assert not any("failed itself" in check["message"] for check in answer.document["checks"])
    finally:
        workspace.marker.chmod(0o700)
        workspace.streams.chmod(0o700)


@needs_rights
def test_a_state_folder_that_cannot_be_made(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    monkeypatch.setenv("XDG_STATE_HOME", str(locked))
    assert not without_rights(workspace).one("state")["ok"]
