"""``mlws-tui init``: make a workspace and say what was made."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mlws_tui.cli.output import Session
from mlws_tui.cli.shellinit import export_line
from mlws_tui.config.workspace import default_root
from mlws_tui.domain.text import safe_text
from mlws_tui.services.workspace import init, journal_alone


@click.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "--journal",
    is_flag=True,
    help="The journal alone: folders for logs and session logs come when they are needed.",
)
@click.pass_obj
def command(session: Session, path: Path | None, journal: bool) -> None:
    """Make a workspace in PATH, by default ~/ml-workspace. What exists stays as it is.

    Who may read .mlws follows the setting files.private.
    """
    result = init(path or (Path(session.given) if session.given else default_root()), journal=journal)
    root = safe_text(str(result.workspace.root))
    if not result.made and not result.changed:
        click.echo(f"{root} is a workspace already; nothing was changed")
        return
    click.echo(f"{'Made' if result.made else 'Changed'} the workspace {root}")
    for name in result.made:
        click.echo(f"  made  {name}")
    for name in result.kept:
        click.echo(f"  kept  {name}")
    for change in result.changed:
        click.echo(f"  mode  {safe_text(change)}")
    usual = result.workspace.root == default_root().resolve()
    where = "" if usual else f" --workspace {shlex.quote(root)}"
    click.echo(f"Open it with: mlws-tui{where}")
    if journal_alone(result.workspace):
        click.echo(f'Write in it with: mlws-tui{where} log Learning "What I found out"')
    if not usual:
        click.echo(f"To use it in every folder, put into your shell's file: {export_line(root)}")
