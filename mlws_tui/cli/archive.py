"""``mlws-tui archive``: packs old logs, and unpacks them again."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlws_tui.config.workspace import Workspace
    from mlws_tui.domain.archive import Outcome

_AGE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([hdwmy]?)\Z")
_DAYS = {"h": 1 / 24, "d": 1, "": 1, "w": 7, "m": 30, "y": 365}


def _age(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """An age in days, written as ``30d``, ``12h``, ``2w``, ``3m`` or ``1y``."""
    if value is None:
        return None
    match = _AGE.match(value.strip().lower())
    if match is None:
        raise click.BadParameter(f"{value!r} is no age, such as 30d, 12h, 2w, 3m or 1y")
    return float(match[1]) * _DAYS[match[2]]


@click.command("archive")
@click.argument("names", metavar="[RUN|FILE]...", nargs=-1)
@click.option(
    "--older-than",
    "days",
    metavar="AGE",
    callback=_age,
    help="Only logs last written before that: 30d, 12h, 2w, 3m, 1y.",
)
@click.option("--format", "pack_with", type=click.Choice(["zstd", "gzip"]), default="zstd", show_default=True)
@click.option("--restore", is_flag=True, help="Unpack the logs of RUN or FILE to where they were.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(
    session: Session,
    names: tuple[str, ...],
    days: float | None,
    pack_with: str,
    restore: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Pack logs into logs/archive, where they can be read as before: those of RUN or FILE, else all old ones.

    Old are those last written 30 days ago, or what logs.archive_after says. A log that a process has open, or whose
    run has not ended, stays as it is. Interrupt it at any time: nothing is lost, and the next call goes on.
    """
    if restore and not names:
        raise UsageError(
            "--restore needs the runs or files to bring back", hint="mlws-tui logs list shows them"
        )
    if restore and days is not None:
        raise UsageError("--older-than is for archiving", hint="--restore takes the runs or files alone")
    outcome = run_async(_do(session, names, days, pack_with, restore, dry_run))
    done = _words(restore, dry_run)
    workspace = session.workspace()
    if as_json:
        emit_json(document(workspace, outcome, restore=restore, dry_run=dry_run))
    else:
        _print(workspace, outcome)
    # A log that was asked for by name and stays is a failure; one of many that are old is not.
    failed = bool(outcome.problem) or bool(names and outcome.left)
    if failed:
        say(outcome.sentence(done))
    elif not as_json:
        click.echo(outcome.sentence(done))
    return 1 if failed else 0


def document(workspace: Workspace, outcome: Outcome, *, restore: bool, dry_run: bool) -> dict[str, Any]:
    """What became of the logs as its JSON document."""
    return {
        "restored" if restore else "archived": [
            {
                "path": workspace.relative(moved.path),
                "target": workspace.relative(moved.target),
                "before": moved.before,
                "after": moved.after,
            }
            for moved in outcome.moved
        ],
        "left": [{"path": workspace.relative(left.path), "reason": left.reason} for left in outcome.left],
        "before": outcome.before,
        "after": outcome.after,
        "dry_run": dry_run,
        "problem": outcome.problem or None,
    }


async def _do(
    session: Session,
    names: Sequence[str],
    days: float | None,
    pack_with: str,
    restore: bool,
    dry_run: bool,
) -> Outcome:
    from mlws_tui.services.archive import ArchiveService

    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        service = ArchiveService(opened.workspace, opened.runs, opened.settings.logs.archive_after)
        try:
            if restore:
                return await service.restore(names, dry_run=dry_run, tell=_progress)
            return await service.archive(
                names, days=days, pack_with=pack_with, dry_run=dry_run, tell=_progress
            )
        finally:
            if sys.stderr.isatty():
                click.echo("\r\x1b[K", err=True, nl=False)


def _words(restore: bool, dry_run: bool) -> str:
    done = "brought back" if restore else "archived"
    return f"to be {done}" if dry_run else done


def _print(workspace: Workspace, outcome: Outcome) -> None:
    for moved in outcome.moved:
        names = f"{workspace.relative(moved.path)} → {workspace.relative(moved.target)}"
        sizes = size_words(moved.before)
        if moved.after is not None:
            sizes += f" → {size_words(moved.after)}"
        click.echo(f"{safe_text(names)}  {sizes}")
    for left in outcome.left:
        click.echo(f"{safe_text(workspace.relative(left.path))} stays: it {safe_text(left.reason)}")


def _progress(done: int, everything: int) -> None:
    """One line that is written over, for a person who watches."""
    if sys.stderr.isatty() and everything:
        told = f"{done / everything:4.0%}  {size_words(done)} of {size_words(everything)}"
        click.echo(f"\r\x1b[K{told}", err=True, nl=False)
