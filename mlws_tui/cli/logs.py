"""``mlws-tui logs``: which logs there are, their text, their errors, and the metrics that they tell."""

from __future__ import annotations

from typing import Any, TypeVar

import click

from mlws_tui.cli.output import Session, run_async

Command = TypeVar("Command")

_LEVELS = click.Choice(["warning", "error"])


@click.group("logs")
def command() -> None:
    """List, show and follow logs, find their errors, or read metrics from their text."""


def _lines_wanted(command: Any) -> Any:
    """The options that choose lines, which showing and following share."""
    for option in (
        click.option("--level", type=_LEVELS, help="Only lines at least that grave."),
        click.option("--regex", is_flag=True, help="The text to find is a regular expression."),
        click.option("--grep", metavar="TEXT", default="", help="Only lines with this text."),
    ):
        command = option(command)
    return command


@command.command("list")
@click.option("--kind", help="Only logs of this kind: training, experiments, agents…")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def list_command(session: Session, kind: str | None, as_json: bool) -> None:
    """List the logs of the workspace, archived ones too, the one written last first.

    Piped, it is tab-separated: time, bytes, path, run, its state, its name.
    """
    from mlws_tui.cli.loglist import show_list

    run_async(show_list(session, kind, as_json=as_json))


@command.command("show")
@click.argument("target", metavar="RUN|FILE")
@click.option("-n", "--lines", type=click.IntRange(min=0), help="Only so many of the last lines.")
@_lines_wanted
@click.option(
    "--since", metavar="TIME", default="", help="Only lines from then on: 14:30, -10m, 2 hours ago."
)
@click.option("--until", metavar="TIME", default="", help="Only lines before then.")
@click.option("--numbers", is_flag=True, help="Each line's number before it.")
@click.option("--merge", is_flag=True, help="All logs of the run by time, such as those of its ranks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def show_command(
    session: Session,
    target: str,
    lines: int | None,
    grep: str,
    regex: bool,
    level: str | None,
    since: str,
    until: str,
    numbers: bool,
    merge: bool,
    as_json: bool,
) -> None:
    """Print a log as text: colours and other escape sequences taken out, redraws folded. It may be packed.

    A text without a capital letter is found in any case. A time without a date is of the day of the last line.
    """
    from mlws_tui.cli.logreading import Wanted
    from mlws_tui.cli.logshow import show

    wanted = Wanted(grep, regex, level or "", since, until, lines)
    run_async(show(session, target, wanted, numbers=numbers, merge=merge, as_json=as_json))


@command.command("follow")
@click.argument("target", metavar="RUN|FILE")
@click.option(
    "-n", "--lines", type=click.IntRange(min=0), default=10, show_default=True, help="Lines to begin with."
)
@_lines_wanted
@click.option("--json", "as_json", is_flag=True, help="JSON lines: line, ts, level and text of each.")
@click.pass_obj
def follow_command(
    session: Session, target: str, lines: int, grep: str, regex: bool, level: str | None, as_json: bool
) -> None:
    """Print a log as it is written, until its run ends or ctrl+c. It may be rotated, and need not exist yet."""
    from mlws_tui.cli.logfollow import follow
    from mlws_tui.cli.logreading import Wanted

    run_async(follow(session, target, Wanted(grep, regex, level or "", count=lines), as_json=as_json))


@command.command("errors")
@click.argument("target", metavar="RUN|FILE")
@click.option("--warnings", is_flag=True, help="Warnings, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def errors_command(session: Session, target: str, warnings: bool, as_json: bool) -> None:
    """Print the errors that a log tells, with their tracebacks; of a run those of all its logs."""
    from mlws_tui.cli.logerrors import show_errors

    run_async(show_errors(session, target, warnings=warnings, as_json=as_json))


@command.command("metrics")
@click.argument("target", metavar="RUN|FILE")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def metrics_command(session: Session, target: str, as_json: bool) -> None:
    """Show which metrics, facts and progress the text of a log tells, and by which rule each was read."""
    from mlws_tui.cli.logmetrics import show_metrics

    show_metrics(session, target, as_json=as_json)
