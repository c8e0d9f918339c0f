"""The runs pane on a screen, over real streams and a real index."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.runs import RunsPane
from mlws_tui.ui.widgets.repaint import lean
from tests.runs.keys import press
from tests.runs.kit import HOSTILE, alive, begun, ended, metrics, record

OLD = "20241019-143000-sentiment"
LIVE = "20241020-090000-llama-ft"
NEW = "20241021-090000-newcomer"
PATIENCE = 8.0


class Screen(App[None]):
    """The pane alone, as the app would show it."""

    CSS = "RunsPane { border: round $border; height: 1fr; }"

    def __init__(self, bench: Workbench) -> None:
        super().__init__()
        self.pane = RunsPane(bench)
        self.selected: list[str | None] = []
        self.points: list[RunsPane.Point] = []
        self.jumps: list[Jump] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_runs_pane_selected(self, event: RunsPane.Selected) -> None:
        self.selected.append(event.run.id if event.run is not None else None)

    def on_runs_pane_point(self, event: RunsPane.Point) -> None:
        self.points.append(event)

    def on_runs_pane_jumped(self, event: RunsPane.Jumped) -> None:
        self.jumps.append(event.jump)

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
    bench: Workbench
    workspace: Workspace

    async def see(self, *what: str | Callable[[str], bool]) -> str:
        """Wait until the screen shows all of it; the screen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            text = self.app.text
            missed = [one for one in what if not (one in text if isinstance(one, str) else one(text))]
            if not missed:
                return text
            assert time.monotonic() < deadline, f"not seen: {missed}\n{text}"
            await self.pilot.pause(0.02)

    async def press(self, *keys: str) -> None:
        await press(self.pilot, *keys)

    def row(self, name: str) -> str:
        return next(line for line in self.app.text.split("\n") if name in line)

    def rows(self, *names: str) -> list[str]:
        """Which of these names are seen, from top to bottom, in the rows of the list."""
        found = [(line, name) for line in self.app.text.split("\n") for name in names if name in line[:40]]
        return [name for _, name in found]


@contextlib.asynccontextmanager
async def seated(workspace: Workspace, columns: int, rows: int, *, live: bool = True) -> AsyncIterator[Seat]:
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings) as bench:
        await bench.ingest.catch_up()
        app = Screen(bench)
        async with app.run_test(size=(columns, rows), notifications=True) as pilot:
            app.pane.focus_target.focus()
            if live:
                await bench.ingest.start()
                await bench.runs.start()
            yield Seat(app, pilot, bench, workspace)


async def test_the_last_view_comes_back_where_the_index_is_behind_it(workspace: Workspace) -> None:
    a_sweep(workspace, 3)
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings) as bench:
        await bench.ingest.catch_up()
        await bench.remembered.set(
            "runs.view", {"name": "", "filter": "tag:even", "order": [], "columns": []}
        )
    async with await Workbench.open(workspace, settings) as bench:
        app = Screen(bench)
        async with app.run_test(size=(100, 24)) as pilot:
            seat = Seat(app, pilot, bench, workspace)
            await seat.see("sweep-001")
            await bench.ingest.start()
            await seat.see("tag:even", lambda text: "sweep-001" not in text and "sweep-002" in text)


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


def a_sweep(workspace: Workspace, count: int) -> None:
    """Finished runs of one name: a day apart, in two experiments, each with a setting and a result of its own."""
    for i in range(count):
        run = f"202410{1 + i % 28:02d}-0{i // 28 % 10}0000-sweep-{i:03d}"
        start = 1000.0 + 86_400 * i
        record(
            workspace,
            run,
            begun(
                run,
                start,
                name=f"sweep-{i:03d}",
                config={"lr": (i + 1) / 1000},
                experiment=("reviews", "qwen")[i % 2],
                tags=["even"] if i % 2 == 0 else [],
            ),
            metrics(1, start + 1, **{"val/loss": 1 - i / 1000}),
            ended(start + 60 + i),
        )


