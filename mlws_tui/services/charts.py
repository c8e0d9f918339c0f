"""Charts as the app and the commands want them: what they show, and what is handed on of them as files and text."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.charts.drawing import picture_of
from mlws_tui.domain.charts.frame import with_points
from mlws_tui.domain.charts.model import View
from mlws_tui.domain.charts.svg import svg_of
from mlws_tui.domain.charts.table import drawn_csv
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.events import slug
from mlws_tui.domain.runs import Run
from mlws_tui.services.chartreading import ChartReader, Drawn
from mlws_tui.services.runs import RunsService
from mlws_tui.store import Store

#: Where charts are saved, relative to the workspace.
FOLDER = "charts"
_MOST_NAMES = 1000


class Charts:
    """Makes readers for charts, and pictures, tables and text of what they read."""

    def __init__(self, workspace: Workspace, store: Store, runs: RunsService) -> None:
        self._workspace = workspace
        self._store = store
        self._runs = runs

    def reader(self, rank: int | None = None) -> ChartReader:
        """One for each chart: it remembers what it looked up.

        Args:
            rank: Whose curves; if None those of rank 0, or of the lowest rank that logged.
        """
        return ChartReader(self._store, self._runs, rank)

    async def save(self, stem: str, suffix: str, text: str) -> Path:
        """Write a new file into the workspace's folder of charts; a number is added to a name that is taken.

        Args:
            stem: What it is called.
            suffix: Such as ``.svg``.
            text: What it holds.

        Raises:
            MlwsError: if it cannot be written.
        """
        return await asyncio.to_thread(_write, self._workspace.root / FOLDER, slug(stem)[:80], suffix, text)


def title_of(names: Sequence[str], runs: Sequence[Run]) -> str:
    """What a picture of these metrics of these runs is called."""
    whose = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
    return f"{', '.join(names[:4])}{'…' if len(names) > 4 else ''} of {whose}"


def as_svg(drawn: Drawn, view: View, title: str) -> str:
    """The chart as an SVG document."""
    return svg_of(drawn.plots, view, title, drawn.markers)


def as_text(drawn: Drawn, view: View, width: int, height: int) -> str:
    """The chart in braille dots, without colours: so many columns and rows, and nothing that a terminal obeys."""
    lines = picture_of(drawn.plots, replace(view, plain=True), width, height, drawn.markers).lines()
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)


def as_csv(drawn: Drawn, view: View, runs: Sequence[Run] = ()) -> str:
    """What is drawn as comma-separated values: of a window only what lies in it."""
    plots = with_points(drawn.plots)
    if view.window is not None:
        low, high = view.window.low, view.window.high
        plots = tuple(
            replace(
                plot,
                buckets=tuple(
                    b
                    for b in plot.buckets
                    if low <= plot.timeline.place(view.axis, b.step_last, b.ts_last) <= high
                ),
            )
            for plot in plots
        )
    return drawn_csv(plots, view.axis, {run.id: run.name for run in runs})


def _write(folder: Path, stem: str, suffix: str, text: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for taken in range(1, _MOST_NAMES):
            path = folder / f"{stem}{f'-{taken}' if taken > 1 else ''}{suffix}"
            try:
                with path.open("x", encoding="utf-8", errors="replace", newline="") as file:
                    file.write(text)
            except FileExistsError:
                continue
            return path
    except OSError as error:
        raise MlwsError(
            f"The chart could not be saved: {error.strerror or error}", hint=f"in {folder}"
        ) from error
    raise MlwsError(f"There are too many charts called {stem}", hint=f"in {folder}")
