"""What the commands about runs print, on real streams."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.cli.tables import Column, table
from mlws_tui.config.workspace import Workspace
from tests.runs.kit import HOSTILE, alive, begun, ended, metrics, record

DONE = "20241019-143000-sentiment"
LIVE = "20241020-090000-llama-ft"
KEYS = """
    id name kind experiment state started ended duration host pid tags config model dataset git command exit_code
    signal error log parent ranks progress summary latest more_metrics gpu told notes archived deleted reasons
"""


@pytest.fixture
def call(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*args: str, code: int = 0) -> Any:
        capfd.readouterr()
        assert main(["--workspace", str(workspace.root), *args]) == code
        captured = capfd.readouterr()
        run.err = captured.err  # type: ignore[attr-defined]
        return json.loads(captured.out) if "--json" in args and not code else captured.out

    record(
        workspace,
        DONE,
        begun(
            DONE, 1729348200.0, config={"lr": 1e-4, "odd": math.nan}, tags=["base"], log="logs/training/x.log"
        ),
        *(metrics(step, 1729348200.0 + step, loss=2 / step, acc=step / 100) for step in range(1, 101)),
        metrics(101, 1729348301.0, loss="NaN"),
        {"type": "artifact", "ts": 1729348302.0, "path": "best.pt", "kind": "checkpoint", "bytes": 5},
        {"type": "event", "ts": 1729348303.0, "name": "tool", "data": {"latency": 0.5}},
        {"type": "alert", "ts": 1729348304.0, "level": "warn", "title": "slow", "text": "very"},
        ended(1729349564.0, exit_code=0),
    )
    record(workspace, LIVE, begun(LIVE, 1729400000.0, name=HOSTILE, **alive()))
    return run


def test_the_list_as_json(call: Any) -> None:
    document = call("runs", "list", "--json")
    live, done = document["runs"]
    assert document["total"] == 2 and (live["id"], live["state"]) == (LIVE, "running")
    assert list(done) == list(live) == KEYS.split()
    assert (done["state"], done["duration"], done["exit_code"]) == ("completed", 1364.0, 0)
    assert done["started"].startswith("2024-10-19T14:30:00") and done["started"].endswith("+00:00")
    assert done["config"] == {"lr": 1e-4, "odd": "NaN"} and done["tags"] == ["base"]
    loss = done["latest"]["loss"]
    assert (loss["last"], loss["min"], loss["max"], loss["count"]) == ("NaN", 0.02, 2.0, 101)
    assert live["log"] is None and live["reasons"]["log"]
    assert live["ended"] is None and live["reasons"]["ended"] == "the run is running"
    assert done["gpu"]["hours"] is None and done["reasons"]["gpu.hours"] == "no GPUs are recorded for it"
    assert [run["id"] for run in call("runs", "list", "--limit", "1", "--json")["runs"]] == [LIVE]


def test_an_end_without_a_code_is_an_end(call: Any, workspace: Workspace) -> None:
    ends, gone = "20241021-090000-ends", "20241021-090000-gone"
    record(workspace, ends, begun(ends, 1729500000.0), ended(1729500001.0))
    record(workspace, gone, begun(gone, 1729500000.0))
    for run, why in ((ends, "the script recorded no exit code"), (gone, "no end was recorded")):
        document = call("runs", "show", run, "--json")
        assert (document["exit_code"], document["reasons"]["exit_code"]) == (None, why)
        assert document["ended"] is not None


def test_one_run_as_json(call: Any) -> None:
    document = call("runs", "show", "sentiment", "--json")
    assert document["artifacts"] == [
        {"path": "best.pt", "kind": "checkpoint", "bytes": 5, "ts": 1729348302.0, "rank": 0}
        | {"present": False, "bytes_now": None, "remark": "it is no longer there"}
    ]
    assert (document["metrics"]["acc"]["best"], document["metrics"]["acc"]["best_step"]) == (1.0, 100)
    assert document["events"][0]["data"] == {"latency": 0.5}
    assert (document["alerts"][0]["title"], document["alerts"][0]["level"]) == ("slow", "warn")
    assert document["links"] == [
        {"kind": "log", "path": "logs/training/x.log", "present": False, "bytes": None}
    ]
    assert document["lineage"] == []


def test_piped_output_is_one_run_a_line_with_tabs_between(call: Any) -> None:
    live, done = call("runs", "list").splitlines()
    assert done.split("\t")[:5] == [DONE, "completed", "1364", "", "acc"]
    assert live.split("\t")[-1].startswith("evil␛]52")
    for text in (call("runs", "list"), call("runs", "show", LIVE), call("runs", "show", DONE)):
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in text.replace("\n", "").replace("\t", ""))


def test_tags_are_put_on_and_taken_off(call: Any) -> None:
    assert call("runs", "tag", "sentiment", "best", "final") == f"{DONE}: base, best, final\n"
    assert call("runs", "tag", "sentiment", "--remove", "base") == f"{DONE}: best, final\n"
    assert call("runs", "show", DONE, "--json")["tags"] == ["best", "final"]
    call("runs", "tag", DONE, " ", code=2)


def test_all_points_in_the_order_written(call: Any) -> None:
    document = call("metrics", DONE, "--json")
    assert document["run"] == DONE and list(document["series"]) == ["loss", "acc"]
    loss = document["series"]["loss"]
    assert loss["step"] == list(range(1, 102)) and loss["value"][-1] == "NaN" and loss["value"][3] == 0.5
    assert (loss["source"], loss["rank"]) == ("sdk", 0) and loss["ts"][0] == 1729348201.0
    assert list(call("metrics", DONE, "acc", "--json")["series"]) == ["acc"]
    assert call("metrics", DONE, "acc").splitlines()[0] == "acc\t1\t0.01"


@pytest.mark.parametrize("most", [4, 10, 50, 101, 1000])
def test_fewer_points_keep_the_extremes(call: Any, most: int) -> None:
    loss = call("metrics", DONE, "loss", "--points", str(most), "--json")["series"]["loss"]
    assert len(loss["step"]) == len(loss["ts"]) == len(loss["value"]) <= max(most, 4)
    finite = [value for value in loss["value"] if value != "NaN"]
    assert (max(finite), min(finite)) == (2.0, 0.02)
    assert loss["step"] == sorted(loss["step"])


def test_a_metric_that_is_not_there_is_an_answer(call: Any) -> None:
    assert call("metrics", DONE, "los", "--json") == {"run": DONE, "series": {}}
    assert "no metric 'los'" in call.err and "loss, acc" in call.err
    assert call("metrics", LIVE) == ""
    assert "no metrics" in call.err


def test_a_run_that_is_not_there_is_a_failure_with_a_hint(call: Any) -> None:
    assert call("runs", "show", "sentimnet", code=1) == ""
    assert call.err == f"mlws-tui: There is no run 'sentimnet' (near it: {DONE})\n"
    call("runs", "show", "2024", code=2)
    assert LIVE in call.err


def test_odd_times_are_no_failure(call: Any, workspace: Workspace) -> None:
    odd = "20241021-090000-odd"
    record(
        workspace,
        odd,
        begun(odd, 1e18),
        metrics(1, -1e300, loss=1),
        {"type": "note", "ts": 1e300, "text": "x"},
        ended(1e18),
    )
    run = next(run for run in call("runs", "list", "--json")["runs"] if run["id"] == odd)
    assert run["started"].startswith("2024-10-2")  # by its id, as no record has a time
    call("runs", "show", odd, "--json")
    assert "odd" in call("runs", "show", odd)


def test_of_very_many_metrics_a_page_shows_the_first_and_says_how_many_more_there_are(
    call: Any, workspace: Workspace
) -> None:
    many = "20241021-090000-many"
    values = {f"layer{number}/grad": 1.0 for number in range(1200)} | {"loss": 0.5}
    record(workspace, many, begun(many, 1729500000.0), metrics(1, 1729500001.0, **values))
    page = call("runs", "show", many)
    assert (
        re.search(r"^  loss +0\.500 +0\.500 @ 1", page, re.MULTILINE)
        and f"and 201 more: mlws-tui metrics {many}" in page
    )
    document = call("runs", "show", many, "--json")
    assert (len(document["latest"]), document["more_metrics"]) == (1000, 201)
    listed = next(run for run in call("runs", "list", "--json")["runs"] if run["id"] == many)
    assert (len(listed["latest"]), listed["more_metrics"], "loss" in listed["latest"]) == (100, 1101, True)
    assert len(call("metrics", many, "--json")["series"]) == 1201


def test_tables_fit() -> None:
    columns = [
        Column("RUN", ["20241019-143000-sentiment", "名前の長い実験"]),
        Column("STATE", ["running", "failed"]),
        Column("TAGS", ["a, b", ""], drop=2),
        Column("TIME", ["1m", "22m44s"], drop=1, right=True),
        Column("EMPTY", ["", ""]),
    ]
    assert table(columns, 80)[0].split() == ["RUN", "STATE", "TAGS", "TIME"]
    assert table(columns, 80)[2].endswith("22m44s")
    assert table(columns, 45)[0].split() == ["RUN", "STATE", "TIME"]
    narrow = table(columns, 20)
    assert narrow[0].split() == ["RUN", "STATE"] and narrow[1].startswith("20241019-1…")
    assert all(len(line) <= 20 for line in narrow)
