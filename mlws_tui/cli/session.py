"""``mlws-tui session``: session logs from a shell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlws_tui.cli.output import Session, bench, emit_json, run_async
from mlws_tui.domain.sessions import TYPES
from mlws_tui.domain.text import safe_text
from mlws_tui.services.journal import readable
from mlws_tui.services.sessions import SessionsService, document

if TYPE_CHECKING:
    from mlws_tui.domain.runs import Run


@click.group("session", short_help="Begin, list and show session logs")
def command() -> None:
    """Session logs: the story of a piece of work, in docs/sessions/."""


@command.command("new")
@click.argument("title", nargs=-1, required=True)
@click.option("--type", "session_type", default="Experiment", show_default=True, help=f"{', '.join(TYPES)}.")
@click.option(
    "--run", "refs", multiple=True, metavar="RUN", help="State the facts of this run; may be repeated."
)
@click.pass_obj
def _new(session: Session, title: tuple[str, ...], session_type: str, refs: tuple[str, ...]) -> None:
    """Make a session log from the template of its type, and print its path."""
    runs = run_async(_runs(session, refs)) if refs else ()
    made = SessionsService(session.workspace()).new(" ".join(title), session_type, runs)
    click.echo(str(made.path))


async def _runs(session: Session, refs: Sequence[str]) -> list[Run]:
    async with bench(session) as opened:
        await opened.ingest.catch_up()
        return [await opened.runs.get(ref) for ref in refs]


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def _list(session: Session, as_json: bool) -> None:
    """List the session logs, the newest first."""
    workspace = session.workspace()
    sessions = SessionsService(workspace).list()
    if as_json:
        emit_json({"sessions": [document(found, workspace) for found in sessions]})
        return
    width = max((len(found.name) for found in sessions), default=0)
    for found in sessions:
        left = found.facts.left
        state = f"{left} left to write" if left else "written"
        click.echo(f"{safe_text(found.name):<{width}}  {state:<16} {safe_text(found.facts.title)}".rstrip())
    if not sessions:
        click.echo("There is no session log yet. Make one with: mlws-tui session new TITLE")


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def _show(session: Session, name: str, as_json: bool) -> None:
    """Print the session log NAME; a part of its name that no other has will do."""
    workspace = session.workspace()
    service = SessionsService(workspace)
    found = service.get(name)
    text = readable(service.page(found.name).text)
    if as_json:
        emit_json(
            {
                **document(found, workspace),
                "sections": [
                    {"title": part.title, "line": part.line + 1, "state": part.state}
                    for part in found.facts.parts
                ],
                "text": text,
            }
        )
        return
    for line in text.splitlines():
        click.echo(safe_text(line))
