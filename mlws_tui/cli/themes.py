"""``mlws-tui themes``: the themes there are, and which one is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlws_tui.cli.app import known_themes
from mlws_tui.cli.output import Session, emit_json, say
from mlws_tui.config.load import load

if TYPE_CHECKING:
    from textual.theme import Theme


@click.command("themes")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(session: Session, as_json: bool) -> None:
    """List the themes: the shipped ones, your own, and the workspace's."""
    workspace = session.workspace_if_any()
    themes, problems = known_themes(workspace)
    loaded = load(workspace, [theme.name for theme in themes])
    chosen = loaded.settings.theme
    if as_json:
        listed = [
            {"name": theme.name, "dark": theme.dark, "chosen": theme.name == chosen} for theme in themes
        ]
        emit_json({"themes": listed, "problems": [problem.sentence() for problem in problems]})
    else:
        for theme in themes:
            mark = "*" if theme.name == chosen else " "
            click.echo(f"{mark} {theme.name:<24} {_kind(theme)}")
    for problem in (*problems, *loaded.problems):
        say(problem.sentence())


def _kind(theme: Theme) -> str:
    if theme.ansi:
        return "as the terminal"
    return "dark" if theme.dark else "light"
