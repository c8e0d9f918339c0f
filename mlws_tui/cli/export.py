"""``mlws-tui export``: what the workspace holds, for other programs."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.services.export import Exported, Request

T = TypeVar("T")
_STDOUT = "-"
_REWRITE = 0.2  # seconds between two looks of the progress line
_STOPPING = (signal.SIGTERM, signal.SIGHUP)


@click.command("export")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    default="csv",
    show_default=True,
    help="What the files are; parquet needs mlws-tui[parquet].",
)
@click.option("--run", "refs", multiple=True, metavar="RUN", help="This run only; may be repeated.")
@click.option(
    "--experiment",
    "experiments",
    multiple=True,
    metavar="NAME",
    help="The runs of this experiment only (its name or id).",
)
@click.option(
    "--since", metavar="DATE", help="Runs begun on this day or later: 2024-10-19, 2024-10-19T14:30."
)
@click.option("--deleted", is_flag=True, help="Deleted runs too.")
@click.option(
    "--what", metavar="TABLE,…", help="Some of runs, metrics, events, experiments; all if not given."
)
@click.option("--out", metavar="PATH", help="The new folder, or - for one table on stdout.")
@click.option("--force", is_flag=True, help="Replace an earlier export of that name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: the manifest and the path.")
@click.pass_obj
def command(
    session: Session,
    file_format: str,
    refs: tuple[str, ...],
    experiments: tuple[str, ...],
    since: str | None,
    deleted: bool,
    what: str | None,
    out: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write runs, metrics, events and experiments into a new folder, all of one moment, and print its path.

    Without --out it is mlws-export-YYYYMMDD-HHMMSS in the current folder. docs/export.md has the columns.
    """
    from mlws_tui.services.export import TABLES, Request, Selection, check

    if out == _STDOUT and (as_json or force):
        raise UsageError("--out - writes a table to stdout, which leaves no room for --json or --force")
    tables = tuple(TABLES) if what is None else tuple(name.strip() for name in what.split(","))
    if len(experiments) > 1:
        raise UsageError("One --experiment at a time", hint="export each into a folder of its own, or all")
    selection = Selection(None, experiments[0] if experiments else None, _moment(since), deleted)
    request = Request(file_format, tables, selection)
    check(request)
    target = None if out == _STDOUT else Path(out) if out else _default()
    done = run_async(_interruptible(_export(session, request, refs, target, force)))
    left_out = done.manifest["left_out"]
    if left_out and "metrics" in done.rows:
        say(
            f"{left_out} values are not in it: docs/streams.md says how many names of metrics a file may have"
        )
    if as_json:
        emit_json({"path": str(done.path), **done.manifest})
    elif done.path is not None:
        click.echo(safe_text(str(done.path)))
        say(", ".join(f"{name} {rows:,}" for name, rows in done.rows.items()))


async def _export(
    session: Session, request: Request, refs: tuple[str, ...], target: Path | None, force: bool
) -> Exported:
    from dataclasses import replace

    from mlws_tui.services.export import export_folder, export_table

    async with bench(session) as opened:
        state = await opened.ingest.catch_up()
        warn_if_behind(state)
        selection = request.selection
        if refs:
            runs = tuple(dict.fromkeys([(await opened.runs.get(ref)).id for ref in refs]))
            selection = replace(selection, runs=runs)
        request = replace(request, selection=selection, behind=state.behind)
        await opened.ingest.close()  # others may ingest while this one writes, for minutes perhaps
        with ProgressLine() as progress:
            if target is not None:
                return await export_folder(opened, request, target, force=force, progress=progress)
            return await export_table(opened, request, _stdout(), progress=progress)


async def _interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run it; ctrl+c, a signal to end and a closed terminal let it tidy up first."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    stopped: list[int] = []

    def stop(number: int) -> None:
        stopped.append(number)
        if task is not None:
            task.cancel()

    for number in _STOPPING:
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one of them
            loop.add_signal_handler(number, stop, number)
    try:
        return await work
    except asyncio.CancelledError:
        say("the export was interrupted: nothing of it was kept")
        raise click.exceptions.Exit(128 + (stopped[0] if stopped else signal.SIGINT)) from None


class ProgressLine:
    """One line on stderr, written anew as the export goes on, and taken away at its end; none in a pipe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown = sys.stderr.isatty()
        self._next = clock() + _REWRITE
        self._written = False

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._written:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, table: str, done: int, total: int) -> None:
        now = self._clock()
        if not self._shown or now < self._next:
            return
        self._next = now + _REWRITE
        self._written = True
        share = f" ({done / total:.0%})" if total else ""
        sys.stderr.write(f"\r{table}: {done:,} of {total:,}{share}\x1b[K")
        sys.stderr.flush()


class _Visible:
    """A terminal as a file: what a terminal would obey is shown as a sign."""

    def write(self, data: bytes) -> int:
        lines = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        sys.stdout.buffer.write("\n".join(map(safe_text, lines)).encode())
        return len(data)

    def flush(self) -> None:
        sys.stdout.buffer.flush()


def _stdout() -> BinaryIO:
    return cast(BinaryIO, _Visible()) if sys.stdout.isatty() else sys.stdout.buffer


def _default() -> Path:
    return Path(time.strftime("mlws-export-%Y%m%d-%H%M%S"))


def _moment(text: str | None) -> float | None:
    """A day or time as a person writes it, local where it names no offset, as Unix seconds."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{text!r} is no date", hint="such as 2024-10-19 or 2024-10-19T14:30") from None
