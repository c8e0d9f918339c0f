"""A run as a row, in the app's own layout and with columns of a person's choice, and the rows that a list holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mlws_tui.domain.runcolumns import parse_column
from mlws_tui.domain.rundiffs import differences
from mlws_tui.domain.runs import Latest, Progress, Run, RunError, RunState
from mlws_tui.domain.runviews import Best, Group, RunIndex
from mlws_tui.ui.widgets.cells import Line
from mlws_tui.ui.widgets.runlayout import OwnRows
from mlws_tui.ui.widgets.runlist import group_line
from mlws_tui.ui.widgets.runrow import fit_middle
from mlws_tui.ui.widgets.runrows import RunRows, Spot
from mlws_tui.ui.widgets.runtable import TableRows
from tests.runs.kit import HOSTILE

NOW = 2000.0
names = st.one_of(
    st.text(max_size=30), st.sampled_from([HOSTILE, "a[/b]c", "名前の長い実験", "🚀🚀🚀", "e\u0301"])
)
figures = st.one_of(st.floats(), st.floats(-10, 1e5))


def latest(last: float, step: float | None = 400) -> Latest:
    finite = last if math.isfinite(last) else None
    return Latest(last, step, NOW, finite, finite, finite, 10)


def a_run(state: RunState = RunState.RUNNING, **fields: object) -> Run:
    run = Run(id="20241019-143000-llama-ft", name="llama-ft", kind="training", state=state, started=636.0)
    return replace(run, **fields)


def text(line: Line) -> str:
    return "".join(span.text for span in line)


def lines(runs: Sequence[Run], width: int) -> list[str]:
    layout = OwnRows(width)
    layout.learn(runs, NOW)
    return [text(layout.row(run, NOW, marked=False)) for run in runs]


def line(run: Run, width: int) -> str:
    return lines([run], width)[0]


RUNNING = a_run(
    progress=Progress(0.62, 620, 1000, 2, 836, 3), latest={"loss": latest(0.312), "val/loss": latest(0.4)}
)
FAILED = a_run(
    RunState.FAILED,
    ended=700.0,
    error=RunError("RuntimeError", "first\nshapes do not fit\n", "Traceback…\n  line\n"),
    latest={"loss": latest(0.7, 410)},
)

runs = st.builds(
    a_run,
    state=st.sampled_from(RunState),
    name=names,
    id=st.sampled_from(["a", "b", "c"]),
    ended=st.one_of(st.none(), figures),
    started=st.one_of(st.none(), figures),
    progress=st.one_of(
        st.none(),
        st.builds(
            Progress, st.one_of(st.none(), st.floats(0, 1)), *[st.one_of(st.none(), st.floats(0, 1e9))] * 5
        ),
    ),
    latest=st.dictionaries(
        names, st.builds(latest, figures, st.one_of(st.none(), st.floats(0, 1e9))), max_size=4
    ),
    error=st.one_of(st.none(), st.builds(RunError, names, names, names)),
    signal=st.one_of(st.none(), st.just(9)),
    ranks=st.sampled_from([1, 1, 8, 1024]),
    tags=st.lists(names, max_size=2).map(tuple),
    host=st.one_of(st.none(), names),
    config=st.dictionaries(
        names, st.one_of(names, st.floats(), st.dictionaries(names, st.integers(), max_size=2)), max_size=3
    ),
)
COLUMNS = [parse_column(name) for name in ("lr", "loss:min", "state", "tag", "duration", '"e\u0301"')]


@settings(max_examples=40)
@given(st.lists(runs, min_size=1, max_size=4), st.integers(12, 170), st.booleans())
@example([a_run(RunState.CREATED, started=-math.inf)], 84, True)
def test_rows_are_as_wide_as_they_should_be_and_safe(some: list[Run], width: int, marked: bool) -> None:
    own, table = OwnRows(width), TableRows(width, COLUMNS, (COLUMNS[1], True))
    for layout in (own, table):
        layout.learn(some, NOW)
        drawn = [text(layout.row(run, NOW, marked=marked)) for run in some]
        drawn += [] if layout.header is None else [text(layout.header)]
        for row in drawn:
            assert cell_len(row) == width
            assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in row)


@pytest.mark.parametrize("width", [58, 59, 80, 120])
def test_a_running_run_tells_how_far_it_is(width: int) -> None:
    drawn = line(RUNNING, width)
    for told in ("● llama-ft", "━", "62%", "loss 0.4", "22m44s"):
        assert told in drawn
    assert ("running" in drawn) == (width >= 72)
    assert ("13m left" in drawn) == (width >= 62)


def test_the_bars_of_all_rows_are_as_long_as_each_other() -> None:
    other = replace(RUNNING, progress=Progress(0.62))
    for width in (58, 80, 120):
        bars = [sum(row.count(sign) for sign in "━─") for row in lines([RUNNING, other], width)]
        assert bars[0] == bars[1] >= 5


def test_a_narrow_row_keeps_name_figure_and_time() -> None:
    assert line(RUNNING, 37).split() == ["●", "llama-ft", "val/loss", "0.400", "22m44s"]
    assert line(RUNNING, 20).startswith(" ● llama-ft")


def test_each_state_has_a_sign_and_its_word_or_reason() -> None:
    assert "✗ llama-ft RuntimeError: shapes do not fit" in line(FAILED, 58)
    assert "✗ llama-ft shapes do not fit" in line(FAILED, 46)
    assert "failed    RuntimeError: shapes do not fit" in line(FAILED, 90)
    no_memory = replace(FAILED, reason="oom-gpu", error=RunError("E", "CUDA out of memory. Tried 2 GiB"))
    assert "✗ llama-ft out of memory Tried 2 GiB" in line(no_memory, 58)
    assert "✗ llama-ft crashed at step 620: its processes" in line(
        replace(RUNNING, state=RunState.CRASHED), 58
    )
    assert "? llama-ft lost" in line(a_run(RunState.LOST, host="gpu-2"), 58)
    assert "nothing heard from gpu-2" in line(a_run(RunState.LOST, host="gpu-2"), 80)
    assert "■ llama-ft stopped" in line(a_run(RunState.STOPPED), 58)
    assert "by you (SIGINT)" in line(a_run(RunState.STOPPED, reason="interrupted", signal=2), 80)
    assert "○ llama-ft not begun: ctrl+s starts it" in line(a_run(RunState.CREATED, command=("true",)), 58)
    done = line(
        replace(RUNNING, state=RunState.COMPLETED, latest={"loss": latest(0.3), "acc": latest(0.873)}), 58
    )
    assert "✓ llama-ft completed" in done and "acc 0.873" in done
    assert "llama-ft ×8" in line(replace(RUNNING, ranks=8), 58)


def test_progress_without_a_total_is_told_in_steps_or_epochs() -> None:
    assert "step 400" in line(a_run(latest={"loss": latest(1.0)}), 58)
    assert "ep 2" in line(a_run(progress=Progress(epoch=2)), 58)
    assert "running" in line(a_run(), 58)


def test_runs_of_a_kind_show_the_same_figure_first() -> None:
    done = replace(
        RUNNING, id="b", state=RunState.COMPLETED, latest={"loss": latest(0.2), "acc": latest(0.9)}
    )
    live = replace(RUNNING, latest={"loss": latest(0.5), "acc": latest(0.7)})
    other = replace(RUNNING, kind="agent", latest={"reward": latest(7.0)})
    drawn = lines([live, done, other], 58)
    assert "acc 0.700" in drawn[0] and "acc 0.900" in drawn[1] and "reward 7" in drawn[2]


def test_runs_of_one_name_tell_what_sets_them_apart() -> None:
    config = {"optim": {"lr": 1e-4}, "r": 8, "seed": 1, "output_dir": "/data/1"}
    sweep = [
        replace(RUNNING, id=f"{i}", name=f"sweep-{i}", config=config | {"optim": {"lr": lr}, "seed": i})
        for i, lr in enumerate((1e-4, 3e-4, 1e-3))
    ]
    assert differences(sweep) == {"0": ("lr=1e-4",), "1": ("lr=3e-4",), "2": ("lr=1e-3",)}
    assert "sweep-1 lr=3e-4" in lines(sweep, 80)[1]
    seeds = [replace(RUNNING, id=f"{i}", config={"seed": i, "path": f"{i}"}) for i in range(2)]
    assert differences(seeds) == {"0": ("seed=0",), "1": ("seed=1",)}
    assert differences([RUNNING, replace(FAILED, name="other", config={"lr": 1})]) == {}
    cut = fit_middle("llama-3.1-8b-lora-r16-lr1e-4", 16)
    assert cut.startswith("llama") and "…" in cut and cut.endswith("lr1e-4") and cell_len(cut) == 16


def test_columns_of_choice_have_a_header_and_numbers_at_the_right() -> None:
    table = TableRows(60, [parse_column(name) for name in ("lr", "loss:min", "host")], None)
    some = [
        replace(RUNNING, id="a", config={"lr": 0.0001}, host="gpu-1"),
        replace(RUNNING, id="b", config={"lr": 3}, host="node-12"),
    ]
    table.learn(some, NOW)
    rows = [text(table.row(run, NOW, marked=False)) for run in some]
    header = text(table.header or ())
    assert header.split() == ["name", "lr", "loss:min", "host"]
    assert rows[0].split()[-3:] == ["0.0001", "0.312", "gpu-1"]
    assert rows[0].index("0.0001") + 6 == rows[1].index("3", 20) + 1 == header.index("lr") + 2
    assert rows[0].index("gpu-1") == rows[1].index("node-12") == header.index("host")
    assert table.column_at(header.index("loss")) == "loss:min" and table.column_at(3) is None

    ordered = TableRows(60, [parse_column("val/loss:min")], (parse_column("val/loss:min"), False))
    assert "val/loss:min▲" in text(ordered.header or ())
    narrow = TableRows(30, [parse_column(name) for name in ("lr", "loss:min", "host")], None)
    narrow.learn(some, NOW)
    assert "+2" in text(narrow.header or ())


def test_the_header_of_a_group_keeps_its_name_and_how_many() -> None:
    group = Group("reviews", 0, 12, 3, 1, Best("val/loss", 0.312, "a"))
    assert (
        text(group_line(group, 90, folded=False)).strip()
        == "▾ reviews   12 runs · 3 running · 1 failed · best val/loss 0.312"
    )
    narrow = text(group_line(group, 44, folded=True))
    assert narrow.startswith("▸ reviews   12 runs") and "0.312" in narrow and cell_len(narrow) == 44
    hostile = text(group_line(replace(group, label=HOSTILE), 60, folded=False))
    assert "\x1b" not in hostile and cell_len(hostile) == 60


GROUPED = RunIndex(
    ("a", "b", "c", "a"), (Group("x", 0, 2, 1, 0), Group("y", 2, 2, 0, 0)), total=3, all=3, running=1
)


def test_rows_of_groups_fold_and_are_found_again() -> None:
    rows = RunRows()
    rows.put(GROUPED)
    assert [rows.id_at(place) for place in range(len(rows))] == [None, "a", "b", None, "c", "a"]
    assert (
        rows.spot(5) == Spot("a", "y") and rows.find(Spot("a", "y")) == 5 and rows.find(Spot("a", "x")) == 1
    )
    assert rows.first_run() == 1 and rows.find(Spot("z", "x")) is None
    rows.fold("x", True)
    assert [rows.id_at(place) for place in range(len(rows))] == [None, None, "c", "a"]
    assert rows.find(Spot("a", "x")) == 3, "folded away there, it is found in the other group"
    assert rows.find(Spot("b", "x")) is None and rows.find(Spot(None, "x")) == 0
    rows.put(RunIndex(("b", "a"), (), 2, 3, 0))
    assert rows.find(Spot("a", "x")) == 1 and rows.folded == set()


def test_only_runs_that_are_needed_are_kept() -> None:
    rows = RunRows()
    ids = tuple(f"{i}" for i in range(3000))
    rows.put(RunIndex(ids, (), 3000, 3000, 0))
    assert rows.missing(10, 13) == ["10", "11", "12"]
    rows.take(a_run(id=run_id) for run_id in ids[:2500])
    rows.trim(["5", "6"])
    assert len(rows.read) <= 1002 and rows.run("5") and rows.run("2499") and not rows.run("7")
    assert [run.id for run in rows.runs_between(2498, 2502)] == ["2498", "2499"]
