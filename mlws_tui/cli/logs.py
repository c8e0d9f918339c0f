"""``mlws-tui logs``: which logs there are, their text, and their errors."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.documents import iso
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.cli.runs import warn_if_behind
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.ansi import styled
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.events import is_run_id
from mlws_tui.domain.levels import LogError
from mlws_tui.domain.logs import START, LogEntry, LogLine, Place
from mlws_tui.domain.text import safe_text
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logs import LogsService

if TYPE_CHECKING:
    from mlws_tui.services.runs import RunsService

_SUFFIXES = (".log", ".txt", ".out", ".err", ".jsonl")
_PAGE = 2_000  # lines read at once
_PIECE = 1 << 20  # bytes read at once where only lines are counted
_LOOK_AT_RUN = 1.0  # seconds between two looks whether the run of a followed log still goes on


@click.group("logs")
def command() -> None:
    """List, show and follow logs, or find their errors."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def list_command(session: Session, as_json: bool) -> None:
    """List the logs of the workspace, the one written last first."""
    workspace = session.workspace()
    entries = run_async(LogsService(workspace).list())
    if as_json:
        emit_json({"logs": [_entry(workspace, entry) for entry in entries]})
        return
    for entry in entries:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.modified))
        click.echo(f"{when}  {_size(entry.size):>8}  {safe_text(workspace.relative(entry.path))}")


