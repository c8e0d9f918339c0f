"""What the doctor says of the machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.doctor.machine import in_wal_reset
from tests.doctor.kit import Answer, Doctor
from tests.gpus.conftest import Standin, library, standin

__all__ = ["library", "standin"]  # fixtures of the GPUs' tests


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 54, 1), False),
    ],
)
def test_which_sqlite_has_the_wal_reset_bug(version: tuple[int, ...], affected: bool) -> None:
    """F32"""
    assert in_wal_reset(version) is affected


def test_the_machine_is_never_a_problem_here(doctor: Doctor) -> None:
    answer = doctor()
    for name in ("mlws-tui", "sqlite", "inotify", "gpu"):
        assert all(check["ok"] for check in answer.of(name))
    assert "Python" in answer.one("mlws-tui")["message"]


def test_low_limits_of_inotify(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlws_tui.services.doctor.machine._INOTIFY_FOLDER", tmp_path)
    assert "no limits" in doctor().one("inotify")["message"]
    (tmp_path / "max_user_watches").write_text("100\n")
    (tmp_path / "max_user_instances").write_text("128\n")
    check = doctor().one("inotify")
    assert check["level"] == "advice" and "fs.inotify.max_user_watches" in check["hint"]
    (tmp_path / "max_user_watches").write_text("100000\n")
    assert doctor().one("inotify")["message"] == "100,000 watches, 128 instances"


def test_the_gpu_driver(standin: Standin, workspace: Workspace) -> None:
    code = "import sys; from mlws_tui.cli.main import main; sys.exit(main(sys.argv[1:]))"

    def gpu() -> Mapping[str, Any]:
        done = standin.run("--workspace", str(workspace.root), "doctor", "--json", code=code)
        return Answer(done.returncode, json.loads(done.stdout)).one("gpu")

    standin.write("gpus 2")
    assert gpu()["message"].endswith(", 2 GPUs")
    standin.write("init 18")
    broken = gpu()
    assert broken["level"] == "advice" and "driver was updated" in broken["message"]
