"""From the list to the pages of runs, and back to where a page leads."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from mlws_tui.domain.comparison import MOST
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.run_finding import RunFinding

#: Curves of more runs than these can be told apart by nobody.
_MOST_DRAWN = 20


class RunVisits(RunFinding):
    """Pushes the pages of runs, and goes where they answer that the person wants to go."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._sought: tuple[str, Callable[[], None]] | None = (
            None  # a run to select once it is listed, and what then
        )

    # the pages

    def action_open(self) -> None:
        """Read all there is of the run; on the header of a group, fold or unfold it."""
        group, run = self._list.group, self.selected()
        if group is not None:
            self._fold(group.label not in self._rows.folded)
        elif run is not None:
            self._visit_run(run.id)

    def _visit_run(self, run_id: str) -> None:
        from mlws_tui.ui.screens.runpage import RunPage

        self._visit(RunPage(self.bench, run_id))

    def action_compare(self) -> None:
        ids = [run.id for run in self.chosen()]
        if len(ids) < 2:
            self.notify("Mark two runs or more with space, then compare them with =", markup=False)
        elif len(ids) > MOST:
            self.notify(f"{MOST} runs at most can be compared, and {len(ids):,} are marked", markup=False)
        else:
            self._visit_comparison(ids)

    def _visit_comparison(self, ids: list[str]) -> None:
        from mlws_tui.ui.screens.compare import ComparePage

        self._visit(ComparePage(self.bench, ids))

    def action_lineage(self) -> None:
        if (run := self.selected()) is not None:
            self._visit_lineage(run.id)

    def _visit_lineage(self, run_id: str) -> None:
        from mlws_tui.ui.screens.lineage import LineagePage

        self._visit(LineagePage(self.bench, run_id))

    def action_experiment(self) -> None:
        run = self.selected()
        if run is None:
            return
        if run.experiment:
            self._visit_experiment(run.experiment)
        else:
            self.notify(f"{run.name} belongs to no experiment", markup=False)

    def _visit_experiment(self, ref: str) -> None:
        from mlws_tui.ui.screens.experimentpage import ExperimentPage

        self._visit(ExperimentPage(self.bench, ref))

    def action_charts(self) -> None:
        from mlws_tui.ui.screens.charts import ChartsScreen

        if runs := self.drawn():
            self._visit(ChartsScreen(self.bench, runs))

    def drawn(self) -> tuple[Run, ...]:
        """The runs whose curves are drawn: the marked ones, else the selected one."""
        return self.chosen()[:_MOST_DRAWN]

    def _visit(self, page: Screen[Jump | None]) -> None:
        self.app.push_screen(page, self._come_back)

    # where they lead

    def _come_back(self, jump: Jump | None) -> None:
        if jump is not None:
            self.jump(jump)

    def jump(self, jump: Jump) -> None:
        """Go to a place: a run is selected in the list, a page is shown, and what is elsewhere is left to the desk."""
        if jump.kind == "run":
            self.find_run(jump.target)
        elif jump.kind == "log":
            self.find_run(jump.target, lambda: self.leave(jump))
        elif jump.kind == "compare":
            self._visit_comparison(jump.target.split(","))
        elif jump.kind == "lineage":
            self._visit_lineage(jump.target)
        elif jump.kind == "experiment":
            self._visit_experiment(jump.target)
        else:
            self.leave(jump)

    def leave(self, jump: Jump) -> None:
        """Leave for a place that is not in this pane."""

    def find_run(self, run_id: str, then: Callable[[], None] = lambda: None) -> None:
        """Select a run; a filter that hides it is cleared, with a word, and a folded group is unfolded.

        Args:
            run_id: Which one.
            then: What to do once it is selected.
        """
        if not self._list.reveal(run_id) and run_id in self._rows.index.ids:
            for group in self._rows.index.groups:
                if run_id in self._rows.index.ids[group.first : group.first + group.count]:
                    self._rows.fold(group.label, False)
            self._list.refreshed()
            self._list.reveal(run_id)
        if self._list.stands_on(run_id):
            then()
            return
        self._sought = run_id, then
        if self.view.filter:
            self.notify("The filter is cleared, as it hides this run: / and ↑ bring it back", markup=False)
            self._filter("")
        else:
            self.reread()

    def list_changed(self) -> None:
        sought, self._sought = self._sought, None
        if sought is None:
            return
        run_id, then = sought
        if self._list.reveal(run_id):
            then()
        else:
            self.run_worker(self._tell_unlisted(run_id), group="unlisted")

    async def _tell_unlisted(self, run_id: str) -> None:
        try:
            run = await self.bench.runs.get(run_id)
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        state = "deleted" if run.deleted else "archived" if run.archived else "not"
        self.notify(
            f"{run.name} is {state}: is:{state} in the filter lists it"
            if state != "not"
            else f"{run.name} is not in this list",
            markup=False,
        )
