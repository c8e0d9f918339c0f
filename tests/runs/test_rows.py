"""A run as a row, its facts as lines, and curves as a chart: pure functions of a size, so every size is tried."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mlws_tui.domain.runs import Bucket, Latest, Progress, Run, RunError, RunEvent, RunState
from mlws_tui.ui.panes.run_facts import fact_lines
from mlws_tui.ui.widgets.braille import Canvas
from mlws_tui.ui.widgets.cells import Line
from mlws_tui.ui.widgets.facts import wrapped
from mlws_tui.ui.widgets.plot import Plot, View, plot_lines
from mlws_tui.ui.widgets.runrow import columns_for, row
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


def text(lines: list[Line]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def line(run: Run, width: int) -> str:
    return text([row(run, columns_for([run], width), width, NOW)])


RUNNING = a_run(
    progress=Progress(0.62, 620, 1000, 2, 836, 3), latest={"loss": latest(0.312), "val/loss": latest(0.4)}
)
FAILED = a_run(
    RunState.FAILED,
    ended=700.0,
    error=RunError("RuntimeError", "first\nCUDA out of memory\n", "Traceback…\n  line\n"),
    latest={"loss": latest(0.7, 410)},
)

states = st.sampled_from(RunState)
runs = st.builds(
    a_run,
    state=states,
    name=names,
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
    notes=names,
    config=st.dictionaries(
        names, st.one_of(names, st.dictionaries(names, st.integers(), max_size=2)), max_size=3
    ),
)


@settings(max_examples=150)
@given(st.lists(runs, min_size=1, max_size=4), st.integers(12, 170))
@example([a_run(RunState.CREATED, started=-math.inf)], 84)
def test_rows_are_as_wide_as_they_should_be_and_safe(some: list[Run], width: int) -> None:
    columns = columns_for(some, width)
    for run in some:
        drawn = text([row(run, columns, width, NOW)])
        assert cell_len(drawn) == width
        assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in drawn)


@pytest.mark.parametrize("width", [58, 59, 80, 120])
def test_a_running_run_tells_how_far_it_is(width: int) -> None:
    drawn = line(RUNNING, width)
    for told in ("● llama-ft", "62%", "ep 2/3", "loss 0.312", "22m44s"):
        assert told in drawn
    assert ("━" in drawn) == (width > 59)
    assert ("running" in drawn) == (width >= 72)


def test_a_narrow_row_keeps_name_figure_and_time() -> None:
    assert line(RUNNING, 36).split() == ["●", "llama-ft", "loss", "0.312", "22m44s"]
    assert line(RUNNING, 20).startswith("● llama-ft")


def test_each_state_has_a_sign_and_its_word_or_reason() -> None:
    assert "✗ llama-ft CUDA out of memory" in line(FAILED, 58)
    assert "failed    RuntimeError: CUDA out of memory" in line(FAILED, 90)
    assert "✗ llama-ft crashed at step 620: its processes" in line(
        replace(RUNNING, state=RunState.CRASHED), 58
    )
    assert "? llama-ft lost" in line(a_run(RunState.LOST, host="gpu-2"), 58)
    assert "nothing heard from gpu-2" in line(a_run(RunState.LOST, host="gpu-2"), 80)
    assert "■ llama-ft stopped" in line(a_run(RunState.STOPPED), 58)
    assert "○ llama-ft created" in line(a_run(RunState.CREATED, started=None), 58)
    assert "failed signal 9" in line(a_run(RunState.FAILED, signal=9), 58)
    done = line(
        replace(RUNNING, state=RunState.COMPLETED, latest={"loss": latest(0.3), "acc": latest(0.873)}), 58
    )
    assert "✓ llama-ft completed" in done and "acc 0.873" in done


def test_progress_without_a_total_is_told_in_steps_or_epochs() -> None:
    assert "step 400" in line(a_run(latest={"loss": latest(1.0)}), 58)
    assert "ep 2" in line(a_run(progress=Progress(epoch=2)), 58)
    assert "running" in line(a_run(), 58)


@settings(max_examples=40)
@given(runs, st.lists(st.builds(RunEvent, st.sampled_from(["event", "alert", "note", "artifact"]), figures, names,
       st.dictionaries(names, names, max_size=2)), max_size=3), st.integers(1, 90))  # fmt: skip
def test_facts_are_safe_and_wrapped(run: Run, happenings: list[RunEvent], width: int) -> None:
    for whole in fact_lines(run, happenings, NOW):
        rows = wrapped(whole, width)
        drawn = text(list(rows))
        assert all(cell_len(part) <= max(2, width) for part in drawn.split("\n"))
        assert "".join(text([whole]).split()) == "".join(drawn.split())
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in drawn.replace("\n", ""))


def test_facts_hold_what_is_asked_for_first() -> None:
    happenings = [
        RunEvent("artifact", 650.0, "best.pt", {"path": "best.pt", "kind": "checkpoint", "bytes": 5}),
        RunEvent("note", 651.0, "", {"text": "lowered lr"}),
    ]
    run = replace(
        FAILED, config={"lr": 1e-4, "model": {"layers": 12}},
        git={"sha": "3f2a9d8e1b7c99", "branch": "main", "dirty": True},
        command=("python", "train.py", "a b"), host="gpu-1", exit_code=1, tags=("lora",), notes="keep\nthis",
    )  # fmt: skip
    told = text(fact_lines(run, happenings, NOW))
    for wanted in (
        "✗ failed  llama-ft", "RuntimeError: CUDA out of memory", "Traceback…", "  layers",
        "3f2a9d8e1b7c on main · uncommitted",
        "python train.py 'a b'", "exit code 1", "lora", "artifact best.pt", "lowered lr", "keep", "max 0.700",
    ):  # fmt: skip
        assert wanted in told
    assert told.index("What went wrong") < told.index("Metrics") < told.index("Config")


def test_facts_of_absurd_length_are_cut_and_say_so() -> None:
    run = replace(
        FAILED, config={f"key{i}": "x" * 10_000 for i in range(1000)},
        error=RunError("E", "m", "\n".join(f"frame {i}" for i in range(5000))),
    )  # fmt: skip
    lines = fact_lines(run, [RunEvent("event", math.inf, "e", {})] * 500, NOW)
    told = text(lines)
    assert (
        len(lines) < 700 and "700 more" in told and "4880 lines before" in told and "last 40 of 500" in told
    )


def curve(
    n: int, of: object = lambda i: 2 * math.exp(-i / 80) + 0.3, noise: float = 0.1
) -> tuple[Bucket, ...]:
    shaken = random.Random(1)
    buckets = []
    for i in range(n):
        value = of(i) + shaken.gauss(0, noise)  # type: ignore[operator]
        low = high = mean = last = value if math.isfinite(value) else None
        buckets.append(Bucket(i, i, 2.0 * i, 2.0 * i, low, high, mean, last, 1, int(last is None)))
    return tuple(buckets)


def chart(plots: list[Plot], width: int, height: int, view: View = View()) -> list[str]:  # noqa: B008 - frozen
    return text(plot_lines(plots, view, width, height)).split("\n")


def test_a_chart_has_a_legend_ticks_and_a_line() -> None:
    drawn = chart([Plot("loss", curve(400, noise=0)), Plot("val/loss", curve(40, noise=0))], 80, 14)
    assert len(drawn) == 14
    assert drawn[0].split() == ["━", "loss", "0.314", "╍", "val/loss", "1.53"]
    assert [row.split()[0] for row in drawn[1:-1] if row[:4].strip()] == ["2.0", "1.5", "1.0", "0.5"]
    assert drawn[-1].split() == ["step", "0", "100", "200", "300", "400"]
    first = next(row for row in drawn[1:] if "⠁" <= row[5] <= "⣿")
    assert drawn.index(first) == 1, "the falling curve begins at the top"


def test_not_finite_values_are_marked_where_they_happened() -> None:
    drawn = chart([Plot("loss", curve(100, lambda i: math.nan if i == 50 else 1.0))], 80, 10)
    assert "× 1 not finite" in drawn[0]
    assert drawn[-2].index("×") == pytest.approx(5 + 75 // 2, abs=1)


def test_axes_of_time_and_of_powers() -> None:
    plots = [Plot("loss", curve(400, lambda i: 10.0 ** (-i / 100), noise=0))]
    timed = chart(plots, 80, 12, View(by_time=True))
    assert timed[-1].split() == ["time", "0", "5m", "10m"]
    labels = [row[:7].strip(" ┈") for row in chart(plots, 80, 16, View(log=True))]
    assert {"1", "0.1", "0.01", "0.001"} <= {label.split(" ")[0] for label in labels}


def test_an_outlier_is_clipped_and_told() -> None:
    drawn = chart([Plot("loss", curve(200, lambda i: 1e6 if i == 20 else 1 + i / 200, noise=0))], 80, 12)
    assert "↑ max 1.00M" in drawn[0]


def test_nothing_to_draw_is_said_in_words() -> None:
    assert "no metrics logged yet" in "".join(chart([], 60, 9))
    assert "nothing here" in "".join(chart([Plot("loss", ())], 60, 9, View(empty="nothing here")))


extreme = st.sampled_from([0.0, -1.0, 1e308, -1e308, 5e-324, 1e-300, math.nan, math.inf, -math.inf])


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.one_of(extreme, st.floats(0, 1e6)), st.one_of(extreme, st.floats())), max_size=40),
    st.integers(1, 100), st.integers(1, 20), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.02, 0.5]), names,
)  # fmt: skip
def test_any_series_fits_any_size(
    points: list[tuple[float, float]],
    width: int,
    height: int,
    log: bool,
    by_time: bool,
    smoothing: float,
    name: str,
) -> None:
    buckets = []
    for step, value in points:
        finite = value if math.isfinite(value) else None
        buckets.append(Bucket(step, step, step, step, finite, finite, finite, finite, 1, int(finite is None)))
    drawn = chart([Plot(name, tuple(buckets))], width, height, View(smoothing, by_time, log))
    assert len(drawn) <= height
    assert all(cell_len(row) <= width for row in drawn)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for row in drawn for character in row)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-3, 25), st.integers(-3, 25)), min_size=2, max_size=6))
def test_lines_have_no_holes(points: list[tuple[int, int]]) -> None:
    canvas = Canvas(10, 5)
    ends = sorted(points)
    for start, end in pairwise(ends):
        canvas.line(start, end, 1)
    drawn = ["".join(character for character, _ in canvas.cells(y)) for y in range(5)]
    for (x1, y1), (x2, y2) in pairwise(ends):
        for x, y in ((x1, y1), (x2, y2)):
            if 0 <= x < 20 and 0 <= y < 20:
                assert drawn[y // 4][x // 2] != " "
    for x in range(max(0, ends[0][0]), min(19, ends[-1][0]) + 1):
        rows = [y for y in range(5) if drawn[y][x // 2] != " "]
        assert rows == list(range(rows[0], rows[-1] + 1)) if rows else True


def test_the_layer_drawn_last_owns_its_cells() -> None:
    canvas = Canvas(2, 1)
    canvas.vertical(0, 0, 3, 1)
    canvas.vertical(3, 0, 3, 1)
    canvas.dot(1, 0, 2)
    canvas.dot(99, 99, 2)
    assert canvas.cells(0) == [("⠈", 2), ("⢸", 1)]
