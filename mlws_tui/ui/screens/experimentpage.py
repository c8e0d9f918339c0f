"""An experiment's page: how it stands, what it is about, and its runs side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from mlws_tui.domain.changes import Change, PointsAdded, RunsChanged
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text
from mlws_tui.services.experimentviews import ExperimentFacts, describe, facts
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.runchart import RunChart
from mlws_tui.ui.screens.experimenttable import ExperimentTable, LiveBoard
from mlws_tui.ui.screens.experimentwords import head, standing
from mlws_tui.ui.widgets.cells import CellBoard, Span
from mlws_tui.ui.widgets.editor import MarkdownEditor

#: Seconds between two looks at the runs of the experiment.
_PAUSE = 2.0
_COMPARED, _CHARTED, _DRAWN = 3, 12, 5
#: Rows of a chart below the table, where there is room for one; rows from which a long table leaves it some.
_CHART_ROWS, _SHARED = 12, 30
_KEYS = "enter run · = compare · space mark · w charts · s sort · e about · esc back"
_FEW_KEYS = "enter run · = compare · s sort · esc back"
_WRITING = "esc or ctrl+s saves"


class ExperimentPage(ModalScreen["Jump | None"]):
    """Shows an experiment; answers with where the person wants to go, or None.

    Args:
        bench: The workspace.
        ref: Id or name of the experiment.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("q", "leave", "Back", show=False),
        Binding("enter", "run", "Run"),
        Binding("equals_sign", "compare", "Compare"),
        Binding("w", "charts", "Charts"),
        Binding("s", "sort", "Sort"),
        Binding("S", "reverse", "Reverse"),
        Binding("e", "describe", "About"),
        Binding("ctrl+s", "save", "Save"),
        Binding("space", "mark", "Mark"),
        Binding("u", "unmark", "Unmark"),
        Binding("L", "lineage", "Lineage"),
        Binding("p", "parent", "Forked from"),
        Binding("ctrl+f", "search", "Search", show=False),
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("g,home", "move(-1000000)", "First", show=False),
        Binding("G,end", "move(1000000)", "Last", show=False),
    ]
    DEFAULT_CSS = """
    ExperimentPage { background: $background; }
    ExperimentPage > Vertical {
        width: 100%; height: 100%; border: round $primary; background: $background; padding: 0 1;
        border-title-color: $foreground; border-title-style: bold; border-subtitle-color: $text-muted;
    }
    ExperimentPage #facts { height: 1; margin-bottom: 1; }
    ExperimentPage #standing { height: 1; }
    ExperimentPage RunChart { height: 1fr; display: none; }
    ExperimentPage MarkdownEditor { height: 7; display: none; border-left: thick $accent; margin-bottom: 1; }
    ExperimentPage.-writing MarkdownEditor { display: block; }
    """

    def __init__(self, bench: Workbench, ref: str) -> None:
        super().__init__()
        self._bench = bench
        self._ref = ref
        self._facts: ExperimentFacts | None = None
        self._head = CellBoard()
        self._head.id = "facts"
        self._foot = LiveBoard()
        self._foot.id = "standing"
        self._chart = RunChart(bench)
        self._editor = MarkdownEditor(id="about")
        self._table = ExperimentTable(clock=bench.runs.now)
        self._box = Vertical()
        self._refresh = Coalesced(self, _PAUSE, self._load)
        self._unsubscribe: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        with self._box:
            self._box.border_title = Content(f"Experiment {safe_text(self._ref)}")
            yield self._head
            yield self._editor
            yield self._table
            yield self._foot
            yield self._chart

    def on_mount(self) -> None:
        self._unsubscribe = self._bench.hub.subscribe(self._hear)
        self._table.focus()
        self._refresh.ask()

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    def _hear(self, change: Change) -> None:
        self._chart.changed(change)
        if isinstance(change, RunsChanged):
            self._refresh.ask()
        elif isinstance(change, PointsAdded) and self._facts is not None:
            mine = {row.run.id for row in self._facts.runs.rows}
            if change.ids is None or not mine.isdisjoint(change.ids):
                self._refresh.ask()

    async def _load(self) -> None:
        try:
            self._facts = await facts(self._bench, self._ref, self._bench.runlists)
        except MlwsError as error:
            if self._facts is None:
                self._head.paint([(Span(safe_text(error.sentence()), "warn"),)])
                self._foot.paint([(Span("esc goes back", "muted"),)])
            else:
                self.notify(error.sentence(), severity="error", markup=False)
            return
        self._ref = self._facts.experiment.id  # a newer one of the same name is another one
        self._table.show(self._facts.runs)
        self._draw()
        self._draw_curves()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        known = self._facts
        width, height = self.size.width - 4, self.size.height
        if known is None or width <= 0:
            return
        one = known.experiment
        words = filter(None, (f"Experiment {one.name}", known.runs.standing(one.status)))
        self._box.border_title = Content(safe_text(" · ".join(words)))
        lines = head(known, width, max(3, height // 3))
        self._head.styles.height = len(lines)
        self._head.paint(lines)
        self._share(
            height - len(lines) - 4
        )  # the border, the line below the facts, and the one below the table
        self._say_keys()

    def _share(self, height: int) -> None:
        """The table gets what its rows need; what is left goes to a chart of the best runs, if it is enough."""
        known = self._facts
        rows = 1 + len(known.runs.rows) if known is not None else 0
        left = max(height - rows, _CHART_ROWS if height >= _SHARED else 0)
        charted = left >= _CHART_ROWS and known is not None and known.runs.main is not None
        self._chart.display = charted
        self._table.styles.height = height - left if charted else "1fr"

    def _draw_curves(self) -> None:
        """Draw the main metric of the marked runs, or else of the best."""
        known, runs = self._facts, self._table.chosen(_DRAWN)
        if known is not None and known.runs.main is not None and runs:
            new = [run.id for run in runs] != [run.id for run in self._chart.runs]
            if new or any(run.state.live for run in runs):
                self._chart.show_runs(runs)
                self._chart.choose(known.runs.main, [known.runs.main])

    @on(ExperimentTable.Sorted)
    def _say_keys(self) -> None:
        room = self.size.width
        keys = _WRITING if self._writing else _KEYS if room >= len(_KEYS) + 6 else _FEW_KEYS
        order = self._table.order
        told = f"{order} · {keys}" if room >= len(order) + len(keys) + 9 else keys
        self._box.border_subtitle = Content(told)

    @on(ExperimentTable.Moved)
    def _say_standing(self) -> None:
        run = self._table.selected
        line = () if run is None else standing(run, self.size.width - 4, self._bench.runs.now())
        self._foot.paint([line])

    # going elsewhere

    def action_leave(self) -> None:
        if not self._writing:
            self.dismiss(None)

    async def action_back(self) -> None:
        if self._writing:
            await self._save()
        else:
            self.dismiss(None)

    @on(ExperimentTable.Opened)
    def action_run(self) -> None:
        run = self._table.selected
        if run is not None:
            self.dismiss(Jump("run", run.id))

    def action_lineage(self) -> None:
        run = self._table.selected
        if run is not None:
            self.dismiss(Jump("lineage", run.id))

    def action_search(self) -> None:
        if not self._writing:
            self.dismiss(Jump("search", ""))

    def action_parent(self) -> None:
        known = self._facts
        if known is not None and known.kin.ancestors:
            self.dismiss(Jump("experiment", known.kin.ancestors[0][0]))

    def action_compare(self) -> None:
        chosen = self._table.chosen(_COMPARED)
        if len(chosen) < 2:
            self.notify("It takes two runs to compare: space marks one", markup=False)
            return
        self.dismiss(Jump("compare", ",".join(run.id for run in chosen)))

    def action_charts(self) -> None:
        chosen = self._table.chosen(_CHARTED)
        if chosen:
            from mlws_tui.ui.screens.charts import ChartsScreen  # it takes long to import

            self.app.push_screen(ChartsScreen(self._bench, chosen), self._jump)

    def _jump(self, jump: Jump | None) -> None:
        if jump is not None:
            self.dismiss(jump)

    # in the table

    def action_move(self, by: int) -> None:
        self._table.move(by)

    def action_page(self, by: int) -> None:
        self._table.page(by)

    def action_mark(self) -> None:
        self._table.mark()
        self._draw_curves()

    def action_unmark(self) -> None:
        self._table.unmark()
        self._draw_curves()

    def action_sort(self) -> None:
        self._table.sort_next()

    def action_reverse(self) -> None:
        self._table.reverse()

    # what it is about

    @property
    def _writing(self) -> bool:
        return self.has_class("-writing")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While one writes, keys are letters."""
        if self._writing:
            return action in ("back", "save")
        return action != "save"

    def action_describe(self) -> None:
        if self._facts is None:
            return
        self.add_class("-writing")
        self._editor.show(self._facts.experiment.description)
        self._editor.read_only = False
        self._editor.focus()
        self._editor.move_cursor(self._editor.document.end)
        self._say_keys()

    async def action_save(self) -> None:
        await self._save()

    async def _save(self) -> None:
        """Save the description; where that fails the editor stays, with all that was typed."""
        known, text = self._facts, self._editor.text.strip()
        if known is None:
            return
        if text != known.experiment.description:
            try:
                await describe(self._bench, known.experiment, text)
            except (MlwsError, ValueError) as error:
                words = error.sentence() if isinstance(error, MlwsError) else str(error)
                self.notify(words, title="Not saved", severity="error", markup=False)
                return
        self._editor.read_only = True
        self.remove_class("-writing")
        self._table.focus()
        self._say_keys()
        self._refresh.ask(now=True)
