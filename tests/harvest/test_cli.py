"""What a command tells of a run that only printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from mlws_tui.config.workspace import Workspace
from tests.harvest.kit import ARTICLE, LOG, RUN, lay
from tests.store.kit import header, metrics, write


def mlws(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlws_tui", "--workspace", str(workspace.root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ, check=False)


def document(workspace: Workspace, *arguments: str) -> Any:
    done = mlws(workspace, *arguments, "--json")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return json.loads(done.stdout)


def test_metrics_of_a_run_that_only_printed(workspace: Workspace) -> None:
    script = "for n in (1, 2, 3): print(f'Epoch {n}/3 complete - Loss: {1 / n:.3f}, Val Loss: {2 / n:.3f}')"
    done = mlws(workspace, "run", "--name", "printer", "--", sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    told = document(workspace, "metrics", "printer")
    assert set(told["series"]) == {"loss", "val/loss"}
    loss = told["series"]["loss"]
    assert (loss["step"], loss["value"], loss["source"]) == ([1, 2, 3], [1.0, 0.5, 0.333], "log")
    [run] = document(workspace, "runs", "list")["runs"]
    assert run["state"] == "completed" and run["latest"]["loss"]["last"] == 0.333


def test_a_log_alone_is_a_run_with_what_its_text_tells(workspace: Workspace) -> None:
    lay(workspace.root, LOG, ARTICLE)
    run = document(workspace, "runs", "show", RUN)
    assert (run["state"], run["model"], run["log"]) == ("completed", "llama3.1:8b", LOG)
    assert run["summary"]["f1"] == 0.852 and run["told"]["warnings"] == 1
    assert run["gpu"]["peak_memory"] == 18_200_000_000
    assert {file["path"] for file in run["artifacts"]} == {"checkpoints/best.pt", "results.json"}


def test_what_the_sdk_logged_is_told_once(workspace: Workspace) -> None:
    lay(workspace.root, LOG, ARTICLE)
    records = [header(RUN, log=LOG, pid=1), metrics(1, 1729348300.0, Loss=0.5)]
    write(workspace.streams, f"{RUN}/a.jsonl", records)
    series = document(workspace, "metrics", RUN)["series"]
    assert (
        series["Loss"]["source"] == "sdk" and series["val/loss"]["source"] == "log" and "loss" not in series
    )


def test_a_log_beside_a_runs_is_listed_with_it_and_found_by_its_name(workspace: Workspace) -> None:
    lay(workspace.root, LOG, ARTICLE)
    beside = [f"{RUN}.rank1.log", f"{RUN}-server.log", f"{RUN}/attempt_0/1/stdout.log"]
    for name in beside:
        lay(workspace.root, f"logs/training/{name}", "of a rank\n")
    lay(workspace.root, "logs/training/other.log", "of another\n")
    lay(workspace.root, "logs/training.log", "of no folder\n")
    listed = document(workspace, "logs", "list")["logs"]
    runs = {log["path"].removeprefix("logs/training/"): log["run"] for log in listed}
    assert {runs[name] for name in [f"{RUN}.log", *beside]} == {RUN}
    assert runs["other.log"] == "19700101-000000-other"
    shown = mlws(workspace, "logs", "show", f"{RUN}.rank1")
    assert (shown.returncode, shown.stdout) == (0, "of a rank\n"), shown.stderr
    assert mlws(workspace, "logs", "show", f"{RUN}.rank7").returncode != 0
