"""What a person does with runs from the pane: the keys of it, their questions, and what is said afterwards."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar

from textual.widget import Widget

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.text import safe_text
from mlws_tui.services import clipboard
from mlws_tui.services.runacts import BEST, Act
from mlws_tui.services.stopping import GRACE
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.actions import Action
from mlws_tui.ui.screens.confirm import ConfirmScreen
from mlws_tui.ui.screens.forkform import ForkForm
from mlws_tui.ui.screens.prompt import NoteScreen, PromptScreen
from mlws_tui.ui.screens.reproduce import ReproduceScreen

_UNDO = "U takes it back"


class ActKeys(Widget):
    """Adds the acts to a pane that has `bench`; its bindings are made of `ACT_ACTIONS`."""

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

    def chosen(self) -> tuple[Run, ...]:
        """The marked runs, else the selected one."""
        raise NotImplementedError

    def selected(self) -> Run | None:
        """The selected run."""
        raise NotImplementedError

    def reread(self) -> None:
        """Read the list and the selected run again."""
        raise NotImplementedError

    # the keys

    def action_rename(self) -> None:
        self._with_one(self._rename)

    def action_tags(self) -> None:
        self._with_chosen(self._tags)

    def action_note(self) -> None:
        self._with_one(self._note)

    def action_best(self) -> None:
        self._with_one(self._best)

    def action_archive(self) -> None:
        self._with_chosen(self._archive)

    def action_delete(self) -> None:
        self._with_chosen(self._delete)

    def action_undo(self) -> None:
        self._do(self._undo(self.chosen()))

    def action_stop(self) -> None:
        self._with_chosen(self._stop)

    def action_fork(self) -> None:
        self._with_one(self._fork)

    def action_reproduce(self) -> None:
        self._with_one(self._reproduce)

    def action_copy_id(self) -> None:
        self._with_chosen(self._copy_ids)

    # what they do

    async def _rename(self, run: Run) -> None:
        name = await self.app.push_screen_wait(
            PromptScreen("Rename the run", f"its id stays: {run.id}", run.name)
        )
        if name is not None and name != run.name:
            self._done(await self.bench.runacts.rename(run.id, name), [run])

    async def _tags(self, runs: Sequence[Run]) -> None:
        acts, ids = self.bench.runacts, [run.id for run in runs]
        if len(runs) > 1:
            prompt = PromptScreen(
                f"Tags of {len(runs)} runs", "tags to put on, by commas; -tag takes one off"
            )
            told = await self.app.push_screen_wait(prompt)
            words = _words(told or "")
            gone = [word[1:].strip() for word in words if word.startswith("-")]
            new = [word for word in words if not word.startswith("-")]
        else:
            known = runs[0].tags
            prompt = PromptScreen(
                "Tags", "by commas; what is left out is taken off", ", ".join(known), empty=True
            )
            answer = await self.app.push_screen_wait(prompt)
            if answer is None:
                return
            words = _words(answer)
            gone, new = [tag for tag in known if tag not in words], [tag for tag in words if tag not in known]
        if gone or new:
            self._done(await acts.tag(ids, add=new, remove=gone), runs)

    async def _note(self, run: Run) -> None:
        run = await self.bench.runs.get(run.id)
        text = await self.app.push_screen_wait(NoteScreen(f"Note on {run.name}", run.notes))
        if text is not None:
            self._done(await self.bench.runacts.note(run.id, text), [run])

    async def _best(self, run: Run) -> None:
        acts = self.bench.runacts
        self._done(await (acts.unmark_best if BEST in run.tags else acts.mark_best)(run.id), [run])

    async def _archive(self, runs: Sequence[Run]) -> None:
        on = not all(run.archived for run in runs)
        self._done(await self.bench.runacts.archive([run.id for run in runs], on), runs)

    async def _delete(self, runs: Sequence[Run]) -> None:
        ids = [run.id for run in runs]
        if all(run.deleted for run in runs):
            await self._delete_forever(runs)
            return
        lines = [*_names(runs), "", f"Nothing is lost: {_UNDO}."]
        if len(runs) > 1 and not await self._ask(f"Delete {len(runs)} runs?", lines, yes="delete"):
            return
        self._done(await self.bench.runacts.delete(ids), runs)

    async def _delete_forever(self, runs: Sequence[Run]) -> None:
        ids = [run.id for run in runs]
        goes = await self.bench.runacts.what_goes(ids)
        files = f"{len(goes.files)} file{'' if len(goes.files) == 1 else 's'}"
        lines = [
            *_names(runs),
            "",
            f"{files} of streams and logs go, {size_words(goes.size)}. It cannot be undone.",
        ]
        if await self._ask("Delete for ever?", lines, yes="delete for ever", grave=True):
            act, gone = await self.bench.runacts.delete_forever(ids)
            self._say(f"{_who(runs)}: {act.words}, {size_words(gone.size)}")
            self.reread()

    async def _undo(self, runs: Sequence[Run]) -> None:
        acts = self.bench.runacts
        if runs and all(run.deleted for run in runs):
            self._done(await acts.restore([run.id for run in runs]), runs)
            return
        act = await acts.undo()
        self._say(act.words)
        self.reread()

    async def _stop(self, runs: Sequence[Run]) -> None:
        """Ask once, then stop them side by side; a second time the same runs are killed at once, if asked."""
        plans, refusals = [], []
        for run in runs:
            try:
                plans.append(await self.bench.stopping.plan(run.id))
            except MlwsError as error:
                refusals.append(error.sentence())
        if not plans:
            raise MlwsError(refusals[0])
        again = all(plan.run.id in self._stopping for plan in plans)
        lines = [f"{plan.run.name}: {plan.words()}" for plan in plans]
        lines += [f"{', '.join(plan.elsewhere)} goes on" for plan in plans if plan.elsewhere]
        lines += ["", *(["SIGKILL at once: nothing is saved."] if again else _stages()), *refusals]
        who = plans[0].run.name if len(plans) == 1 else f"{len(plans)} runs"
        title = f"Kill {who} now?" if again else f"Stop {who}?"
        if await self._ask(title, lines, yes="kill" if again else "stop", grave=again):
            for plan in plans:
                self._do(self._stop_one(plan.run, now=again))

    async def _stop_one(self, run: Run, *, now: bool) -> None:
        self._stopping = self._stopping | {run.id}
        try:
            stopped = await self.bench.stopping.stop(run.id, now=now, tell=self._say)
        finally:
            self._stopping = self._stopping - {run.id}
        self._say(f"{run.name}: {stopped.words()}")
        self.reread()

    async def _fork(self, run: Run) -> None:
        run = await self.bench.runs.get(run.id)
        wanted = await self.app.push_screen_wait(ForkForm(run))
        if wanted is None:
            return
        forking = self.bench.forking
        plan = await forking.plan(run.id, name=wanted.name, config=wanted.changes, command=wanted.command)
        made = await forking.make(plan)
        self.reread()
        lines = [
            f"Made {made}",
            "",
            *plan.notes(),
            "It can be started later, too:",
            f"mlws-tui run --as {made} -- …",
        ]
        if not plan.command or not await self._ask(
            "Start it now?", lines, yes="start in the background", no="keep it"
        ):
            return
        await forking.start(plan, made)
        self._say(f"{plan.name} started: {made}")
        self.reread()

    async def _reproduce(self, run: Run) -> None:
        again = await self.app.push_screen_wait(ReproduceScreen(self.bench, run))
        if again is None:
            return
        self._say(f"{run.name}: checking its code out")
        prepared = await self.bench.reproducing.prepare(again.plan, without_diff=again.without_diff)
        made = await self.bench.reproducing.start(again.plan, prepared)
        self._say(f"{run.name} started again: {made}")
        self.reread()

    async def _copy_ids(self, runs: Sequence[Run]) -> None:
        copied = await clipboard.copy("\n".join(run.id for run in runs))
        if copied.sequence and self.app._driver is not None:
            self.app._driver.write(copied.sequence)
        self._say(f"copied {runs[0].id}" if len(runs) == 1 else f"copied {len(runs)} ids")

    # how they are done and told

    def _with_one(self, act: Callable[[Run], Coroutine[Any, Any, None]]) -> None:
        run = self.selected()
        if run is None:
            self._say("No run is selected")
        else:
            self._do(act(run))

    def _with_chosen(self, act: Callable[[Sequence[Run]], Coroutine[Any, Any, None]]) -> None:
        runs = self.chosen()
        if runs:
            self._do(act(runs))
        else:
            self._say("No run is selected")

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside the screen; what goes wrong is said, and the app goes on."""
        self.run_worker(self._guarded(work), name="act", group="acts")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except MlwsError as error:
            self.notify(safe_text(error.sentence()), severity="error", timeout=10, markup=False)
            self.reread()

    async def _ask(
        self, title: str, lines: Sequence[str], *, yes: str, no: str = "not now", grave: bool = False
    ) -> bool:
        screen = ConfirmScreen(title, lines, yes=yes, no=no, grave=grave)
        return await self.app.push_screen_wait(screen) is True

    def _done(self, act: Act, runs: Sequence[Run]) -> None:
        self._say(f"{_who(runs)}: {act.words} · {_UNDO}" if act.runs else f"{_who(runs)}: nothing to change")
        self.reread()

    def _say(self, text: str) -> None:
        self.notify(safe_text(text), markup=False)


def _who(runs: Sequence[Run]) -> str:
    return runs[0].name if len(runs) == 1 else f"{len(runs)} runs"


def _names(runs: Sequence[Run]) -> list[str]:
    more = [f"and {len(runs) - 8} more"] if len(runs) > 8 else []
    return [f"{run.name}  {run.id}" for run in runs[:8]] + more


def _words(text: str) -> list[str]:
    """Tags between commas."""
    return list(dict.fromkeys(" ".join(word.split()) for word in text.split(",") if word.strip()))


def _stages() -> list[str]:
    return [f"SIGINT now, SIGTERM after {GRACE:g} s, SIGKILL after {2 * GRACE:g} s."]
