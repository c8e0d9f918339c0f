"""The runs pane on a screen, over real streams and a real index."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mlws_tui.config.workspace import Workspace
from mlws_tui.ui.panes.runs import RunsPane
from mlws_tui.ui.widgets.repaint import lean
from tests.runs.kit import HOSTILE, Desk, alive, begun, ended, metrics, opened, record

OLD = "20241019-143000-sentiment"
LIVE = "20241020-090000-llama-ft"
NEW = "20241021-090000-newcomer"
PATIENCE = 20.0


class Screen(App[None]):
    """The pane alone, as the app would show it."""

    CSS = "RunsPane { border: round $border; height: 1fr; }"

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.pane = RunsPane(desk.hub, desk.runs)
        self.selected: list[str | None] = []
        self.points: list[RunsPane.Point] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_runs_pane_selected(self, event: RunsPane.Selected) -> None:
        self.selected.append(event.run.id if event.run is not None else None)

    def on_runs_pane_point(self, event: RunsPane.Point) -> None:
        self.points.append(event)

    def _display(self, screen, renderable) -> None:  # type: ignore[no-untyped-def]
        super()._display(screen, lean(renderable))

    @property
    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@dataclass
class Seat:
    """A person before the pane."""

    app: Screen
    pilot: Pilot[None]
    desk: Desk
    workspace: Workspace

    async def see(self, what: str | Callable[[str], bool]) -> str:
        """Wait until the screen shows it; the screen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            text = self.app.text
            if what in text if isinstance(what, str) else what(text):
                return text
            assert time.monotonic() < deadline, f"not seen: {what}\n{text}"
            await self.pilot.pause(0.02)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def row(self, name: str) -> str:
        return next(line for line in self.app.text.split("\n") if name in line)


@contextlib.asynccontextmanager
async def seated(workspace: Workspace, columns: int, rows: int) -> AsyncIterator[Seat]:
    async with opened(workspace) as desk:
        app = Screen(desk)
        async with app.run_test(size=(columns, rows)) as pilot:
            app.pane.focus_target.focus()
            await desk.ingest.start()
            await desk.runs.start()
            yield Seat(app, pilot, desk, workspace)


def two_runs(workspace: Workspace) -> None:
    record(
        workspace,
        OLD,
        begun(OLD, 100.0, config={"lr": 1e-4}),
        *(metrics(step, 100.0 + step, acc=step / 100) for step in range(1, 88)),
        ended(1464.0),
    )
    record(
        workspace,
        LIVE,
        begun(LIVE, time.time() - 100, tags=["lora"], **alive()),
        *(metrics(step, 200.0 + step, loss=2 / step, lr=1e-4) for step in range(1, 51)),
        *(metrics(step, 200.0 + step, **{"val/loss": 2.2 / step}) for step in range(10, 51, 10)),
        {"type": "progress", "ts": 250.0, "step": 50, "total": 200, "epoch": 1, "epochs": 4},
    )


