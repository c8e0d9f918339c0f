"""``mlws-tui``: imports the one command that was asked for, and turns errors into sentences."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlws_tui import __version__
from mlws_tui.cli.lazygroup import LazyGroup
from mlws_tui.cli.output import Session, fail, is_terminal, say
from mlws_tui.domain.errors import MlwsError, UsageError, WorkspaceError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Every command: where it is, and the line that ``--help`` shows, so that help imports none of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("mlws_tui.cli.init:command", "Make a workspace"),
    "demo": ("mlws_tui.cli.demo:command", "See the app on a training run that really trains"),
    "run": ("mlws_tui.cli.run:command", "Run a command and record it as a run"),
    "attach": ("mlws_tui.cli.attach:command", "Show the terminal of a run again"),
    "runs": ("mlws_tui.cli.runs:command", "Find, read, compare, change and repeat runs"),
    "experiments": (
        "mlws_tui.cli.experiments:command",
        "Keep runs together as experiments, compare and fork them",
    ),
    "metrics": ("mlws_tui.cli.metrics:command", "Print the metrics of a run"),
    "logs": (
        "mlws_tui.cli.logs:command",
        "List, show and follow logs, find their errors and metrics",
    ),
    "archive": ("mlws_tui.cli.archive:command", "Pack old logs, which can be read as before"),
    "log": ("mlws_tui.cli.journal:log_command", "Add a line to today's journal entry"),
    "today": ("mlws_tui.cli.journal:today_command", "Print today's journal entry, or edit it"),
    "journal": ("mlws_tui.cli.journal:command", "List, show, check and export the days of the journal"),
    "tasks": ("mlws_tui.cli.tasks:command", "List what is still to be done, tick it, carry it over"),
    "review": ("mlws_tui.cli.review:command", "Tell what a week or a month of work came to"),
    "search": ("mlws_tui.cli.search:command", "Search the journal, session logs, runs and their errors"),
    "session": ("mlws_tui.cli.session:command", "Begin, list and show session logs"),
    "export": ("mlws_tui.cli.export:command", "Write runs and metrics to Parquet, CSV or JSON lines"),
    "doctor": ("mlws_tui.cli.doctor:command", "Check the workspace, mend it, make its index again"),
    "gpu": ("mlws_tui.cli.gpu:command", "Show the GPUs"),
    "config": ("mlws_tui.cli.config:command", "Print the settings and where each comes from"),
    "shell-init": ("mlws_tui.cli.shellinit:command", "Print short commands and completion for your shell"),
    "keys": ("mlws_tui.cli.keys:command", "List every action of the app with its keys"),
    "themes": ("mlws_tui.cli.themes:command", "List the themes"),
}

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Begin", ("init", "demo")),
    ("Runs and logs", ("run", "attach", "runs", "experiments", "metrics", "logs", "archive", "export")),
    ("Journal and sessions", ("log", "today", "tasks", "journal", "review", "search", "session")),
    ("Machine", ("gpu", "doctor")),
    ("Settings", ("config", "keys", "themes", "shell-init")),
)

#: A shell sets it to ask for completions.
COMPLETE = "_MLWS_TUI_COMPLETE"


class _ReaderGoneError(Exception):
    """Who reads the output has had enough of it, as ``head`` has."""


class _Commands(LazyGroup):
    """All commands, listed in groups by what they are for."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # click would call it a failure
            raise _ReaderGoneError from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem

        own = click.Command.shell_complete(self, ctx, incomplete)  # a group's would import every command
        names = (name for _, names in GROUPS for name in names if name.startswith(incomplete))
        return [*(CompletionItem(name, help=COMMANDS[name][1]) for name in names), *own]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS:
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in names])


@click.group(
    cls=_Commands,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--workspace",
    metavar="PATH",
    help="The workspace to use; else MLWS_WORKSPACE, the nearest folder above with .mlws/, ~/ml-workspace.",
)
@click.version_option(__version__, prog_name="mlws-tui", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, workspace: str | None) -> int | None:
    """GPUs, runs, logs, journal and session logs of a training server in one terminal app.

    Without a command the app opens on the workspace.
    """
    ctx.obj = Session(workspace)
    return _open(ctx.obj) if ctx.invoked_subcommand is None else None


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0, 1 for what failed, 2 for wrong usage, 130 for an interrupt, else the command's own.
    """
    try:
        code = cli.main(
            args=None if args is None else list(args), prog_name="mlws-tui", standalone_mode=False
        )
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except MlwsError as error:
        if COMPLETE in os.environ:  # a shell asks for words, and a person looks at a half-typed line
            return 0
        return fail(error)
    except click.Abort:
        return _interrupted()
    except click.ClickException as error:
        return _refused(error)
    except KeyboardInterrupt:
        return _interrupted()
    except (_ReaderGoneError, BrokenPipeError):
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as error:  # the disk or a permission, not a mistake of ours: the person gets a sentence
        _drop_output()
        where = f": {error.filename}" if error.filename else ""
        return fail(MlwsError(f"{error.strerror or error}{where}"))


def _open(session: Session) -> int:
    if not is_terminal():
        raise UsageError("The app needs a terminal", hint="mlws-tui --help lists what works without one")
    _ensure_workspace(session)
    from mlws_tui.cli.app import open_app

    return open_app(session.workspace())


def _ensure_workspace(session: Session) -> None:
    """Where there is no workspace at all, offer to make the usual one."""
    from mlws_tui.config.workspace import default_root

    try:
        session.workspace()
    except WorkspaceError:
        if session.named or not click.confirm(
            f"There is no workspace yet. Make one in {default_root()}?", default=True
        ):
            raise
        from mlws_tui.services.workspace import init

        session.use(init(default_root()).workspace)


def _refused(error: click.ClickException) -> int:
    """Click's own complaint as one sentence; a group without a command gets its help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "mlws-tui"
    hint = f" ({command} --help says how)" if isinstance(error, click.UsageError) else ""
    say(f"{error.format_message().rstrip('.')}{hint}")
    return error.exit_code


def _interrupted() -> int:
    return 128 + signal.SIGINT


def _drop_output() -> None:
    """Send what still waits to be written nowhere: whoever read it is gone, or the disk is full."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
