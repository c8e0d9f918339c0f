"""What ``mlws-tui runs`` changes of runs: tags, names, notes, the best one, the archive, deleting and back."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, is_terminal, run_async, say
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.shellwords import quote
from mlws_tui.domain.sizes import size_words
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.domain.runs import Run
    from mlws_tui.services.runacts import Act
    from mlws_tui.services.workbench import Workbench

T = TypeVar("T")

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_RUNS = click.argument("refs", metavar="RUN…", nargs=-1, required=True)
_RUN = click.argument("ref", metavar="RUN")


@click.command("tag")
@_RUN
@click.argument("tags", metavar="TAG…", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these tags off instead.")
@_JSON
@click.pass_obj
def tag_command(session: Session, ref: str, tags: tuple[str, ...], remove: bool, as_json: bool) -> None:
    """Put tags on RUN, or take them off; prints the tags that it has then."""

    async def tag(opened: Workbench) -> tuple[Run, Act, tuple[str, ...]]:
        run = await opened.runs.get(ref)
        act = await opened.runacts.tag([run.id], *(((), tags) if remove else (tags, ())))
        known = (await opened.runs.get(run.id)).tags if act.seen else _tags_after(run, tags, remove)
        return run, act, known

    run, act, known = _work(session, tag)
    if as_json:
        emit_json({"id": run.id, "tags": list(known), "indexed": act.seen})
    else:
        click.echo(safe_text(f"{run.id}: {', '.join(known) or 'no tags'}"))
    _tell(act)


@click.command("rename")
@_RUN
@click.argument("name")
@_JSON
@click.pass_obj
def rename_command(session: Session, ref: str, name: str, as_json: bool) -> None:
    """Call RUN something else; prints its id, which stays."""
    _each(session, [ref], lambda opened, ids: opened.runacts.rename(ids[0], name), as_json)


@click.command("note")
@_RUN
@click.argument("text", required=False)
@_JSON
@click.pass_obj
def note_command(session: Session, ref: str, text: str | None, as_json: bool) -> None:
    """Write the note of RUN: TEXT, or what comes on standard input; an empty one takes the note away."""
    if text is None and sys.stdin.isatty():
        raise UsageError("There is no text for the note", hint='mlws-tui runs note RUN "what I saw"')
    note = sys.stdin.buffer.read().decode("utf-8", "replace") if text is None else text
    _each(session, [ref], lambda opened, ids: opened.runacts.note(ids[0], note), as_json)


@click.command("best")
@click.argument("ref", metavar="RUN", required=False)
@click.option("--checkpoint", metavar="PATH", default="", help="Where its best checkpoint is.")
@click.option("--off", is_flag=True, help="Take the mark off again.")
@_JSON
@click.pass_obj
def best_command(session: Session, ref: str | None, checkpoint: str, off: bool, as_json: bool) -> None:
    """Mark RUN as the best of its experiment; the mark goes off the experiment's other runs."""
    if ref is None:
        raise UsageError(
            "Which run is to be marked as the best?",
            hint="mlws-tui experiments show NAME says which run of an experiment came out best",
        )

    async def mark(opened: Workbench) -> tuple[Act, str]:
        run = await _run_not_experiment(opened, ref)
        acts = opened.runacts
        return await (acts.unmark_best(run) if off else acts.mark_best(run, checkpoint)), run

    act, run = _work(session, mark)
    _answer(act, [run], as_json)


async def _run_not_experiment(opened: Workbench, ref: str) -> str:
    """The id of the run that is meant.

    Raises:
        UsageError: if an experiment is meant, or several runs fit.
        NotFoundError: if there is none.
    """
    try:
        return (await opened.runs.get(ref)).id
    except (NotFoundError, UsageError):
        if not await _is_experiment(opened, ref):
            raise
    raise UsageError(
        f"{ref!r} is an experiment, not a run",
        hint=f"mlws-tui experiments show {quote(ref)} says which of its runs came out best",
    )


async def _is_experiment(opened: Workbench, ref: str) -> bool:
    from mlws_tui.services.experimentviews import find

    try:
        return (await find(opened, ref)).name == ref
    except (NotFoundError, UsageError):
        return False


@click.command("archive")
@_RUNS
@_JSON
@click.pass_obj
def archive_command(session: Session, refs: tuple[str, ...], as_json: bool) -> None:
    """Put RUNs into the archive: lists leave them out."""
    _each(session, refs, lambda opened, ids: opened.runacts.archive(ids), as_json)


@click.command("unarchive")
@_RUNS
@_JSON
@click.pass_obj
def unarchive_command(session: Session, refs: tuple[str, ...], as_json: bool) -> None:
    """Take RUNs out of the archive."""
    _each(session, refs, lambda opened, ids: opened.runacts.archive(ids, False), as_json)


