"""Making a workspace, and finding it again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlws_tui.config.load import load
from mlws_tui.config.workspace import locate
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.services.workspace import init


def test_a_new_workspace_has_all_its_places_and_says_so(tmp_path: Path) -> None:
    result = init(tmp_path / "new" / "ws")
    root = result.workspace.root
    for name in (
        "logs/experiments",
        "logs/training",
        "logs/agents",
        "logs/archive",
        "docs/sessions",
        ".mlws/streams",
    ):
        assert (root / name).is_dir()
        assert f"{name}/" in result.made
    assert (root / "ACTIVITY.md").read_text().startswith("# ")
    assert result.kept == ()
    assert locate(start=root / "logs" / "training").root == root


def test_the_settings_file_of_a_new_workspace_is_valid_and_sets_nothing(tmp_path: Path) -> None:
    loaded = load(init(tmp_path / "ws").workspace)
    assert loaded.problems == ()
    assert {item.origin for item in loaded.effective} == {"default"}


def test_every_commented_line_of_the_settings_file_is_a_valid_default(tmp_path: Path) -> None:
    workspace = init(tmp_path / "ws").workspace
    first, *lines = workspace.config.read_text().splitlines()
    workspace.config.write_text("\n".join([first, *(line.removeprefix("#") for line in lines)]))
    loaded = load(workspace)
    assert loaded.problems == ()
    assert all(item.value == item.setting.default for item in loaded.effective)
    assert all(item.origin.startswith(str(workspace.config)) for item in loaded.effective)


def test_what_exists_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "ACTIVITY.md").write_bytes(b"mine\r\n")
    result = init(tmp_path)
    assert (tmp_path / "ACTIVITY.md").read_bytes() == b"mine\r\n"
    assert "ACTIVITY.md" in result.kept
    again = init(tmp_path)
    assert again.made == ()


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "ACTIVITY.md").symlink_to(tmp_path / "elsewhere.md")
    result = init(tmp_path)
    assert "ACTIVITY.md" in result.kept
    assert not (tmp_path / "elsewhere.md").exists()


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(WorkspaceError, match="logs"):
        init(tmp_path)


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WorkspaceError, match="Permission denied"):
            init(tmp_path / "ws")
    finally:
        tmp_path.chmod(0o700)
