"""Where a run comes from and what came of it, as a tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.widget import Widget

from mlws_tui.domain.changes import Change, RunsChanged
from mlws_tui.domain.endings import word
from mlws_tui.domain.figures import duration, figure
from mlws_tui.domain.lineage import LAUNCHED, Lineage, Node, branch, change_words, headline
from mlws_tui.domain.words import counted
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.run_words import short
from mlws_tui.ui.screens.page import KEYS, MOVES, PageScreen
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.runrow import SIGNS, state_style
from mlws_tui.ui.widgets.sections import Row, SectionsView

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

_NAMES = 44
#: Changes of a fork that are told of in its row.
_CHANGES = 8


class LineagePage(PageScreen):
    """Shows the family of a run; enter goes to one of it.

    Args:
        bench: The workbench.
        run_id: The run.
    """

    TITLE_WORDS: ClassVar[str] = "Lineage"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *MOVES,
        Action("lineage.goto", "o", "Go to run", "Go to the run in the list", footer=True, call="open"),
        Action("lineage.compare", "equals_sign", "Compare", "Compare it with the run above it", footer=True),
        KEYS,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(self, bench: Workbench, run_id: str) -> None:
        super().__init__(bench)
        self._run_id = run_id
        self._lineage: Lineage | None = None
        self._view = SectionsView()
        self._placed = False

    def body(self) -> Iterable[Widget]:
        return (self._view,)

    @property
    def rows(self) -> SectionsView:
        return self._view

    def concerns(self, change: Change) -> bool:
        return isinstance(change, RunsChanged)

    async def read(self) -> None:
        lineage = self._lineage = await self.bench.lineage.of(self._run_id)
        run = next((node.run for node in lineage.nodes if node.id == self._run_id), None)
        name = short(run.name if run is not None else self._run_id)
        self.head.show(
            (Span("Lineage of ", "muted"), Span(name, "strong")),
            counted(len(lineage.nodes) + lineage.more, "run"),
        )
        self._view.show(lineage_rows(lineage, self.bench.runs.now()))
        if not self._placed:
            self._placed = self._view.go_to(self._run_id)
        if self.focused is None:
            self._view.focus()

    def action_compare(self) -> None:
        row, lineage = self._view.current, self._lineage
        node = next((one for one in lineage.nodes if row and one.id == row.key), None) if lineage else None
        if node is None or node.above is None or node.run is None:
            self.tell("It hangs below no run that it could be compared with")
        else:
            from mlws_tui.ui.screens.compare import ComparePage

            self.visit(ComparePage(self.bench, [node.above, node.id]))


def lineage_rows(lineage: Lineage, now: float) -> list[Row]:
    """The tree, each run with how it came out and what was changed for it."""
    shown = lineage.nodes
    name = min(_NAMES, max(cell_len(branch(node)) + cell_len(short(_name(node))) for node in shown))
    word_width = max((len(word(node.run)) for node in shown if node.run is not None), default=0)
    rows = [Row(())]
    for node in shown:
        jump = Jump("run", node.id) if node.run is not None else None
        rows.append(Row(_line(node, lineage.run, name, word_width, now), node.id, (), jump))
    if len(shown) == 1:
        rows.append(Row((Span("  nothing was forked from it: F in the list does that", "muted"),)))
    if lineage.more:
        rows.append(Row((Span(f"… {lineage.more:,} more: mlws-tui runs lineage", "muted"),)))
    return rows


def _line(node: Node, asked: str, name: int, word_width: int, now: float) -> Line:
    run, lines = node.run, branch(node)
    if run is None:
        return (Span(lines, "muted"), Span(short(node.id), "muted"), Span("  it is gone", "warn"))
    style = state_style(run.state)
    best = headline(run)
    told = f"{short(best[0])} {figure(best[1], 4)}" if best is not None else ""
    changes = [short(change_words(one)) for one in node.changes[:_CHANGES]]
    if len(node.changes) > _CHANGES:
        changes.append(f"{len(node.changes) - _CHANGES} more")
    if node.relation == LAUNCHED:
        changes.insert(0, "started by it")
    here = node.id == asked
    return (
        Span(lines, "muted"),
        Span(fit(short(run.name), max(4, name - cell_len(lines))) + " ", "title" if here else "strong"),
        Span(f"{SIGNS[run.state]} {word(run):<{word_width}}  ", style),
        Span(f"{duration(run.duration(now)):>7}  {told}", "text"),
        *((Span(f"  {', '.join(changes)}", "warn"),) if changes else ()),
    )


def _name(node: Node) -> str:
    return node.run.name if node.run is not None else node.id