async def test_list_chart_and_facts_at_58_columns(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        text = await seat.see("╍ val/loss 0.0440")
        assert "● llama-ft" in text and "25%" in text and "loss 0.0400" in text
        assert "✓ sentiment" in text and "acc 0.870" in text and "22m44s" in text
        assert "1 running · 2 runs" in text and "2 Runs" in text
        await seat.press("f")
        text = await seat.see("● running  llama-ft")
        assert "lora" in text and "╍" not in text
        await seat.press("escape")
        await seat.see("╍ val/loss")
        await seat.press("j")
        await seat.see("━ acc 0.870")
        assert seat.app.selected == [LIVE, OLD]


async def test_facts_stand_beside_the_list_where_there_is_room(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 120, 30) as seat:
        text = await seat.see(lambda text: "╍ val/loss" in text and "● running  llama-ft" in text)
        row = next(line for line in text.split("\n") if "✓ sentiment" in line)
        assert "│" in row[1:-1]
        await seat.press("j")
        await seat.see("✓ completed  sentiment")


async def test_low_panes_show_the_list_alone(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 58, 7) as seat:
        await seat.see("● llama-ft")
        assert "╍" not in seat.app.text
        await seat.press("enter")
        await seat.see("● running  llama-ft")
        await seat.press("G", "g", "enter")
        await seat.see("✓ sentiment")


async def test_new_points_and_ends_arrive_by_themselves(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        await seat.see("━ loss 0.0400")
        record(workspace, LIVE, metrics(51, 260.0, loss=0.0321))
        await seat.see("━ loss 0.0321")
        await seat.see(lambda text: "loss 0.0321" in seat.row("● llama-ft"))
        record(workspace, LIVE, metrics(52, 261.0, loss="NaN"))
        await seat.see("× 1 not finite")
        error = {"type": "RuntimeError", "message": "CUDA out of memory"}
        record(workspace, LIVE, ended(time.time(), "failed", error=error))
        await seat.see("✗ llama-ft")
        await seat.see("CUDA out of memory")
        await seat.see(lambda text: "running" not in text)
        assert seat.app.selected[0] == LIVE


async def test_the_newest_live_run_is_followed_until_the_person_moves(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        await seat.see("━ loss")
        record(workspace, NEW, begun(NEW, time.time(), **alive()), metrics(1, time.time(), reward=7.5))
        await seat.see("━ reward 7.50")
        assert seat.app.selected == [LIVE, NEW]


async def test_a_new_run_does_not_shift_a_selection_that_was_made(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        await seat.see("━ loss")
        await seat.press("G")
        await seat.see("━ acc 0.870")
        record(workspace, NEW, begun(NEW, time.time(), **alive()), metrics(1, time.time(), reward=7.5))
        await seat.see("● newcomer")
        assert "━ acc 0.870" in seat.app.text
        await seat.press("k")
        await seat.see("━ loss")
        await seat.press("g")
        await seat.see("━ reward 7.50")


async def test_keys_of_the_chart(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 80, 24) as seat:
        text = await seat.see("━ loss")
        assert "step" in text
        await seat.press("m")
        await seat.see("━ lr 1.0e-04")
        await seat.press("m")
        await seat.see("━ loss")
        await seat.press("M", "x")
        await seat.see(lambda text: "━ lr" in text and "time" in text and "30s" in text)
        await seat.press("m", "x", "y")
        await seat.see(lambda text: any(line.lstrip("│ ").startswith("0.1 ") for line in text.split("\n")))
        await seat.press("e", "e", "e", "y")
        await seat.see("━ loss")


async def test_hostile_names_are_shown_and_harm_nothing(workspace: Workspace) -> None:
    name = f"{HOSTILE} a[/b]c 名前 🚀"
    record(
        workspace,
        LIVE,
        begun(LIVE, 100.0, name=name, tags=[name], config={name: name}, cmd=[name], **alive()),
        metrics(1, 101.0, **{f"loss{HOSTILE}": 1.0}),
        {"type": "note", "ts": 102.0, "text": name},
        {"type": "alert", "ts": 1e300, "title": name, "text": name},
    )
    for columns, rows in ((60, 20), (120, 40)):
        async with seated(workspace, columns, rows) as seat:
            await seat.see("␛]52")
            await seat.press("f")
            text = await seat.see(
                lambda text: "[@click=app.bell]x[/]a[/b]c名前" in "".join(text.split()).replace("│", "")
            )
            assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in text.replace("\n", ""))


async def test_without_runs_the_pane_says_how_to_get_one(workspace: Workspace) -> None:
    async with seated(workspace, 60, 20) as seat:
        await seat.see("No runs yet")
        assert "none yet" in seat.app.text
        await seat.press("j", "k", "g", "G", "m", "f", "escape", "x", "e")
        assert seat.app.selected == [None]
        record(workspace, LIVE, begun(LIVE, time.time(), **alive()))
        await seat.see("● llama-ft")
        await seat.see("No metrics logged yet.")


async def test_a_deleted_run_hands_the_selection_to_its_neighbour(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        await seat.see("━ loss")
        await seat.press("j")
        await seat.see("━ acc")
        await seat.desk.runs.edit(OLD, by="ann", deleted=True)
        await seat.see("━ loss")
        assert "sentiment" not in seat.app.text and seat.app.selected[-1] == LIVE


async def test_only_what_changed_is_painted_again(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 120, 40) as seat:
        await seat.see("━ loss")
        rows: list[int] = []
        board = seat.app.pane._chart
        drawn = board.render_line
        board.render_line = lambda y: (rows.append(y), drawn(y))[1]  # type: ignore[method-assign]
        record(workspace, LIVE, metrics(51, 260.0, lr=2e-4))
        await seat.desk.ingest.catch_up()
        await seat.see(lambda text: "2.0e-04" in text)
        assert rows == []
