"""``mlws-tui runs fork``: a run made from another one, with some settings changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.services.forking import ForkPlan


@click.command("fork")
@click.argument("ref", metavar="RUN")
@click.option("--name", help="What to call it; RUN's name with the next free number if not given.")
@click.option(
    "--config",
    "settings",
    multiple=True,
    metavar="K=V",
    help="A changed setting; V is JSON where it parses so.",
)
@click.option("--start", is_flag=True, help="Start it at once.")
@click.option("--detach", is_flag=True, help="Start it in the background.")
@click.option("--quiet", is_flag=True, help="Print the id, and nothing on how to start it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def fork_command(
    session: Session,
    ref: str,
    name: str | None,
    settings: tuple[str, ...],
    start: bool,
    detach: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Make a run from RUN with some settings changed, and print its id.

    Its config and command are RUN's; where the command names a changed setting, the new value is put in. It waits until
    mlws-tui run --as ID starts it; --start does that here, with its output below the id, --detach in the background.
    """
    from mlws_tui.cli.run import setting

    if as_json and start and not detach:
        raise UsageError("The command's own output would stand beside the JSON", hint="add --detach")
    changes = dict(setting(text) for text in settings)
    plan, made = run_async(_fork(session, ref, name, changes, in_background=detach))
    from mlws_tui.services.forking import start_command

    line = start_command(plan, made)
    if as_json:
        emit_json(_document(plan, made, line, started=detach))
    else:
        click.echo(safe_text(made))
    if not quiet:
        how = f"start it with: {line}" if not start else ""
        if detach:
            how = f"started in the background; mlws-tui attach {made} shows its terminal"
        for sentence in filter(None, [*plan.notes(), how]):
            say(sentence)
    if start and not detach:
        sys.exit(_start(session, plan, made))


async def _fork(
    session: Session, ref: str, name: str | None, changes: dict[str, Any], *, in_background: bool
) -> tuple[ForkPlan, str]:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        parent = await opened.runs.get(ref)
        plan = await opened.forking.plan(parent.id, name=name, config=changes)
        made = await opened.forking.make(plan)
        if in_background:
            await opened.forking.start(plan, made)
        return plan, made


def _start(session: Session, plan: ForkPlan, made: str) -> int:
    from mlws_tui.services.forking import start_options
    from mlws_tui.services.launch import launch

    return launch(session.workspace(), plan.command, start_options(plan, made))


def _document(plan: ForkPlan, made: str, line: str, *, started: bool) -> dict[str, Any]:
    return {
        "id": made,
        "parent": plan.parent.id,
        "name": plan.name,
        "config": dict(plan.config),
        "changes": dict(plan.changes),
        "command": list(plan.command),
        "cwd": plan.parent.cwd,
        "unnamed": list(plan.unnamed),
        "start": line,
        "started": started,
    }
