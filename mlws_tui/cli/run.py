"""``mlws-tui run``: run a command as a recorded run."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from mlws_tui.cli.output import Session
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.events import KINDS
from mlws_tui.services.launch import LaunchOptions, launch


# Options end at the first word of the command, so that `mlws-tui run train.py --name x` gives --name to train.py.
@click.command("run", context_settings={"allow_interspersed_args": False})
@click.option("--name", help="What to call the run; made from the command if not given.")
@click.option(
    "--kind", type=click.Choice(KINDS), default="training", show_default=True, help="Which kind of run it is."
)
@click.option("--experiment", metavar="NAME", help="The experiment it belongs to; made if new.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be given again.")
@click.option(
    "--config", "settings", multiple=True, metavar="K=V", help="A setting; V is JSON where it parses as JSON."
)
@click.option("--hup", is_flag=True, help="End the command when this terminal goes, as without mlws-tui.")
@click.argument("words", metavar="[--] COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def command(
    session: Session,
    name: str | None,
    kind: str,
    experiment: str | None,
    tags: tuple[str, ...],
    settings: tuple[str, ...],
    hup: bool,
    words: tuple[str, ...],
) -> None:
    """Run a command and record it: log, code, host, figures, end.

    Its terminal, keys, signals and exit code are as without mlws-tui; a script that uses the SDK joins the run. The
    command goes on if the connection drops.
    """
    config = dict(setting(text) for text in settings)
    options = LaunchOptions(name=name, kind=kind, experiment=experiment, tags=tags, config=config, hup=hup)
    sys.exit(launch(session.workspace(), words, options))


def setting(text: str) -> tuple[str, Any]:
    """``lr=1e-4`` as its key and value; what does not parse as JSON is text.

    Raises:
        UsageError: if there is no ``=`` or nothing before it.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"--config {text!r} is no setting", hint="write it as key=value")
    try:
        return key.strip(), json.loads(value)
    except ValueError:
        return key.strip(), value
