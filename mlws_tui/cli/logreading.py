"""Lines of a log for the commands: those that were asked for, in pages, with their numbers and times."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlws_tui.cli.logtargets import Target
from mlws_tui.cli.output import say
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.ansi import styled
from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from mlws_tui.domain.goto import parse_goto
from mlws_tui.domain.levels import Tracer, level_of
from mlws_tui.domain.logquery import Filter, Query, Sieve, TooSlowError
from mlws_tui.domain.logs import START, LogLine, Place
from mlws_tui.domain.logtimes import Times
from mlws_tui.domain.showing import shown
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logs import LogsService

PAGE = 2_000  # lines read at once
_LOOK = 0.2  # seconds between two looks at what is being counted, unpacked or merged
_TIMES = "14:30, yesterday 9:00, 2024-10-19 14:30, -10m, 2 hours ago"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of a log a person asked for.

    Attributes:
        text: What they have; empty for any.
        regex: Whether that is a regular expression.
        level: ``warning`` or ``error``: at least that grave; empty for any.
        since: From which time on, as typed; empty for the beginning.
        until: Up to which time; empty for the end.
        count: Only so many of the last ones; None for all.
    """

    text: str = ""
    regex: bool = False
    level: str = ""
    since: str = ""
    until: str = ""
    count: int | None = None

    @property
    def query(self) -> Query:
        """What they have; empty for any."""
        return Query(self.text, regex=self.regex)

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The same as conditions that a line has to pass.

        Raises:
            UsageError: if the regular expression is none.
        """
        if self.regex and not self.text:
            raise UsageError("--regex needs an expression to look for", hint="--grep EXPRESSION --regex")
        problem = self.query.problem
        if problem:
            raise UsageError(f"{self.text!r} is no regular expression: {problem}")
        text = [Filter("text", self.text, self.regex)] if self.text else []
        level = [Filter("level", level=self.level)] if self.level else []
        return (*text, *level)


@contextlib.asynccontextmanager
async def opened(
    workspace: Workspace, target: Target, changed: Callable[[], None] = lambda: None, *, count: bool = False
) -> AsyncIterator[LogFeed]:
    """The log, or several of them merged, to read and to follow.

    Args:
        workspace: Whose log it is.
        target: One log, or several.
        changed: Called when something new may be read.
        count: Whether to count lines, so that they can be numbered.
    """
    service = LogsService(workspace)
    if len(target.logs) > 1:
        feed = await service.open_merged(target.logs, changed, count=count)
    else:
        feed = await service.open(target.path, changed, count=count)
    try:
        yield feed
    finally:
        await feed.close()


async def whole(feed: LogFeed, path: Path, news: asyncio.Event) -> None:
    """Wait until an archive is unpacked, or the logs are merged as far as they are written.

    Args:
        feed: The log.
        path: Where it is, for the person.
        news: Set when something may have changed.

    Raises:
        NotFoundError: if there is nothing to read.
    """
    if feed.state.missing:
        raise NotFoundError(
            f"{path} cannot be read: {feed.state.missing}", hint="mlws-tui logs list shows the logs"
        )
    while feed.state.filled is not None and feed.state.filled < 1.0:
        news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _LOOK)
    await feed.settle()


def check(feed: LogFeed) -> None:
    """Complain where not all of the log could be read, or an expression took too long on it.

    Raises:
        MlwsError: if so.
    """
    if feed.state.problem:
        raise MlwsError(feed.state.problem)


@dataclass(frozen=True, slots=True)
class Span:
    """The lines that are wanted of a log: where they begin, where they end, and what was wrong with it before."""

    first: Place
    end: Place
    known: str


async def span(feed: LogFeed, wanted: Wanted) -> Span:
    """Find where the lines begin and end that are wanted; from now on the feed gives these alone.

    Raises:
        UsageError: if a time is none.
        MlwsError: if the log tells no times, or a regular expression takes too long.
    """
    known, first, end = feed.state.problem, START, feed.state.end
    if wanted.since:
        first = await _place_at(feed, wanted.since)
    if wanted.until:
        end = min(end, await _place_at(feed, wanted.until))
    await feed.set_filters(wanted.filters)
    await feed.settle()
    if wanted.count is not None:
        last = await _last(feed, Span(first, end, known), wanted.count)
        first = max(first, last[0].place if last else end)
    return Span(first, end, known)


async def _last(feed: LogFeed, within: Span, count: int) -> Sequence[LogLine]:
    """The last so many lines, waited for where they take long to find."""
    while True:
        complete = feed.state.sifted >= 1.0
        lines = await feed.before(within.end, count)
        await _check_filters(feed, within)
        if complete or len(lines) >= count:
            return lines
        await asyncio.sleep(_LOOK)


async def pages(feed: LogFeed, within: Span) -> AsyncIterator[list[LogLine]]:
    """The lines that are wanted, some at a time, waited for where they take long to find.

    Raises:
        MlwsError: if a regular expression takes too long on them.
    """
    place = within.first
    while place < within.end:
        complete = feed.state.sifted >= 1.0
        lines = await feed.after(place, PAGE)
        await _check_filters(feed, within)
        if lines:
            place = lines[-1].next
            yield [line for line in lines if line.place < within.end]
        elif complete:
            return
        else:
            await asyncio.sleep(_LOOK)


async def _check_filters(feed: LogFeed, within: Span) -> None:
    """Complain where an expression was given up: what is read then has not passed it."""
    await feed.settle()
    if feed.state.problem != within.known:
        check(feed)


async def _place_at(feed: LogFeed, text: str) -> Place:
    """The first line at or after a time; without a date the day of the log's last line is meant."""
    last = await feed.before(feed.state.end, 1)
    near = await feed.time_at(last[0].place) if last else None
    goal = parse_goto(text, now=time.time(), near=near)
    if goal is None or goal.kind != "time":
        raise UsageError(f"{text!r} is no time", hint=f"for example {_TIMES}")
    place = await feed.place_at_time(goal.value)
    if place is not None:
        return place
    if near is None:
        raise MlwsError("The log tells no times, so that no lines can be chosen by them")
    return feed.state.end


