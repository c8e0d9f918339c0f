"""Runs side by side, and the table put where a person writes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.comparetables import around, cell_words, delta_words, markdown, value_words
from mlws_tui.domain.comparison import MISSING, Comparison, compare_runs
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.runs import Latest, Run, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.panes.compare_rows import Table, comparison_rows, head_lines, short_names, table_of
from mlws_tui.ui.widgets.cells import Line
from tests.pages.kit import BASE, CHILD, FORK, bench_of, family

numbers = st.floats()


def run(name: str, config: dict[str, object], **latest: float) -> Run:
    figures = {key: Latest(v, 1, 1.0, v, v, v, 1) for key, v in latest.items()}
    return Run(f"20261120-090000-{name}", name, "training", RunState.COMPLETED, config=config, latest=figures)


async def test_what_differs_and_which_came_out_best(workspace: Workspace) -> None:
    family(workspace)
    async with bench_of(workspace) as bench:
        told = await bench.comparing.of(["lora-16", FORK, CHILD], baseline=FORK)
        assert [one.id for one in told.runs] == [BASE, FORK, CHILD] and told.baseline == 1
        assert set(told.differs) == {"lr", "lora.r", "lora.alpha"}
        rows = {row.key: row.values for row in told.config}
        assert rows["lora.r"] == (16, 8, 8) and rows["lora.alpha"] == (32, 32, MISSING)
        loss = next(row for row in told.metrics if row.name == "loss")
        assert loss.winner == 0 and [cell and round(cell.best, 2) for cell in loss.cells] == [0.3, 0.42, 0.36]
        assert delta_words(loss.cells[0]) == "−0.120 (−28.6%)" and loss.cells[0] is not None
        assert loss.cells[0].better and cell_words(loss, 0, 18) == "0.3000 ★  −28.6%"
        assert cell_words(loss, 0, 9) == "0.3000 ★"
        assert {row.key: row.values for row in told.environment} == {"torch": ("2.8.0", "2.9.0", "2.9.0")}
        assert [row.key for row in told.git] == ["uncommitted"]  # as many lines, but others
        diff = await bench.comparing.diff(told.runs[0], told.runs[1])
        assert "-+WARMUP = 100" in diff and "++WARMUP = 200" in diff
        assert await bench.comparing.diff(told.runs[1], told.runs[2]) == []
        last = await bench.comparing.of([BASE, FORK], last=True)
        assert [cell and cell.value for cell in last.metrics[0].cells] == [0.5, 0.62]
        joined = await bench.comparing.of([BASE, FORK], baseline=CHILD)
        assert [one.id for one in joined.runs] == [CHILD, BASE, FORK] and joined.baseline == 0
        with pytest.raises(UsageError, match="2 to 20 runs can be compared, not one run"):
            await bench.comparing.of([BASE, "lora-16"])
        with pytest.raises(NotFoundError):
            await bench.comparing.of([BASE, "nothing"])


async def test_the_table_goes_to_the_journal_and_to_a_session(workspace: Workspace) -> None:
    family(workspace)
    async with bench_of(workspace) as bench:
        told = await bench.comparing.of([BASE, FORK])
        before = workspace.journal.read_text()
        assert "in the journal, under Experiments" in await bench.comparing.to_journal(told)
        (session,) = await bench.comparing.sessions()
        assert await bench.comparing.to_session(told, session.name)
    journal, log = workspace.journal.read_text(), session.path.read_text()
    assert journal.startswith(before[:80]) and "## 2026-11-20" in journal
    assert (
        "Comparison of lora-16 and lora-8:" in journal and "  | loss | **0.3000** | 0.4200 +0.120" in journal
    )
    assert log.rstrip("\n").endswith("|")
    assert f"The best was `{BASE}`." in log and "### Comparison of lora-16 and lora-8\n\n|  | lora-16" in log


@settings(max_examples=30)
@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=5), st.integers(0, 4))
def test_figures_of_any_kind_are_compared(values: list[tuple[float, float]], at: int) -> None:
    runs = [run(f"r{i}", {"lr": lr}, loss=loss, reward=loss) for i, (lr, loss) in enumerate(values)]
    told = compare_runs(runs, 0.0, at % len(runs))
    loss, reward = told.metrics
    finite = [v for _, v in values if math.isfinite(v)]
    if loss.winner is not None:
        assert values[loss.winner][1] == min(finite) and values[reward.winner or 0][1] == max(finite)
    for row in told.metrics:
        for place, cell in enumerate(row.cells):
            assert cell is not None and len(cell_words(row, place, 30)) <= 30
            assert cell.better is None or place != told.baseline
    columns = {line.count("|") for line in markdown(told).splitlines()}
    assert columns == {len(runs) + 2}


def test_hostile_names_stay_in_their_cells() -> None:
    odd = "a|b\n\x1b[2J`*_[x](y)<b>"
    told = compare_runs([run(odd, {odd: odd, "n": math.nan}), run("b", {"n": math.nan, "t": True})], 0.0)
    assert told.differs == (odd, "t") and value_words(MISSING) == "–"
    table = markdown(told, everything=True)
    assert "\x1b" not in table and all(line.replace("\\|", "").count("|") == 4 for line in table.splitlines())


def test_as_many_runs_are_shown_as_there_is_room_for() -> None:
    told = compare_runs([run(f"a-long-name-of-a-sweep-lr={i}", {"lr": i}, loss=i) for i in range(20)], 0.0)
    for width in (40, 76, 116, 196):
        seen: list[int] = []
        first = 0
        while True:
            table = table_of(told, width, first, everything=False)
            assert table.first == first and table.places[0] == 0
            seen += [place for place in table.places[1:] if place not in seen]
            for line in (*head_lines(told, table), *_lines(told, table)):
                assert sum(len(span.text) for span in line) <= width + 4
            if not table.hidden:
                break
            first += 1
        assert seen == list(range(1, 20)) or width == 40
    assert short_names(["a-sweep-of-lr-1", "a-sweep-of-lr-2"], 8) == ["…1", "…2"]


def _lines(told: Comparison, table: Table) -> list[Line]:
    return [row.line for row in comparison_rows(told, table, everything=False) if not row.title]


@pytest.mark.parametrize(
    ("texts", "room", "shown"),
    [
        (["train.py --lr 1", "train.py --lr 2"], 20, ["train.py --lr 1", "train.py --lr 2"]),
        (
            ["/envs/bin/python train.py --epochs 3 --lr 1e-4", "/envs/bin/python train.py --epochs 3 --lr 1 --r 8"],
            20,
            ["…--lr 1e-4", "…--lr 1 --r 8"],
        ),
        (["/data/reviews/one.csv", "–", "/data/reviews/two.csv"], 16, ["…reviews/one.csv", "–", "…reviews/two.csv"]),
        (["the same long words of all", "the same long words of all"], 8, ["the same long words of all"] * 2),
    ],
)  # fmt: skip
def test_long_values_are_shown_around_their_difference(texts: list[str], room: int, shown: list[str]) -> None:
    assert around(texts, room) == shown


@given(st.lists(st.text(max_size=40), min_size=2, max_size=4), st.integers(8, 30), st.text(max_size=40))
def test_values_that_differ_are_not_the_same_when_shown(texts: list[str], room: int, start: str) -> None:
    given_ = [safe_text(f"{start}{text}") for text in texts]
    told = around(given_, room)
    for one, other, shown, shown_other in zip(given_, given_[1:], told, told[1:], strict=False):
        assert (one == other) == (shown == shown_other)
