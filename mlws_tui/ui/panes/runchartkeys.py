"""The keys of the chart of runs, for a pane that has one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.widget import Widget

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.services import clipboard
from mlws_tui.services.charts import as_csv, as_svg, as_text, title_of
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.actions import Action
from mlws_tui.ui.panes.runchart import RunChart
from mlws_tui.ui.screens.runchoice import Choice, ChoiceScreen

#: Columns and rows of a chart that is saved as text where the one on the screen is smaller.
_TEXT_SIZE = (100, 30)
_CLOSER, _ALONG = 0.5, 0.25
_WAYS = (
    Choice("svg", "SVG", "a picture of vectors, into the workspace's charts/"),
    Choice("text", "Text", "braille dots without colours, into charts/"),
    Choice("csv", "CSV", "what is drawn as a table, into charts/"),
    Choice("copy-csv", "Copy CSV", "the table, to the clipboard of your own machine"),
    Choice("copy-text", "Copy text", "the braille chart, to the clipboard"),
)


class ChartKeys(Widget):
    """Adds the chart's actions to a pane that has `bench` and `chart`; its bindings are made of `CHART_ACTIONS`."""

    bench: Workbench
    chart: RunChart
    CHART_ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("runs.metric", "m", "Metric", "Draw the next metric", footer=True, call="metric(1)"),
        Action("runs.metric-back", "M", "Metric before", "Draw the metric before", call="metric(-1)"),
        Action("runs.choose-metric", "full_stop", "Find metric", "Draw a metric by its name, or several as val/*"),
        Action("runs.axis", "x", "X axis", "Draw over steps, epochs, the time since the beginning, or the clock"),
        Action("runs.log-x", "X", "Log x", "Draw x on a logarithmic axis, or on a linear one again"),
        Action("runs.log-axis", "y", "Log y", "Draw y on a logarithmic axis, or on a linear one again"),
        Action("runs.smooth", "e", "Smoothing", "Smooth the curves: EMA light, strong, mean of a window, not at all"),
        Action("runs.cursor", "c", "Cursor", "Read the chart's values at a cursor"),
        Action("runs.closer", "plus", "Closer", "Zoom in, around the cursor or the right end", call="zoom(1)"),
        Action("runs.further", "minus", "Further", "Zoom out", call="zoom(-1)"),
        Action("runs.pan-left", "less_than_sign", "Pan left", "Go along the zoomed chart to the left", call="pan(-1)"),
        Action("runs.pan-right", "greater_than_sign", "Pan right", "Go along it to the right", call="pan(1)"),
        Action("runs.whole", "0", "Whole", "Show the whole curves again"),
        Action("runs.export-chart", "P", "Export chart", "Save the chart as SVG, text or CSV, or copy it"),
    )  # fmt: skip

    def action_metric(self, by: int) -> None:
        self.chart.turn_metric(by)

    def action_axis(self) -> None:
        self.chart.turn_axis()

    def action_log_x(self) -> None:
        self.chart.turn_log_x()

    def action_log_axis(self) -> None:
        self.chart.turn_log_y()

    def action_smooth(self) -> None:
        self.chart.turn_smoothing()

    def action_zoom(self, closer: int) -> None:
        self.chart.zoom(_CLOSER if closer > 0 else 1 / _CLOSER)

    def action_pan(self, by: int) -> None:
        self.chart.pan(by * _ALONG)

    def action_whole(self) -> None:
        self.chart.whole()

    def action_cursor(self) -> None:
        """Put the cursor into the chart, or take it away."""
        if not self.chart.drawn:
            self.notify("No chart is shown: it needs more room, or the facts are in its place", markup=False)
        elif self.chart.cursor_target.has_focus:
            self.chart.drop_cursor()
        elif not self.chart.begin_cursor():
            self.notify("There is no point to put the cursor on", markup=False)

    # choosing by name

    def action_choose_metric(self) -> None:
        """Offer them at once, and read them then: a key that comes next is meant for the field."""
        if not self.chart.runs:
            return
        names: list[str] = []

        async def read() -> Sequence[Choice]:
            names.extend(await self.chart.all_names())
            shown = set(self.chart.names)
            return [Choice(name, name, sign="✓" if name in shown else "") for name in names]

        def several(typed: str) -> Choice | None:
            return Choice(typed, typed, "all that it fits") if "*" in typed else None

        def take(name: str | None) -> None:
            if name is not None:
                self.chart.choose(name, names)

        self.app.push_screen(ChoiceScreen("Metric to draw", (), several, read), take)

    # handing on

    def action_export_chart(self) -> None:
        if self.chart.shown.plots:
            self.app.push_screen(ChoiceScreen("Export the chart", _WAYS), self._export)
        else:
            self.notify("There is no chart to export", markup=False)

    def _export(self, way: str | None) -> None:
        if way is None:
            return
        runs: tuple[Run, ...] = self.chart.runs
        drawn, view = self.chart.shown, self.chart.view
        title = title_of(self.chart.names, runs)
        kind = way.removeprefix("copy-")
        size = self.chart.size
        make = {
            "svg": partial(as_svg, drawn, view, title),
            "csv": partial(as_csv, drawn, view, runs),
            "text": partial(
                as_text, drawn, view, max(size.width, _TEXT_SIZE[0]), max(size.height, _TEXT_SIZE[1])
            ),
        }[kind]
        text = make()
        if way == kind:
            self.run_worker(self._save(title, {"svg": ".svg", "csv": ".csv", "text": ".txt"}[kind], text))
        else:
            self.run_worker(self._copy(text))

    async def _save(self, title: str, suffix: str, text: str) -> None:
        try:
            path = await self.bench.charts.save(title, suffix, text)
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        self.notify(f"saved {self.bench.workspace.relative(path)}", markup=False)

    async def _copy(self, text: str) -> None:
        copied = await clipboard.copy(text)
        if copied.sequence and self.app._driver is not None:
            self.app._driver.write(copied.sequence)
        lines = text.count("\n")
        cut = ", cut: it is too much for the terminal" if copied.cut else ""
        self.notify(f"copied {lines:,} lines{cut}", markup=False)
