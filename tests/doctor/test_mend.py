"""``doctor --fix`` mends what is safe, says each thing, and touches nothing that a person wrote."""

from __future__ import annotations

import shutil

from mlws_tui.config.workspace import Workspace
from tests.doctor.kit import Doctor, needs_rights, record, without_rights


def test_nothing_to_mend(doctor: Doctor) -> None:
    answer = doctor("--fix")
    assert answer.code == 0
    assert answer.document["done"] == []


def test_missing_folders_are_made_and_what_is_too_open_is_closed(
    doctor: Doctor, workspace: Workspace
) -> None:
    workspace.journal.write_text("# Mine\n")
    path = record(workspace)
    path.chmod(0o644)
    shutil.rmtree(workspace.logs)
    answer = doctor("--fix")
    assert answer.code == 0
    assert "made logs/experiments/" in answer.done
    assert "set the mode of" in answer.done
    assert path.stat().st_mode & 0o777 == 0o600
    assert (workspace.logs / "training").is_dir()
    assert workspace.journal.read_text() == "# Mine\n"
    assert doctor("--fix").document["done"] == []


def test_what_cannot_be_mended_is_said(doctor: Doctor, workspace: Workspace) -> None:
    (workspace.logs / "agents").rmdir()
    (workspace.logs / "agents").touch()
    shutil.rmtree(workspace.sessions)
    answer = doctor("--fix")
    assert answer.code == 1
    assert any(not deed["ok"] and "is a file" in deed["message"] for deed in answer.document["done"])
    assert (workspace.logs / "agents").is_file()


@needs_rights
def test_a_workspace_that_may_not_be_written_is_no_traceback(workspace: Workspace) -> None:
    shutil.rmtree(workspace.logs)
    workspace.root.chmod(0o500)
    answer = without_rights(workspace, "--fix")
    workspace.root.chmod(0o700)
    assert answer.code == 1
    assert any(not deed["ok"] for deed in answer.document["done"])
