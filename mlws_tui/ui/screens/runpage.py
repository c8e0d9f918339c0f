"""The page of one run: all that is known of it, kept up to date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from mlws_tui.domain.changes import Change, FileChanged, PointsAdded, RunsChanged
from mlws_tui.domain.charts.spans import cut
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.figures import duration
from mlws_tui.domain.runpages import RunPageFacts, diff_of
from mlws_tui.services.runpages import EVENTS
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.run_agent import EARLIER, LATER
from mlws_tui.ui.panes.run_page_rows import page_rows
from mlws_tui.ui.panes.run_sections import shelved, state_span
from mlws_tui.ui.panes.run_words import short
from mlws_tui.ui.screens.page import COPY, GONE, KEYS, MOVES, SECTIONS, PageScreen
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.outline import Outline
from mlws_tui.ui.widgets.runrow import SIGNS, state_style
from mlws_tui.ui.widgets.sections import SectionsView

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

#: Columns from which the sections are listed beside the page.
_OUTLINE = 104


class RunPage(PageScreen):
    """Shows a run, its metrics, config, files, links and what happened in it.

    Args:
        bench: The workbench.
        run_id: The run.
    """

    TITLE_WORDS: ClassVar[str] = "Run"
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        *MOVES,
        *SECTIONS,
        Action("runpage.notes", "e,N", "Notes", "Edit the notes of the run", footer=True),
        Action("runpage.log", "l", "Log", "Read the log of the run", footer=True),
        Action(
            "runpage.diff", "d", "Diff", "Read the uncommitted changes that it was started with", footer=True
        ),
        Action(
            "runpage.parent",
            "equals_sign",
            "Compare",
            "Compare it with the run it was forked from",
            footer=True,
        ),
        Action(
            "runpage.lineage", "L", "Lineage", "Show where it comes from and what came of it", footer=True
        ),
        COPY,
        KEYS,
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = """
    RunPage Outline { width: 24; display: none; border-right: solid $border-blurred; }
    RunPage.-wide Outline { display: block; }
    """

    def __init__(self, bench: Workbench, run_id: str) -> None:
        super().__init__(bench)
        self.run_id = run_id
        self._facts: RunPageFacts | None = None
        self._gone = False  # deleted for ever while it was read here
        self._before = 0  # how many of the newest happenings are passed over
        self._then = ""
        self._view = SectionsView()
        self._outline = Outline()

    def body(self) -> Iterable[Widget]:
        return (self._outline, self._view)

    @property
    def rows(self) -> SectionsView:
        return self._view

    def concerns(self, change: Change) -> bool:
        if isinstance(change, RunsChanged | PointsAdded):
            return change.ids is None or self.run_id in change.ids
        return isinstance(change, FileChanged)

    def on_resize(self) -> None:
        self.set_class(self.app.size.width >= _OUTLINE, "-wide")
        self.call_after_refresh(self._show)

    async def read(self) -> None:
        try:
            self._facts = await self.bench.runpages.page(self.run_id, before=self._before)
        except NotFoundError:
            if self._facts is None:
                raise
            self._gone = True
        self._show()
        then, self._then = self._then, ""
        if then and not self._view.go_to(then):
            self._view.go_to("timeline")

    def _show(self) -> None:
        facts = self._facts
        if facts is None:
            return
        run = facts.run
        called = cut(short(run.name), max(16, self.size.width // 2))  # how it stands is seen in any case
        name = (Span(f"{SIGNS[run.state]} ", state_style(run.state)), Span(called, "strong"))
        stands = (Span("  "), state_span(run, facts.now), *shelved(run))
        gone = (Span(f"  {GONE.format('this run')}", "warn"),)
        self.head.show((*name, *(gone if self._gone else stands)), duration(run.duration(facts.now)))
        width = max(40, self._view.size.width - 4)
        rows, folded = page_rows(facts, width)
        self._view.show(rows, folded)
        self._outline.show(self._view.titles(), self._view.section)
        if self.focused is None:
            self._view.focus()

    @on(SectionsView.Moved)
    def _moved(self, event: SectionsView.Moved) -> None:
        event.stop()
        self._outline.show(self._view.titles(), event.section)

    @on(Outline.Picked)
    def _picked(self, event: Outline.Picked) -> None:
        event.stop()
        self._view.go_to(event.key)

    # what the person does

    def opened(self, key: str, jump: Jump | None) -> None:
        facts = self._facts
        if key in (EARLIER, LATER):
            self._before = max(0, self._before + (EVENTS if key == EARLIER else -EVENTS))
            self._then = (
                LATER if key == EARLIER else EARLIER
            )  # where the page goes on from the row that was read
            self.reading.ask(now=True)
        elif key.startswith("notes"):
            self.action_notes()
        elif key.startswith("artifacts/") and facts is not None:
            self.run_worker(self.copy(key.partition("/")[2], "the path"), group="copy")
        else:
            super().opened(key, jump)

    def _there(self) -> RunPageFacts | None:
        """What is known of the run; where nothing of it is left, that is said."""
        if self._gone:
            self.tell(GONE.format("this run").capitalize(), trouble=True)
            return None
        return self._facts

    def action_notes(self) -> None:
        facts = self._there()
        if facts is None:
            return
        from mlws_tui.ui.screens.notes import NotesScreen

        def done(sentence: str | None) -> None:
            if sentence:
                self.tell(sentence)
                self.reading.ask(now=True)

        self.app.push_screen(NotesScreen(self.bench, facts.run), done)

    def action_log(self) -> None:
        facts = self._there()
        if facts is None:
            return
        if facts.log is None or not facts.log.present:
            self.tell(
                "No log is known of it" if facts.log is None else f"{facts.log.path} is no longer there"
            )
            return
        self.dismiss(Jump("log", self.run_id))

    def action_parent(self) -> None:
        facts = self._there()
        if facts is None:
            return
        parent = facts.run.parent
        if parent is None or parent not in facts.kin.names:
            self.tell("It was forked from no run that is known here: mark two runs in the list and press =")
        else:
            from mlws_tui.ui.screens.compare import ComparePage

            self.visit(ComparePage(self.bench, [parent, self.run_id]))

    def action_lineage(self) -> None:
        if self._there() is None:
            return
        from mlws_tui.ui.screens.lineage import LineagePage

        self.visit(LineagePage(self.bench, self.run_id))

    def action_diff(self) -> None:
        facts = self._facts
        if facts is None:
            return
        diff = diff_of(facts.run)
        if not diff:
            dirty = (facts.run.git or {}).get("dirty")
            self.tell(
                "There were changes, but no diff was kept" if dirty else "It was started without changes"
            )
            return
        from mlws_tui.ui.screens.diffpage import DiffPage

        self.visit(DiffPage(self.bench, f"Changes of {facts.run.name}", diff.splitlines()))

    def action_copy(self) -> None:
        facts = self._facts
        if facts is not None:
            from mlws_tui.domain.runmarkdown import run_markdown

            self.run_worker(self.copy(run_markdown(facts), "the page as Markdown"), group="copy")
