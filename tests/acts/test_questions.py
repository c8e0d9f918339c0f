"""The questions of the runs pane in the whole app: keys typed ahead of them, and hostile text in them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import Run, RunQuery, RunState
from mlws_tui.domain.text import cell_width, safe_text
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.panes.runs import RunsPane
from tests.runs.keys import key_event
from tests.runs.kit import HOSTILE, alive, begun, ended, record, until
from tests.ui.stage import Still, screen_text

A, B = "20241019-143000-alpha", "20241019-143001-beta"


class Seat:
    """A person before the whole app, whose keys come all at once."""

    def __init__(self, still: Still, pilot: Pilot[int], bench: Workbench) -> None:
        self.still = still
        self.pilot = pilot
        self.bench = bench

    def burst(self, *keys: str) -> None:
        for key in keys:
            self.still.app.post_message(key_event(key))

    async def holds(self, condition: Callable[[Run], bool], run: str = B) -> None:
        async def held() -> bool:
            return condition(await self.bench.runs.get(run))

        await until(held)

    async def runs(self) -> list[Run]:
        query = RunQuery(include_deleted=True, include_archived=True)
        return list((await self.bench.runs.list(query)).runs)


@contextlib.asynccontextmanager
async def seated(workspace: Workspace) -> AsyncIterator[Seat]:
    """The app, with the newer one of two runs selected."""
    record(workspace, A, begun(A, 1000.0), ended(1001.0))
    command = ["python", "train.py", "--lr", "1"]
    record(workspace, B, begun(B, 1002.0, config={"lr": 1}, cmd=command, **alive()))
    still = Still(workspace)
    async with still.app.run_test(size=(80, 24), notifications=True) as pilot:
        await still.ready(pilot, "beta")
        still.app.desk.go_to("runs")
        assert still.bench is not None
        seat = Seat(still, pilot, still.bench)
        await until(lambda: still.app.focused is not None and still.app.focused.has_focus_within)
        await pilot.pause()
        yield seat
        await still.leave()


async def test_what_is_typed_ahead_goes_into_the_question(workspace: Workspace) -> None:
    async with seated(workspace) as seat:
        seat.burst("r", *"-done KRAd", "enter")
        await seat.holds(lambda run: run.name == "beta-done KRAd")
        seat.burst("t", *"dull, KdAU", "enter", "t", *", x", "enter")
        await seat.holds(lambda run: set(run.tags) >= {"dull", "KdAU"})
        seat.burst("N", *"dAK", "enter", *"Ud", "escape")
        await seat.holds(lambda run: run.notes == "dAK\nUd")
        await seat.still.sees(seat.pilot, "The notes are saved")
        seat.burst("F", *"seed = 7", "enter", "ctrl+s", "n")
        await seat.still.sees(seat.pilot, "is made")
        forks = [run for run in await seat.runs() if run.parent == B]
        assert [(run.config, run.state) for run in forks] == [({"lr": 1, "seed": 7}, RunState.CREATED)]
        seat.burst("R", *"dAKtN", "escape", "K", "A", "d", "escape", "r", "!", "enter")
        await seat.holds(lambda run: run.name == "beta-done KRAd!")
        assert not any(run.deleted or run.archived for run in await seat.runs())
        assert {run.name for run in await seat.runs()} == {"alpha", "beta-done KRAd-2", "beta-done KRAd!"}


async def test_what_is_typed_in_one_burst_is_done_in_its_order(workspace: Workspace) -> None:
    async with seated(workspace) as seat:
        seat.burst("r", "1", "enter", "asterisk", "t", *"x", "enter", *"UUU", "Y")
        await seat.still.sees(seat.pilot, "copied")
        await seat.holds(lambda run: (run.name, run.tags) == ("beta", ()))
        assert not seat.bench.runacts.undoable


async def test_what_is_typed_behind_the_key_that_leaves_does_nothing(workspace: Workspace) -> None:
    async with seated(workspace) as seat:
        seat.burst("q", "s", "slash", "o", "x")
        await until(lambda: seat.still.app._exit)
    assert seat.still.app._exception is None and seat.still.app.return_code == 0


async def test_hostile_text_stays_in_the_boxes_of_the_questions(workspace: Workspace) -> None:
    evil = f"{HOSTILE}[red]x[/]\n\t\u202e" + "n" * 300
    facts = {"name": evil, "tags": [evil], "config": {"text": evil, evil: 1}, "cmd": ["python", evil]}
    async with seated(workspace) as seat:
        environment = {"packages": {evil: "1"}, "os": evil, "data": [{"path": f"/{evil}", "bytes": 1}]}
        git = {"sha": "0" * 40, "branch": evil, "dirty": True, "diff": evil}
        record(workspace, B, {"type": "run", "ts": 1003.0, "environment": environment, "git": git, **facts})
        record(workspace, B, {"type": "set", "ts": 1004.0, "by": evil, "notes": evil})
        await seat.bench.ingest.catch_up()
        seat.still.app.desk.query_one(RunsPane).reread()
        await seat.still.sees(seat.pilot, "evil")
        for keys, seen in (
            ("r", "Rename the run"),
            ("t", "by commas"),
            ("N", "esc saves"),
            ("F", "no setting is changed"),
            ("R", "there is no repository"),
            ("K", "let it run"),
        ):
            seat.burst(keys)
            await seat.still.sees(seat.pilot, seen)
            lines = screen_text(seat.still.app).split("\n")
            assert all(line == safe_text(line) and cell_width(line) == 80 for line in lines), keys
            seat.burst("escape")
            await until(lambda: seat.still.app.screen is seat.still.app.desk)
