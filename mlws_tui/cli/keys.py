"""``mlws-tui keys``: every action of the app with its keys."""

from __future__ import annotations

from itertools import groupby

import click

from mlws_tui.cli.app import known_actions
from mlws_tui.cli.output import Session, emit_json, say
from mlws_tui.config.keymap import load_keymap, typed_key


@click.command("keys")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(session: Session, as_json: bool) -> None:
    """List the actions that keymap.yaml can bind, with the keys that hold now."""
    actions, scopes = known_actions()
    keymap, problems = load_keymap(session.workspace_if_any(), {action.id: action.keys for action in actions})
    if as_json:
        emit_json(
            {
                "actions": [
                    {
                        "id": action.id,
                        "keys": [key for key in keymap.get(action.id, action.keys).split(",") if key],
                        "default": action.keys.split(",") if action.keys else [],
                        "title": action.title,
                        "help": action.help,
                    }
                    for action in actions
                ],
                "problems": [problem.sentence() for problem in problems],
            }
        )
    else:
        ids = max(len(action.id) for action in actions)
        for scope, members in groupby(actions, key=lambda action: action.scope):
            click.secho(scopes.get(scope, scope), bold=True)
            for action in members:
                held = ", ".join(map(typed_key, keymap.get(action.id, action.keys).split(",")))
                click.echo(f"  {action.id:<{ids}}  {held:<18}  {action.help}")
    for problem in problems:
        say(problem.sentence())
