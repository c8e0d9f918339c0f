"""The log on a disk that is full."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from mlws_tui.services.launch.recorder import LogWriter
from tests.launch.conftest import wait_for


def test_lines_are_lost_on_a_full_disk_and_that_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "x.log"
    writer = LogWriter(path, tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer.write(["before"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        writer.write(["does not fit"])
        writer.write(["nor does this"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert writer.problem == "File too large"

    def works() -> bool:
        writer.write(["after"])
        return "after" in path.read_text()

    wait_for(works)
    writer.close()
    lines = path.read_text().splitlines()
    assert lines[:2] == ["before", "doe"]
    assert lines[2].endswith("lines of this log were lost: File too large")
    assert lines[3:] == ["after"]


def test_a_log_is_never_written_into_another_file(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "x.log").symlink_to("mine")
    with pytest.raises(FileExistsError):
        LogWriter(tmp_path / "x.log", tmp_path)
