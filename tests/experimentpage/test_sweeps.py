"""Runs side by side: which keys differ, what is best, in which order, and what is said of them all."""

from __future__ import annotations

import math
from dataclasses import replace

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.experiments import Best, Kin, experiment_of, fold
from mlws_tui.domain.runs import Latest, Run, RunState
from mlws_tui.domain.sweeps import best_first, by_column, sweep
from mlws_tui.services.experimentviews import ExperimentFacts, facts
from mlws_tui.ui.screens.experimentwords import head, totals
from tests.experimentpage.kit import IDS, opened
from tests.experimentpage.kit import sweep as sweep_of_six


def run(name: str, config: dict[str, object], **values: float) -> Run:
    latest = {key: Latest(value, 1, 1.0, value, value, value, 1) for key, value in values.items()}
    return Run(
        name, name, "training", RunState.COMPLETED, started=0.0, ended=60.0, config=config, latest=latest
    )


def test_only_what_differs_is_a_column_figures_first_and_long_texts_last() -> None:
    table = sweep(
        [
            run(
                "a", {"out": "/data/runs/a/checkpoints/1", "opt": "adam", "lr": 0.1, "same": [1, 2]}, loss=2.0
            ),
            run("b", {"out": "/data/runs/b/checkpoints/1", "opt": "sgd", "lr": 0.2, "same": [1, 2]}, acc=0.5),
            run("c", {"opt": "sgd", "lr": 0.2, "same": [1, 2], "deep": {"er": True}}),
        ],
        100.0,
    )
    assert [column.key for column in table.columns] == ["lr", "opt", "deep.er", "out", "acc", "loss"]
    assert table.rows[1].values[:2] == (0.2, "sgd") and table.rows[2].values[4:] == (None, None)
    assert table.main == "acc" and set(table.best) == {"acc", "loss"}
    assert sweep([], 0.0).columns == () and sweep([], 0.0).main is None


def test_what_one_run_alone_lacks_is_no_column() -> None:
    settings: list[dict[str, object]] = [
        {"lr": 0.1, "seed": 1, "warm": 5},
        {"lr": 0.2, "seed": 1, "warm": 5},
        {"lr": 0.3, "warm": 5},
        {"lr": 0.4},
    ]
    runs = [run(str(number), config) for number, config in enumerate(settings)]
    assert [column.key for column in sweep(runs, 100.0).columns] == ["lr", "seed"]  # two runs have no seed
    assert [column.key for column in sweep(runs[1:3], 100.0).columns] == [
        "lr",
        "seed",
    ]  # of two it is a difference


def test_an_experiment_stands_as_its_runs_do_unless_a_person_said_so() -> None:
    def standing(status: str, *states: RunState) -> str:
        return sweep([replace(run("r", {}), state=state) for state in states], 100.0).standing(status)

    assert (
        standing("created") == "created"
        and standing("created", RunState.FAILED, RunState.RUNNING) == "running"
    )
    assert standing("created", RunState.COMPLETED, RunState.COMPLETED) == "completed"
    assert standing("created", RunState.COMPLETED, RunState.FAILED) == ""
    assert standing("paused", RunState.RUNNING) == "paused"


def test_figures_come_before_texts_and_what_is_not_there_last() -> None:
    table = sweep(
        [run("n", {"x": math.nan}, loss=math.nan), run("-", {}), run("2", {"x": 2}, loss=1.0), run("t", {"x": "auto"}),
         run("1", {"x": 1}, loss=3.0)],
        100.0,
    )  # fmt: skip
    for descending, expected in ((False, "12"), (True, "21")):
        names = [row.run.id for row in by_column(table.rows, 0, descending=descending)]
        assert names[:2] == list(expected) and names[-1] == "-"
    assert [row.run.id for row in best_first(table)][:2] == ["2", "1"]


async def test_of_more_runs_than_are_read_the_best_and_all_states_are_known(workspace: Workspace) -> None:
    sweep_of_six(workspace)
    async with opened(workspace) as bench:
        found = await facts(bench, "reviews", bench.runlists, most=2)
        assert found.total == 6 and found.runs.states == {"running": 1, "failed": 1, "completed": 4}
        assert found.runs.best["acc"] == Best(0.91, IDS[1]) and found.runs.gpu_hours is None
        assert len((await facts(bench, "reviews", most=2)).runs.rows) == 2


def test_more_runs_than_are_looked_at_are_said_in_words() -> None:
    experiment = experiment_of("e", fold({"name": "e", "description": "why " * 200}, ()), 0.0, 0.0)
    table = sweep([run("a", {}), replace(run("b", {}), state=RunState.FAILED)], 100.0)
    told = ExperimentFacts(experiment, Kin((("p", "mother"),), (("f", "child"),)), table, 10_000, "best.pt")
    assert totals(told) == (
        "10,000 runs: 1 completed, 1 failed · listed are the newest and the best, 2 in all · 1970-01-01"
    )
    lines = ["".join(span.text for span in line) for line in head(told, 60, 20)]
    assert all(len(line) == 60 for line in lines)
    assert sum("why" in line for line in lines) == 3 and any("why…" in line or "…" in line for line in lines)
    assert any(line.startswith("Forked from mother") for line in lines) and "best.pt" in "".join(lines)
    assert len(head(told, 60, 3)) == 3
