"""Which logs belong to a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.services.runlogs import logs_of_run

ID = "20241019-143000-llama"
OWN = f"logs/training/{ID}.log"


def tags_of(root: Path, *files: str, log: str | None = OWN) -> dict[str, str]:
    """The tags and the paths, relative to the workspace, in their order."""
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    run = Run(ID, "llama", "training", RunState.RUNNING, log=log)
    return {tag: path.relative_to(root).as_posix() for tag, path in logs_of_run(Workspace(root), run)}


def test_a_run_with_one_log(tmp_path: Path) -> None:
    assert tags_of(tmp_path, OWN) == {"main": OWN}


def test_the_own_log_is_named_also_where_it_is_not_there(tmp_path: Path) -> None:
    assert tags_of(tmp_path) == {"main": OWN}
    assert tags_of(tmp_path, log=None) == {}


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        (".rank1.log", "rank1"),
        ("-rank1.log", "rank1"),
        ("_rank_1.log", "rank1"),
        ("-rank10.log", "rank10"),
        (".global_rank2.txt", "rank2"),
        (".rank1.err", "rank1.err"),
        (".node1.rank3.log", "node1.rank3"),
        ("-worker2.log", "node2"),
        (".err", "err"),
        (".out", "out"),
        (".e4711", "e4711"),
        (".server.log", "server"),
        ("-server.log", "server"),
        ("-123456-3.out", "task3"),
        ("-123456.out", "job123456"),
        ("-123456-3.err", "task3.err"),
        ("/rank_1/stdout.log", "rank1"),
        ("/rank_1/stderr.log", "rank1.err"),
        ("/abc123/attempt_0/5/stdout.log", "rank5"),
        ("/abc123/attempt_0/5/stderr.log", "rank5.err"),
        ("/vllm server.log", "vllm.server"),
        ("/sub/eval.log", "sub.eval"),
        ("/stdout", "stdout"),
    ],
)
def test_other_logs_and_their_tags(tmp_path: Path, name: str, tag: str) -> None:
    other = f"logs/training/{ID}{name}"
    found = tags_of(tmp_path, OWN, other)
    own = "rank0" if tag.startswith("rank") and "." not in tag else "main"
    assert found == {own: OWN, tag: other}


@pytest.mark.parametrize(
    "name",
    [
        "-2.log",
        "2.log",
        "-v2.rank1.log",
        ".pt",
        ".log.gz",
        ".yaml",
        "/model.pt",
        "/.hidden/a.log",
        "/a/b/c/d/e/f.log",
    ],
)
def test_what_is_of_another_run_or_no_log(tmp_path: Path, name: str) -> None:
    assert tags_of(tmp_path, OWN, f"logs/training/{ID}{name}") == {"main": OWN}


def test_a_run_whose_name_goes_on_with_a_point_is_another_one(tmp_path: Path) -> None:
    (tmp_path / ".mlws" / "streams" / f"{ID}.v2").mkdir(parents=True)
    assert tags_of(tmp_path, OWN, f"logs/training/{ID}.v2.log") == {"main": OWN}


def test_ranks_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    files = [f"logs/training/{ID}.rank{i}.log" for i in (10, 2, 1, 0)]
    assert list(tags_of(tmp_path, OWN, *files)) == ["main", "rank0", "rank1", "rank2", "rank10"]


def test_logs_beside_one_that_a_run_writes_elsewhere(tmp_path: Path) -> None:
    found = tags_of(
        tmp_path,
        "outputs/a/train.log",
        "outputs/a/train-rank1.log",
        "outputs/a/training.log",
        f"logs/training/{ID}.err",
        log="outputs/a/train.log",
    )
    assert found == {
        "rank0": "outputs/a/train.log",
        "err": f"logs/training/{ID}.err",
        "rank1": "outputs/a/train-rank1.log",
    }


def test_a_log_in_a_folder_of_the_run(tmp_path: Path) -> None:
    folder = f"logs/training/{ID}"
    found = tags_of(tmp_path, f"{folder}/main.log", f"{folder}/server.log", log=f"{folder}/main.log")
    assert found == {"main": f"{folder}/main.log", "server": f"{folder}/server.log"}


def test_equal_tags_are_numbered_and_there_are_not_too_many(tmp_path: Path) -> None:
    found = tags_of(tmp_path, OWN, f"logs/training/{ID}.rank1.log", f"logs/training/{ID}/rank1.log")
    assert list(found) == ["rank0", "rank1", "rank1#2"]
    many = [f"logs/training/{ID}/w{i}.log" for i in range(100)]
    assert len(tags_of(tmp_path, *many)) == 65


def test_a_name_that_leads_outside_is_no_log_of_the_run(tmp_path: Path) -> None:
    assert tags_of(tmp_path, log="../elsewhere.log") == {}