@command.command("show")
@click.argument("target", metavar="RUN|FILE")
@click.option("-n", "--lines", type=click.IntRange(min=0), help="Only so many of the last lines.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show_command(session: Session, target: str, lines: int | None, as_json: bool) -> None:
    """Print a log as text: colours and other escape sequences taken out, redraws folded."""
    run_async(_show(session, target, lines, as_json))


@command.command("follow")
@click.argument("target", metavar="RUN|FILE")
@click.option(
    "-n", "--lines", type=click.IntRange(min=0), default=10, show_default=True, help="Lines to begin with."
)
@click.pass_obj
def follow_command(session: Session, target: str, lines: int) -> None:
    """Print a log as it is written, until its run ends or ctrl+c. It may be rotated, and need not exist yet."""
    run_async(_follow(session, target, lines))


@command.command("errors")
@click.argument("target", metavar="RUN|FILE")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def errors_command(session: Session, target: str, as_json: bool) -> None:
    """Print the errors that a log tells, with their tracebacks."""
    errors = run_async(_errors(session, target))
    if as_json:
        emit_json({"errors": [_error(error) for error in errors]})
        return
    for error in errors:
        click.echo(f"{error.line}: {': '.join(filter(None, (error.type, error.message))) or error.level}")
        for line in error.traceback.splitlines():
            click.echo(f"    {line}")


async def _show(session: Session, target: str, count: int | None, as_json: bool) -> None:
    path = await _path(session, target)
    async with _opened(session, path) as feed:
        if feed.state.missing:
            raise NotFoundError(
                f"{path} cannot be read: {feed.state.missing}", hint="mlws-tui logs list shows the logs"
            )
        if as_json:
            emit_json({"file": _workspace(session).relative(path), "lines": await _numbered(feed, count)})
            return
        place = START if count is None else await _last(feed, count)
        while lines := await feed.after(place, _PAGE):
            _print(lines)
            place = lines[-1].next


async def _numbered(feed: LogFeed, count: int | None) -> list[dict[str, Any]]:
    """The last so many lines, or all, with their numbers in the file."""
    place = START if count is None else await _last(feed, count)
    number = await asyncio.to_thread(_newlines, feed.path, place.offset)
    numbered: list[dict[str, Any]] = []
    whole = True
    while whole and (lines := await feed.after(place, _PAGE)):
        for line in lines:
            if line.divider:
                say(line.data.decode())
                number = 0
            else:
                number += 1
                numbered.append({"line": number, "text": _text(line)})
        place, whole = lines[-1].next, lines[-1].whole
    return numbered


def _newlines(path: Path, before: int) -> int:
    """How many lines of the file end before an offset."""
    ends = 0
    with path.open("rb") as file:
        while before > 0 and (data := file.read(min(before, _PIECE))):
            ends += data.count(b"\n")
            before -= len(data)
    return ends


async def _follow(session: Session, target: str, count: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        file = _file(session, target)
        alive: Callable[[], Awaitable[bool]] = _always
        if file is None:
            opened = await stack.enter_async_context(bench(session))
            await opened.ingest.start()
            warn_if_behind(await opened.ingest.catch_up())
            file, run_id = await _log_of(opened.workspace, opened.runs, target)
            alive = _liveness(opened.runs, run_id)
        news = asyncio.Event()
        feed = await LogsService(_workspace(session)).open(file, news.set, count=False)
        stack.push_async_callback(feed.close)
        if feed.state.missing:
            say(f"{file} is not there yet; waiting for it")
        place = await _last(feed, count)
        while True:
            going = await alive()
            if not going:
                await feed.settle()
            place = await _print_whole(feed, place, everything=not going)
            if not going:
                return
            news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _LOOK_AT_RUN)


async def _always() -> bool:
    return True


def _liveness(runs: RunsService, run_id: str) -> Callable[[], Awaitable[bool]]:
    """Asks now and then whether the run still goes on."""
    looked_at, going = 0.0, True

    async def alive() -> bool:
        nonlocal looked_at, going
        if time.monotonic() - looked_at >= _LOOK_AT_RUN:
            looked_at, going = time.monotonic(), (await runs.get(run_id)).state.live
        return going

    return alive


async def _print_whole(feed: LogFeed, place: Place, *, everything: bool) -> Place:
    """Print what came since a place, an unfinished last line only if nothing more comes; where to go on."""
    while lines := await feed.after(place, _PAGE):
        unfinished = not lines[-1].whole and not everything
        ready = lines[:-1] if unfinished else lines
        _print(ready)
        if unfinished:
            return lines[-1].place
        place = lines[-1].next
    return place


async def _errors(session: Session, target: str) -> Sequence[LogError]:
    path = await _path(session, target)
    return await LogsService(_workspace(session)).errors(path)


@contextlib.asynccontextmanager
async def _opened(session: Session, path: Path) -> AsyncIterator[LogFeed]:
    feed = await LogsService(_workspace(session)).open(path, count=False)
    try:
        yield feed
    finally:
        await feed.close()


async def _last(feed: LogFeed, count: int) -> Place:
    """Where the last so many lines begin."""
    lines = await feed.before(feed.state.end, count)
    return lines[0].place if lines else feed.state.end


async def _path(session: Session, target: str) -> Path:
    file = _file(session, target)
    if file is not None:
        return file
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        return (await _log_of(opened.workspace, opened.runs, target))[0]


def _file(session: Session, target: str) -> Path | None:
    """The file that is meant: as a path from here, from the workspace, or from its ``logs``; None for a run."""
    here = Path(target)
    workspace = session.workspace_if_any()
    places = [here] if workspace is None else [here, workspace.root / here, workspace.logs / here]
    found = next((place for place in places if place.is_file()), None)
    if found is not None:
        return found.absolute()
    like_file = len(here.parts) > 1 or here.suffix in _SUFFIXES
    return here.absolute() if like_file or workspace is None else None


async def _log_of(workspace: Workspace, runs: RunsService, ref: str) -> tuple[Path, str]:
    run = await runs.get(ref)
    if run.log is None:
        raise NotFoundError(
            f"{run.id} has no log", hint="start it by mlws-tui run -- COMMAND, or write to its run.logger"
        )
    return workspace.inside(run.log), run.id


def _workspace(session: Session) -> Workspace:
    return session.workspace_if_any() or Workspace(Path.cwd())


def _print(lines: Sequence[LogLine]) -> None:
    for line in lines:
        if line.divider:
            say(line.data.decode())
    texts = [_text(line) for line in lines if not line.divider]
    if texts:
        click.echo("\n".join(texts))


def _text(line: LogLine) -> str:
    text = styled(line.data).text
    return f"{text} … {line.cut:,} bytes more" if line.cut else text


def _entry(workspace: Workspace, entry: LogEntry) -> dict[str, Any]:
    run = entry.path.stem
    return {
        "path": workspace.relative(entry.path),
        "kind": entry.kind or None,
        "size": entry.size,
        "modified": iso(entry.modified),
        "run": run if is_run_id(run) else None,
    }


def _error(error: LogError) -> dict[str, Any]:
    return {
        "line": error.line,
        "ts": error.ts,
        "level": error.level,
        "type": error.type or None,
        "message": error.message,
        "traceback": error.traceback or None,
    }


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
