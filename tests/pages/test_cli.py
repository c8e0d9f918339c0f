"""What the commands print of one run, of several side by side, and of a family."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from tests.pages.kit import AGENT, BASE, CHILD, FORK, family
from tests.runs.kit import begun, ended, record

Call = Callable[..., Any]


@pytest.fixture
def call(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> Call:
    def run(*args: str, code: int = 0) -> Any:
        capfd.readouterr()
        assert main(["--workspace", str(workspace.root), "runs", *args]) == code
        captured = capfd.readouterr()
        run.err = captured.err  # type: ignore[attr-defined]
        return json.loads(captured.out) if "--json" in args and not code else captured.out

    family(workspace)
    return run


def test_a_run_as_a_page_and_as_a_document(call: Call) -> None:
    page = call("show", "lora-16")
    for wanted in (
        "lora-16  completed",
        "0.500  0.300 @ 80",
        "lora.r = 16",
        "checkpoints/last.pt  checkpoint",
        "it is no longer there",
        f"2026-11-18  ACTIVITY.md:6  Started: {BASE}, LoRA r=16",
        f"fork        {FORK}  lora-8",
        "0123456789ab on main · uncommitted changes",
        "packages    numpy 2.3.1, torch 2.8.0",
        "slow: 12 s a step",
        "the warm-up was too short",
        "GPU-hours   1.67",
    ):
        assert wanted in page
    document = call("show", "lora-16", "--json")
    assert document["gpu"]["hours"] == pytest.approx(6010 / 3600) and "gpu.hours" not in document["reasons"]
    assert document["lineage"] == [{"relation": "fork", "id": FORK, "name": "lora-8"}]
    assert [(one["kind"], one.get("line")) for one in document["links"]] == [
        ("log", None), ("journal", 12), ("session", 5), ("journal", 6),
    ]  # fmt: skip
    assert document["environment"]["packages"]["torch"] == "2.8.0"
    assert document["artifacts"][1]["present"] is False and document["alerts"][0]["level"] == "warn"
    agent = call("show", AGENT)
    assert "3 interactions (1 failed)" in agent and "3,000 tokens in, 600 out" in agent
    assert "p95 10 s" in agent and "How many runs failed, take 0? → Two of them." in agent
    totals = call("show", AGENT, "--json")["totals"]
    assert (totals["calls"], totals["failed_calls"], totals["tools"][0]["name"]) == (6, 3, "list_runs")


def test_runs_side_by_side(call: Call) -> None:
    rows = [line.split("\t") for line in call("compare", "lora-16", FORK, CHILD).splitlines()]
    told = {row[0]: row[1:] for row in rows}
    assert told[""] == ["lora-16 (baseline)", "lora-8", "lora-8-slow"] and told["lora.r"] == ["16", "8", "8"]
    assert told["lora.alpha"] == ["32", "32", "–"] and told["loss"] == ["0.3", "0.42", "0.36"]
    document = call("compare", BASE, FORK, "--baseline", FORK, "--json")
    assert [run["id"] for run in document["runs"]] == [BASE, FORK] and document["baseline"] == FORK
    assert document["differs"] == ["lora.r"] and document["config"]["lr"] == [1e-4, 1e-4]
    first, second = document["metrics"]["loss"]
    assert (first["best"], first["last"], first["max"], second["delta"]) == (0.3, 0.5, 1.97875, None)
    assert first["delta"] == pytest.approx(-0.12) and document["best"] == {"loss": 0, "accuracy": 0}
    assert document["environment"] == {"torch": ["2.8.0", "2.9.0"]}
    table = call("compare", BASE, FORK, "--markdown")
    assert (
        table.startswith("|  | lora-16 (baseline) | lora-8 |\n| --- |") and "| `lora.r` | 16 | 8 |" in table
    )
    assert "`lr`" not in table and "| `lr` | 0.0001 | 0.0001 |" in call(
        "compare", BASE, FORK, "--all", "--markdown"
    )
    call("compare", BASE, code=2)
    assert "2 to 20 runs can be compared, not one run" in call.err  # type: ignore[attr-defined]
    call("compare", BASE, FORK, "--json", "--markdown", code=2)
    call("compare", BASE, "no-such-run", code=1)


def test_a_family(call: Call) -> None:
    assert call("lineage", "lora-8-slow").splitlines() == [
        f"lora-16  {BASE}  completed  accuracy 0.8500",
        f"└─ lora-8  {FORK}  completed  accuracy 0.8380  lora.r 16 → 8",
        f"   └─ lora-8-slow  {CHILD}  completed  accuracy 0.8440  lr 0.0001 → 1e-05, lora.alpha dropped  <",
        f"      └─ support-bot  {AGENT}  completed",
    ]
    nodes = call("lineage", "@last", "--json")["nodes"]
    assert [(node["id"], node["above"], node["relation"]) for node in nodes] == [
        (BASE, None, None), (FORK, BASE, "fork"), (CHILD, FORK, "fork"), (AGENT, CHILD, "launched"),
    ]  # fmt: skip
    assert nodes[1]["changes"] == [{"key": "lora.r", "before": 16, "after": 8}]


def test_an_agents_steps_in_words(call: Call) -> None:
    agent = call("show", AGENT)
    assert 'tool_call: list_runs {"state": "failed"} → [1, 2]' in agent
    assert 'tool_call: read_log {"lines": 100} → no such file' in agent
    assert "retry: read_log (attempt 1): no such file" in agent
    assert "tokens: 1,000 in, 200 out" in agent


def test_settings_that_the_script_did_not_tell_back_are_marked(
    call: Call, workspace: Workspace, tmp_path: Path
) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import mlws_tui as mlws\n"
        "with mlws.run(config={'lr': 1, 'optim': {'wd': 1}}) as run:\n"
        "    run.configure({'late': 1})\n"
    )
    settings = (
        "--config=lr=5",
        "--config=optim.wd=2",
        "--config=late=3",
        '--config=lora={"r": 4}',
        "--config=lrr=7",
    )
    started(workspace, *settings, "--", sys.executable, str(script))
    page = call("show", "@last")
    for shown in ("  lr = 5\n", "  optim.wd = 2\n", "  late = 3\n"):
        assert shown in page
    assert "  lrr = 7  (given, not told by the script)\n" in page
    assert "  lora.r = 4  (given, not told by the script)\n" in page
    assert call("show", "@last", "--json")["untold"] == ["lora", "lrr"]
    started(workspace, "--config=lr=5", "--", "true")
    assert "  lr = 5  (given; its script tells no settings)\n" in call("show", "@last")


def started(workspace: Workspace, *words: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--workspace", str(workspace.root), "run", *words])
    assert end.value.code == 0


def test_a_file_that_was_never_there_is_not_lost(call: Call, workspace: Workspace) -> None:
    told = {"type": "artifact", "ts": 1000.0, "path": "out/never.pt", "kind": "model", "bytes": None}
    record(workspace, "20261118-110000-odd", begun("20261118-110000-odd", 1000.0), told, ended(1001.0))
    document = call("show", "odd", "--json")
    assert document["artifacts"][0]["remark"] == "it is not there"
