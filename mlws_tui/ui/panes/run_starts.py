"""From the list of runs to a run's terminal and back, and the start of a run that was made and waits."""

from __future__ import annotations

from typing import ClassVar

from textual.app import SuspendNotSupported

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.shellwords import quote
from mlws_tui.ui.actions import Action
from mlws_tui.ui.panes.run_act_words import called
from mlws_tui.ui.panes.run_acts import ActKeys
from mlws_tui.ui.screens.confirm import ConfirmScreen, Told


class StartKeys(ActKeys):
    """Adds the keys that attach to a run and begin one to those that act on runs."""

    START_ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("runs.attach", "T", "Terminal", "See the terminal of a running run; ctrl+] comes back here"),
        Action("runs.start", "ctrl+s", "Start", "Start a run that was made and not begun, in the background"),
    )

    def action_attach(self) -> None:
        run = self._one()
        if run is not None:
            self._do(self._see_terminal(run))

    async def _see_terminal(self, run: Run) -> None:
        """Hand the terminal over. Nothing runs here meanwhile, so the ingest is given up, as at ctrl+z."""
        await self.bench.terminals.check(run)
        ingest = self.bench.ingest
        await ingest.close()
        try:
            with self.app.suspend():
                self.bench.terminals.show(run.id)
        except SuspendNotSupported:
            raise MlwsError(
                "This terminal cannot be handed over", hint=f"in another one: mlws-tui attach {run.id}"
            ) from None
        finally:
            await ingest.start()
        self.reread()

    def action_start(self) -> None:
        """Ask whether to begin the run, telling its command."""
        run = self._one()
        if run is None:
            return
        if run.state is not RunState.CREATED:
            self._say(f"{called(run.name)} has begun already: R does it again, F makes another one from it")
            return

        async def read() -> Told:
            command = await self.bench.terminals.command_of(run.id)
            if command:
                return Told([" ".join(map(quote, command)), *([f"in {run.cwd}"] if run.cwd else [])])
            return Told(
                ["Its command is not known. In a shell:", f"mlws-tui run --as {run.id} -- COMMAND"], False
            )

        question = ConfirmScreen(f"Start {called(run.name)}?", yes="start in the background", read=read)
        self.app.push_screen(question, lambda yes: self._do(self._begin_run(run)) if yes else None)

    async def _begin_run(self, run: Run) -> None:
        await self.bench.terminals.start(run.id)
        self._say(f"{called(run.name)} started: T shows its terminal")
        self.reread()
