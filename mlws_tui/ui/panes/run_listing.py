"""What the list of runs reads: the ids in their order, and the runs of the rows that are seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content

from mlws_tui.domain.changes import Change, IndexState, RunsChanged
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.runs import Run
from mlws_tui.domain.runviews import RunIndex, RunView
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.panes.run_view import KEY, asked, caption, kept, sorted_by, specs, title, view_of
from mlws_tui.ui.widgets.runfilterline import RunFilterLine
from mlws_tui.ui.widgets.runlist import RunList
from mlws_tui.ui.widgets.runrows import RunRows

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

#: As many changed runs are read in their place; for more the whole list is asked for again.
_FEW = 8
#: Runs that are read at once: more of them, and another question waits too long.
_AT_ONCE = 300
_NO_RUNS = "No runs yet.  mlws-tui run -- COMMAND  records one."
_NONE_FITS = "No run fits.  /  changes the filter,  esc  clears it."


class RunListing(Pane):
    """Asks for the list of a view, reads the runs that are seen, and reads them again when they change."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench.hub, id="runs")
        self.bench = bench
        self.view = self._good = RunView()  # what is asked for, and what was last understood
        self._rows = RunRows()
        self._list = RunList(self._rows, clock=bench.runs.now)
        self._line = RunFilterLine(self._keep_filter, self._leave_filter)
        self._remembered = False  # whether the view of the last sitting was brought back
        self._brought = RunView()  # as it was when it was looked for last
        self._anew = True  # the order may be another one: the ids are to be asked for
        self._top = False  # the view is another one: begin at its top
        self._held = False  # the list is that of a filter before, while the person types on
        self._changed: set[str] | None = None  # ids of runs to read again; None for all
        self._gone: set[str] = set()  # ids of the list that no run was found for
        self._captioned: object = None
        self._reload = Coalesced(self, 0.5, self._load)
        self._fill = Coalesced(self, 0.05, self._load_rows)
        self._keep = Coalesced(self, 1.0, self._remember)

    # what it hears

    def revive(self) -> None:
        self.reread()

    def reread(self) -> None:
        """Read the list again, and the runs that are seen."""
        self._changed, self._anew = None, True
        self._reload.ask(now=True)

    def changed(self, change: Change) -> None:
        if isinstance(change, RunsChanged):
            known = self._changed
            self._changed = None if change.ids is None or known is None else known | change.ids
            self._reload.ask()
        elif isinstance(change, IndexState) and not self._remembered:
            self._reload.ask()

    def show_view(self, view: RunView) -> None:
        """Show the list by another view; it is remembered, but for a filter that is still being typed."""
        if view != self.view:
            self._apply(view)
            if not self._line.is_open:
                self._keep.ask(now=True)

    def _apply(self, view: RunView) -> None:
        before, self.view = self.view, view
        if (view.columns, view.order) != (before.columns, before.order):
            self._list.lay_out(specs(view), sorted_by(view))
        if asked(view) != asked(before):  # of runs with very many metrics only the shown ones are read
            self._changed, self._anew = None, True
            self._reload.ask(now=True)
        if (view.filter, view.order, view.group) != (before.filter, before.order, before.group):
            self._anew = self._top = True
            self._reload.ask(now=True)
        else:
            self._caption()

    # what it reads

    async def _load(self) -> None:
        await self._bring_back()
        ids, self._changed = self._changed, set()
        anew, self._anew = self._anew, False
        view = self.view
        try:
            if anew or not await self._in_place(ids):
                index = await self.bench.runlists.index(view)
                await self._read(index, ids)
                if view != self.view:  # what was typed meanwhile is asked for already
                    self._changed = None if ids is None or self._changed is None else self._changed | ids
                    return
                self._good = view
                self._held = not index.total and self._line.offering
                if self._held:  # a word that is half typed fits nothing yet: the list stays until it is whole
                    self._set_corner(caption(view, index, len(self._list.marked)), index)
                    return
                self._put(index)
        except UsageError as error:
            self._refused(view, error)
            return
        except MlwsError as error:
            self._changed, self._anew = None, True
            self._set_corner(error.sentence())
            return
        self._caption()

    def _refused(self, view: RunView, error: UsageError) -> None:
        """Go back to the view that was understood last; a filter that is being typed is left to the person."""
        if self._line.is_open:
            self._line.tell(error)
        elif view == self.view and view != self._good:
            self.notify(error.sentence(), severity="warning", markup=False)
            self.show_view(self._good)

    async def _bring_back(self) -> None:
        """Have the view of the last sitting, once the index has it; unless the person chose another meanwhile."""
        if self._remembered:
            return
        state = self.bench.ingest.state
        self._remembered = not state.behind and (state.role != "follower" or state.holder_pid is not None)
        try:
            view = view_of(await self.bench.remembered.get(KEY))
        except MlwsError as error:
            self._remembered = True  # it is told once
            self.notify(error.sentence(), severity="warning", markup=False)
            return
        if self.view == self._brought:
            self._brought = view
            self._apply(view)
        else:
            self._remembered = True

    async def _remember(self) -> None:
        try:
            await self.bench.remembered.set(KEY, kept(self.view))
        except MlwsError as error:
            self.notify(error.sentence(), severity="warning", markup=False)

    def _put(self, index: RunIndex) -> None:
        self._gone.clear()
        self._rows.put(index)
        top, self._top = self._top, False
        self._list.refreshed(empty=_NONE_FITS if self.view.filter else _NO_RUNS, top=top)
        self.list_changed()

    async def _in_place(self, ids: set[str] | None) -> bool:
        """Read changed runs where they stand; False where one is new, or may have another place now."""
        view, known = self.view, self._rows.read
        if ids is None or len(ids) > _FEW or view.filter or view.order or view.group:
            return False
        if not ids <= known.keys():
            return False
        before = {run_id: known[run_id].state for run_id in ids}
        runs = await self.bench.runlists.runs(tuple(ids), view.columns)
        if len(runs) != len(ids) or any(
            run.state is not before[run.id] or run.deleted or run.archived for run in runs
        ):
            return False
        self._rows.take(runs)
        self._list.facts_came()
        return True

    def _needed(self, index: RunIndex) -> list[str]:
        """The runs that have to be known at once: those that are seen, selected or, but for very many, marked."""
        first, end = self._list.around
        selected = self._list.selected
        one = () if selected is None else (selected.id,)
        marked = self._list.marked if len(self._list.marked) <= _AT_ONCE else ()
        return list(dict.fromkeys((*index.ids[first:end], *one, *marked)))

    async def _read(self, index: RunIndex, changed: set[str] | None) -> None:
        """Read those that are needed and not known, or changed; forget the other changed ones."""
        needed, known = self._needed(index), self._rows.read
        stale = set(known) if changed is None else changed
        wanted = [run_id for run_id in needed if run_id in stale or run_id not in known]
        found = await self._runs(wanted)
        gone = set(wanted).difference(run.id for run in found)
        self._rows.drop(stale.difference(needed).difference(self._list.marked) | gone)
        self._rows.take(found)
        # What was deleted or archived loses its mark with its row, or the next act would be on what is not seen.
        gone |= {run.id for run in found if run.deleted or run.archived}.difference(index.ids)
        for run_id in gone.intersection(self._list.marked):
            self._list.marked.pop(run_id)
        self._rows.trim((*needed, *self._list.marked))

    async def _runs(self, ids: Sequence[str]) -> list[Run]:
        found: list[Run] = []
        for start in range(0, len(ids), _AT_ONCE):
            found += await self.bench.runlists.runs(ids[start : start + _AT_ONCE], asked(self.view))
        return found

    @on(RunList.Wanted)
    def _wanted(self, event: RunList.Wanted) -> None:
        event.stop()
        self._fill.ask(now=True)

    async def _load_rows(self) -> None:
        """Read the runs of the rows that came into view."""
        wanted = [run_id for run_id in self._rows.missing(*self._list.around) if run_id not in self._gone]
        if not wanted:
            return
        try:
            runs = await self._runs(wanted)
        except MlwsError as error:
            self._set_corner(error.sentence())
            return
        self._gone |= set(wanted).difference(run.id for run in runs)
        self._rows.take(runs)
        self._list.facts_came()

    async def read_all(self, ids: Sequence[str]) -> Sequence[Run]:
        """These runs, from what is known or else from the index; those that are gone are left out.

        Raises:
            StoreError: if the index cannot be read.
        """
        wanted = [run_id for run_id in ids if self._rows.run(run_id) is None]
        self._rows.take(await self._runs(wanted))
        return [run for run in map(self._rows.run, ids) if run is not None]

    # what is overridden where there is more than a list

    def list_changed(self) -> None:
        """The list has other rows."""

    def _keep_filter(self, text: str) -> None:
        """The person accepted the filter."""

    def _leave_filter(self) -> None:
        """The person left the field of the filter."""

    # what it says

    def _caption(self) -> None:
        self._set_corner(caption(self.view, self._rows.index, len(self._list.marked)))

    def _set_corner(self, corner: str, index: RunIndex | None = None) -> None:
        """Set the border's texts where they changed: each setting paints the border again."""
        parts = title(self.view, self._rows.index if index is None else index)
        if (parts, corner) != self._captioned:
            self._captioned = parts, corner
            self.caption(Content(" · ").join(Content.assemble(part) for part in parts), corner)
