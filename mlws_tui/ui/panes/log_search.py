"""Going somewhere in a log that is not in sight: to a match, an error, a mark, a line, a time."""

from __future__ import annotations

import asyncio
import math
import re
from itertools import zip_longest
from typing import NamedTuple

from mlws_tui.domain.goto import GoTo, parse_goto
from mlws_tui.domain.levels import Level
from mlws_tui.domain.logquery import Query
from mlws_tui.domain.logs import START, LogLine, Place
from mlws_tui.ui.panes.log_marks import Marks
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.widgets.logrows import text_of

#: Lines above one in which its step is looked for.
_STEP_WITHIN = 50
#: Lines around a moment's time in which the line with its step is looked for first.
_STEP_NEAR = 300
#: Seconds until it is tried again what the filters let through.
_AGAIN = 0.1
FROM_TOP, FROM_END = "from the top", "from the end"
_STEP = re.compile(r"\b(?:global[ _]?step|step|iter(?:ation)?)s?\b[\"']?\W{0,12}(\d[\d,]*)", re.IGNORECASE)


class Goal(NamedTuple):
    """Where a search came to, if it came anywhere, and what is to be said of it."""

    place: Place | None
    note: str = ""


class Moment(NamedTuple):
    """What a line tells of when it was: Unix seconds and a step, as far as it does."""

    ts: float | None
    step: float | None


async def look_for(port: Viewport, text: str, *, regex: bool) -> Query:
    """Mark all matches."""
    # The first expression imports its module, and a long one takes a while to compile.
    port.query = await asyncio.to_thread(Query, text, regex=True) if regex else Query(text)
    if not port.query:
        count(port)
    return port.query


def count(port: Viewport) -> None:
    """Begin to count the lines with what is looked for."""
    if port.counted != port.query:
        port.counted = port.query
        port.feed.look_for(port.query)


async def next_match(port: Viewport, *, forward: bool) -> Goal:
    """The next line that matches, or the one before; behind the last one it goes on from the top."""
    place = await port.feed.find(port.query, await port.origin(forward=forward), forward=forward)
    if place is not None:
        return Goal(place)
    edge, note = (START, FROM_TOP) if forward else (port.feed.state.end, FROM_END)
    place = await port.feed.find(port.query, edge, forward=forward)
    return Goal(place, note) if place is not None else Goal(None, f"not found: {port.query.text}")


async def first_match(port: Viewport, begin: Place) -> Goal:
    """The first line from the place on that matches, else the first one of all."""
    place = await port.feed.find(port.query, begin, forward=True)
    if place is not None:
        return Goal(place)
    place = await port.feed.find(port.query, START, forward=True)
    return Goal(place, FROM_TOP) if place is not None else Goal(None, f"not found: {port.query.text}")


async def next_level(port: Viewport, level: Level, *, forward: bool) -> Goal:
    """The next line with which something so grave begins, or the one before."""
    origin = await port.origin(forward=forward)
    place = await port.feed.find_level(origin, forward=forward, level=level)
    what = "error" if level >= Level.ERROR else "warning"
    return Goal(place, "" if place else f"no {what} {'after' if forward else 'before'} this")


async def first_line(port: Viewport) -> Goal:
    """The first line that passes the filters, however long it takes to find it."""
    while True:
        sifting = port.sifting
        records = await port.records.after(START, 1)
        if records or not sifting:
            return Goal(records[0].place if records else None)
        await asyncio.sleep(_AGAIN)


async def next_mark(port: Viewport, marks: Marks, *, forward: bool) -> Goal:
    """The next marked line, or the one before."""
    place = marks.near(port.place, forward=forward)
    if place is None and marks.places == {port.place}:
        return Goal(None, "the only mark")
    return Goal(place, "" if place else "no mark there: m marks a line")


async def at_share(port: Viewport, share: float) -> Goal:
    """The line at that share of the log."""
    return Goal(await port.feed.place_at(share))


async def goal_of(port: Viewport, text: str, now: float) -> Goal:
    """Where a person wants to go who types this.

    Args:
        port: The window on the log.
        text: A line, a share, or a time.
        now: Unix seconds.
    """
    goto = parse_goto(text, now=now, near=await port.feed.time_at(port.place))
    if goto is None:
        return Goal(None, f"{text!r} is no place: 1200, -100, 50%, 14:30, +10m")
    if port.hides and not port.sifting and not await port.records.after(START, 1):
        return Goal(None, "no line to go to: all are hidden")
    if goto.kind == "share":
        return await at_share(port, goto.value)
    return await (_at_time(port, goto.value) if goto.kind == "time" else _at_line(port, goto))


async def at_moment(port: Viewport, ts: float | None, step: float | None, name: str = "") -> Goal:
    """The line of a moment: the one that names the step, near that time if there are several, else by time alone.

    Args:
        port: The window on the log.
        ts: Unix seconds.
        step: The step of the training.
        name: A metric: of several lines with the step the one that tells its value is meant.
    """
    place = await port.feed.place_at_time(ts) if ts is not None else None
    if step is not None and math.isfinite(step):
        named = await _near(port, place, step, name) if place is not None else None
        if named is None:
            words = rf"\b(?:global[ _]?step|step|iter(?:ation)?)s?\b[\"']?\W{{0,12}}0*(?:{step:.0f}|{step:,.0f})\b"
            query = await asyncio.to_thread(Query, words, regex=True)
            named = await port.feed.find(query, START, forward=True)
            if named is not None:
                named = await _near(port, named, step, name) or named
        place = named if named is not None else place
    return Goal(place, "" if place else "the log does not tell where that moment is")


async def _near(port: Viewport, place: Place, step: float, name: str) -> Place | None:
    """The line that names the step, and better the metric too, and is nearest to a place, of those around it."""
    above, below = await port.feed.around(place, _STEP_NEAR, _STEP_NEAR)
    last = re.split(r"[/.]", name)[-1]
    told = re.compile(rf"{re.escape(last)}[\"']?\W{{1,6}}(?:[\d.]|nan|inf)", re.IGNORECASE)
    having: list[LogLine] = []
    for pair in zip_longest(below, reversed(above)):
        near = [line for line in pair if line is not None]
        having += [line for line in near if step in _steps_of(text_of(line))]
    best = next((line for line in having if last and told.search(text_of(line))), None)
    chosen = best or next(iter(having), None)
    return chosen.place if chosen is not None else None


def _steps_of(text: str) -> list[float]:
    """The steps that a line names."""
    return [float(found[1].replace(",", "")) for found in _STEP.finditer(text)]


async def moment_of(port: Viewport) -> Moment | None:
    """When the line with the cursor was written, by itself or the lines above; None where the log has no line."""
    line = await port.take()
    if line is None:
        return None
    above = await port.feed.before(line.place, _STEP_WITHIN)
    steps = (_steps_of(text_of(one)) for one in (line, *reversed(above)))
    step = next((found[0] for found in steps if found), None)
    return Moment(await port.feed.time_at(line.place), step)


async def _at_line(port: Viewport, goto: GoTo) -> Goal:
    place = await port.feed.place_of(int(goto.value))
    if place is not None:
        return Goal(place)
    state = port.feed.state
    if state.lines is None:
        return Goal(None, f"line {goto.value:,.0f} is not counted yet: {state.counted:.0%} are")
    return Goal(None, f"there are {state.lines:,} lines")


async def _at_time(port: Viewport, ts: float) -> Goal:
    place = await port.feed.place_at_time(ts)
    if place is not None:
        return Goal(place)
    last = await port.feed.time_at(port.feed.state.end)
    return Goal(None, "no line is as late as that" if last is not None else "the log tells no times")
