"""What is shown of the runs is plain to see: order, filter, groups, columns, and what a chooser takes for its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runcolumns import parse_column
from mlws_tui.domain.runfilter import FilterError, Vocabulary, parse_filter
from mlws_tui.domain.runs import RunState
from mlws_tui.domain.runviews import Best, Group, RunIndex, RunView
from mlws_tui.ui.panes.run_view import asked, caption, order_by, orders, title
from mlws_tui.ui.widgets.runlayout import OwnRows
from mlws_tui.ui.widgets.runlist import group_line
from mlws_tui.ui.widgets.runtable import TableRows
from tests.runs.kit import begun, ended, metrics, record
from tests.runs.test_pane import LIVE, Seat, a_sweep, seated, two_runs
from tests.runs.test_rows import FAILED, NOW, RUNNING, a_run, latest, text

WORDS = Vocabulary(config=("lr",), metrics=("val/loss", "acc", "odd"))


def sorted_lines(order: str, width: int) -> list[str]:
    done = replace(RUNNING, id="b", state=RunState.COMPLETED, config={"lr": 0.003}, host="gpu-1")
    layout = OwnRows(width, parse_column(order))
    some = [replace(done, latest=done.latest | {"acc": latest(0.75)}), replace(FAILED, config={"lr": 0.1})]
    layout.learn(some, NOW)
    return [text(layout.row(run, NOW, marked=False)) for run in some]


@pytest.mark.parametrize("width", [58, 80, 120])
def test_rows_show_what_they_are_sorted_by(width: int) -> None:
    named = "lr " if width >= 60 else ""
    done, failed = sorted_lines("lr", width)
    assert f"{named}  0.003" in done and f"{named}    0.1" in failed and "shapes do not fit" in failed
    assert done.rindex("0.003") + 5 == failed.rindex("0.1") + 3
    assert "0.750" in sorted_lines("acc", width)[0] and "–" in sorted_lines("acc", width)[1]
    assert "gpu-1" in sorted_lines("host", width)[0]
    assert sorted_lines("duration", width)[0].count("22m44s") <= 1, "it is shown anyway"


def test_a_run_that_has_not_begun_takes_no_time() -> None:
    layout = OwnRows(100)
    layout.learn([run := a_run(RunState.CREATED, command=("true",))], NOW)
    row = text(layout.row(run, NOW + 5000, marked=False))
    assert (
        "not begun: ctrl+s starts it" in row
        and "1h" not in row.partition("starts it")[2].split("ago")[0][:20]
    )


def test_an_order_begins_with_the_best_and_is_told_in_words() -> None:
    view = RunView()
    assert order_by("val/loss", view) == ("val/loss",) and order_by("acc", view) == ("-acc",)
    assert order_by("started", view) == ("-started",)
    chosen = replace(view, order=("-acc",))
    assert order_by("acc", chosen) == ("-acc",), "chosen again it stays as it is"
    notes = {choice.value: choice.note for choice in orders(WORDS, chosen)}
    assert notes["acc"] == "best first, the highest: S turns it round"
    assert notes["val/loss"].endswith("best first, the lowest") and notes["odd"].endswith("smallest first")
    assert notes["started"].endswith("newest first") and notes["host"].endswith("a to z")
    assert asked(replace(chosen, columns=("lr",))) == ("acc", "lr")
    assert asked(replace(chosen, columns=("lr", "acc"))) == ("lr", "acc")


def test_the_border_tells_how_the_list_differs_from_all_runs() -> None:
    view = RunView("mine", "lr<1e-4\x1b", (), ("val/loss",), "experiment")
    index = RunIndex(("a",), (), 1, 9, 0, hidden=2)
    words = [part for part, _ in title(view, index)]
    assert words == ["mine", "lr<1e-4␛", "2 running hidden", "by experiment", "val/loss ▲"]
    assert caption(view, index, 1) == "1 of 9 · 1 marked"
    assert title(RunView(), RunIndex((), (), 0, 9, 3)) == ()


def test_a_state_that_is_no_flag_is_offered_as_a_state() -> None:
    with pytest.raises(FilterError, match="is:failed") as raised:
        parse_filter("is:failed", now=0.0)
    assert raised.value.hint == "did you mean state:failed?"


def test_groups_say_what_they_are() -> None:
    assert Group("0.003", 0, 1, 0, 0, key="lr").title == "lr = 0.003"
    assert Group("no lr", 0, 1, 0, 0).title == "no lr"


async def test_groups_of_a_setting_come_by_its_value_and_what_runs_is_not_lost(workspace: Workspace) -> None:
    two_runs(workspace)
    for place, lr in enumerate((0.1, 0.003, 20, "auto")):
        run = f"20241022-09000{place}-lr"
        record(
            workspace, run, begun(run, 1e9 + place, config={"lr": lr}), metrics(1, 1e9 + place + 1, acc=0.5)
        )
        record(workspace, run, ended(1e9 + place + 60))
    async with seated(workspace, 100, 44, live=False) as seat:
        await seat.see("6 runs")
        await seat.press("b", *"lr", "enter")
        seen = await seat.see("2 Runs ── by lr", "lr = 0.003", "no lr")
        places = [
            seen.index(f"▾ {head}")
            for head in ("lr = 0.0001", "lr = 0.003", "lr = 0.1", "lr = 20", "lr = auto")
        ]
        assert places == sorted(places) and places[-1] < seen.index("▾ no lr")
        await seat.press("slash", *"acc=0.5", "enter")
        await seat.see("2 Runs ── acc=0.5 · 1 running hidden · by lr", "4 of 6")


async def test_typing_in_the_chooser_of_columns_finds_and_does_nothing_else(workspace: Workspace) -> None:
    a_sweep(workspace, 3)
    async with seated(workspace, 100, 40, live=False) as seat:
        await seat.see("3 runs")
        await seat.press("o", *"host", "enter")
        await seat.see("✓ state", "✓ host", "✓ duration", "✓ val/loss")
        await seat.press(*"nowhere", "enter", "escape")
        await seat.see("state", "host", "duration", "val/loss", "no run has nowhere")
        assert [run.name for run in seat.app.pane.chosen()] == ["sweep-002"] and seat.app.pane.view.columns == (
            "state", "host", "nowhere", "progress", "duration", "val/loss"
        )  # fmt: skip
        await seat.press("o", "ctrl+r", "escape")
        await seat.see(lambda _: seat.app.pane.view.columns == ())


async def test_a_view_is_saved_and_found_by_typing_and_loses_its_name_when_changed(
    workspace: Workspace,
) -> None:
    a_sweep(workspace, 4)
    async with seated(workspace, 100, 40, live=False) as seat:
        await seat.see("4 runs")
        await seat.press("s", *"val/", "enter")
        await seat.see("2 Runs ── val/loss ▲")
        await seat.press("v", *"dws", "enter")
        await seat.see("View dws is saved", "✓ dws")
        await seat.press("escape")
        await seat.see("2 Runs ── dws · val/loss ▲")
        await seat.press("S")
        await seat.see("2 Runs ── val/loss ▼", lambda text: "── dws" not in text)
        await seat.press("v", *"dw", "enter")
        await seat.see("2 Runs ── dws · val/loss ▲")
        await seat.press("v", "ctrl+d")
        await seat.see("View dws is deleted", lambda text: "✓ dws" not in text)


async def test_the_marked_runs_alone_are_drawn(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 100, 30, live=False) as seat:
        await seat.see("● llama-ft")
        await seat.press("space")
        await seat.see("1 marked", lambda _: drawn(seat) == [LIVE])
        selected = seat.app.pane.selected()
        assert selected is not None and selected.id != LIVE
        await seat.app.pane.show_moment(1000.0, None, "")
        assert drawn(seat) == [selected.id, LIVE], "a line of its log leads to its own curve"
        await seat.press("u")
        await seat.see(lambda _: drawn(seat) == [selected.id])


def drawn(seat: Seat) -> list[str]:
    return [run.id for run in seat.app.pane.chart.runs]


def test_the_column_of_the_order_is_seen_however_narrow_it_is() -> None:
    columns = [parse_column(name) for name in ("state", "progress", "duration", "acc")]
    table = TableRows(40, columns, (columns[3], True))
    table.learn([replace(RUNNING, latest={"acc": latest(0.75)})], NOW)
    header = text(table.header or ())
    assert header.split()[:2] == ["name", "acc▼"] and table.column_at(header.index("acc")) == "acc"
    long = group_line(Group("0.003", 0, 1, 0, 0, key="a-setting-" * 9), 60, folded=False)
    assert " = 0.003   1 run" in text(long) and "…" in text(long)


def test_a_groups_header_keeps_its_best_result_and_writes_numbers_shortly() -> None:
    best = Best("val/loss", 0.35, "20261120-120000-a")
    group = Group("reviews-lora", 0, 15, 1, 5, best, "experiment")
    assert text(group_line(group, 100, folded=False)).startswith(
        "▾ experiment = reviews-lora   15 runs · 1 running"
    )
    assert text(group_line(group, 48, folded=False)).split() == [
        "▾",
        "reviews-lora",
        "15",
        "runs",
        "·",
        "best",
        "val/loss",
        "0.350",
    ]
    drawn = Group("0.001685867654637963", 0, 1, 0, 0, None, "lr")
    assert text(group_line(drawn, 60, folded=True)).startswith("▸ lr = 0.00169   1 run")


async def test_more_runs_than_can_be_compared_leave_the_list(workspace: Workspace) -> None:
    a_sweep(workspace, 21)
    async with seated(workspace, 100, 30, live=False) as seat:
        await seat.see("21 runs")
        await seat.press("ctrl+a")
        await seat.see("21 marked")
        await seat.press("equals_sign")
        assert "sweep-0" in await seat.see("20 runs at most can be compared")