@click.command("delete")
@_RUNS
@click.option("--forever", is_flag=True, help="Remove their streams and logs, too; it cannot be undone.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--even-if-lost", is_flag=True, help="Also runs that may still run on a host not heard of.")
@_JSON
@click.pass_obj
def delete_command(
    session: Session, refs: tuple[str, ...], forever: bool, yes: bool, even_if_lost: bool, as_json: bool
) -> None:
    """Delete RUNs. Without --forever `runs restore` brings them back."""
    if forever:
        _delete_forever(session, refs, yes, even_if_lost, as_json)
        return
    ids = _each(
        session, refs, lambda opened, ids: opened.runacts.delete(ids, even_if_lost=even_if_lost), as_json
    )
    if ids and not as_json:
        say(f"mlws-tui runs restore {' '.join(ids)} brings {'it' if len(ids) == 1 else 'them'} back")


@click.command("restore")
@_RUNS
@_JSON
@click.pass_obj
def restore_command(session: Session, refs: tuple[str, ...], as_json: bool) -> None:
    """Bring deleted RUNs back."""

    async def restore(opened: Workbench) -> tuple[Act, list[str]]:
        found = [await opened.runacts.find_deleted(ref) for ref in refs]
        for run in found:
            if not run.deleted:
                raise UsageError(f"Run {run.id} is not deleted")
        ids = [run.id for run in found]
        return await opened.runacts.restore(ids), ids

    _answer(*_work(session, restore), as_json)


def _delete_forever(
    session: Session, refs: Sequence[str], yes: bool, even_if_lost: bool, as_json: bool
) -> None:
    async def delete(opened: Workbench) -> tuple[Act, list[str], int, int]:
        ids = [(await _find(opened, ref)).id for ref in refs]
        goes = await opened.runacts.what_goes(ids)
        told = (
            f"{', '.join(ids)}: {_count(len(goes.files), 'file')} of streams and logs go for ever, "
            f"{size_words(goes.size)}"
        )
        if not yes:
            if not is_terminal():
                raise UsageError(told, hint="add --yes if that is meant")
            await opened.ingest.close()  # nobody is kept from ingesting while a person thinks
            if not click.confirm(f"{safe_text(told)}. Delete them?"):
                raise click.Abort
        act, gone = await opened.runacts.delete_forever(ids, even_if_lost=even_if_lost)
        return act, ids, len(gone.files), gone.size

    act, ids, files, size = _work(session, delete)
    if as_json:
        emit_json({"act": act.words, "runs": ids, "files": files, "bytes": size, "indexed": act.seen})
    else:
        for run in ids:
            click.echo(safe_text(run))
        say(f"deleted for ever: {_count(files, 'file')}, {size_words(size)}")
    _tell(act)


async def _find(opened: Workbench, ref: str) -> Run:
    """A run, or else a deleted one."""
    from mlws_tui.domain.errors import NotFoundError

    try:
        return await opened.runs.get(ref)
    except NotFoundError as error:
        try:
            return await opened.runacts.find_deleted(ref)
        except NotFoundError:
            raise error from None


def _each(
    session: Session,
    refs: Sequence[str],
    do: Callable[[Workbench, Sequence[str]], Awaitable[Act]],
    as_json: bool,
) -> list[str]:
    """Do something with the runs that are meant; prints their ids."""

    async def work(opened: Workbench) -> tuple[Act, list[str]]:
        ids = list(dict.fromkeys([(await opened.runs.get(ref)).id for ref in refs]))
        return await do(opened, ids), ids

    act, ids = _work(session, work)
    _answer(act, ids, as_json)
    return ids


def _answer(act: Act, ids: Sequence[str], as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {"act": act.words, "runs": list(ids), "changed": list(act.runs)}
        emit_json({**document, "indexed": act.seen})
    else:
        for run in ids:
            click.echo(safe_text(run))
        say(act.words if act.runs else f"nothing to change: already {act.words}")
    _tell(act)


def _tell(act: Act) -> None:
    if not act.seen:
        say("it is saved; the index that is read here does not show it yet")


def _tags_after(run: Run, tags: Sequence[str], remove: bool) -> tuple[str, ...]:
    """The tags as they will be read."""
    return tuple(dict.fromkeys([tag for tag in (*run.tags, *tags) if not (remove and tag in tags)]))


def _work(session: Session, work: Callable[[Workbench], Awaitable[T]]) -> T:
    """Do something with the runs of the workspace, the index brought up before."""

    async def run() -> T:
        async with bench(session) as opened:
            warn_if_behind(await opened.ingest.catch_up())
            return await work(opened)

    return run_async(run())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
