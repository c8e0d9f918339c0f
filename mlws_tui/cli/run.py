"""``mlws-tui run``: run a command as a recorded run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from mlws_tui.cli.output import Session, say
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.events import KINDS
from mlws_tui.services.launch import LaunchOptions, launch, launch_detached


# Options end at the first word of the command, so that `mlws-tui run train.py --name x` gives --name to train.py.
@click.command("run", context_settings={"allow_interspersed_args": False})
@click.option("--name", help="What to call the run; made from the command if not given.")
@click.option("--kind", type=click.Choice(KINDS), help="Which kind of run it is; training if not given.")
@click.option("--experiment", metavar="NAME", help="The experiment it belongs to; made if new.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be given again.")
@click.option(
    "--config",
    "settings",
    multiple=True,
    metavar="K=V",
    help="A setting, which the script gets over its own; V is JSON where it parses as JSON.",
)
@click.option(
    "--data", multiple=True, metavar="FILE", help="A file to record by its SHA-256; may be given again."
)
@click.option("--shim", metavar="NAMES", help="Record what the script logs to these: trackio,wandb.")
@click.option(
    "--as", "run", metavar="RUN", help="Start this run, which a fork made; its own COMMAND if none is given."
)
@click.option(
    "--detach", is_flag=True, help="Start it in the background; mlws-tui attach shows its terminal."
)
@click.option("--hup", is_flag=True, help="End the command when this terminal goes, as without mlws-tui.")
@click.argument("words", metavar="[--] COMMAND...", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def command(
    session: Session,
    name: str | None,
    kind: str | None,
    experiment: str | None,
    tags: tuple[str, ...],
    settings: tuple[str, ...],
    data: tuple[str, ...],
    shim: str | None,
    run: str | None,
    detach: bool,
    hup: bool,
    words: tuple[str, ...],
) -> None:
    """Run a command and record it: log, code, host, packages, figures, end.

    Its terminal, keys, signals and exit code are as without mlws-tui; a script that uses the SDK joins the run. The
    command goes on if the connection drops, and mlws-tui attach shows it again.
    """
    if detach and hup:
        raise UsageError("--detach and --hup contradict each other", hint="leave one of them out")
    options = LaunchOptions(
        name=name,
        kind=kind,
        experiment=experiment,
        tags=tags,
        config=dict(setting(text) for text in settings),
        hup=hup,
        run=run,
        data=tuple(Path(file) for file in data),
        shims=None if shim is None else tuple(name.strip() for name in shim.split(",") if name.strip()),
    )
    if not detach:
        sys.exit(launch(session.workspace(), words, options))
    started = launch_detached(session.workspace(), words, options)
    click.echo(started.run)
    if started.code is not None:
        say(started.problem)
        sys.exit(started.code)
    click.echo(f"see its terminal: mlws-tui attach {started.run}", err=True)


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
