"""What the commands about experiments print and do, on real streams."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.cli.main import main
from tests.experiments.kit import index, sdk_run, stream

A, B = "20241019-143000-ft", "20241019-143100-ft"
HOSTILE = "evil\x1b]52;c;aGk=\x07\x1b[2J[@click=app.bell]x[/]"
EXP = """
    id name base_model method description status tags config metrics best_checkpoint parent created updated implicit
    deleted run_count
"""


@pytest.fixture
def call(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*args: str, code: int = 0) -> Any:
        capfd.readouterr()
        assert main(["--workspace", str(tmp_path), "experiments", *args]) == code
        captured = capfd.readouterr()
        run.err = captured.err  # type: ignore[attr-defined]
        return json.loads(captured.out) if "--json" in args and not code else captured.out.strip()

    index(tmp_path)
    sdk_run(tmp_path, A, 1729348200.0, "reviews", loss=0.5, acc=0.75)
    sdk_run(tmp_path, B, 1729348260.0, "reviews", loss=0.25, acc=0.5)
    return run


def test_an_experiment_is_made_shown_and_listed(call: Any) -> None:
    made = call(
        "create", "mine", "--model", "llama", "--method", "lora", "--tag", "a", "--config", "lr=1e-4", "--parent",
        "reviews",
    )  # fmt: skip
    assert re.fullmatch(r"exp-\d{8}-\d{6}-mine-[0-9a-f]{8}", made)
    document = call("list", "--json")
    assert (list(document), document["total"]) == (["experiments", "total"], 2)
    mine, reviews = document["experiments"]
    assert list(mine) == list(reviews) == EXP.split()
    assert (mine["id"], mine["config"], mine["tags"], mine["parent"]) == (
        made,
        {"lr": 1e-4},
        ["a"],
        "name:reviews",
    )
    assert (reviews["implicit"], reviews["run_count"]) == (True, 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d", mine["created"])
    assert call("list", "--tag", "a", "--json")["total"] == 1
    assert [line.split("\t")[0] for line in call("list", "--order", "created").splitlines()] == [
        "name:reviews",
        made,
    ]
    assert call("list", "--text", "nothing") == ""


def test_the_page_of_an_experiment(call: Any) -> None:
    text = call("show", "reviews")
    assert "best        loss  0.25000  in " + B in text
    assert "best        acc  0.75000  in " + A in text
    assert "2 completed" in text
    assert text.splitlines()[0] == "reviews  completed"
    table = [line.split() for line in text.splitlines()[-3:]]
    assert table[0][:2] == ["STATE", "NAME"] and [line[-1] for line in table[1:]] == [A, B]  # the best first
    document = call("show", "reviews", "--json")
    assert [run["id"] for run in document["runs"]] == [B, A]
    assert document["best"]["loss"] == {"value": 0.25, "run": B}
    fork = call("fork", "reviews", "--name", "next", "--config", "lr=2")
    assert call("show", "next", "--json")["lineage"] == [
        {"relation": "parent", "id": "name:reviews", "name": "reviews"}
    ]
    assert call("show", "reviews", "--json")["lineage"] == [{"relation": "fork", "id": fork, "name": "next"}]
    assert call("show", fork[:-3]) == call("show", fork[4:]) == call("show", "next")


def test_experiments_side_by_side(call: Any) -> None:
    one = call("create", "one", "--config", "lr=1", "--config", "same=x")
    other = call("fork", "one", "--config", "lr=2")
    call("update", "one-fork", "--metric", "acc=0.9", "--metric", "bad=NaN")
    document = call("compare", one, other, "reviews", "--json")
    assert [experiment["id"] for experiment in document["experiments"]] == [one, other, "name:reviews"]
    assert document["config"] == {"lr": [1, 2, None], "same": ["x", "x", None]}
    assert document["metrics"]["acc"] == [None, 0.9, 0.75]
    assert (document["metrics"]["bad"], document["differs"]) == ([None, "NaN", None], ["lr", "same"])
    assert document["best"] == {"acc": 1}
    assert "same" not in call("compare", one, other)
    assert "same\tx\tx" in call("compare", one, other, "--all")
    assert "lr\t1\t2" in call("compare", one, other)


def test_an_experiment_is_changed(call: Any) -> None:
    made = call("create", "e", "--tag", "a", "--description", "about")
    call(
        "update",
        "e",
        "--tag",
        "b",
        "--untag",
        "a",
        "--metric",
        "acc=1",
        "--metric",
        "f1=2",
        "--status",
        "done",
    )
    call("update", made, "--drop-metric", "f1", "--description", "", "--best-checkpoint", "p")
    document = call("show", "e", "--json")
    assert (document["tags"], document["metrics"], document["status"]) == (["b"], {"acc": 1}, "done")
    assert (document["description"], document["best_checkpoint"]) == ("", "p")


def test_a_deletion_can_be_taken_back_or_is_for_ever(call: Any, tmp_path: Path) -> None:
    assert call("delete", "reviews") == "name:reviews"
    assert "restore" in call.err
    assert call("list", "--json")["experiments"] == []
    assert call("list", "--all", "--json")["experiments"][0]["deleted"] is True
    assert call("restore", "reviews") == "name:reviews"
    assert call("restore", "reviews", code=2) == ""
    assert call("delete", "reviews", "--forever", code=2) == ""
    assert "2 runs: 2 files" in call.err
    assert "--yes" in call.err
    assert (tmp_path / ".mlws" / "streams" / A).exists()
    assert call("delete", "reviews", "--forever", "--yes") == "name:reviews"
    assert not (tmp_path / ".mlws" / "streams" / A).exists()
    assert call("list", "--all", "--json")["experiments"] == []


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["show", "revews"], 1, "near it: reviews"),
        (["show", ""], 1, "There is no experiment"),
        (["show", "exp-"], 2, "fits several"),
        (["update", "reviews"], 2, "nothing to change"),
        (["update", "reviews", "--metric", "acc"], 2, "--metric 'acc' is no setting"),
        (["create", " "], 2, "needs a name"),
        (["create", "x", "--tag", ""], 2, "tag"),
        (["fork", "nobody"], 1, "There is no experiment"),
        (["list", "--order", "size"], 2, "order"),
        (["delete", "nobody"], 1, "There is no experiment"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(call: Any, args: list[str], code: int, said: str) -> None:
    call("create", "one")
    call("create", "two")
    assert call(*args, code=code) == ""
    assert said in call.err
    assert call.err.count("\n") == 1


def test_nothing_that_is_named_reaches_the_terminal_raw(call: Any, tmp_path: Path) -> None:
    stream(tmp_path, "_edits/x.jsonl", {"type": "experiment", "ts": 1.0, "id": HOSTILE, "name": HOSTILE,
        "tags": [HOSTILE], "config": {HOSTILE: HOSTILE}, "base_model": HOSTILE})  # fmt: skip
    sdk_run(tmp_path, "20241019-150000-x", 1729348300.0, HOSTILE + "2")
    told = [call("list"), call("show", HOSTILE), call("compare", HOSTILE, "name:" + HOSTILE + "2")]
    told.append(call("update", HOSTILE, "--tag", "t"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "".join(told).replace("\n", ""))
    assert call("show", HOSTILE, "--json")["name"] == HOSTILE


def test_on_a_terminal_a_table_fits_and_a_deletion_is_asked_for(call: Any, tmp_path: Path) -> None:
    for name in (
        "a-rather-long-name-of-an-experiment",
        "another-rather-long-name-of-an-experiment",
        "漢字" * 20,
    ):
        call("create", name, "--model", "llama3.1:8b", "--method", "lora", "--tag", "some", "--tag", "more")
    listed = _on_terminal(tmp_path, "list")
    assert all(_cells(line) <= 80 for line in listed.splitlines())
    assert "CREATED" in listed
    compared = _on_terminal(
        tmp_path, "compare", "reviews", "a-rather-long-name-of-an-experiment", "漢字" * 20
    )
    assert all(_cells(line) <= 80 for line in compared.splitlines())
    asked = _on_terminal(tmp_path, "delete", "reviews", "--forever", typed=b"n\n")
    assert "2 runs" in asked
    assert (tmp_path / ".mlws" / "streams" / A).exists()
    assert "name:reviews" in _on_terminal(tmp_path, "delete", "reviews", "--forever", typed=b"y\n")
    assert not (tmp_path / ".mlws" / "streams" / A).exists()


def _cells(line: str) -> int:
    from mlws_tui.domain.text import cell_width

    return cell_width(line)


def _on_terminal(root: Path, *args: str, typed: bytes = b"") -> str:
    """What a command prints on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mlws_tui", "--workspace", str(root), "experiments", *args]
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "80", "TERM": "dumb"},
    )
    os.close(theirs)
    if typed:
        os.write(ours, typed)
    told = b""
    try:
        while piece := os.read(ours, 4096):
            told += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
        process.wait(timeout=30)
    return told.decode().replace("\r", "")