class Sifting:
    """Lets through what is wanted of lines that come one after another.

    A line of a traceback passes with the one above it, so that an error is told as a whole.
    """

    def __init__(self, feed: LogFeed, wanted: Wanted) -> None:
        self._feed = feed
        self._query = wanted.query
        self._sieve = Sieve(wanted.filters)
        self._tracer = Tracer()
        self._passed = False

    async def of(self, lines: Sequence[LogLine]) -> list[LogLine]:
        """Those of the lines that pass; they go on where the last ones ended.

        Raises:
            MlwsError: if a regular expression takes too long.
        """
        if not self._sieve:
            return list(lines)
        try:
            return [line for line in lines if line.divider or await self._passes(line)]
        except TooSlowError as error:
            raise MlwsError(
                "The regular expression takes too long on this log", hint="make it simpler"
            ) from error

    async def _passes(self, line: LogLine) -> bool:
        text = shown(line.data).text
        inside = self._tracer.take(text)
        piece = await self._feed.piece_at(line.place, self._query) if line.cut else None
        more = () if piece is None else (styled(piece.data).text,)
        self._passed = self._sieve.passes(text, more) or (inside and self._passed)
        return self._passed


class Numbers:
    """Numbers lines in their order; only where some are left out the feed is asked, which has to count for it.

    Args:
        feed: The log.
        patient: Whether to wait until lines are counted; else their numbers are unknown meanwhile.
    """

    def __init__(self, feed: LogFeed, *, patient: bool = True) -> None:
        self._feed = feed
        self._patient = patient
        self._next: Place | None = None
        self._number = 0

    async def of(self, line: LogLine) -> int | None:
        """The number of a line in its file, from 1; None where it is not known."""
        if line.place.offset == 0:
            self._number = 1
        elif line.place == self._next and self._number:
            self._number += 1
        else:
            self._number = await self._counted(line.place) or 0
        self._next = line.next
        return self._number or None

    async def _counted(self, place: Place) -> int | None:
        while (number := await self._feed.number_of(place)) is None:
            state = self._feed.state
            if not self._patient or state.lines is not None or state.missing:
                return None
            await asyncio.sleep(_LOOK)
        return number


class Documents:
    """Lines as JSON documents: number, time (Unix seconds), level and text; null where the log does not tell."""

    def __init__(self, feed: LogFeed, wanted: Wanted, *, patient: bool = True) -> None:
        self._numbers = Numbers(feed, patient=patient)
        self._texts = Texts(feed, wanted)
        self._times = Times()

    async def of(self, lines: Sequence[LogLine]) -> list[dict[str, Any]]:
        """The documents of lines in their order; what became of the file is said on stderr."""
        told: list[dict[str, Any]] = []
        for line in lines:
            if line.divider:
                say(line.data.decode())
                continue
            level = level_of(shown(line.data).text)
            told.append(
                {
                    "line": await self._numbers.of(line),
                    "ts": self._times.read_line(line.data),
                    "level": level.name.lower() if level is not None else None,
                    "text": await self._texts.of(line),
                }
            )
        return told


class Texts:
    """Lines as plain text: colours and other escapes taken out, redraws folded, control characters as signs.

    Of a line that is too long to be shown whole it is the piece with what was asked for.
    """

    def __init__(self, feed: LogFeed, wanted: Wanted) -> None:
        self._feed = feed
        self._query = wanted.query

    async def of(self, line: LogLine) -> str:
        """The text of a line, with what is left out of it."""
        if not line.cut:
            return _plain(line.data)
        piece = await self._feed.piece_at(line.place, self._query)
        if piece is None:
            return f"{_plain(line.data)} … {line.cut:,} bytes more"
        more = f" … {piece.after:,} bytes more" if piece.after else ""
        return f"{piece.before:,} bytes before … {_plain(piece.data)}{more}"


def _plain(data: bytes) -> str:
    text = data.decode() if data.isascii() else ""
    if not text or not text.isprintable():  # the quick way serves most lines
        text = styled(data).text
    return text
