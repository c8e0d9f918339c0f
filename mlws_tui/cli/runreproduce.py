"""``mlws-tui runs reproduce``: how a run is done again, or doing it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.reproduction import ReproductionPlan, command_line
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.services.reproducing import Prepared
    from mlws_tui.services.workbench import Workbench


@click.command("reproduce")
@click.argument("ref", metavar="RUN")
@click.option("--go", is_flag=True, help="Do it: check the code out beside yours, and start the command.")
@click.option("--detach", is_flag=True, help="With --go: start it in the background.")
@click.option("--without-diff", is_flag=True, help="Leave the changes out that were not committed.")
@click.option("--no-hash", is_flag=True, help="Do not read the data to compare it.")
@click.option(
    "--repository",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where the code is now, if it was moved.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document: the plan, nothing is done.")
@click.pass_obj
def reproduce_command(
    session: Session,
    ref: str,
    go: bool,
    detach: bool,
    without_diff: bool,
    no_hash: bool,
    repository: Path | None,
    as_json: bool,
) -> None:
    """Do RUN again as it was: prints a script for bash that does, and what differs today.

    With --go it is done: the commit is checked out into a new folder of the workspace (your own checkout is not
    touched), the changes that were not committed are restored, and the command starts as a new run.
    """
    if as_json and go:
        raise UsageError("--json shows the plan alone", hint="leave --go out")
    if detach and not go:
        raise UsageError("--detach is for --go", hint="add --go")
    place = repository.absolute() if repository is not None else None
    plan, prepared = run_async(
        _reproduce(session, ref, place, hashes=not no_hash, go=go, without_diff=without_diff, detach=detach)
    )
    if as_json:
        emit_json(document(plan))
    elif prepared is None:
        sys.exit(_print_script(session, plan, without_diff))
    elif detach:
        click.echo(safe_text(prepared.run_id))
        say(f"started in the background; mlws-tui attach {prepared.run_id} shows its terminal")
    else:
        sys.exit(_start(session, prepared))


async def _reproduce(
    session: Session,
    ref: str,
    repository: Path | None,
    *,
    hashes: bool,
    go: bool,
    without_diff: bool,
    detach: bool,
) -> tuple[ReproductionPlan, Prepared | None]:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        run = await opened.runs.get(ref)
        reading = _Reading()
        plan = await opened.reproducing.plan(
            run.id, repository=repository, hashes=hashes, progress=reading.tell
        )
        if not go:
            return plan, None
        _show(plan)
        return plan, await _prepare(opened, plan, without_diff, detach)


async def _prepare(opened: Workbench, plan: ReproductionPlan, without_diff: bool, detach: bool) -> Prepared:
    try:
        prepared = await opened.reproducing.prepare(plan, without_diff=without_diff)
    except MlwsError as error:
        if plan.diff_problem and not plan.problems and not without_diff:
            raise MlwsError(error.title, hint="--without-diff leaves them out") from error
        raise
    if detach:
        await opened.reproducing.start(plan, prepared)
    return prepared


def _start(session: Session, prepared: Prepared) -> int:
    from mlws_tui.services.forking import start_options
    from mlws_tui.services.launch import launch

    options = start_options(prepared.fork, prepared.run_id, prepared.folder)
    return launch(session.workspace(), prepared.fork.command, options)


def _show(plan: ReproductionPlan) -> None:
    """Say what is done, and what differs, before it is done."""
    say(f"command: {command_line(plan.command)}")
    for sentence in plan.told():
        say(sentence)


def _print_script(session: Session, plan: ReproductionPlan, without_diff: bool) -> int:
    """The exit code: 1 where something stands in the way, so that nobody takes the script for one that does it."""
    from mlws_tui.domain.reproscript import script

    click.echo(script(plan, str(session.workspace().root), without_diff=without_diff), nl=False)
    for sentence in plan.told():
        say(sentence)
    obstacles = plan.obstacles(without_diff=without_diff)
    for obstacle in obstacles:
        say(f"stands in the way: {obstacle}")
    if plan.diff_problem in obstacles:
        say("--without-diff leaves the uncommitted changes out")
    if not obstacles:
        say(f"mlws-tui runs reproduce {plan.run.id} --go does it")
    return 1 if obstacles else 0


def document(plan: ReproductionPlan) -> dict[str, Any]:
    """The plan as JSON."""
    return {
        "run": plan.run.id,
        "command": list(plan.command),
        "cwd": plan.cwd or None,
        "repository": str(plan.repository) if plan.repository is not None else None,
        "sha": plan.sha or None,
        "folder": plan.below if plan.repository is not None else None,
        "diff": plan.diff or None,
        "diff_problem": plan.diff_problem or None,
        "problems": list(plan.problems),
        "notes": list(plan.notes),
        "differences": [
            {"kind": one.kind, "name": one.name, "then": one.then or None, "now": one.now or None}
            for one in plan.differences
        ],
        "same": list(plan.same),
    }


class _Reading:
    """Says now and then how much of the data is read."""

    def __init__(self) -> None:
        self._told = 0

    def tell(self, done: int, total: int) -> None:
        tenth = done * 10 // total if total else 10
        if total > 1 << 30 and tenth > self._told:
            self._told = tenth
            say(f"reading the data to compare it: {tenth * 10} %")
