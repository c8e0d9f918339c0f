"""The commands that change, stop, fork and repeat runs."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.launch import LaunchOptions, launch_background
from tests.acts.kit import PYTHON, Repository
from tests.runs.kit import HOSTILE, begun, ended, record

A, B = "20241019-143000-alpha", "20241019-143001-beta"


@pytest.fixture
def call(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*args: str, code: int = 0) -> Any:
        capfd.readouterr()
        try:
            ended_with = main(["--workspace", str(workspace.root), "runs", *args])
        except SystemExit as end:  # with the command's own code
            ended_with = end.code  # type: ignore[assignment]
        assert ended_with == code
        captured = capfd.readouterr()
        run.err = captured.err  # type: ignore[attr-defined]
        return json.loads(captured.out) if "--json" in args and not code else captured.out

    for one in (A, B):
        record(workspace, one, begun(one, 1000.0, experiment="reviews", config={"lr": 1}), ended(1001.0))
    return run


def test_names_notes_and_the_best(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("rename", "alpha", HOSTILE) == f"{A}\n" and "\x1b" not in call.err
    call("rename", A, "alpha")
    assert call("note", A, "seen", "--json") == {"act": "noted", "runs": [A], "changed": [A], "indexed": True}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("über\nzwei\n".encode())))
    call("note", A)
    assert call("show", A, "--json")["notes"] == "über\nzwei"
    call("best", A, "--checkpoint", "ck/1.pt")
    call("best", B)
    assert call("show", A, "--json")["tags"] == [] and call("show", B, "--json")["tags"] == ["best"]
    assert call("tag", B, "x", "--json") == {"id": B, "tags": ["best", "x"], "indexed": True}
    call("best", B, "--off")
    assert "already" in (call("archive", A), call("archive", A), call.err)[-1]
    call("unarchive", A)


def test_the_best_of_an_experiment_is_asked_for_elsewhere(call: Any) -> None:
    for wrong in (["best"], ["best", "reviews"]):
        call(*wrong, code=2)
        assert "mlws-tui experiments show" in call.err
    call("best", "nothing", code=1)
    assert "experiments show" not in call.err


def test_deleted_restored_and_gone(call: Any, workspace: Workspace) -> None:
    assert call("delete", A, B) == f"{A}\n{B}\n" and "runs restore" in call.err
    assert call("list") == ""
    call("restore", "beta")
    call("restore", B, code=2)
    assert "is not deleted" in call.err
    call("delete", "alpha", "--forever", code=2)
    assert "add --yes" in call.err and "1 file" in call.err
    assert call("delete", A, "--forever", "--yes", "--json")["files"] == 1
    call("restore", A, code=1)
    assert not (workspace.streams / A).exists()
    lost = "20241019-150000-lost"
    record(workspace, lost, begun(lost, 1000.0, host="gpu07", boot_id="other"))
    call("delete", lost, "--forever", "--yes", code=1)
    assert "may still run on gpu07" in call.err and "--even-if-lost" in call.err
    assert call("delete", "lost", "--even-if-lost") == f"{lost}\n"
    call("delete", "lost", "--forever", "--even-if-lost", "--yes")
    assert not (workspace.streams / lost).exists()


def test_an_index_of_a_newer_version_says_that_it_does_not_show_the_tag_yet(
    call: Any, workspace: Workspace
) -> None:
    call("list")
    with sqlite3.connect(workspace.marker / "index.db") as index:
        index.execute("PRAGMA user_version = 999")
    index.close()
    assert call("tag", A, "mine") == f"{A}: mine\n"
    assert "does not show it yet" in call.err


def test_stop(call: Any, workspace: Workspace, tmp_path: Path) -> None:
    command = [PYTHON, "-c", "import time; time.sleep(60)"]
    run = launch_background(workspace, command, LaunchOptions(name="live", cwd=tmp_path))
    stopped = call("stop", "live", "--json")
    assert [one["id"] for one in stopped["stopped"]] == [run] and stopped["failed"] == []
    assert stopped["stopped"][0]["state"] == "stopped"
    call("stop", run, A, code=1)
    assert call.err.count("does not run") == 2


def test_fork(call: Any, workspace: Workspace, tmp_path: Path) -> None:
    c = "20241019-150000-gamma"
    (tmp_path / "t.py").write_text("import sys; print(sys.argv[1:])\n")
    facts = {"cmd": [PYTHON, "t.py", "--lr", "1"], "cwd": str(tmp_path), "config": {"lr": 1}}
    record(workspace, c, begun(c, 1000.0, **facts), ended(1001.0))
    made = call("fork", c, "--name", "new", "--config", "lr=2", "--config", "seed=3").strip()
    assert call.err.endswith(f"start it with: mlws-tui run --as {made}\n")
    assert "does not name seed" in call.err
    document = call("fork", made, "--config", "lr=4", "--json")
    assert document["parent"] == made and document["config"] == {"lr": 4, "seed": 3}
    assert not document["started"] and document["unnamed"] == []
    call("fork", c, "--config", "nothing", code=2)
    call("fork", c, "--start", "--json", code=2)
    told = call("fork", c, "--config", "lr=5", "--start").splitlines()
    assert told[1] == "['--lr', '5']"
    shown = call("show", "@last", "--json")
    assert (shown["id"], shown["state"], shown["name"]) == (told[0], "completed", "gamma-2")


def test_reproduce(call: Any, workspace: Workspace, tmp_path: Path) -> None:
    code = Repository(tmp_path / "code")
    c = "20241019-150000-gamma"
    git = {"sha": code.git("rev-parse", "HEAD").strip(), "dirty": True, "diff": ""}
    facts = {"cmd": [PYTHON, "train.py"], "cwd": str(code.root), "git": git}
    record(workspace, c, begun(c, 1000.0, **facts), ended(1001.0))
    text = call("reproduce", c, "--without-diff")
    assert text.startswith("#!/usr/bin/env bash\n") and git["sha"] in text
    text = call("reproduce", c, code=1)
    assert git["sha"] not in text and text.endswith("exit 1\n")
    assert "uncommitted changes were not recorded" in call.err and "--without-diff leaves" in call.err
    document = call("reproduce", c, "--json")
    assert document["sha"] == git["sha"] and document["diff_problem"]
    call("reproduce", c, "--go", code=1)
    assert "--without-diff leaves them out" in call.err
    assert "one\n" in call("reproduce", c, "--go", "--without-diff")
    assert call("show", "@last", "--json")["parent"] == c
    for wrong in (("--go", "--json"), ("--detach",)):
        call("reproduce", c, *wrong, code=2)
