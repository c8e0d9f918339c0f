"""``mlws-tui runs``: all that can be asked of runs and done to them."""

from __future__ import annotations

import click

from mlws_tui.cli.lazygroup import LazyGroup

_COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("mlws_tui.cli.runlist:list_command", "List, find, sort and group runs"),
    "show": ("mlws_tui.cli.runshow:show_command", "Show all that is known of one run"),
    "compare": (
        "mlws_tui.cli.runcompare:compare_command",
        "Hold runs side by side: what differs, which came out best",
    ),
    "lineage": ("mlws_tui.cli.runlineage:lineage_command", "Show where a run comes from and what came of it"),
    "tag": ("mlws_tui.cli.runacts:tag_command", "Put tags on a run, or take them off"),
    "rename": ("mlws_tui.cli.runacts:rename_command", "Call a run something else"),
    "note": ("mlws_tui.cli.runacts:note_command", "Write the note of a run"),
    "best": ("mlws_tui.cli.runacts:best_command", "Mark a run as the best of its experiment"),
    "archive": ("mlws_tui.cli.runacts:archive_command", "Put runs into the archive"),
    "unarchive": ("mlws_tui.cli.runacts:unarchive_command", "Take runs out of the archive"),
    "delete": ("mlws_tui.cli.runacts:delete_command", "Delete runs; for ever with --forever"),
    "restore": ("mlws_tui.cli.runacts:restore_command", "Bring deleted runs back"),
    "stop": ("mlws_tui.cli.runstop:stop_command", "Stop running runs"),
    "fork": ("mlws_tui.cli.runfork:fork_command", "Make a run from another one with some settings changed"),
    "reproduce": (
        "mlws_tui.cli.runreproduce:reproduce_command",
        "Do a run again as it was: print how, or do it",
    ),
}


@click.group("runs", cls=LazyGroup, table=_COMMANDS)
def command() -> None:
    """Find, read, compare, change and repeat runs."""
