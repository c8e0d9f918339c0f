"""``mlws-tui logs metrics``: what the text of a log tells."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError
from tests.logs.test_cli import RUN, Logs, Terminal
from tests.runs.kit import begun, ended, record

TEXT = """\
2024-10-19 14:30:00 - INFO - Model: llama3.1:8b
iter 100: loss 2.4567, time 123.45ms, mfu 1.23%
iter 110: loss 2.3567, time 124.45ms, mfu 1.24%
iter 120: loss 1.9, time 124.45ms, mfu 1.24%
2024-10-19 14:52:45 - INFO - Accuracy: 87.3%, F1: 0.852
 12%|█▏        | 12/100 [00:01<00:10,  8.0it/s]
"""


@pytest.fixture
def logs(workspace: Workspace) -> Logs:
    return Logs(workspace)


@pytest.fixture
def terminal(workspace: Workspace) -> Terminal:
    return Terminal(workspace)


def test_the_document(logs: Logs, log: Path, workspace: Workspace) -> None:
    log.write_text(TEXT)
    document = json.loads(logs("metrics", str(log), "--json").stdout)
    assert list(document) == ["file", "series", "facts", "progress"]
    assert document["file"] == workspace.relative(log)
    loss = document["series"]["loss"]
    assert (loss["step"], loss["value"], loss["line"]) == ([100, 110, 120], [2.4567, 2.3567, 1.9], [2, 3, 4])
    assert loss["rule"] and next(iter(document["series"])) == "loss"
    assert document["facts"]["model"] == [{"name": None, "value": "llama3.1:8b", "line": 1}]
    assert document["progress"] == {"step": 12, "total": 100, "epoch": None, "epochs": None}


def test_of_a_run_wherever_its_log_lies_and_however_it_is_packed(
    logs: Logs, log: Path, workspace: Workspace
) -> None:
    record(workspace, RUN, begun(RUN, 100.0, log=workspace.relative(log)), ended(200.0))
    log.write_text(TEXT)
    plain = json.loads(logs("metrics", RUN, "--json").stdout)
    archived = workspace.logs / "archive" / "training" / f"{log.name}.gz"
    archived.parent.mkdir(parents=True)
    archived.write_bytes(gzip.compress(TEXT.encode()))
    log.unlink()
    assert json.loads(logs("metrics", RUN, "--json").stdout) == plain
    packed = log.with_name("other.log.bz2")
    packed.write_bytes(bz2.compress(TEXT.encode()))
    assert json.loads(logs("metrics", str(packed), "--json").stdout)["series"] == plain["series"]
    archived.write_bytes(archived.read_bytes()[:-10])
    damaged = logs("metrics", RUN)
    assert (
        "could not be read to its end: the archive ends early" in damaged.stderr and "loss" in damaged.stdout
    )


def test_the_page(log: Path, terminal: Terminal) -> None:
    log.write_text(TEXT)
    page = terminal("logs", "metrics", str(log), columns=110)
    assert page[0].split() == ["METRIC", "POINTS", "FIRST", "LAST", "MIN", "MAX", "STEPS", "RULE"]
    loss = next(line for line in page if line.startswith("loss"))
    assert loss.split()[:8] == ["loss", "3", "2.4567", "1.9000", "1.9000", "2.4567", "100", "to"]
    assert "  llama3.1:8b  (line 1)" in page and "progress: step 12 of 100" in page
    assert "reading" not in "".join(page)


def test_a_log_without_metrics_is_an_answer(logs: Logs, log: Path) -> None:
    log.write_text("hello\n")
    told = logs("metrics", str(log))
    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr.endswith("tells no metrics\n")
    document = json.loads(logs("metrics", str(log), "--json").stdout)
    assert (document["series"], document["facts"], document["progress"]) == ({}, {}, None)
    log.unlink()
    with pytest.raises(NotFoundError, match="There is no log"):
        logs("metrics", str(log))


def test_values_that_are_not_finite_and_steps_that_are_not_told(logs: Logs, log: Path) -> None:
    log.write_text("{'loss': nan, 'learning_rate': 1e-05}\n{'loss': 2.5, 'learning_rate': 2e-05}\n")
    told = logs("metrics", str(log), "--json").stdout
    loss = json.loads(told)["series"]["loss"]
    assert loss["value"] == ["NaN", 2.5] and loss["step"] == [None, None]
    row = next(line for line in logs("metrics", str(log)).stdout.splitlines() if line.startswith("loss"))
    assert "by order" in row and "NaN" in row


def test_a_rule_of_the_workspace_and_one_that_is_wrong(logs: Logs, log: Path, workspace: Workspace) -> None:
    folder = workspace.marker / "templates" / "metrics"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("rules:\n  - name: mine\n    match: '('\n")
    log.write_text(TEXT)
    told = logs("metrics", str(log), "--json")
    assert "mine.yaml" in told.stderr and "loss" in json.loads(told.stdout)["series"]


def test_hostile_names_reach_no_terminal(logs: Logs, log: Path) -> None:
    log.write_bytes(b"2024-10-19 14:30:00 - INFO - Model: \x1b]52;c;aGk=\x07\x9b2Jx\n" + TEXT.encode())
    page = logs("metrics", str(log)).stdout
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in page.replace("\n", ""))
