"""The keys that act on runs: their questions, what they do, and what is said then."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.actions import bindings
from mlws_tui.ui.pane import Pane
from mlws_tui.ui.panes.run_acts import ActKeys
from tests.acts.kit import PYTHON, Repository, ends, log_of, started, workbench
from tests.runs.keys import press
from tests.runs.kit import HOSTILE, begun, ended, record

A, B = "20241019-143000-alpha", "20241019-143001-beta"


class Acting(ActKeys, Pane):
    """A pane of runs without its list."""

    BINDINGS = bindings(ActKeys.ACT_ACTIONS)
    can_focus = True

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench.hub, id="runs")
        self.bench = bench
        self.runs: tuple[Run, ...] = ()

    def chosen(self) -> tuple[Run, ...]:
        return self.runs

    def selected(self) -> Run | None:
        return self.runs[0] if self.runs else None

    def reread(self) -> None:
        self.run_worker(self._reread())

    async def _reread(self) -> None:
        found = [await self.bench.store.get_run(run.id) for run in self.runs]
        self.runs = tuple(run for run in found if run is not None)


class Screen(App[None]):
    def __init__(self, bench: Workbench) -> None:
        super().__init__()
        self.pane = Acting(bench)

    def compose(self) -> ComposeResult:
        yield self.pane


@dataclass
class Seat:
    """A person before the pane."""

    app: Screen
    pilot: Pilot[None]
    bench: Workbench
    said: list[str] = field(default_factory=list)

    async def choose(self, *ids: str) -> None:
        while self.app.workers:  # an act that reads the runs again would choose the ones before
            await self.app.workers.wait_for_complete()
        query = RunQuery(include_deleted=True, include_archived=True)
        runs = {run.id: run for run in (await self.bench.runs.list(query)).runs}
        self.app.pane.runs = tuple(runs[run] for run in ids)
        self.app.pane.focus()

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    async def type(self, text: str) -> None:
        """Type a text at the end of the line that is asked for, and enter."""
        await self.see(lambda _: bool(self.app.screen.query(Input)))
        self.app.screen.query_one(Input).value += text
        await self.press("enter")

    async def see(self, what: str | Callable[[str], bool]) -> None:
        """Wait until the screen, or what was said, has it."""
        deadline = time.monotonic() + 20
        while True:
            strips = self.app.screen._compositor.render_strips()
            text = "\n".join("".join(segment.text for segment in strip) for strip in strips)
            text += "\n".join(str(note.message) for note in self.app._notifications)
            if what in text if isinstance(what, str) else what(text):
                return
            assert time.monotonic() < deadline, f"not seen: {what}\n{text}"
            await self.pilot.pause(0.01)

    async def holds(self, condition: Callable[[Run], bool], run: str = A) -> None:
        deadline = time.monotonic() + 20
        while not condition(found := await self.bench.runs.get(run)):
            assert time.monotonic() < deadline, found
            await self.pilot.pause(0.01)


@contextlib.asynccontextmanager
async def seated(workspace: Workspace) -> AsyncIterator[Seat]:
    async with workbench(workspace) as bench:
        app = Screen(bench)
        async with app.run_test(size=(100, 40)) as pilot:
            yield Seat(app, pilot, bench)


async def test_names_tags_notes_and_back(workspace: Workspace) -> None:
    for run in (A, B):
        record(workspace, run, begun(run, 1000.0, tags=["lora"], experiment="reviews"), ended(1001.0))
    record(workspace, B, {"type": "set", "ts": 1002.0, "by": "x", "name": HOSTILE})
    async with seated(workspace) as seat:
        await seat.press("r")
        await seat.see("No run is selected")
        await seat.choose(A)
        await seat.press("r")
        await seat.type("-new")
        await seat.see("renamed to alpha-new · U takes it back")
        await seat.press("t")
        await seat.type(", keep")
        await seat.holds(lambda run: run.tags == ("lora", "keep"))
        await seat.press("N", "x", "ctrl+x")
        await seat.see("again drops what was typed")
        await seat.press("enter", "y", "escape")
        await seat.see("The notes are saved · U takes it back")
        await seat.press("N", "z", "ctrl+x", "ctrl+x")
        await seat.holds(lambda run: run.notes == "x\ny")
        await seat.press("asterisk")
        await seat.holds(lambda run: "best" in run.tags)
        for _ in range(4):
            await seat.press("U")
        await seat.holds(lambda run: (run.name, run.tags, run.notes) == ("alpha", ("lora",), ""))
        await seat.press("U")
        await seat.see("There is nothing to undo")
        await seat.choose(A, B)
        await seat.press("t")
        await seat.type("both, -lora")
        await seat.holds(lambda run: run.tags == ("both",), B)
        await seat.press("Y")
        await seat.see("copied 2 ids")


async def test_archive_delete_and_for_ever(workspace: Workspace) -> None:
    for run in (A, B):
        record(workspace, run, begun(run, 1000.0), ended(1001.0))
    async with seated(workspace) as seat:
        await seat.choose(A)
        await seat.press("A")
        await seat.holds(lambda run: run.archived)
        await seat.see(lambda _: seat.app.pane.runs[0].archived)
        await seat.press("A")
        await seat.holds(lambda run: not run.archived)
        await seat.choose(A, B)
        await seat.press("A")
        await seat.see("Archive 2 runs?")
        await seat.press("enter")
        await seat.holds(lambda run: run.archived, B)
        await seat.see(lambda _: all(run.archived for run in seat.app.pane.runs))
        await seat.press("A")
        await seat.see("Take 2 runs out of the archive?")
        await seat.press("y")
        await seat.holds(lambda run: not run.archived, B)
        await seat.choose(A, B)
        await seat.press("d")
        await seat.see("Delete 2 runs?")
        await seat.press("enter")
        await seat.holds(lambda run: run.deleted, B)
        await seat.see(lambda _: all(run.deleted for run in seat.app.pane.runs))
        await seat.press("U")
        await seat.holds(lambda run: not run.deleted, B)
        await seat.choose(A)
        await seat.press("d")
        await seat.see(
            "alpha: deleted, nothing is lost: U brings it back at once, and at any time below the filter"
        )
        await seat.choose(A)
        await seat.press("d")
        await seat.see("It cannot be undone")
        await seat.press("enter")  # is no answer to that
        await seat.press("n")
        assert (workspace.streams / A).is_dir()
        await seat.press("d")
        await seat.see("It cannot be undone")
        await seat.press("y")
        await seat.see("deleted for ever")
        assert not (workspace.streams / A).exists()


async def test_stop_fork_and_do_again(workspace: Workspace, tmp_path: Path) -> None:
    code = Repository(tmp_path / "code")
    async with seated(workspace) as seat:
        source = "import time\nprint('ready', flush=True)\ntime.sleep(60)\n"
        run = await started(seat.bench, source, tmp_path, name="alpha", config={"lr": 1})
        await seat.choose(run)
        await seat.press("K")
        await seat.see("which hands it on")
        await seat.press("y")
        await seat.see("stopped by SIGINT after")
        await seat.press("K")
        await seat.see("does not run: it is stopped")
        await seat.see("esc  closes")
        await seat.press("y")

        record(
            workspace,
            A,
            begun(A, 1000.0, cmd=[PYTHON, "train.py", "--lr", "1"], cwd=str(code.root), config={"lr": 1}),
            {
                "type": "run",
                "ts": 1000.1,
                "git": {"sha": code.git("rev-parse", "HEAD").strip(), "dirty": False},
            },
            ended(1001.0),
        )
        await seat.bench.ingest.catch_up()
        await seat.choose(A)
        await seat.press("F")
        await seat.see("Fork of alpha")
        area = seat.app.screen.query_one(TextArea)
        area.text = "lr 2"
        await seat.see("Line 1 is no setting")
        await seat.press("ctrl+s")
        area.text = "lr = 2\nseed = 3"
        await seat.see("not named by the command: seed")
        assert seat.app.screen.query_one("#fork-command", Input).value.endswith("train.py --lr 2")
        await seat.press("ctrl+s")
        await seat.see("Start it now?")
        await seat.press("y")
        await seat.see("alpha-2 started:")
        newest = await seat.bench.runs.get("@last")
        assert newest.parent == A and newest.config == {"lr": 2, "seed": 3}
        await ends(seat.bench, newest.id)

        await seat.choose(A)
        await seat.press("R")
        await seat.see("yours is not touched")
        await seat.press("G")
        await seat.see("alpha started again:")
        again = await seat.bench.runs.get("@last")
        assert again.id != newest.id
        assert (await ends(seat.bench, again.id)).state is RunState.COMPLETED
        assert "one" in log_of(workspace, again.id)
