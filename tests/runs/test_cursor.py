"""The cursor in the chart: what it stands on, what it says, and how it is moved."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from textual.geometry import Region

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.charts.cursor import (
    Moment,
    at_column,
    chosen,
    column_of,
    moment_near,
    moved,
    readings,
    turned,
)
from mlws_tui.domain.charts.drawing import picture_of
from mlws_tui.domain.charts.frame import Frame, frame_of
from mlws_tui.domain.charts.model import Plot, View
from mlws_tui.domain.charts.places import Axis, Timeline
from mlws_tui.domain.charts.spans import Line
from mlws_tui.domain.runs import Bucket
from mlws_tui.domain.series import SMOOTHINGS
from mlws_tui.ui.widgets.chartview import ChartView
from tests.charts.kit import Seat, seated
from tests.runs.kit import alive, begun, ended, metrics, record

LIVE, OLD = "20241020-090000-llama-ft", "20241019-143000-sentiment"

SIZE = (80, 14)


def point(step: float, ts: float, value: float | None) -> Bucket:
    return Bucket(step, step, ts, ts, value, value, value, value, 1, int(value is None))


def losses(every: int = 1, last: int = 400) -> tuple[Bucket, ...]:
    return tuple(point(i, 1000.0 + 2 * i, 2 / (1 + i)) for i in range(0, last + 1, every))


def framed(plots: list[Plot], view: View = View(), size: tuple[int, int] = SIZE) -> Frame:  # noqa: B008 - frozen
    frame = frame_of(plots, view, *size)
    assert frame is not None
    return frame


def drawn(plots: list[Plot], cursor: Moment | None, view: View = View()) -> list[str]:  # noqa: B008 - frozen
    return ["".join(span.text for span in line) for line in picture_of(plots, view, *SIZE).lines(cursor)]


def styles(line: Line) -> list[str]:
    return [span.style for span in line for _ in span.text]


BEGUN = Timeline(1000.0)
PLOTS = [Plot("loss", losses(), timeline=BEGUN), Plot("val/loss", losses(100), timeline=BEGUN)]


def test_the_legend_tells_the_moment_and_what_each_curve_has_there() -> None:
    legend = drawn(PLOTS, Moment(200, 1400.0))[0].split()
    assert legend == ["step", "200", "00:23:20", "a", "loss▸0.009950", "b", "val/loss", "0.009950"]
    # Nothing of the sparse curve stands in this column: what is told is its nearest point.
    legend = drawn(PLOTS, Moment(240, 1480.0))[0].split()
    assert legend[1:3] == ["240", "00:24:40"] and legend[-1] == "~0.009950"


def test_a_line_stands_at_the_point_on_every_axis() -> None:
    for view in (
        View(),
        View(axis=Axis.RELATIVE),
        View(log_y=True),
        View(SMOOTHINGS[1], Axis.RELATIVE, log_y=True),
    ):
        plain, cursor = drawn(PLOTS, None, view), drawn(PLOTS, Moment(200, 1400.0), view)
        column = cursor[-1].index("▲")
        assert sum(row[column] == "│" for row in cursor[1:-1]) >= 8
        rest = [(a[:column] + a[column + 1 :]).rstrip() for a in plain[1:]]
        assert [(b[:column] + b[column + 1 :]).rstrip() for b in cursor[1:]] == rest, "nothing else moved"
        lines = picture_of(PLOTS, view, *SIZE).lines(Moment(200, 1400.0))
        assert all(styles(line)[column].endswith("cursor") for line in lines[1:])


def test_it_moves_by_columns_from_point_to_point() -> None:
    frame = framed(PLOTS)
    start = at_column(frame, 10_000)
    assert start == Moment(400, 1800.0, name="loss")
    left = moved(frame, start, -1)
    assert column_of(frame, left) == column_of(frame, start) - 1
    assert column_of(frame, moved(frame, left, -10)) == column_of(frame, left) - 10
    assert moved(frame, start, 1) == start and moved(frame, start, -10_000) == at_column(frame, -5)
    sparse = framed([Plot("val/loss", losses(100))])
    steps = [moment := at_column(sparse, 0)]
    for _ in range(5):
        assert moment is not None
        steps.append(moment := moved(sparse, moment, 1))
    assert [moment and moment.step for moment in steps] == [0, 100, 200, 300, 400, 400]


def test_each_column_is_reached_in_both_directions() -> None:
    for view in (View(), View(axis=Axis.RELATIVE)):
        frame = framed(PLOTS, view)
        moment = at_column(frame, 0)
        there: list[int] = []
        back: list[int] = []
        assert moment is not None
        while not there or there[-1] != column_of(frame, moment):
            there.append(column_of(frame, moment))
            moment = moved(frame, moment, 1)
        while not back or back[-1] != column_of(frame, moment):
            back.append(column_of(frame, moment))
            moment = moved(frame, moment, -1)
        assert (
            there == back[::-1] and len(there) == frame.column(400 if view.axis is Axis.STEP else 800.0) + 1
        )


def test_of_a_step_that_a_resumed_run_repeats_the_time_tells_which_is_meant() -> None:
    buckets = (*losses(last=50), *(point(i, 5000.0 + i, 9.0) for i in range(30, 60)))
    frame = framed([Plot("loss", buckets)])
    first, second = Moment(40, 1080.0), Moment(40, 5040.0)
    assert [one.value for one in readings(frame, first)] == [pytest.approx(2 / 41)]
    assert [one.value for one in readings(frame, second)] == [9.0]
    assert moment_near([Plot("loss", buckets)], 5040.5, 40) == second
    assert moment_near([Plot("loss", buckets)], 1079.5, 40) == first


def test_which_point_belongs_to_a_line_of_the_log() -> None:
    sparse = [Plot("loss", losses(100))]
    assert moment_near(sparse, None, 200) == Moment(200, 1400.0)
    assert moment_near(sparse, 1395.0, 7) == Moment(200, 1400.0), "no point has the step: its time counts"
    assert moment_near(sparse, 1850.0, None) == Moment(400, 1800.0), "shortly after the last point"
    assert moment_near(sparse, 9000.0, None) is None and moment_near(sparse, 0.0, None) is None
    assert moment_near(sparse, None, 250) is None and moment_near(sparse, None, math.nan) is None
    assert moment_near([], 1.0, 1) is None and moment_near(sparse, None, None) is None
    taken = [Plot("loss", (Bucket(1, 8, 10.0, 17.0, 0.5, 1.0, 0.7, 0.5, 8),))]
    assert moment_near(taken, 12.0, 3) == Moment(3, 12.0), "one of several points that are drawn as one"
    assert drawn(taken, Moment(3, 12.0))[0].split()[-1] == "~0.5000"
    assert drawn(taken, Moment(8, 17.0))[0].split()[-1] == "0.5000"


def test_values_that_are_not_finite_and_times_that_no_calendar_has() -> None:
    plots = [Plot("loss", (point(1, 1e300, 1.0), point(2, 1e300, None)))]
    legend = drawn(plots, Moment(2, 1e300))[0].split()
    assert legend == ["step", "2", "━", "loss", "NaN"]


def two_curves() -> list[Plot]:
    """Of two runs, the second of which began later and has but every second step."""
    late = tuple(point(i, 9000.0 + 2 * i, 0.5) for i in range(0, 401, 2))
    return [
        Plot("loss", losses(), "a", "first", Timeline(1000.0)),
        Plot("loss", late, "b", "second", Timeline(9000.0)),
    ]


def test_of_several_runs_it_stands_on_one_and_tells_all() -> None:
    frame = framed(two_curves())
    moment = at_column(frame, 10_000)
    assert moment == Moment(400, 1800.0, run="a", name="loss")
    other = turned(frame, moment, 1)
    assert other == Moment(400, 9800.0, run="b", name="loss") and turned(frame, other, 1) == moment
    assert column_of(frame, other) == column_of(frame, moment)
    on = chosen(readings(frame, other), other)
    assert on is not None and on.plot.run == "b" and on.exact
    assert moved(frame, other, -10).run == "b"
    legend = drawn(two_curves(), other)[0]
    assert "a first 0.004988" in legend and "b second▸0.5000" in legend
    timed = framed(two_curves(), View(axis=Axis.WALL))
    assert [one.plot.run for one in readings(timed, other) if one.here] == ["b"]


def losing(workspace: Workspace) -> None:
    """A live run with 50 losses and a few of held-out data, beside an older run."""
    record(
        workspace,
        OLD,
        begun(OLD, 100.0),
        *(metrics(i, 100.0 + i, acc=i / 100) for i in range(1, 88)),
        ended(1464.0),
    )
    record(
        workspace,
        LIVE,
        begun(LIVE, time.time() - 100, **alive()),
        *(metrics(step, 200.0 + step, loss=2 / step, lr=1e-4) for step in range(1, 51)),
        *(metrics(step, 200.0 + step, **{"val/loss": 2.2 / step}) for step in range(10, 51, 10)),
    )


async def at_the_chart(seat: Seat) -> None:
    await seat.see("b val/loss 0.0440")
    await seat.press("c")
    await seat.see("step 50")


async def test_the_keys_of_the_cursor(workspace: Workspace) -> None:
    losing(workspace)
    async with seated(workspace, [LIVE], 60, 14) as seat:
        await at_the_chart(seat)
        await seat.see("a loss▸0.04")
        await seat.press("left")
        await seat.see(lambda text: "a loss 0.0400" not in text and "step 4" in text)
        await seat.press("home")
        await seat.see("a loss 2 ")
        assert "step 1 " in seat.app.text
        await seat.press("end", "down")
        await seat.see("b val/loss▸0.0440")
        await seat.press("up", "x", "x")
        await seat.see(lambda text: "49s" in text and "time" in text and "▲" in text)
        await seat.press("y", "enter")
        await seat.see(lambda _: bool(seat.host.points))
        (told,) = seat.host.points
        assert (told.run_id, told.name, told.step, told.ts) == (LIVE, "loss", 50, 250.0)
        await seat.press("escape")
        await seat.see(lambda text: "▲" not in text and "a loss 0.0400 " in text)
        assert seat.app.focused is seat.host


async def test_the_cursor_keeps_to_its_moment_while_points_come(workspace: Workspace) -> None:
    losing(workspace)
    async with seated(workspace, [LIVE], 80, 16) as seat:
        await at_the_chart(seat)
        record(workspace, LIVE, *(metrics(i, 200.0 + i, loss=0.01) for i in range(51, 90)))
        await seat.came()
        await seat.see(lambda text: "80" in text.split("\n")[-1])
        assert "step 50" in seat.app.text and "a loss▸0.04" in seat.app.text
        await seat.press("end")
        await seat.see("step 89")


async def test_another_run_takes_the_cursor_away(workspace: Workspace) -> None:
    losing(workspace)
    async with seated(workspace, [LIVE], 80, 16) as seat:
        await at_the_chart(seat)
        await seat.host.show([OLD])
        await seat.see(lambda text: "━ acc 0.870" in text and "▲" not in text)
        assert seat.app.focused is seat.host
        await seat.press("c")
        await seat.see("step 87")
        await seat.press("c")
        await seat.see(lambda text: "▲" not in text)


async def test_a_click_puts_the_cursor_there(workspace: Workspace) -> None:
    losing(workspace)
    async with seated(workspace, [LIVE], 80, 16) as seat:
        await seat.see("b val/loss 0.0440")
        await seat.pilot.click(ChartView, offset=(40, 5))
        text = await seat.see("▲")
        row = next(row for row in text.split("\n") if "▲" in row)
        assert abs(row.index("▲") - 41) <= 2
        await seat.pilot.click(ChartView, offset=(40, 5), times=2)
        await seat.see(lambda _: bool(seat.host.points))


async def test_a_line_of_the_log_is_shown_in_the_chart(workspace: Workspace) -> None:
    losing(workspace)
    async with seated(workspace, [LIVE], 80, 16) as seat:
        await seat.see("a loss 0.0400")
        assert await seat.host.chart.show_moment(None, 30, "loss")
        text = await seat.see("step 30")
        assert "a loss▸0.06667" in text and "b val/loss 0.07333" in text
        assert await seat.host.chart.show_moment(225.0, None, "lr")
        await seat.see(lambda text: "step 25" in text and "━ lr 1.00e-04" in text)
        assert await seat.host.chart.show_moment(230.2, 12.5, "unknown")
        await seat.see("step 30")
        assert not await seat.host.chart.show_moment(3.0, None, "")
        assert not await seat.host.chart.show_moment(None, None, "loss")
        await seat.press("plus", "plus", "plus")
        await seat.see("zoomed")
        assert await seat.host.chart.show_moment(None, 2, "loss")
        await seat.see(lambda text: "step 2 " in text and "zoomed" not in text and "▲" in text)


async def test_a_line_among_points_that_are_drawn_as_one(workspace: Workspace) -> None:
    record(
        workspace,
        LIVE,
        begun(LIVE, 100.0, **alive()),
        *(metrics(10 * i, 200.0 + i, loss=1.0) for i in range(1, 2001)),
    )
    async with seated(workspace, [LIVE], 80, 16) as seat:
        await seat.see("━ loss 1")
        for ts, step, said in (
            (870.5, 6708.0, "step 6708 "),
            (870.5, None, "step ~670"),
            (870.5, 6700.0, "step 6700 "),
        ):
            assert await seat.host.chart.show_moment(ts, step, "")
            await seat.see(said)
            seat.host.points.clear()
            seat.app.query_one(ChartView).action_open()
            await seat.see(lambda _: bool(seat.host.points))
            assert [(told.step, told.ts) for told in seat.host.points] == [(step, ts)]
        await seat.press("c", "left", "right", "enter")
        await seat.see(lambda _: seat.host.points[-1].ts != 870.5)
        point = seat.host.points[-1]
        assert point.step is not None and point.step % 10 == 0 and abs(point.step - 6700) <= 400


async def test_where_there_is_nothing_to_point_at(workspace: Workspace) -> None:
    record(workspace, LIVE, begun(LIVE, time.time(), **alive()), ended(time.time()))
    async with seated(workspace, [LIVE], 80, 16) as seat:
        await seat.see("This run logged no metrics.")
        await seat.press("c", "plus", "less_than_sign", "0", "m", "y", "P")
        await seat.see(lambda _: any("no point" in told.message for told in seat.app._notifications))
        assert any("no chart to export" in told.message for told in seat.app._notifications)
        await seat.press("c", "enter", "left", "escape")
        assert "▲" not in seat.app.text and not await seat.host.chart.show_moment(1.0, 1, "loss")
        await seat.host.show([])
        assert not await seat.host.chart.show_moment(1.0, 1, "loss")


async def test_moving_it_paints_only_what_changed(workspace: Workspace) -> None:
    losing(workspace)
    async with seated(workspace, [LIVE], 120, 30) as seat:
        await at_the_chart(seat)
        board = seat.app.query_one(ChartView)
        regions: list[int] = []
        refresh = board.refresh

        def counted(*some: Region, **how: Any) -> Any:
            regions.extend(region.width for region in some)
            return refresh(*some, **how)

        board.refresh = counted  # type: ignore[method-assign]
        await seat.press("left")
        await seat.see("step 49")
        below = regions[1:]
        assert len(below) >= 10 and max(below) <= 12, "two columns and what lies between them"
