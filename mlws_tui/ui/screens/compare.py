"""Runs side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from mlws_tui.domain.changes import Change, PointsAdded, RunsChanged
from mlws_tui.domain.comparetables import markdown
from mlws_tui.domain.comparison import Comparison
from mlws_tui.domain.errors import MlwsError, NotFoundError
from mlws_tui.domain.runpages import diff_of
from mlws_tui.domain.runs import Run
from mlws_tui.domain.words import counted
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.panes.compare_rows import Table, comparison_rows, head_lines, table_of
from mlws_tui.ui.panes.run_words import short
from mlws_tui.ui.screens.page import COPY, GONE, KEYS, MOVES, SECTIONS, PageScreen
from mlws_tui.ui.widgets.cells import CellBoard, Span
from mlws_tui.ui.widgets.sections import SectionsView

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

_SIDEWAYS = ("page.fold", "page.unfold")


class ComparePage(PageScreen):
    """Holds runs against a baseline: settings that differ, metrics, environments, code.

    Args:
        bench: The workbench.
        ids: 2 to 20 runs.
        baseline: The one that the others are held against; the first by default.
    """

    TITLE_WORDS: ClassVar[str] = "Comparison"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *MOVES,
        *(action for action in SECTIONS if action.id not in _SIDEWAYS),
        Action("compare.right", "right", "Runs right", "Show the runs further right", call="sideways(1)"),
        Action("compare.left", "left", "Runs left", "Show the runs further left", call="sideways(-1)"),
        Action(
            "compare.baseline",
            "b",
            "Baseline",
            "Hold the others against the next run",
            footer=True,
            call="baseline(1)",
        ),
        Action(
            "compare.baseline-back",
            "B",
            "Baseline before",
            "Hold them against the run before",
            call="baseline(-1)",
        ),
        Action("compare.everything", "a", "All", "Show all settings, or only those that differ", footer=True),
        Action(
            "compare.diff",
            "d",
            "Diff",
            "Compare the uncommitted changes of the first two columns",
            footer=True,
        ),
        Action("compare.charts", "c,w", "Charts", "Draw the metrics of these runs", footer=True),
        Action(
            "compare.to-journal",
            "J",
            "Journal",
            "Write the table in the journal, under today's experiments",
            footer=True,
        ),
        Action(
            "compare.to-session", "O", "Session", "Write the table at the end of a session log", footer=True
        ),
        COPY,
        KEYS,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = """
    ComparePage #page-sides { height: 1fr; }
    ComparePage CellBoard { height: 2; padding: 0; margin: 1 0 0 0; }
    """

    def __init__(self, bench: Workbench, ids: Sequence[str], baseline: str | None = None) -> None:
        super().__init__(bench)
        self._ids = tuple(ids)
        self._baseline = baseline
        self._comparison: Comparison | None = None
        self._table: Table | None = None
        self._everything = self._last = False
        self._gone = False  # one of them was deleted for ever meanwhile
        self._offset = 0
        self._names = CellBoard()
        self._view = SectionsView()

    def body(self) -> Iterable[Widget]:
        return (Vertical(self._names, self._view, id="page-sides"),)

    @property
    def rows(self) -> SectionsView:
        return self._view

    def concerns(self, change: Change) -> bool:
        if isinstance(change, RunsChanged | PointsAdded):
            return change.ids is None or not change.ids.isdisjoint(self._ids)
        return False

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    async def read(self) -> None:
        try:
            self._comparison = await self.bench.comparing.of(self._ids, self._baseline, last=self._last)
        except NotFoundError:
            if self._comparison is None:
                raise
            self._gone = True
        self._show()

    def _show(self) -> None:
        comparison = self._comparison
        if comparison is None or self._view.size.width < 20:
            return
        width = self._view.size.width - 5
        table = self._table = table_of(comparison, width, self._offset, everything=self._everything)
        self._offset = table.first
        hidden = " · ".join(
            words
            for words in (
                f"‹ {table.first}" if table.first else "",
                f"{table.hidden} more ›" if table.hidden else "",
            )
            if words
        )
        title = Span(f"Comparison of {counted(len(comparison.runs), 'run')}", "strong")
        held = Span(f"  against {short(comparison.runs[comparison.baseline].name)}", "muted")
        gone = (Span(f"  {GONE.format('one of them')}", "warn"),) if self._gone else ()
        self.head.show((title, *(gone or (held,))), hidden)
        self._names.paint(head_lines(comparison, table))
        self._view.show(comparison_rows(comparison, table, everything=self._everything))
        if self.focused is None:
            self._view.focus()

    # what the person does

    def action_sideways(self, by: int) -> None:
        self._offset = max(0, self._offset + by)
        self._show()

    def action_everything(self) -> None:
        self._everything = not self._everything
        self._show()

    def action_last_values(self) -> None:
        self._last = not self._last
        self.reading.ask(now=True)

    def action_baseline(self, by: int) -> None:
        comparison = self._comparison
        if comparison is not None:
            place = (comparison.baseline + by) % len(comparison.runs)
            self._baseline = comparison.runs[place].id
            self.reading.ask(now=True)

    def action_diff(self) -> None:
        comparison, table = self._comparison, self._table
        if comparison is not None and table is not None:
            one, other = (comparison.runs[place] for place in table.places[:2])
            self.run_worker(self._diff(one, other), group="diff", exclusive=True)

    async def _diff(self, one: Run, other: Run) -> None:
        lines = await self.bench.comparing.diff(one, other)
        if not lines:
            same = "the same uncommitted changes" if diff_of(one) else "no uncommitted changes that were kept"
            self.tell(f"{one.name} and {other.name} have {same}")
            return
        from mlws_tui.ui.screens.diffpage import DiffPage

        self.visit(DiffPage(self.bench, f"{one.name} → {other.name}", lines))

    def action_charts(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        from mlws_tui.ui.screens.charts import ChartsScreen

        self.visit(ChartsScreen(self.bench, comparison.runs))

    def action_copy(self) -> None:
        if self._comparison is not None:
            table = markdown(self._comparison, everything=self._everything) + "\n"
            self.run_worker(self.copy(table, "the table as Markdown"), group="copy")

    def action_to_journal(self) -> None:
        comparison = self._comparison
        if comparison is not None:
            self._write(lambda: self.bench.comparing.to_journal(comparison))

    def action_to_session(self) -> None:
        self.run_worker(self._choose_session(), group="write", exclusive=True)

    async def _choose_session(self) -> None:
        from mlws_tui.ui.screens.runchoice import Choice, ChoiceScreen

        comparison = self._comparison
        sessions = await self.bench.comparing.sessions()
        if comparison is None or not sessions:
            self.tell("There is no session log yet: n in the list begins one")
            return

        def chosen(name: str | None) -> None:
            if name:
                self._write(lambda: self.bench.comparing.to_session(comparison, name))

        choices = [Choice(one.name, one.facts.title or one.name, one.name) for one in sessions]
        self.app.push_screen(ChoiceScreen("Write the table to", choices), chosen)

    def _write(self, work: Callable[[], Awaitable[str]]) -> None:
        async def write() -> None:
            try:
                self.tell(await work())
            except MlwsError as error:
                self.tell(error.sentence(), trouble=True)

        self.run_worker(write(), group="write", exclusive=True)
