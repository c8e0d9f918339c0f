"""``mlws-tui runs list`` on real streams: for a pipe, as JSON, and in a terminal."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runviews import RunView
from tests.runlists.kit import opened, run_id
from tests.runs.kit import begun, ended, metrics, record

Call = Callable[..., tuple[str, str]]


@pytest.fixture
def call(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> Call:
    """Calls ``runs list`` on three runs; what it printed, and what it said beside."""
    for number, lr, tag in ((1, 0.1, "a"), (2, 0.01, "b"), (3, None, "a")):
        run, config = run_id(number), {} if lr is None else {"lr": lr, "optim": {"name": "adam"}}
        head = begun(
            run, 1.7e9 + number, name=f"run\t{number}", config=config, tags=[tag], experiment="sweep"
        )
        points = (metrics(step, 1.7e9 + step, loss=number / step) for step in (1, 2))
        record(workspace, run, head, *points, ended(1.7e9 + 100))

    def run_list(*options: str, code: int = 0) -> tuple[str, str]:
        capfd.readouterr()
        assert main(["--workspace", str(workspace.root), "runs", "list", *options]) == code
        captured = capfd.readouterr()
        return captured.out, captured.err

    return run_list


def test_chosen_columns_for_a_pipe(call: Call) -> None:
    out, _ = call("--columns", "id,lr, loss:min,started,name", "--header", "--sort", "-loss:min")
    assert out.splitlines() == [
        "id\tlr\tloss:min\tstarted\tname",
        f"{run_id(3)}\t\t1.5\t2023-11-14T22:13:23.000+00:00\trun    3",
        f"{run_id(2)}\t0.01\t1.0\t2023-11-14T22:13:22.000+00:00\trun    2",
        f"{run_id(1)}\t0.1\t0.5\t2023-11-14T22:13:21.000+00:00\trun    1",
    ]


def test_the_fixed_columns_have_names(call: Call) -> None:
    out, _ = call("--header", "--filter", "lr>=0.1")
    head, line = out.splitlines()
    assert head.split("\t") == ["id", "state", "seconds", "fraction", "metric", "value", "tags", "name"]
    assert line.split("\t") == [run_id(1), "completed", "99", "", "loss", "0.5", "a", "run    1"]


def test_groups_for_a_pipe_and_as_json(call: Call) -> None:
    out, _ = call("--group", "tag", "--columns", "id")
    assert out.splitlines() == [f"a\t{run_id(3)}", f"a\t{run_id(1)}", f"b\t{run_id(2)}"]
    out, _ = call("--group", "optim.name", "--columns", "loss:min,host", "--json")
    document = json.loads(out)
    first, last = document["groups"]
    assert (first["label"], first["count"], first["runs"]) == ("adam", 2, [run_id(2), run_id(1)])
    assert first["best"] == {"metric": "loss", "value": 0.5, "run": run_id(1)}
    assert (last["label"], last["runs"], document["total"]) == ("no optim.name", [run_id(3)], 3)
    assert document["runs"][0]["columns"]["loss:min"] == 1.0


def test_a_saved_view_and_options_on_top(call: Call, workspace: Workspace) -> None:
    async def save() -> None:
        async with opened(workspace) as bench:
            await bench.runlists.save_view(RunView("mine", "tag:a", ("name", "lr"), ("lr",)))

    asyncio.run(save())
    assert call("--view", "mine")[0].splitlines() == ["run    1\t0.1", "run    3\t"]
    assert call("--view", "mine", "--filter", "tag:b", "--columns", "id")[0].splitlines() == [run_id(2)]
    assert call("--view", "none", code=1)[1].startswith("mlws-tui: There is no view 'none'")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--columns", "loss:mni"), "did you mean min?"),
        (("--sort", ""), "names no column"),
        (("--group", "loss:min"), "cannot be grouped"),
        (("--group", "lrr"), "did you mean lr?"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(call: Call, options: tuple[str, ...], said: str) -> None:
    out, err = call(*options, code=2)
    assert out == "" and said in err and len(err.splitlines()) == 1


def test_what_is_wrong_in_a_filter_is_said_with_its_place(call: Call) -> None:
    out, err = call("--filter", "tag:日 (lr<1 state:runing)", code=2)
    said, line, caret = err.splitlines()
    assert out == "" and "did you mean running?" in said
    assert (line, caret) == ("  tag:日 (lr<1 state:runing)", "  " + " " * 19 + "^")


def test_names_that_no_run_has_are_said_beside(call: Call) -> None:
    out, err = call("--filter", "lrr<3", "--json")
    assert json.loads(out) == {"runs": [], "total": 0} and err == "mlws-tui: no run has a lrr\n"


def test_a_table_fits_the_terminal(call: Call, workspace: Workspace) -> None:
    wide = _in_a_terminal(
        workspace.root, 100, "--columns", "name,lr,loss:min,state,host,tag", "--group", "tag"
    )
    assert wide[0].split() == ["NAME", "lr", "loss:min", "STATE", "HOST", "TAG"]
    assert wide[1].startswith("── tag = a · 2 runs · best loss 0.500") and wide[4].startswith(
        "── tag = b · 1 run"
    )
    narrow = _in_a_terminal(workspace.root, 30, "--columns", "name,lr,loss:min,state,host", "--limit", "2")
    assert all(len(line) <= 30 for line in narrow[:3]) and narrow[0].split() == ["NAME", "lr", "loss:min"]
    assert "no room for STATE, HOST" in narrow[3] and "1 more: --limit 3" in narrow[4]


def _in_a_terminal(root: Path, width: int, *options: str) -> list[str]:
    """The lines that the command prints into a terminal so wide."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mlws_tui", "--workspace", str(root), "runs", "list", *options]
    done = subprocess.run(
        command,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": str(width)},
        check=False,
        timeout=60,
    )
    os.close(theirs)
    text = b""
    with open(ours, "rb", buffering=0) as terminal:
        while True:
            try:
                text += terminal.read(4096)
            except OSError:  # the other end is closed and all is read
                break
    assert done.returncode == 0, text.decode()
    return text.decode().replace("\r", "").splitlines()


def test_no_run_fits(call: Call, workspace: Workspace) -> None:
    assert _in_a_terminal(workspace.root, 80, "--filter", "nothing") == [
        "mlws-tui: no run fits, of 3 that are listed"
    ]


def test_what_it_is_sorted_by_is_shown(call: Call, workspace: Workspace) -> None:
    head, *rows = _in_a_terminal(workspace.root, 120, "--sort", "-lr")
    assert "lr" in head.split() and len(rows) == 3
    out, said = call("--filter", "nothing")
    assert not out and "no run fits" in said