async def test_list_chart_and_facts_at_58_columns(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        text = await seat.see("val/loss 0.0440", "loss 0.0400")
        assert "● llama-ft" in text and "25%" in text
        assert "✓ sentiment" in text and "acc 0.870" in text and "22m44s" in text
        assert "1 running · 2 runs" in text and "2 Runs" in text
        await seat.press("f")
        text = await seat.see("● running  llama-ft")
        assert "lora" in text
        await seat.press("escape")
        await seat.see("step", "val/loss 0.0440")
        await seat.press("j")
        await seat.see(lambda text: "acc 0.870" in text.split("✓ sentiment")[1].split("\n", 1)[1])
        assert seat.app.selected == [LIVE, OLD]


async def test_facts_stand_beside_the_list_where_there_is_room(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 120, 30) as seat:
        text = await seat.see("val/loss 0.0440", "● running  llama-ft")
        row = next(line for line in text.split("\n") if "✓ sentiment" in line)
        assert "│" in row[1:-1]
        await seat.press("j")
        await seat.see("✓ completed  sentiment")


async def test_low_panes_show_the_list_alone(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 58, 7) as seat:
        await seat.see("● llama-ft")
        await seat.press("f")
        await seat.see("● running  llama-ft")
        await seat.press("escape", "G", "f")
        await seat.see("✓ completed  sentiment")


async def test_new_points_and_ends_arrive_by_themselves(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        await seat.see("loss 0.0440")
        record(workspace, LIVE, metrics(51, 260.0, loss=0.0321))
        await seat.see(lambda text: "loss 0.0321" in seat.row("● llama-ft"))
        error = {"type": "RuntimeError", "message": "shapes do not fit"}
        record(workspace, LIVE, ended(time.time(), "failed", error=error))
        await seat.see("✗ llama-ft", "shapes do not fit", lambda text: "running" not in text)
        assert seat.app.selected[0] == LIVE


async def test_the_newest_live_run_is_followed_until_the_person_moves(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        await seat.see("val/loss 0.0440")
        record(workspace, NEW, begun(NEW, time.time(), **alive()), metrics(1, time.time(), reward=7.5))
        await seat.see("━ reward 7.50")
        assert seat.app.selected == [LIVE, NEW]
        await seat.press("G")
        await seat.see("━ acc 0.870")
        newer = NEW.replace("-09", "-10")
        record(workspace, newer, begun(newer, time.time(), name="newest", **alive()))
        await seat.see("● newest")
        assert "━ acc 0.870" in seat.app.text
        await seat.press("g")
        await seat.see("No metrics logged yet.")


async def test_hostile_names_are_shown_and_harm_nothing(workspace: Workspace) -> None:
    name = f"{HOSTILE} a[/b]c 名前 🚀"
    record(
        workspace,
        LIVE,
        begun(
            LIVE, 100.0, name=name, tags=[name], config={name: name}, cmd=[name], experiment=name, **alive()
        ),
        metrics(1, 101.0, **{f"loss{HOSTILE}": 1.0}),
        {"type": "note", "ts": 102.0, "text": name},
        {"type": "alert", "ts": 1e300, "title": name, "text": name},
    )
    async with seated(workspace, 120, 40) as seat:
        await seat.see("␛]52")
        await seat.press("f")
        text = await seat.see(lambda text: "[@click=app.bell]x[/]" in "".join(text.split()).replace("│", ""))
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in text.replace("\n", ""))
        await seat.press("escape", "b", *"exp", "enter", "o", "e", "v", "enter", "escape", "slash", "e", "v")
        text = await seat.see("1 of 1")
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in text.replace("\n", ""))


async def test_without_runs_the_pane_says_how_to_get_one(workspace: Workspace) -> None:
    async with seated(workspace, 60, 20) as seat:
        await seat.see("No runs yet", "none yet")
        await seat.press(
            "j", "k", "g", "G", "m", "f", "escape", "x", "e", "space", "left", "enter", "equals_sign", "u"
        )
        await seat.see("Mark two runs or more")
        assert seat.app.selected == [None]
        record(workspace, LIVE, begun(LIVE, time.time(), **alive()))
        await seat.see("● llama-ft", "No metrics logged yet.")


async def test_a_deleted_run_hands_the_selection_to_its_neighbour(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 60, 20) as seat:
        await seat.see("val/loss 0.0440")
        await seat.press("j")
        await seat.see("━ acc")
        await seat.bench.runs.edit(OLD, by="ann", deleted=True)
        await seat.see("val/loss 0.0440", lambda text: "sentiment" not in text)
        assert seat.app.selected[-1] == LIVE


async def test_a_filter_applies_as_it_is_typed_tells_what_is_wrong_and_completes(
    workspace: Workspace,
) -> None:
    two_runs(workspace)
    a_sweep(workspace, 6)
    async with seated(workspace, 100, 30, live=False) as seat:
        await seat.see("1 running · 8 runs")
        await seat.press("slash", *"status:comp")
        await seat.see("There is no state 'comp'", "› completed", "✓ sweep-004")
        await seat.press("tab")
        await seat.see("status:completed", "7 of 8", lambda text: "llama-ft" not in text)
        await seat.press(*" lr<", "enter")
        await seat.see("lr< wants a value", "7 of 8")
        await seat.press(*"0.003", "enter")
        await seat.see(
            "2 Runs ── status:completed lr<0.003 · 1 running hidden",
            "3 of 8",
            lambda text: "/ status" not in text,
        )
        assert seat.rows("sentiment", "sweep-000", "sweep-001", "sweep-002") == [
            "sweep-001",
            "sweep-000",
            "sentiment",
        ]
        await seat.press("slash", *" host:nowhere", "enter")
        await seat.see("No run fits", "0 of 8")
        await seat.press("escape")
        await seat.see("1 running · 8 runs")
        await seat.press("slash", "up")
        await seat.see("/ status:completed lr<0.003 host:nowhere")
        await seat.press("escape")
        await seat.see("● llama-ft")


async def test_order_columns_groups_and_views_come_back_at_the_next_start(workspace: Workspace) -> None:
    a_sweep(workspace, 6)
    names = tuple(f"sweep-{i:03d}" for i in range(6))
    async with seated(workspace, 100, 40, live=False) as seat:
        await seat.see("6 runs", lambda _: seat.rows(*names) == [*reversed(names)])
        await seat.press("s", *"val/", "enter")
        await seat.see("2 Runs ── val/loss ▲", "6 runs")
        await seat.press("S")
        await seat.see("val/loss ▼", lambda _: seat.rows(*names) == [*names])
        await seat.press("o", *"lr", "enter", *"ss:mi", "enter", "escape")
        await seat.see(lambda text: "lr  val/loss:min" in " ".join(text.split("│")))
        await seat.pilot.click("RunList", offset=(seat.row("val/loss:min").index("lr") - 1, 0))
        await seat.see("lr▲")
        await seat.press("b", "down", "enter")
        await seat.see("▾ experiment = reviews   3 runs", "▾ experiment = qwen   3 runs", "by experiment")
        await seat.press("v", *"mine", "enter")
        await seat.see("✓ mine")
        await seat.press("escape")
        await seat.see("2 Runs ── mine")
        await seat.press("g", "left")
        await seat.see("▸ ", lambda _: len(seat.rows(*names)) == 3)
        await seat.press("right", "right", "space")
        await seat.see("1 marked", lambda _: len(seat.rows(*names)) == 6)
        await seat.bench.ingest.catch_up()
    async with seated(workspace, 100, 40, live=False) as seat:
        await seat.see("2 Runs ── mine", "▾ experiment = reviews   3 runs", "lr▲")
        await seat.press("b", *"nokey", "enter")
        await seat.see("No run has a config key 'nokey'", "▾ experiment = reviews")
        await seat.press("v", "ctrl+s", "ctrl+d")
        await seat.see("View mine is saved", "View mine is deleted", lambda text: "✓ mine" not in text)
        await seat.press("enter")
        await seat.see(
            "6 runs", lambda text: "▾" not in text, lambda _: seat.rows(*names) == [*reversed(names)]
        )


async def test_marks_keep_to_their_runs_and_are_drawn_together(workspace: Workspace) -> None:
    two_runs(workspace)
    a_sweep(workspace, 4)
    async with seated(workspace, 100, 30) as seat:
        await seat.see("1 running · 6 runs")
        await seat.press("space", "space")
        text = await seat.see("2 marked", "▪● llama-ft", "▪✓ sweep-003")
        assert "sweep-002" in text
        record(workspace, NEW, begun(NEW, time.time(), **alive()))
        await seat.see("● newcomer", "▪● llama-ft", "▪✓ sweep-003", " ✓ sweep-002")
        assert [run.name for run in seat.app.pane.chosen()] == ["llama-ft", "sweep-003"]
        assert [run.name for run in seat.app.pane.chart.runs] == ["llama-ft", "sweep-003"]
        await seat.press("ctrl+a")
        await seat.see("7 marked")
        await seat.press("u")
        await seat.see(lambda text: "marked" not in text)
        assert [run.name for run in seat.app.pane.chosen()] == ["sweep-002"]


async def test_thousands_of_runs_are_read_only_where_they_are_seen(workspace: Workspace) -> None:
    a_sweep(workspace, 250)
    async with seated(workspace, 80, 24, live=False) as seat:
        await seat.see("250 runs", "sweep-249")
        asked: list[int] = []
        lists = seat.bench.runlists
        runs = lists.runs
        lists.runs = lambda ids, columns=(): (asked.append(len(ids)), runs(ids, columns))[1]  # type: ignore[method-assign]
        await seat.press("G")
        await seat.see("sweep-000")
        assert seat.app.pane.selected() is not None and sum(asked) < 60
        await seat.press("k", "k")
        assert [run.name for run in seat.app.pane.chosen()] == ["sweep-002"]
        await seat.press("g")
        await seat.see("sweep-249")
        assert sum(asked) < 60, "what was read is kept"
        board = seat.app.pane._list
        board.post_message(events.MouseScrollDown(board, 1, 1, 0, 1, 0, False, False, False))
        await seat.see("sweep-246", lambda text: "sweep-249" not in text)
        await seat.pilot.click("RunList", offset=(5, 1))
        await seat.see(lambda _: [run.name for run in seat.app.pane.chosen()] == ["sweep-245"])


async def test_a_page_leads_to_a_run_that_the_filter_hides_and_out_of_the_pane(workspace: Workspace) -> None:
    two_runs(workspace)
    a_sweep(workspace, 4)
    async with seated(workspace, 100, 30, live=False) as seat:
        await seat.see("6 runs")
        await seat.press("slash", *"tag:lora", "enter")
        await seat.see("1 of 6")
        pane = seat.app.pane
        pane.jump(Jump("run", OLD))
        await seat.see("The filter is cleared", "6 runs", "━ acc 0.870")
        assert pane.selected() is not None and pane.selected().id == OLD
        pane.jump(Jump("log", LIVE))
        await seat.see("val/loss 0.0440", lambda _: bool(seat.app.jumps))
        pane.jump(Jump("journal", "2024-10-20"))
        await seat.see(lambda _: seat.app.jumps == [Jump("log", LIVE), Jump("journal", "2024-10-20")])
        await seat.bench.runs.edit(OLD, by="ann", archived=True)
        await seat.bench.ingest.catch_up()
        pane.reread()
        await seat.see("5 runs")
        pane.jump(Jump("run", OLD))
        await seat.see("is archived")


async def test_only_what_changed_is_painted_again(workspace: Workspace) -> None:
    two_runs(workspace)
    async with seated(workspace, 120, 40) as seat:
        await seat.see("val/loss 0.0440")
        rows: list[int] = []
        board = seat.app.pane._list
        drawn = board.render_line
        board.render_line = lambda y: (rows.append(y), drawn(y))[1]  # type: ignore[method-assign]
        record(workspace, LIVE, metrics(51, 260.0, lr=2e-4))
        await seat.bench.ingest.catch_up()
        await seat.see(lambda text: "2.0e-04" in text)
        assert 1 not in rows, "the run that is over is not painted again"
