"""The screen as pictures. Look at a new one before you accept it: pytest --snapshot-update."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from tests.ui.stage import Still, furnish

Compare = Callable[..., bool]
Step = Callable[[Still, Pilot[Any]], Awaitable[None]]


@pytest.fixture
def still(workspace: Workspace) -> Workspace:
    furnish(workspace)
    return workspace


def compare(
    snap: Compare,
    workspace: Workspace,
    size: tuple[int, int],
    steps: Step,
    theme: str = "mlws-dark",
    *seen: str,
) -> bool:
    stage = Still(workspace, theme)

    async def before(pilot: Pilot[Any]) -> None:
        await stage.ready(pilot, *seen)
        await steps(stage, pilot)
        await stage.leave()

    return snap(stage.app, terminal_size=size, run_before=before)


async def nothing(_stage: Still, _pilot: Pilot[Any]) -> None:
    """The screen as it opens."""


#: What is seen when the runs are drawn, and what where the log is beside them.
DRAWN = ("llama-ft", "val/loss")
READ = ("⣀", "1 warning · 32 lines")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: "x".join(map(str, size)))
def test_the_desk(snap_compare: Compare, still: Workspace, size: tuple[int, int]) -> None:
    seen = DRAWN if size[0] < 100 else DRAWN + READ
    assert compare(snap_compare, still, size, nothing, "mlws-dark", *seen)


@pytest.mark.parametrize("theme", ["mlws-light", "mlws-contrast", "mlws-ansi"])
def test_the_themes(snap_compare: Compare, still: Workspace, theme: str) -> None:
    assert compare(snap_compare, still, (120, 40), nothing, theme, *DRAWN, *READ)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=lambda size: "x".join(map(str, size)))
def test_the_facts_of_a_run_that_failed(
    snap_compare: Compare, still: Workspace, size: tuple[int, int]
) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        await pilot.press("j")
        await pilot.press("z", "f")
        await stage.sees(pilot, "loss.backward()")

    assert compare(snap_compare, still, size, steps, "mlws-dark", "qwen-dpo")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: "x".join(map(str, size)))
def test_the_list_grouped_with_columns_of_choice(
    snap_compare: Compare, still: Workspace, size: tuple[int, int]
) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        assert stage.bench is not None
        view = {
            "name": "best first",
            "filter": "",
            "columns": ["started", "loss:min", "accuracy", "lr"],
            "order": ["loss:min"],
            "group": "experiment",
        }
        await stage.bench.remembered.set("runs.view", view)
        runs = stage.app.desk._furniture.runs
        runs._remembered = False
        runs.reread()
        await stage.sees(pilot, "▾ ", "reviews   ", "loss:min▲", "best first")
        await pilot.press("z", "space", "space")
        await stage.sees(pilot, "2 marked")

    assert compare(snap_compare, still, size, steps, "mlws-dark", *DRAWN)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=lambda size: "x".join(map(str, size)))
def test_a_filter_that_is_being_typed(snap_compare: Compare, still: Workspace, size: tuple[int, int]) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        await pilot.press("slash", *"tag:lora sta")
        await stage.sees(pilot, "› sta", "0 of 3")

    assert compare(snap_compare, still, size, steps, "mlws-dark", *DRAWN)


@pytest.mark.parametrize(
    ("key", "seen"),
    [("1", "H200"), ("3", "⣀"), ("4", "warm-up"), ("5", "25,000 reviews")],
    ids=["gpus", "log", "journal", "session"],
)
def test_each_pane_alone_at_80_by_24(snap_compare: Compare, still: Workspace, key: str, seen: str) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        await pilot.press(key)
        await stage.sees(pilot, seen)

    assert compare(snap_compare, still, (80, 24), steps, "mlws-dark", "llama-ft")


def test_the_keys(snap_compare: Compare, still: Workspace) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        await pilot.press("question_mark")
        await stage.sees(pilot, "Read all there is of the run")

    assert compare(snap_compare, still, (120, 40), steps, "mlws-dark", *DRAWN, *READ)


async def _open_broken_log(stage: Still, pilot: Pilot[Any]) -> None:
    await pilot.press("j")
    await pilot.press("3", "z")
    await stage.sees(pilot, "Traceback … OutOfMemoryError", "▃", "2 errors")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: "x".join(map(str, size)))
def test_the_log_of_a_run_that_failed(snap_compare: Compare, still: Workspace, size: tuple[int, int]) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        await _open_broken_log(stage, pilot)
        await pilot.press("E")
        await stage.sees(pilot, "line 424 of 427")

    assert compare(snap_compare, still, size, steps, "mlws-dark", "qwen-dpo")


@pytest.mark.parametrize("theme", ["mlws-light", "mlws-ansi"])
def test_a_folded_traceback_a_mark_and_selected_lines(
    snap_compare: Compare, still: Workspace, theme: str
) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        await _open_broken_log(stage, pilot)
        await pilot.press("F", "k", "k", "m", "k", "V", "k", "k")
        await stage.sees(pilot, "▸ 4 lines", "selecting", "line 420 of 427")

    assert compare(snap_compare, still, (80, 24), steps, theme, "qwen-dpo")


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        (("E", "slash", "ctrl+r", *"clip+ed"), "1 of 7"),
        (("f", "space", "a", *"step 3", "ctrl+o"), "hide lines with"),
        (("E", "E", "enter"), "offset"),
    ],
    ids=["finding", "filters", "line"],
)
def test_reading_a_log(snap_compare: Compare, still: Workspace, keys: tuple[str, ...], seen: str) -> None:
    async def steps(stage: Still, pilot: Pilot[Any]) -> None:
        await _open_broken_log(stage, pilot)
        await pilot.press(*keys)
        await stage.sees(pilot, seen)

    assert compare(snap_compare, still, (80, 24), steps, "mlws-dark", "qwen-dpo")
