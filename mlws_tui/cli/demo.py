"""``mlws-tui demo``: the app on programs that really run, or what came of them as text."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from mlws_tui.cli.output import Session, bench, is_terminal, run_async
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.domain.text import safe_text
from mlws_tui.services.demo import Demo, Pace

T = TypeVar("T")
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
    end = _OrderlyEnd()
    demo = None
    try:
        with end.held():
            demo = Demo(keep)
            demo.start(Pace(minutes, epochs))
            if headless or not is_terminal():
                return run_async(end.heeding(_report(demo, minutes)))
        from mlws_tui.cli.app import open_app

        return open_app(demo.workspace)
    finally:
        end.deaf = True  # no call: Python lets a signal in at each one
        try:
            end.ignore()
        finally:
            if demo is not None:
                demo.close()
            end.restore()


class _OrderlyEnd:
    """Lets SIGINT, SIGHUP and SIGTERM leave by way of the clearing away, while the app does not hear them itself.

    The signals are not blocked, as a mask would go on to the programs that are started. One that was ignored when this
    began (``nohup``) stays ignored.
    """

    def __init__(self) -> None:
        self.deaf = False
        self._holding = False
        self._waiting: int | None = None
        self._cancel: Callable[[], object] | None = None
        numbers = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
        before = {number: signal.getsignal(number) for number in numbers}
        self._before = {number: was for number, was in before.items() if was != signal.SIG_IGN}
        for number in self._before:
            if number != signal.SIGINT:
                signal.signal(number, self._hear)

    @contextmanager
    def held(self) -> Iterator[None]:
        """What comes meanwhile leaves at the end of this."""
        self._holding = True
        try:
            # Only here: `asyncio.run` ends the app in order at SIGINT where it finds the usual handler.
            if signal.SIGINT in self._before:
                signal.signal(signal.SIGINT, self._hear)
            yield
        finally:
            self._holding = False
            if signal.SIGINT in self._before:
                signal.signal(signal.SIGINT, self._before[signal.SIGINT])
            if self._waiting is not None:
                self._leave(self._waiting)

    async def heeding(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, while held, and cancel it when a signal comes: an exception out of nowhere upsets the loop."""
        task = asyncio.create_task(work)
        self._cancel = partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel)
        if self._waiting is not None:
            task.cancel()
        try:
            return await task
        finally:
            self._cancel = None

    def ignore(self) -> None:
        """What is being cleared away is cleared to the end. The app may have set handlers of its own."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def restore(self) -> None:
        """As it was before."""
        for number, was in self._before.items():
            signal.signal(number, was)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self._holding:
            self._waiting = number
            if self._cancel is not None:
                self._cancel()
        elif not self.deaf:
            self._leave(number)

    def _leave(self, number: int) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)


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
