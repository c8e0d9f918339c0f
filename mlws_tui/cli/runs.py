"""``mlws-tui runs``: all that can be asked of runs and done to them."""

from __future__ import annotations

import click

from mlws_tui.cli.lazygroup import LazyGroup

_COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("mlws_tui.cli.runlist:list_command", "List, find, sort and group runs"),
    "show": ("mlws_tui.cli.runshow:show_command", "Show all that is known of one run"),
    "tag": ("mlws_tui.cli.runacts:tag_command", "Put tags on a run, or take them off"),
}


@click.group("runs", cls=LazyGroup, table=_COMMANDS)
def command() -> None:
    """Find, read, compare, change and repeat runs."""
