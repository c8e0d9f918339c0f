"""``mlws-tui experiments``: lists, one of them, and what a person does with them."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, is_terminal, run_async, say
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.experiments import ORDERS, Comparison, Experiment, ExperimentPage, ExperimentQuery, Kin
from mlws_tui.domain.runs import Run
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.services.experiments import ExperimentStore
    from mlws_tui.services.workbench import Workbench

T = TypeVar("T")
#: Columns of a page that is not read at a terminal.
_WIDE = 160
_ORDERS = [f"{sign}{name}" for name in ORDERS for sign in ("", "-")]
_CONFIG = click.option(
    "--config", "settings", multiple=True, metavar="K=V", help="A setting; V is JSON where it parses as JSON."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group("experiments")
def command() -> None:
    """Keep runs together as experiments, compare and fork them.

    EXPERIMENT is an id, the beginning of one, a name (the newest of it), or @last.
    """


@command.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000_000), default=50, show_default=True, help="How many at most."
)
@click.option(
    "--offset", type=click.IntRange(0, 1_000_000_000), default=0, help="How many of the first to leave out."
)
@click.option("--status", help="Only those of this status.")
@click.option("--tag", help="Only those with exactly this tag.")
@click.option("--text", default="", help="Only those that hold each of these words.")
@click.option("--order", type=click.Choice(_ORDERS), default="-created", show_default=True, help="By what.")
@click.option("--all", "everything", is_flag=True, help="Deleted ones too.")
@_JSON
@click.pass_obj
def list_command(
    session: Session,
    limit: int,
    offset: int,
    status: str | None,
    tag: str | None,
    text: str,
    order: str,
    everything: bool,
    as_json: bool,
) -> None:
    """List the experiments, the newest first. Piped, it is tab-separated."""
    query = ExperimentQuery(limit, offset, status, tag, text, order, everything)
    page = _work(session, lambda store, _: store.page(query))
    from mlws_tui.cli.experiment_page import document, lines, rows

    if as_json:
        documents = [document(one, page.runs.get(one.id, 0)) for one in page.experiments]
        emit_json({"experiments": documents, "total": page.total})
    elif sys.stdout.isatty():
        _print(rows(page, time.time(), shutil.get_terminal_size().columns))
        _say_rest(page, query)
    else:
        _print(lines(page))


@command.command("show")
@click.argument("ref", metavar="EXPERIMENT")
@_JSON
@click.pass_obj
def show_command(session: Session, ref: str, as_json: bool) -> None:
    """Show EXPERIMENT: its facts, the best so far, its runs, where it comes from."""

    async def look(store: ExperimentStore, opened: Workbench) -> tuple[Experiment, Sequence[Run], Kin]:
        from mlws_tui.services.experimentviews import runs_of

        found = await _find(opened, ref)
        return found, await runs_of(opened, found.id), await store.lineage(found.id)

    experiment, runs, kin = _work(session, look)
    from mlws_tui.cli.experiment_page import page, page_document

    if as_json:
        emit_json(page_document(experiment, runs, kin, time.time()))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
        _print(page(experiment, runs, kin, time.time(), width))


@command.command("create")
@click.argument("name")
@click.option("--model", default="", help="The base model.")
@click.option("--method", default="", help="How it is trained: lora, full, dpo …")
@click.option("--description", default="", help="What it is about.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be given again.")
@click.option("--parent", metavar="EXPERIMENT", help="The experiment that it goes back to.")
@_CONFIG
@click.pass_obj
def create_command(
    session: Session,
    name: str,
    model: str,
    method: str,
    description: str,
    tags: tuple[str, ...],
    parent: str | None,
    settings: tuple[str, ...],
) -> None:
    """Make an experiment NAME; prints its id."""
    config = _settings(settings)

    async def create(store: ExperimentStore, opened: Workbench) -> Experiment:
        above = (await _find(opened, parent)).id if parent is not None else None
        return await store.create_experiment(name, model, method, description, tags, config, above)

    click.echo(safe_text(_work(session, create).id))


@command.command("fork")
@click.argument("ref", metavar="EXPERIMENT")
@click.option("--name", help="What to call it; NAME-fork if not given.")
@_CONFIG
@click.pass_obj
def fork_command(session: Session, ref: str, name: str | None, settings: tuple[str, ...]) -> None:
    """Make an experiment from EXPERIMENT with some settings changed; prints its id."""
    changed = _settings(settings)

    async def fork(store: ExperimentStore, opened: Workbench) -> Experiment:
        return await store.fork_experiment((await _find(opened, ref)).id, name, changed)

    click.echo(safe_text(_work(session, fork).id))


@command.command("compare")
@click.argument("refs", metavar="EXPERIMENT…", nargs=-1, required=True)
@click.option("--all", "everything", is_flag=True, help="Also the settings that they have in common.")
@_JSON
@click.pass_obj
def compare_command(session: Session, refs: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Compare experiments: the settings in which they differ, their metrics side by side (* is the best)."""

    async def look(store: ExperimentStore, opened: Workbench) -> Comparison:
        return await store.compare([(await _find(opened, ref)).id for ref in refs])

    comparison = _work(session, look)
    from mlws_tui.cli.experiment_page import comparison_document, side_by_side

    if as_json:
        emit_json(comparison_document(comparison))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        _print(side_by_side(comparison, width, everything=everything))


