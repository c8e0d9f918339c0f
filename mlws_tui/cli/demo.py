"""``mlws-tui demo``: the app on programs that really run, or what came of them as text."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from mlws_tui.cli.output import Session, bench, is_terminal, run_async
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.services.demo import Demo, Pace

_SIGNS = {RunState.COMPLETED: "✓", RunState.FAILED: "✗", RunState.STOPPED: "■", RunState.CRASHED: "✗"}
#: Seconds beyond the asked for minutes after which programs that still run are reported as they are.
_GRACE = 180.0


@click.command("demo")
@click.option(
    "--keep", metavar="PATH", type=click.Path(path_type=Path), help="Make the workspace here; it stays."
)
@click.option("--headless", is_flag=True, help="No app: wait for the programs and print what came of them.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="How long the training takes.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Passes of the training over its text.")
def command(keep: Path | None, headless: bool, minutes: float, epochs: int | None) -> int:
    """See the app on a model that trains, a run that fails and an agent at work; nothing is left behind."""
    with _orderly_end():
        demo = Demo(keep)
        try:
            demo.start(Pace(minutes, epochs))
            if headless or not is_terminal():
                return run_async(_report(demo, minutes))
            from mlws_tui.cli.app import open_app

            return open_app(demo.workspace)
        finally:
            for number in (signal.SIGHUP, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # what is being cleared away is cleared to the end
            demo.close()


@contextmanager
def _orderly_end() -> Iterator[None]:
    """While the app does not hear SIGHUP and SIGTERM itself, they leave by way of the clearing away."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _report(demo: Demo, minutes: float) -> int:
    """Print a line for each program when it has ended, or as it stands when the patience is at its end."""
    click.echo(f"Workspace {safe_text(str(demo.workspace.root))}")
    click.echo(f"Started {', '.join(demo.runs)}")
    session = Session()
    session.use(demo.workspace)
    end = time.monotonic() + minutes * 60 + _GRACE
    waiting = set(demo.runs)
    async with bench(session) as opened:
        while waiting:
            await opened.ingest.catch_up()
            late = time.monotonic() > end
            for run in (await opened.runs.list()).runs:
                if run.id in waiting and (late or not run.state.live):
                    waiting.discard(run.id)
                    click.echo(_line(run))
            if late:
                break
            await asyncio.sleep(0.25)
    return 0


def _line(run: Run) -> str:
    seconds = run.duration(time.time()) or 0.0
    head = f"{_SIGNS.get(run.state, '●')} {run.name:<16} {run.state.value:<10} {seconds:>6.1f} s"
    if run.error is not None:
        what = f"{run.error.type}: {run.error.message}" if run.error.type else run.error.message
        return safe_text(f"{head}  {what}")
    shown = [f"{name} {latest.last:.3f}" for name, latest in run.latest.items() if "loss" in name]
    shown = shown or [f"{name} {latest.last:g}" for name, latest in run.latest.items()]
    return safe_text(f"{head}  {'  '.join(shown)}")
