"""``mlws-tui config``: the settings that hold, and where each comes from."""

from __future__ import annotations

import click

from mlws_tui.cli.app import known_themes
from mlws_tui.cli.output import Session, emit_json, say
from mlws_tui.config.load import Loaded, load, setting_files
from mlws_tui.config.schema import written
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.text import safe_text


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(session: Session, as_json: bool) -> None:
    """Print every setting with its value and where it comes from; what is wrong goes to stderr."""
    workspace = session.workspace_if_any()
    themes, _ = known_themes(workspace)
    loaded = load(workspace, [theme.name for theme in themes])
    if as_json:
        emit_json(_document(loaded, workspace))
    else:
        _print(loaded)
    for problem in loaded.problems:
        say(problem.sentence())


def _document(loaded: Loaded, workspace: Workspace | None) -> dict[str, object]:
    return {
        "files": [str(path) for path in setting_files(workspace)],
        "settings": [
            {
                "key": item.setting.key,
                "value": item.value,
                "default": item.setting.default,
                "origin": item.origin,
                "description": item.setting.description,
            }
            for item in loaded.effective
        ],
        "problems": [problem.sentence() for problem in loaded.problems],
    }


def _print(loaded: Loaded) -> None:
    rows = [
        (item.setting.key, safe_text(written(item.value)), safe_text(item.origin))
        for item in loaded.effective
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for key, value, origin in rows:
        click.echo(f"{key:<{widths[0]}}  {value:<{widths[1]}}  {origin}")
