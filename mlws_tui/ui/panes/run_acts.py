"""What a person does with runs from the pane: the keys of it, their questions, and what is said afterwards."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar

from textual.widget import Widget

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.text import safe_text
from mlws_tui.services import clipboard
from mlws_tui.services.forking import ForkPlan, start_command
from mlws_tui.services.runacts import BEST, LONGEST_NAME, Act
from mlws_tui.services.stopping import StopPlan
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.actions import Action
from mlws_tui.ui.panes.run_act_words import called, left, names, signed, stages, who, words
from mlws_tui.ui.screens.confirm import ConfirmScreen, Told
from mlws_tui.ui.screens.forkform import Fork, ForkForm
from mlws_tui.ui.screens.notes import NotesScreen
from mlws_tui.ui.screens.prompt import PromptScreen
from mlws_tui.ui.screens.reproduce import Again, ReproduceScreen

#: Runs from which on an act takes so long that its beginning is told.
_MANY = 500
_UNDO = "U takes it back"
_BACK = "U brings it back at once, and at any time below the filter is:deleted"


class ActKeys(Widget):
    """Adds the acts to a pane that has `bench`; its bindings are made of `ACT_ACTIONS`.

    A key that asks opens its question at once, and what the question needs is read behind it: what was typed ahead over
    a slow connection is for the question, and must not reach the pane, where other keys delete and stop.
    """

    bench: Workbench
    ACT_ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("runs.rename", "r", "Rename", "Call the run something else"),
        Action("runs.tags", "t", "Tags", "Change the tags of the run, or of the marked ones"),
        Action("runs.note", "N", "Note", "Write a note about the run"),
        Action("runs.best", "asterisk", "Best", "Mark the run as the best of its experiment, or no longer"),
        Action("runs.archive", "A", "Archive", "Put the run or the marked ones into the archive, or take them out"),
        Action("runs.delete", "d", "Delete", "Delete the run or the marked ones; deleted ones for ever, if asked"),
        Action("runs.undo", "U", "Undo", "Take the last change back, or bring the deleted run back"),
        Action("runs.stop", "K", "Stop", "End the run or the marked ones: SIGINT, then SIGTERM, then SIGKILL"),
        Action("runs.fork", "F", "Fork", "Make a run from this one with some settings changed, and start it"),
        Action("runs.reproduce", "R", "Do again", "Do the run again with the code, changes and settings that it had"),
        Action("runs.copy-id", "Y", "Copy id", "Copy the id of the run, or of the marked ones, also over SSH"),
    )  # fmt: skip
    _stopping: frozenset[str] = frozenset()

    @abstractmethod
    def chosen(self) -> tuple[Run, ...]:
        """The marked runs, else the selected one."""

    @abstractmethod
    def selected(self) -> Run | None:
        """The selected run."""

    @abstractmethod
    def reread(self) -> None:
        """Read the list and the selected run again."""

    # the keys that ask

    def action_rename(self) -> None:
        run = self._one()
        if run is None:
            return

        def answered(name: str | None) -> None:
            if name is not None and name != run.name.strip():
                self._do(self._rename(run, name))

        hint = f"its id stays: {run.id}"
        if len(run.name) > LONGEST_NAME:
            hint = f"at most {LONGEST_NAME} characters; it has {len(run.name)} now"
        self.app.push_screen(PromptScreen("Rename the run", hint, run.name, longest=LONGEST_NAME), answered)

    def action_tags(self) -> None:
        runs = self._chosen()
        if not runs:
            return
        known = runs[0].tags if len(runs) == 1 else ()

        def answered(answer: str | None) -> None:
            if answer is not None:
                typed = words(answer)
                self._do(self._tag(runs, *(left(known, typed) if len(runs) == 1 else signed(typed))))

        title, hint = "Tags", "by commas; what is left out is taken off"
        if len(runs) > 1:
            title, hint = f"Tags of {who(runs)}", "tags to put on, by commas; -tag takes one off"
        self.app.push_screen(PromptScreen(title, hint, ", ".join(known), empty=True), answered)

    def action_note(self) -> None:
        run = self._one()
        if run is None:
            return

        def closed(sentence: str | None) -> None:
            if sentence:
                self._say(f"{sentence} · {_UNDO}")
                self.reread()

        self.app.push_screen(NotesScreen(self.bench, run), closed)

    def action_delete(self) -> None:
        runs = self._chosen()
        if not runs:
            return
        if all(run.deleted for run in runs):
            self._ask_forever(runs)
        elif len(runs) == 1:
            self._do(self._delete(runs))
        else:
            lines = [*names(runs), "", f"Nothing is lost: {_BACK}."]
            question = ConfirmScreen(f"Delete {who(runs)}?", lines, yes="delete", no="keep them")
            self.app.push_screen(question, lambda yes: self._do(self._delete(runs)) if yes else None)

    def action_archive(self) -> None:
        runs = self._chosen()
        if not runs:
            return
        on = not all(run.archived for run in runs)
        if len(runs) == 1:
            self._do(self._archive(runs, on))
            return
        lines = [*names(runs), "", f"Nothing is lost: {_UNDO}."]
        title = f"Archive {who(runs)}?" if on else f"Take {who(runs)} out of the archive?"
        question = ConfirmScreen(title, lines, yes="archive" if on else "take out", no="leave them")
        self.app.push_screen(question, lambda yes: self._do(self._archive(runs, on)) if yes else None)

    def _ask_forever(self, runs: Sequence[Run]) -> None:
        async def read() -> Told:
            goes = await self.bench.runacts.what_goes([run.id for run in runs])
            files = f"{len(goes.files)} file{'' if len(goes.files) == 1 else 's'}"
            return Told([f"{files} of streams and logs go, {size_words(goes.size)}. It cannot be undone."])

        question = ConfirmScreen(
            "Delete for ever?", [*names(runs), ""], yes="delete for ever", no="keep it", grave=True, read=read
        )
        self.app.push_screen(question, lambda yes: self._do(self._delete_forever(runs)) if yes else None)

    def action_stop(self) -> None:
        """Ask once, then stop them side by side; a second time the same runs are killed at once, if asked."""
        runs = self._chosen()
        if not runs:
            return
        again = all(run.id in self._stopping for run in runs)
        plans: list[StopPlan] = []

        async def read() -> Told:
            refusals = []
            for run in runs:
                try:
                    plans.append(await self.bench.stopping.plan(run.id))
                except MlwsError as error:
                    refusals.append(error.sentence())
            return Told([*(stages(plans, now=again) if plans else ()), *refusals], bool(plans))

        def answered(yes: bool | None) -> None:
            for plan in plans if yes else ():
                self._do(self._stop(plan.run, now=again))

        title = f"Kill {who(runs)} now?" if again else f"Stop {who(runs)}?"
        yes = "kill" if again else "stop"
        question = ConfirmScreen(title, yes=yes, no="let it run", grave=again, read=read)
        self.app.push_screen(question, answered)

    def action_fork(self) -> None:
        run = self._one()
        if run is not None:
            self.app.push_screen(
                ForkForm(self.bench, run), lambda fork: self._ask_start(run, fork) if fork else None
            )

    def _ask_start(self, run: Run, fork: Fork) -> None:
        """Make the fork, and ask whether to start it; it is made also where the question is left at once."""
        making = asyncio.ensure_future(self._make(run, fork))

        async def read() -> Told:
            plan, made = await asyncio.shield(making)
            later = ["It can be started later, too:", start_command(plan, made)]
            return Told([f"Made {made}", "", *plan.notes(), *later], bool(plan.command))

        question = ConfirmScreen("Start it now?", yes="start in the background", no="keep it", read=read)
        self.app.push_screen(question, lambda yes: self._do(self._made(making, start=yes is True)))

    def action_reproduce(self) -> None:
        run = self._one()
        if run is not None:
            self.app.push_screen(
                ReproduceScreen(self.bench, run),
                lambda again: self._do(self._reproduce(run, again)) if again else None,
            )

    # the keys that do

    def action_best(self) -> None:
        run = self._one()
        if run is not None:
            self._do(self._best(run))

    def action_undo(self) -> None:
        self._do(self._undo(self.chosen()))

    def action_copy_id(self) -> None:
        runs = self._chosen()
        if runs:
            self._do(self._copy_ids(runs))

    # what they do

    async def _rename(self, run: Run, name: str) -> None:
        self._done(await self.bench.runacts.rename(run.id, name), [run])

    async def _tag(self, runs: Sequence[Run], new: Sequence[str], gone: Sequence[str]) -> None:
        if new or gone:
            self._begun("tagging", runs)
            ids = [run.id for run in runs]
            self._done(await self.bench.runacts.tag(ids, add=new, remove=gone), runs)

    async def _best(self, run: Run) -> None:
        acts = self.bench.runacts
        self._done(await (acts.unmark_best if BEST in run.tags else acts.mark_best)(run.id), [run])

    async def _archive(self, runs: Sequence[Run], on: bool) -> None:
        self._begun("archiving" if on else "taking out of the archive:", runs)
        self._done(await self.bench.runacts.archive([run.id for run in runs], on), runs)

    async def _delete(self, runs: Sequence[Run]) -> None:
        self._begun("deleting", runs)
        act = await self.bench.runacts.delete([run.id for run in runs])
        told = f"{act.words}, nothing is lost: {_BACK}" if act.runs else "nothing to change"
        self._say(f"{who(runs)}: {told}", timeout=10)
        self.reread()

    async def _delete_forever(self, runs: Sequence[Run]) -> None:
        self._begun("deleting for ever:", runs)
        act, gone = await self.bench.runacts.delete_forever([run.id for run in runs])
        self._say(f"{who(runs)}: {act.words}, {size_words(gone.size)}")
        self.reread()

    async def _undo(self, runs: Sequence[Run]) -> None:
        acts = self.bench.runacts
        if runs and all(run.deleted for run in runs):
            self._begun("bringing back", runs)
            self._done(await acts.restore([run.id for run in runs]), runs)
            return
        act = await acts.undo()
        self._say(act.words)
        self.reread()

    async def _stop(self, run: Run, *, now: bool) -> None:
        self._stopping = self._stopping | {run.id}
        try:
            stopped = await self.bench.stopping.stop(run.id, now=now, tell=self._say)
        finally:
            self._stopping = self._stopping - {run.id}
        self._say(f"{called(run.name)}: {stopped.words()}")
        self.reread()

    async def _make(self, run: Run, fork: Fork) -> tuple[ForkPlan, str]:
        forking = self.bench.forking
        plan = await forking.plan(run.id, name=fork.name, config=fork.changes, command=fork.command)
        made = await forking.make(plan)
        self.reread()
        return plan, made

    async def _made(self, making: asyncio.Future[tuple[ForkPlan, str]], *, start: bool) -> None:
        plan, made = await making
        if start:
            await self.bench.forking.start(plan, made)
            self._say(f"{called(plan.name)} started: mlws-tui attach {made} shows its terminal")
        else:
            self._say(f"{called(plan.name)} is made: {made}")
        self.reread()

    async def _reproduce(self, run: Run, again: Again) -> None:
        self._say(f"{called(run.name)}: checking its code out")
        prepared = await self.bench.reproducing.prepare(again.plan, without_diff=again.without_diff)
        made = await self.bench.reproducing.start(again.plan, prepared)
        self._say(f"{called(run.name)} started again: {made}")
        self.reread()

    async def _copy_ids(self, runs: Sequence[Run]) -> None:
        copied = await clipboard.copy("\n".join(run.id for run in runs))
        if copied.sequence and self.app._driver is not None:
            self.app._driver.write(copied.sequence)
        self._say(f"copied {runs[0].id}" if len(runs) == 1 else f"copied {len(runs):,} ids")

    # how they are done and told

    def _one(self) -> Run | None:
        """The selected run; where none is, that is said."""
        run = self.selected()
        if run is None:
            self._say("No run is selected")
        return run

    def _chosen(self) -> tuple[Run, ...]:
        """The marked runs, else the selected one; where there is none, that is said."""
        runs = tuple(self.chosen())
        if not runs:
            self._say("No run is selected")
        return runs

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside the screen; what goes wrong is said, and the app goes on."""
        self.run_worker(self._guarded(work), name="act", group="acts")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except MlwsError as error:
            self.notify(safe_text(error.sentence()), severity="error", timeout=10, markup=False)
            self.reread()

    def _begun(self, doing: str, runs: Sequence[Run]) -> None:
        """Say at once that something is done that takes a while."""
        if len(runs) >= _MANY:
            self._say(f"{doing} {who(runs)}…")

    def _done(self, act: Act, runs: Sequence[Run]) -> None:
        self._say(f"{who(runs)}: {act.words} · {_UNDO}" if act.runs else f"{who(runs)}: nothing to change")
        self.reread()

    def _say(self, text: str, timeout: float | None = None) -> None:
        self.notify(safe_text(text), markup=False, timeout=timeout)
