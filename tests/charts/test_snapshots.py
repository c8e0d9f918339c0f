"""Charts as pictures. Look at a new one before you accept it: pytest --snapshot-update."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.screens.charts import ChartsScreen
from tests.charts.kit import PATIENCE, A, B, Host, Screen, opened
from tests.runs.kit import begun, ended, metrics, record

Compare = Callable[..., bool]
SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: "x".join(map(str, size))
)


@pytest.fixture
def trained(workspace: Workspace) -> Workspace:
    """Two runs of 300 steps with noise, a spike, what is not finite, checkpoints, and figures of the GPUs."""
    for run, began, scale in ((A, 1000.0, 2.0), (B, 9000.0, 1.2)):
        odd = {150: 30.0, 151: 28.0} if run == B else {200: "NaN", 225: "Infinity"}
        record(
            workspace,
            run,
            begun(run, began),
            *(
                metrics(i, began + 2 * i, loss=odd.get(i, _loss(i, scale)), lr=1e-4 * (1 - i / 350))
                for i in range(300)
            ),
            *(
                metrics(
                    i, began + 2 * i, **{"val/loss": _loss(i, scale) + 0.1, "val/acc": 1 - 1 / (2 + i / 30)}
                )
                for i in range(25, 300, 25)
            ),
            *(
                {"type": "system", "ts": began + 20 * i, "gpus": [_gpu(0, i), _gpu(1, i)], "cpu": 0.1}
                for i in range(30)
            ),
            {"type": "artifact", "ts": began + 400, "path": "out/checkpoint-200", "kind": "checkpoint"},
            {"type": "alert", "ts": began + 310, "level": "warning", "title": "gradient spike"},
            {"type": "note", "ts": began + 500, "text": "lowered the batch"},
            ended(began + 600),
        )
    return workspace


def _loss(i: int, scale: float) -> float:
    return scale / (1 + i / 30) + 0.3 + 0.06 * math.sin(i * i)


def _gpu(index: int, i: int) -> dict[str, Any]:
    return {
        "index": index,
        "util": 88 + 8 * math.sin(i + index),
        "mem": 60 * 2**30,
        "power": 600,
        "temp": 60 + index,
    }


def compare(
    snap: Compare,
    workspace: Workspace,
    size: tuple[int, int],
    make: Callable[[Screen, Workbench], Awaitable[None]],
    seen: Callable[[str], bool],
    *keys: str,
    then: Callable[[str], bool] = bool,
    theme: str = "mlws-dark",
) -> bool:
    app = Screen(theme=theme)

    async def before(pilot: Pilot[Any]) -> None:
        async with opened(workspace) as bench:
            await make(app, bench)
            await _see(pilot, app, seen)
            await pilot.press(*keys)
            await _see(pilot, app, then)

    return snap(app, terminal_size=size, run_before=before)


async def _see(pilot: Pilot[Any], app: Screen, what: Callable[[str], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what(app.text):
        assert time.monotonic() < deadline, f"not seen\n{app.text}"
        await pilot.pause(0.01)
    await pilot.pause()


async def two_runs(app: Screen, bench: Workbench) -> None:
    await app.mount(Host(bench, [await bench.runs.get(run) for run in (A, B)]))


async def grid(app: Screen, bench: Workbench) -> None:
    await app.push_screen(ChartsScreen(bench, [await bench.runs.get(run) for run in (A, B)]))


def drawn(text: str) -> bool:
    """Whether the curves are there."""
    return "a lr1e-4 loss" in text and "◆" in text


@SIZES
def test_two_runs(snap_compare: Compare, trained: Workspace, size: tuple[int, int]) -> None:
    assert compare(snap_compare, trained, size, two_runs, drawn)


def test_the_cursor_in_the_terminals_own_colours(snap_compare: Compare, trained: Workspace) -> None:
    keys = ("c", *["shift+left"] * 2)
    assert compare(
        snap_compare,
        trained,
        (100, 20),
        two_runs,
        drawn,
        *keys,
        then=lambda text: "loss▸" in text,
        theme="mlws-ansi",
    )


def test_the_grid(snap_compare: Compare, trained: Workspace) -> None:
    assert compare(snap_compare, trained, (150, 36), grid, lambda text: text.count("a lr1e-4") == 8)
