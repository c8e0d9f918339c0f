"""What a chart reads of the index: windows by steps and by times, epochs, markers, and what the machine did."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.charts.frame import frame_of
from mlws_tui.domain.charts.model import View, Window
from mlws_tui.domain.charts.places import Axis
from mlws_tui.services.charts import as_csv, as_svg, as_text
from tests.charts.kit import A, B, opened, two_runs
from tests.runs.kit import begun, ended, metrics, record

LONG = "20241021-090000-long"


def long_run(workspace: Workspace, count: int = 8000) -> None:
    """A run of so many points, two seconds a step after another, that diverged for a while."""
    odd = {5000: "NaN", 5001: "Infinity", 5002: "-Infinity", 5003: "Infinity"}
    record(
        workspace,
        LONG,
        begun(LONG, 1000.0),
        *(metrics(i, 1000.0 + 2 * i, loss=odd.get(i, 1.0 + (i % 7) / 10)) for i in range(1, count + 1)),
        ended(1000.0 + 2 * count),
    )


WINDOWS = ((Axis.STEP, 4900, 5100), (Axis.RELATIVE, 9800, 10_200), (Axis.WALL, 10_800, 11_200))


async def test_a_window_is_read_finely_on_each_axis(workspace: Workspace) -> None:
    long_run(workspace)
    async with opened(workspace) as bench:
        run, reader = await bench.runs.get(LONG), bench.charts.reader()
        for axis, low, high in WINDOWS:
            whole = (await reader.read([run], ["loss"], View(axis=axis), 80)).plots[0]
            assert len(whole.buckets) <= 640 and sum(b.count for b in whole.buckets) == 8000
            view = View(axis=axis, window=Window(low, high))
            part = (await reader.read([run], ["loss"], view, 80)).plots[0]
            inside = [b for b in part.buckets if 4900 <= b.step_last <= 5100]
            assert [b.step_first for b in inside] == list(range(4900, 5101)), "the points themselves"
            assert part.buckets[0].step_first < 4900 and part.buckets[-1].step_last > 5100, (
                "and some beside them"
            )
            assert sum(b.count for b in part.buckets) < 1000
            follows = replace(view, window=Window(low, high, follows=True))
            assert (await reader.read([run], ["loss"], follows, 80)).plots[0].buckets[-1].step_last == 8000


async def test_infinities_are_told_from_nan_in_points_and_in_tiers(workspace: Workspace) -> None:
    long_run(workspace)
    async with opened(workspace) as bench:
        for width in (10, 40_000):
            buckets = (await bench.store.curve(LONG, "loss", width=width)).buckets
            assert sum(b.nan for b in buckets) == 4
            assert (sum(b.up for b in buckets), sum(b.down for b in buckets)) == (2, 1)


async def test_epochs_come_from_their_series_or_the_progress_or_are_missed(workspace: Workspace) -> None:
    two_runs(workspace)
    record(
        workspace,
        LONG,
        begun(LONG, 100.0),
        *(metrics(i, 100.0 + i, loss=1.0) for i in range(1, 51)),
        {"type": "progress", "ts": 150.0, "step": 50, "total": 100, "epoch": 1, "epochs": 2},
    )
    view = View(axis=Axis.EPOCH)
    async with opened(workspace) as bench:
        reader = bench.charts.reader()
        runs = [await bench.runs.get(run) for run in (A, LONG)]
        drawn = await reader.read(runs, ["loss"], view, 80)
        frame = frame_of(drawn.plots, view, 80, 20)
        assert frame is not None and not drawn.notes
        assert [max(row) for row in frame.places] == [5.0, 1.0]
        (one,) = (await reader.read(runs[:1], ["loss"], replace(view, window=Window(2, 3)), 80)).plots
        assert one.buckets
        bare = "20241022-090000-bare"
        record(workspace, bare, begun(bare, 1.0), metrics(1, 2.0, loss=1.0))
        await bench.ingest.catch_up()
        told = await reader.read([await bench.runs.get(bare)], ["loss"], view, 80)
        assert told.notes == ("no epochs known of bare",) and frame_of(told.plots, view, 80, 20) is not None


async def test_two_runs_have_short_names_colours_and_markers(workspace: Workspace) -> None:
    two_runs(workspace)
    async with opened(workspace) as bench:
        reader, runs = bench.charts.reader(), [await bench.runs.get(run) for run in (A, B)]
        drawn = await reader.read(runs, ["loss", "val/loss"], View(), 80)
        assert [plot.title for plot in drawn.plots] == [
            "lr1e-4 loss", "lr3e-4 loss", "lr1e-4 val/loss", "lr3e-4 val/loss",
        ]  # fmt: skip
        assert [plot.hue for plot in drawn.plots] == [0, 1, 0, 1]
        assert [(mark.kind, mark.words) for mark in drawn.markers] == [
            ("checkpoint", "lr1e-4: checkpoint-50"), ("alert", "lr1e-4: gradient spike"),
        ]  # fmt: skip
        steps = [mark.timeline.place(Axis.STEP, mark.step, mark.ts) for mark in drawn.markers]
        assert steps == pytest.approx([50, 70])
        relative = await reader.read(runs, ["loss"], View(axis=Axis.RELATIVE), 80)
        frame = frame_of(relative.plots, View(axis=Axis.RELATIVE), 80, 20)
        assert frame is not None and [max(row) for row in frame.places] == [1000, 1000], (
            "each from its own start"
        )
        many = await reader.read(runs * 7, ["loss"], View(), 80)
        assert len(many.plots) == 12 and many.more == 2


async def test_what_the_machine_did_is_on_the_same_axis(workspace: Workspace) -> None:
    two_runs(workspace)
    async with opened(workspace) as bench:
        reader, runs = bench.charts.reader(), [await bench.runs.get(A)]
        titles = [group.title for group in await reader.groups(runs)]
        assert titles == ["loss, val/loss", "epoch", "system/gpu1/util", "system/gpu1/mem", "system/cpu"]
        assert await reader.all_names(runs) == [
            "loss", "val/loss", "epoch", "system/gpu1/util", "system/gpu1/mem", "system/cpu",
        ]  # fmt: skip
        drawn = await reader.read(runs, ["system/gpu1/util"], View(), 80)
        frame = frame_of(drawn.plots, View(), 80, 20)
        assert frame is not None
        # Sampled each 50 s from the very beginning; a step takes ten, and the first is logged after ten.
        assert [place for place in frame.places[0] if not math.isnan(place)] == pytest.approx(
            list(range(5, 100, 5))
        )
        assert [b.last for b in drawn.plots[0].buckets] == [80.0 + i for i in range(20)]
        part = await bench.store.system_curve(A, "system/cpu", first_ts=1100.0, last_ts=1200.0)
        assert [b.last for b in part.buckets] == [2.0, 3.0, 4.0]
        few = await bench.store.system_curve(A, "system/cpu", width=2)
        assert len(few.buckets) <= 4 and sum(b.count for b in few.buckets) == 20
        assert (few.buckets[0].low, few.buckets[-1].high) == (0.0, 19.0)
        assert (await bench.store.system_curve(A, "system/gpu0/util")).buckets == ()
        assert await bench.store.system_names(B) == []


async def test_odd_samples_of_the_machine_harm_nothing(workspace: Workspace) -> None:
    odd: list[object] = [{}, "x", [1], [{"index": "a", "util": "NaN"}, 7, {"index": -1, "mem": True}], None]
    record(
        workspace,
        LONG,
        begun(LONG, 100.0),
        {"type": "system", "ts": 100.0, "gpus": odd[3], "cpu": "NaN", "rss": 10},
        *({"type": "system", "ts": 101.0 + i, "gpus": gpus, "cpu": 0.5} for i, gpus in enumerate(odd)),
    )
    async with opened(workspace) as bench:
        names = await bench.store.system_names(LONG)
        assert names == ["system/gpu0/util", "system/gpu2/mem", "system/cpu", "system/rss"]
        curves = {name: await bench.store.system_curve(LONG, name) for name in names}
        assert {name: sum(b.nan for b in curve.buckets) for name, curve in curves.items()} == {
            "system/cpu": 1, "system/rss": 5, "system/gpu0/util": 6, "system/gpu2/mem": 4,
        }  # fmt: skip


async def test_what_is_drawn_is_handed_on(workspace: Workspace) -> None:
    two_runs(workspace)
    async with opened(workspace) as bench:
        reader, runs = bench.charts.reader(), [await bench.runs.get(run) for run in (A, B)]
        view = View(window=Window(10, 20))
        drawn = await reader.read(runs, ["loss"], view, 80)
        rows = as_csv(drawn, view, runs).splitlines()
        assert rows[0].startswith("run,name,metric,step") and len(rows) == 1 + 2 * 11
        assert rows[1].startswith(f"{A},llama-lr1e-4,loss,10,1100,0.3")
        text = as_text(drawn, view, 80, 16)
        assert "a lr1e-4 0.120  b lr3e-4" in text and "\x1b" not in text and len(text.splitlines()) == 16
        path = await bench.charts.save("loss of a/../b", ".svg", as_svg(drawn, view, "loss"))
        again = await bench.charts.save("loss of a/../b", ".svg", "other")
        assert path.parent == again.parent == workspace.root / "charts"
        assert path.read_text().startswith("<svg") and again.read_text() == "other"
