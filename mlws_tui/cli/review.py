"""``mlws-tui review``: what a week, a month or any days of work came to."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.reviewspan import ReviewSpan, between, last_days, month_of, week_of

if TYPE_CHECKING:
    from mlws_tui.domain.review import Review

#: What ``--week`` and ``--month`` mean without a day.
_NOW = "now"


@click.command("review")
@click.option(
    "--week",
    is_flag=False,
    flag_value=_NOW,
    metavar="[DAY]",
    help="The last 7 days; with a day, the week from Monday to Sunday that it is in.",
)
@click.option(
    "--month", is_flag=False, flag_value=_NOW, metavar="[DAY]", help="This month, or the one of a day."
)
@click.option("--since", metavar="DAY", help="From this day: 2024-10-19, 'last monday', '3 days ago'.")
@click.option("--until", metavar="DAY", help="To this day, which is part of it. Default: today.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As Markdown.")
@click.option("--log", "to_journal", is_flag=True, help="Write it into today's entry of the journal.")
@click.option("--session", "title", metavar="TITLE", help="Begin a session log with it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(
    session: Session,
    week: str | None,
    month: str | None,
    since: str | None,
    until: str | None,
    as_markdown: bool,
    to_journal: bool,
    title: str | None,
    as_json: bool,
) -> None:
    """Tell what the last 7 days came to: days written, runs, results, insights, open questions, tasks.

    Options choose other days. The journal is changed only by --log.
    """
    if as_json and (as_markdown or to_journal or title is not None):
        raise UsageError("--json goes with no other form", hint="ask twice")
    review, told = run_async(_review(session, (week, month, since, until), to_journal, title))
    for sentence in told:
        say(sentence)
    if as_json:
        from mlws_tui.cli.review_page import document

        emit_json(document(review))
    elif as_markdown:
        from mlws_tui.domain.reviewmarkdown import markdown

        click.echo(markdown(review))
    elif not told:
        from mlws_tui.cli.review_page import page

        for line in page(review, shutil.get_terminal_size().columns):
            click.echo(line)


async def _review(
    session: Session, asked: tuple[str | None, ...], to_journal: bool, title: str | None
) -> tuple[Review, list[str]]:
    async with bench(session) as opened:
        span = _span(asked, opened.journal.today())
        warn_if_behind(await opened.ingest.catch_up())
        review = await opened.review.week(span.first, span.last)
        told = []
        if to_journal:
            told.append((await opened.review.to_journal(review))[0])
        if title is not None:
            made = await opened.review.to_session(review, title)
            told.append(f"The review is in {opened.workspace.relative(made.path)}")
        return review, told


def _span(asked: tuple[str | None, ...], today: date) -> ReviewSpan:
    """The days that are asked for.

    Raises:
        UsageError: if it is no day, or the options contradict each other.
    """
    from mlws_tui.domain.daywords import read_day

    week, month, since, until = asked
    between_days = since is not None or until is not None
    if sum((week is not None, month is not None, between_days)) > 1:
        raise UsageError("A review is of a week, of a month, or of the days from --since to --until")
    if week is not None and week != _NOW:
        return week_of(read_day(week, today))
    if month is not None:
        return month_of(today if month == _NOW else read_day(month, today))
    if between_days:
        last = today if until is None else read_day(until, today)
        return last_days(last) if since is None else between(read_day(since, today), last)
    return last_days(today)
