"""``mlws-tui log … --run``: a line of the journal with the link to a run behind it."""

from __future__ import annotations

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench
from mlws_tui.domain.suggestions import linked_run


async def with_link(session: Session, text: str, ref: str) -> str:
    """The text, its first line ending in the link to a run that suggestions of the journal have, too.

    Args:
        session: The call.
        text: One line or more.
        ref: The run's id, the beginning of one, its name or ``@last``.

    Raises:
        NotFoundError: if there is no such run.
        UsageError: if several fit.
    """
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        run = await opened.runs.get(ref)
    link = linked_run(run)
    first, newline, rest = text.strip().partition("\n")
    return text if link in first else f"{first.rstrip()} {link}{newline}{rest}"
