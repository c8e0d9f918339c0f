"""``mlws-tui journal suggestions``: what the journal could say of a day by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.documents import iso
from mlws_tui.cli.output import Session, bench, emit_json, say
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from mlws_tui.domain.suggestions import Suggestion


async def suggest(
    session: Session, day: date | None, accept: Sequence[str], dismiss: Sequence[str], as_json: bool
) -> None:
    """Write or put aside what is asked for; else list what is offered.

    Args:
        session: The call.
        day: The day; None for today.
        accept: Keys or runs whose lines are written; ``all`` for all.
        dismiss: Keys or runs whose lines are offered no more.
        as_json: Whether the answer is one JSON document.

    Raises:
        NotFoundError: if one of them is not offered; then nothing is done.
        MlwsError: if the journal or the index cannot be read or written.
    """
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        when = day or opened.journal.today()
        offers = opened.suggestions
        chosen = [[one for ref in refs for one in await offers.find(ref, when)] for refs in (accept, dismiss)]
        accepted, dismissed = (list(dict.fromkeys(some)) for some in chosen)
        if accepted:
            await offers.accept_all(accepted, when)
        if dismissed:
            await offers.put_aside(dismissed)
        offered = () if accept or dismiss else await offers.of_day(when)
    if as_json:
        told = (
            {"accepted": accepted, "dismissed": dismissed} if accept or dismiss else {"suggestions": offered}
        )
        emit_json(
            {"date": when.isoformat(), **{name: list(map(_document, some)) for name, some in told.items()}}
        )
        return
    for one in (*accepted, *offered):
        click.echo("  ".join(map(safe_text, (one.key, one.section, one.text))))
    if dismissed:
        say(f"{len(dismissed)} will not be offered again")
    elif not accepted and not offered:
        say(f"nothing to suggest for {when.isoformat()}")


def _document(one: Suggestion) -> dict[str, object]:
    return {
        "key": one.key,
        "kind": one.kind,
        "source": one.source,
        "section": one.section,
        "text": one.text,
        "time": iso(one.ts),
        "run": one.run or None,
        "link": one.link or None,
    }