@command.command("update")
@click.argument("ref", metavar="EXPERIMENT")
@click.option("--status", help="What to call where it stands.")
@click.option("--description", help="What it is about.")
@click.option("--best-checkpoint", metavar="PATH", help="Where its best checkpoint is.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Put a tag on it; may be given again.")
@click.option("--untag", "untags", multiple=True, metavar="TAG", help="Take a tag off.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME=V", help="Set a result.")
@click.option("--drop-metric", "dropped", multiple=True, metavar="NAME", help="Take a result away.")
@click.pass_obj
def update_command(
    session: Session,
    ref: str,
    status: str | None,
    description: str | None,
    best_checkpoint: str | None,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
    metrics: tuple[str, ...],
    dropped: tuple[str, ...],
) -> None:
    """Change EXPERIMENT; an empty value empties it."""
    given = {"status": status, "description": description, "best_checkpoint": best_checkpoint}
    results = _settings(metrics, "--metric")
    for name, value in results.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"A result is a number: {name}={value!r:.40} is none")
    if not any((tags, untags, metrics, dropped)) and all(value is None for value in given.values()):
        raise UsageError(
            "There is nothing to change", hint="mlws-tui experiments update --help lists what there is"
        )

    async def update(store: ExperimentStore, opened: Workbench) -> Experiment:
        known = await _find(opened, ref)
        changes: dict[str, Any] = dict(given)
        if tags or untags:
            changes["tags"] = [tag for tag in (*known.tags, *tags) if tag not in untags]
        if results or dropped:
            told = {**known.metrics, **results}
            changes["metrics"] = {name: value for name, value in told.items() if name not in dropped}
        return await store.update_experiment(known.id, **changes)

    click.echo(safe_text(_work(session, update).id))


@command.command("delete")
@click.argument("ref", metavar="EXPERIMENT")
@click.option("--forever", is_flag=True, help="Remove its runs, their streams and logs; it cannot be undone.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete_command(session: Session, ref: str, forever: bool, yes: bool) -> None:
    """Delete EXPERIMENT and its runs. Without --forever all of it can be restored."""

    async def delete(store: ExperimentStore, opened: Workbench) -> Experiment:
        known = await _find(opened, ref, include_deleted=forever)
        if forever and not yes:
            await _ask(opened, known)
        if not await store.delete_experiment(known.id, forever):
            raise MlwsError(f"Experiment {known.id} went away meanwhile")
        return known

    known = _work(session, delete)
    click.echo(safe_text(known.id))
    if not forever:
        say(f"deleted; mlws-tui experiments restore {known.id} brings it back")


@command.command("restore")
@click.argument("ref", metavar="EXPERIMENT")
@click.pass_obj
def restore_command(session: Session, ref: str) -> None:
    """Bring a deleted EXPERIMENT back, with its runs."""

    async def restore(store: ExperimentStore, opened: Workbench) -> Experiment:
        from mlws_tui.services.experimentviews import find_deleted

        known = await find_deleted(opened, ref)
        if not await store.restore_experiment(known.id):
            raise UsageError(f"Experiment {known.id} is not deleted")
        return known

    click.echo(safe_text(_work(session, restore).id))


def _work(session: Session, work: Callable[[ExperimentStore, Workbench], Awaitable[T]]) -> T:
    """Do something with the experiments of the workspace, the index brought up before and after.

    Raises:
        UsageError: if a value cannot be taken.
    """

    async def run() -> T:
        from mlws_tui.services.experiments import ExperimentStore

        async with bench(session) as opened:
            warn_if_behind(await opened.ingest.catch_up())
            store = ExperimentStore.over(opened)
            try:
                return await work(store, opened)
            except ValueError as error:
                raise UsageError(str(error)) from error
            finally:
                await store.reach()

    return run_async(run())


async def _find(opened: Workbench, ref: str, *, include_deleted: bool = False) -> Experiment:
    from mlws_tui.services.experimentviews import find

    return await find(opened, ref, include_deleted=include_deleted)


async def _ask(opened: Workbench, experiment: Experiment) -> None:
    """Say what will go, and have the person confirm it."""
    from mlws_tui.services.experimentviews import what_goes

    goes = await what_goes(opened, experiment.id)
    told = (
        f"{experiment.id} goes for ever with {_count(len(goes.runs), 'run')}: "
        f"{_count(len(goes.files), 'file')} of streams and logs, {goes.size:,} bytes"
    )
    if not is_terminal():
        raise UsageError(told, hint="add --yes if that is meant")
    await opened.ingest.close()  # nobody is kept from ingesting while a person thinks
    if not click.confirm(f"{safe_text(told)}. Delete them?"):
        raise click.Abort


def _settings(given: Sequence[str], option: str = "--config") -> dict[str, Any]:
    if not given:
        return {}
    from mlws_tui.cli.run import setting

    try:
        return dict(setting(text) for text in given)
    except UsageError as error:
        raise UsageError(error.title.replace("--config", option), hint=error.hint) from None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _print(told: Sequence[str]) -> None:
    for line in told:
        click.echo(line)


def _say_rest(page: ExperimentPage, query: ExperimentQuery) -> None:
    if not page.total and (query.status is not None or query.tag is not None or query.text):
        say("no experiment fits that")
    elif not page.total:
        say("no experiments: mlws-tui experiments create NAME makes one")
    elif (rest := page.total - query.offset - len(page.experiments)) > 0:
        say(f"{rest} more: --offset {query.offset + len(page.experiments)} lists them")
