"""Saying on stderr where an answer is not of the newest streams and logs."""

from __future__ import annotations

from mlws_tui.cli.output import say
from mlws_tui.domain.changes import IndexState
from mlws_tui.domain.sizes import size_words


def warn_if_behind(state: IndexState) -> None:
    """Say on stderr where the answer is not of the newest streams and logs, and who is to bring the index up."""
    if state.problem:
        say(state.problem)
    if state.behind:
        who = f"pid {state.holder_pid} reads on" if state.holder_pid else "nobody reads on"
        say(f"the index is {state.behind} bytes behind the streams; {who}")
    if state.logs:
        say(
            f"{size_words(state.logs)} of logs are still to be read for figures: ask again, or leave the app open"
        )
