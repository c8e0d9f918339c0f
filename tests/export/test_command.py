"""``mlws-tui export``: what it prints, what it asks for, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.cli.export import ProgressLine
from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from tests.export.kit import command, rows
from tests.runs.kit import HOSTILE, begun, ended, metrics, record

DONE, LIVE = "20241019-143000-sentiment", "20241020-090000-llama-ft"


@pytest.fixture
def call(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Any:
    monkeypatch.chdir(tmp_path)
    record(
        workspace, DONE, begun(DONE, 1729348200.0, experiment="reviews"), metrics(1, 1729348201.0, loss="NaN")
    )
    record(workspace, DONE, ended(1729348202.0, exit_code=0))
    record(workspace, LIVE, begun(LIVE, 1729400000.0, name=HOSTILE), metrics(1, 1729400001.0, loss=1))

    def run(*args: str, code: int = 0) -> str:
        capfd.readouterr()
        assert main(["--workspace", str(workspace.root), "export", *args]) == code
        captured = capfd.readouterr()
        run.err = captured.err  # type: ignore[attr-defined]
        return captured.out

    return run


def test_the_folder_has_the_time_in_its_name(call: Any, tmp_path: Path) -> None:
    path = Path(call().rstrip("\n"))
    assert path.parent == tmp_path and re.fullmatch(r"mlws-export-\d{8}-\d{6}", path.name)
    assert call.err == "mlws-tui: runs 2, metrics 2, events 0, experiments 1\n"
    assert sorted(entry.name for entry in path.iterdir()) == [
        "events.csv", "experiments.csv", "manifest.json", "metrics.csv", "runs.csv",
    ]  # fmt: skip


def test_as_json_it_is_the_manifest(call: Any, tmp_path: Path) -> None:
    document = json.loads(call("--json", "--out", "out", "--what", "runs,metrics", "--run", "sentiment"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert document == {"path": str(tmp_path / "out"), **manifest} and call.err == ""
    assert manifest["format"] == "mlws-tui export" and manifest["version"] == 1
    assert (manifest["workspace"], manifest["behind"], manifest["left_out"]) == ("workspace", 0, 0)
    assert manifest["filters"] == {"runs": [DONE], "experiment": None, "since": None, "deleted": False}
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {"runs": 1, "metrics": 1}


def test_conditions_by_name_and_date(call: Any, tmp_path: Path) -> None:
    for number, (args, expected) in enumerate(
        [
            (["--run", "@last"], [LIVE]),
            (["--run", "sentiment", "--run", "20241020", "--run", DONE], [DONE, LIVE]),
            (["--experiment", "reviews"], [DONE]),
            (["--since", "2024-10-20"], [LIVE]),
            (["--since", "2024-10-19T14:30:00+00:00"], [DONE, LIVE]),
            (["--since", "2099-01-01"], []),
        ]
    ):
        call(*args, "--out", f"out-{number}", "--format", "jsonl")
        assert [row["id"] for row in rows(tmp_path / f"out-{number}", "runs")] == expected


def test_one_table_on_stdout(call: Any, tmp_path: Path) -> None:
    text = call("--what", "metrics", "--out", "-")
    head, first, second = csv.reader(io.StringIO(text, newline=""))
    assert head[:6] == ["run", "rank", "name", "step", "ts", "value"]
    assert (first[:6], second[5]) == ([DONE, "0", "loss", "1", "1729348201.0", "NaN"], "1.0")
    lines = call("--what", "metrics", "--out", "-", "--format", "jsonl").splitlines()
    assert json.loads(lines[0]) == {
        "run": DONE, "rank": 0, "name": "loss", "step": 1, "ts": 1729348201.0, "value": "NaN", "source": "sdk",
        "attempt": 1, "seq": 0,
    }  # fmt: skip
    assert call.err == "" and [entry.name for entry in tmp_path.iterdir()] == ["workspace"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--out", "-"], "One file can hold one table only"),
        (["--out", "-", "--what", "runs", "--json"], "no room for --json"),
        (
            ["--what", "runs,weights"],
            "There is no table 'weights' (one of runs, metrics, events, experiments)",
        ),
        (["--what", ""], "There is no table ''"),
        (["--format", "xlsx"], "'xlsx' is not one of"),
        (["--since", "tomorrow"], "'tomorrow' is no date"),
        (["--since", "0001-01-01"], "is no date"),
        (["--run", "2024"], "fits several runs"),
        (["--out", "none/out"], "There is no folder"),
    ],
)
def test_what_cannot_be_asked(call: Any, tmp_path: Path, args: list[str], words: str) -> None:
    call(*args, code=2)
    assert words in call.err and call.err.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["workspace"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--run", "nobody"], "There is no run 'nobody'"),
        (["--experiment", "nobody"], "There is no experiment 'nobody'"),
        (["--out", "workspace", "--force"], "is no export and is not replaced"),
        (["--out", ".", "--force"], "is no export and is not replaced"),
        (["--out", ".."], "exists already"),
        (["--out", "/", "--force"], "is no export and is not replaced"),
    ],
)
def test_what_fails(call: Any, tmp_path: Path, args: list[str], words: str) -> None:
    assert call(*args, code=1) == ""
    assert words in call.err and call.err.count("\n") == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["workspace"]


def test_parquet_without_pyarrow_says_how_to_get_it(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    call("--format", "parquet", code=1)
    assert call.err == (
        "mlws-tui: Parquet needs pyarrow, which is not installed here "
        "(pip install 'mlws-tui[parquet]', or export as csv or jsonl)\n"
    )


def test_a_reader_that_goes_away_is_no_error(workspace: Workspace, call: Any) -> None:
    record(
        workspace,
        DONE,
        *(metrics(step, 1729348201.0, loss=1) for step in range(20_000)),
        file="gpu1-2-bb.jsonl",
    )
    process = command(workspace, "--what", "metrics", "--out", "-")
    assert process.stdout is not None and process.stdout.readline().startswith("run,")
    process.stdout.close()
    assert process.stderr is not None and process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30) == 141


def test_on_a_terminal_nothing_of_the_data_is_obeyed(workspace: Workspace, call: Any) -> None:
    shown, terminal = pty.openpty()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlws_tui", "--workspace", str(workspace.root)),
            *("export", "--what", "runs", "--out", "-"),
        ],
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    text = b""
    while True:
        try:
            text += os.read(shown, 65536)
        except OSError:  # all that was written is read and the terminal is closed
            break
    os.close(shown)
    assert process.wait(30) == 0
    assert "evil␛]52".encode() in text and b"\x1b]52" not in text and b"\x1b[2J" not in text


def test_every_column_and_field_is_documented(call: Any) -> None:
    document = json.loads(call("--json", "--out", "out"))
    told = set(re.findall(r"`([a-z_]+)`", (Path(__file__).parents[2] / "docs" / "export.md").read_text()))
    columns = {name for table in document["tables"].values() for name in table["columns"]}
    assert columns | set(document) | set(document["filters"]) <= told


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_progress_line_is_written_anew_a_few_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())
    now = [0.0]
    with ProgressLine(lambda: now[0]) as progress:
        for done in range(0, 1024, 32):  # 32 calls in a second
            now[0] = done / 1024
            progress("metrics", done, 1024)
    lines = terminal.getvalue().replace("\x1b[K", "").split("\r")
    assert lines[1] == "metrics: 224 of 1,024 (22%)"
    assert (lines[0], len(lines), lines[-1]) == ("", 6, "")  # four looks, and the line taken away


def test_a_pipe_gets_no_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    with ProgressLine(lambda: 100.0) as progress:
        progress("metrics", 1, 2)
    assert pipe.getvalue() == ""
