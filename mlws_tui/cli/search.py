"""``mlws-tui search``: what was written, found: by day on a terminal, tab-separated in a pipe, or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.text import safe_text

if TYPE_CHECKING:
    from datetime import date

    from mlws_tui.services.search import Hit, Hits

_PLACES = {"journal": "the journal", "session": "session logs", "run": "runs", "log": "errors of runs"}


# A word with a minus before it is one that must not occur; what looks like an option is looked at below.
@click.command("search", context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1, required=True)
@click.option("--ranked", is_flag=True, help="The best first, not the newest.")
@click.option(
    "--tier", type=click.IntRange(1, 3), multiple=True, help="1 logs and runs, 2 the journal, 3 session logs."
)
@click.option("--in", "places", type=click.Choice(tuple(_PLACES)), multiple=True, help="Only there.")
@click.option("--since", metavar="DAY", help="From this day on: yesterday, 2024-10-19, 3 days ago.")
@click.option("--until", metavar="DAY", help="Up to this day.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many at most."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(
    session: Session,
    query: tuple[str, ...],
    ranked: bool,
    tier: tuple[int, ...],
    places: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Search the journal, session logs, what runs say of themselves, and the errors they ended with.

    All words must occur. "a phrase", begin*, -without; in:journal, tier:2, since:, until:, day:, run:, model:,
    experiment:, tag:, section: narrow it down. The text of logs is searched with: mlws-tui logs show --grep.
    """
    for word in query:
        if word.startswith("--"):
            raise UsageError(f"No such option: {word}", hint="mlws-tui search --help says which there are")
    text = " ".join(f'"{word}"' if _is_phrase(word) else word for word in query)
    hits = run_async(_find(session, text, ranked, tier, places, (since, until), limit))
    if hits.notice:
        say(hits.notice)
    if as_json:
        emit_json({"hits": [_document(hit) for hit in hits.hits], "more": hits.more})
        return
    if not hits.hits:
        say(f"nothing found for {text} in {_looked_through(places)}")
    elif sys.stdout.isatty():
        _print_by_day(hits.hits)
    else:
        for hit in hits.hits:
            told = (hit.day.isoformat() if hit.day else "", hit.kind, place(hit), hit.snippet)
            click.echo("\t".join(map(safe_text, told)))
    if hits.more:
        say(f"there is more: these are {'the best' if ranked else 'the newest'} {limit} (--limit shows more)")


async def _find(
    session: Session,
    text: str,
    ranked: bool,
    tiers: Sequence[int],
    places: Sequence[str],
    days: tuple[str | None, str | None],
    limit: int,
) -> Hits:
    from mlws_tui.domain.daywords import read_day
    from mlws_tui.domain.searchquery import KINDS, parse_query

    async with bench(session) as opened:
        today = opened.journal.today()
        first, last = (None if day is None else read_day(day, today) for day in days)
        if parse_query(text, today).empty:
            raise UsageError("There is nothing to search for", hint="mlws-tui search WORD…")
        warn_if_behind(await opened.ingest.catch_up(logs=0.0))
        await opened.textindex.bring_up()
        return await opened.search.find(
            text,
            limit=limit,
            ranked=ranked,
            tiers=tiers,
            kinds=[KINDS[name] for name in places],
            since=first,
            until=last,
        )


def _is_phrase(word: str) -> bool:
    """Whether the shell took quotes off it: ``mlws-tui search "loss went up"``; filters have none of it."""
    return " " in word and '"' not in word and ":" not in word.split(" ", 1)[0] and not word.startswith("-")


def place(hit: Hit) -> str:
    """Where a hit is, as it can be opened: a file and a line, or a run."""
    if hit.run is not None:
        return hit.run
    return f"{hit.path}:{hit.line}"


def _document(hit: Hit) -> dict[str, object]:
    return {
        "tier": hit.tier,
        "kind": hit.kind,
        "path": hit.path,
        "line": hit.line or None,
        "run": hit.run,
        "date": _iso(hit.day),
        "title": hit.title or hit.name,
        "snippet": hit.snippet,
        "marks": [list(mark) for mark in hit.marks],
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _print_by_day(hits: Sequence[Hit]) -> None:
    for day, some in groupby(hits, key=lambda hit: hit.day):
        click.secho(day.strftime("%Y-%m-%d %A") if day else "without a day", bold=True)
        for hit in some:
            heading = hit.name if hit.kind != "journal" else hit.title
            where = f"{hit.kind}  {place(hit)}" + (f"  {heading}" if heading else "")
            click.echo("  " + click.style(safe_text(where), dim=True))
            click.echo("    " + _bold(hit))


def _bold(hit: Hit) -> str:
    parts: list[str] = []
    at = 0
    for start, end in hit.marks:
        parts += (safe_text(hit.snippet[at:start]), click.style(safe_text(hit.snippet[start:end]), bold=True))
        at = end
    return "".join((*parts, safe_text(hit.snippet[at:])))


def _looked_through(places: Sequence[str]) -> str:
    names = [words for name, words in _PLACES.items() if not places or name in places]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
