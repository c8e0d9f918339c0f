"""How a person finds runs in the list: filter, order, groups, columns, views, marks and folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import on
from textual.timer import Timer

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runfilter import Vocabulary, parse_filter
from mlws_tui.domain.runs import Run
from mlws_tui.domain.runviews import RunView
from mlws_tui.ui.panes.run_listing import RunListing
from mlws_tui.ui.panes.run_view import columns, groups, order_by, orders, orders_by, turned, usual_columns
from mlws_tui.ui.widgets.runfilterline import RunFilterLine
from mlws_tui.ui.widgets.runlist import RunList

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench
    from mlws_tui.ui.screens.runchoice import Choice

#: Seconds without typing after which the filter is applied.
_TYPING = 0.12


class RunFinding(RunListing):
    """The list with its filter line and choosers."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._typed: Timer | None = None
        self._filter_before = ""  # the filter that was cleared last

    # what is chosen

    def selected(self) -> Run | None:
        """The selected run; None on the header of a group."""
        return self._list.selected

    def chosen(self) -> tuple[Run, ...]:
        """The marked runs, or else the selected one."""
        marked = [run for run in map(self._rows.run, self._list.marked) if run is not None]
        if marked:
            return tuple(marked)
        selected = self.selected()
        return () if selected is None else (selected,)

    def marks_changed(self) -> None:
        """Other runs are marked than before."""
        self._caption()

    def action_mark(self) -> None:
        """Turn the mark of the run round, or those of a group, and go on to the next row."""
        group, run = self._list.group, self.selected()
        if group is not None:
            ids = self._rows.index.ids[group.first : group.first + group.count]
            self._mark(ids, any(run_id not in self._list.marked for run_id in ids))
        elif run is not None:
            self._mark((run.id,), run.id not in self._list.marked)
            self._list.select(self._list.place + 1)

    def action_mark_all(self) -> None:
        self._mark(self._rows.index.ids, True)

    def action_unmark(self) -> None:
        self._mark(tuple(self._list.marked), False)

    def _mark(self, ids: Sequence[str], on: bool) -> None:
        self._list.mark(ids, on)
        if all(self._rows.run(run_id) is not None for run_id in ids):
            self.marks_changed()
        else:
            self.run_worker(self._read_marked(ids), group="marks")

    async def _read_marked(self, ids: Sequence[str]) -> None:
        """Marked runs are what is acted on: they have to be known, however far away they are."""
        try:
            found = {run.id for run in await self.read_all(ids)}
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
            found = set()
        self._list.mark([run_id for run_id in ids if run_id not in found], False)
        self.marks_changed()

    # folding

    def action_fold(self) -> None:
        """Fold the group around, and stand on its header."""
        self._fold(True)

    def action_unfold(self) -> None:
        """Unfold the group; on the header of an open one, go to its first run."""
        group = self._list.group
        if group is not None and group.label not in self._rows.folded:
            self._list.select(self._list.place + 1)
        else:
            self._fold(False)

    def _fold(self, folded: bool) -> None:
        group = self._rows.group_around(self._list.place)
        if group is None or (group.label in self._rows.folded) is folded:
            return
        self._rows.fold(group.label, folded)
        self._list.stand_on(group.label)

    # the filter

    def action_filter(self) -> None:
        self._line.open(self.view.filter, self._filter_before)
        self.run_worker(self._learn_words(), group="words", exclusive=True)

    async def _learn_words(self) -> None:
        try:
            self._line.know(await self.bench.runlists.vocabulary())
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)
        else:
            if self._held and not self._line.offering:
                self.reread()

    @on(RunFilterLine.Typed)
    def _filter_typed(self, event: RunFilterLine.Typed) -> None:
        event.stop()
        self._forget_typing()
        self._typed = self.set_timer(_TYPING, lambda: self._try_filter(event.text))

    def _try_filter(self, text: str) -> bool:
        """Apply a filter; one that is not understood is told, and the list stays as it is."""
        try:
            parse_filter(text, now=self.bench.runs.now())
        except MlwsError as error:
            self._line.tell(error)
            return False
        self._line.tell(None)
        self._filter(text)
        return True

    def _filter(self, text: str) -> None:
        if self.view.filter and not text.strip():
            self._filter_before = self.view.filter
        self._change(filter=text.strip())

    def _keep_filter(self, text: str) -> None:
        self._forget_typing()
        if self._try_filter(text):
            self._close_line()

    def _leave_filter(self) -> None:
        self._forget_typing()
        self._filter("")
        self._close_line()

    def _close_line(self) -> None:
        self._line.close()
        self._keep.ask(now=True)
        if self._held:
            self.reread()
        self.screen.set_focus(self._list)

    def _forget_typing(self) -> None:
        if self._typed is not None:
            self._typed.stop()
            self._typed = None

    # order, groups, columns, views

    def action_sort(self) -> None:
        self._choose("Sort by", lambda words: orders(words, self.view), self._sort)

    def action_reverse(self) -> None:
        self._change(order=turned(self.view))

    def action_group(self) -> None:
        self._choose("Group by", lambda words: groups(words, self.view), self._group)

    def _sort(self, column: str) -> None:
        self._change(order=order_by(column, self.view))

    def _group(self, key: str) -> None:
        self._change(group=key)

    def _change(self, **parts: Any) -> None:
        """Show the list otherwise; changed by hand it is no longer the view that was saved under a name."""
        view = replace(self.view, **parts)
        if view != self.view:
            self.show_view(replace(view, name=""))

    @on(RunList.Sorted)
    def _sort_clicked(self, event: RunList.Sorted) -> None:
        event.stop()
        if orders_by(event.column, self.view):
            self.action_reverse()
        else:
            self._sort(event.column)

    def _choose(
        self, title: str, choices: Callable[[Vocabulary], list[Choice]], take: Callable[[str], None]
    ) -> None:
        """Offer choices of the workspace's words, and do what was chosen."""
        from mlws_tui.ui.screens.runchoice import ChoiceScreen
        from mlws_tui.ui.screens.runcolumns import typed_column

        def chosen(value: str | None) -> None:
            if value is not None:
                take(value)

        async def read() -> list[Choice]:
            return choices(await self.bench.runlists.vocabulary())

        self.app.push_screen(ChoiceScreen(title, (), typed_column, read), chosen)

    def action_columns(self) -> None:
        from mlws_tui.ui.screens.runcolumns import Offer, RunColumns

        async def read() -> Offer:
            words = await self.bench.runlists.vocabulary()
            keys = frozenset((*words.config, *words.metrics, *words.summary))
            return Offer(columns(words), usual_columns(words), keys)

        def apply(chosen: tuple[str, ...]) -> None:
            self._change(columns=chosen)

        self.app.push_screen(RunColumns(self.view.columns, read, apply))

    def action_views(self) -> None:
        from mlws_tui.ui.screens.runviews import RunViews

        def chosen(view: RunView | None) -> None:
            if view is not None:
                self.show_view(view)

        self.app.push_screen(RunViews(self.bench.runlists, self.view), chosen)
