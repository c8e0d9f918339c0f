"""``mlws-tui metrics``: the points of a run's series."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.metricschart import Wanted, chart, chart_options, wanted
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.cli.tables import Column, table
from mlws_tui.domain.charts.naming import is_system
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.figures import figure
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runs import Bucket, Curve, Latest, Points, Run, SeriesInfo
from mlws_tui.domain.text import safe_text
from mlws_tui.services.runs import RunsService
from mlws_tui.services.workbench import Workbench


@click.command("metrics")
@click.argument("refs", metavar="RUN… [KEY…]", nargs=-1, required=True)
@click.option(
    "--points",
    "most",
    type=click.IntRange(min=4),
    help="At most so many points a series; lows and highs stay.",
)
@click.option(
    "--rank", type=click.IntRange(min=0), help="Whose series; the lowest rank that logged if not given."
)
@chart_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(
    session: Session,
    /,
    refs: tuple[str, ...],
    most: int | None,
    rank: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Print the metrics of RUN (an id, its beginning, a name, or @last), all or only KEY (a name, or as val/*).

    Several runs may be given. On a terminal all metrics of a run are summed up; some of them, or the output in a pipe,
    are point by point. With --svg, --csv or --text the curves of all runs are put into one chart.
    """
    told = wanted(**options)
    if told and as_json:
        raise UsageError("A chart is no JSON", hint="leave out --json, or --svg, --csv and --text")
    run_async(_answer(session, refs, _Asked(most, rank, as_json, told)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """How the command is to answer."""

    most: int | None
    rank: int | None
    as_json: bool
    chart: Wanted


async def _answer(session: Session, refs: Sequence[str], asked: _Asked) -> None:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        runs, keys = await _sort_out(opened, refs)
        if asked.chart:
            await chart(opened, runs, keys, asked.rank, asked.most, asked.chart)
            return
        summed = not keys and asked.most is None and not asked.as_json and sys.stdout.isatty()
        read = [await _read(opened, run, keys, asked, with_points=not summed) for run in runs]
    if asked.as_json:
        documents = [_document(one) for one in read]
        emit_json(documents[0] if len(documents) == 1 else {"runs": documents})
        return
    for one in read:
        if summed:
            for line in _heading(one.run, several=len(read) > 1):
                click.echo(line)
            for line in _summary(one.infos, shutil.get_terminal_size().columns):
                click.echo(line)
        else:
            _print(one, several=len(read) > 1)


async def _sort_out(opened: Workbench, refs: Sequence[str]) -> tuple[list[Run], list[str]]:
    """Runs and metrics: after the first run, what it logged and any pattern is a metric, else a run if there is one.

    Raises:
        NotFoundError: if the first one is no run.
        UsageError: if one fits several runs.
    """
    first = await opened.runs.get(refs[0])
    runs, keys = [first], []
    names = {info.name for info in await opened.runs.series(first.id)}
    names.update(await opened.charts.reader().all_names([first]))
    for ref in refs[1:]:
        if ref in names or "*" in ref:
            keys.append(ref)
            continue
        try:
            runs.append(await opened.runs.get(ref))
        except NotFoundError:
            keys.append(ref)
    return runs, keys


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of a run: its series, and their points where they are wanted."""

    run: Run
    infos: list[SeriesInfo]
    points: list[Points]


async def _read(
    opened: Workbench, run: Run, keys: Sequence[str], asked: _Asked, *, with_points: bool
) -> _Read:
    service = opened.runs
    infos = await service.series(run.id)
    rank = min((info.rank for info in infos), default=0) if asked.rank is None else asked.rank
    chosen = _choose(infos, rank, keys)
    points = [await _points(service, run.id, info, asked.most) for info in chosen] if with_points else []
    for info, told in await _machine(opened, run, keys, rank):
        chosen.append(info)
        points.append(told)
    if not chosen:
        logged = ", ".join(by_importance(info.name for info in infos if info.rank == rank)[:8])
        what = f"no metric {' '.join(map(repr, keys))}" if keys else "no metrics"
        say(f"run {run.id} logged {what}" + (f"; there is {logged}" if logged else ""))
    return _Read(run, chosen, points)


async def _machine(
    opened: Workbench, run: Run, keys: Sequence[str], rank: int
) -> list[tuple[SeriesInfo, Points]]:
    """What was sampled of the machine under the names that were asked for."""
    reader = opened.charts.reader(rank)
    found = []
    for name in filter(is_system, await reader.all_names([run]) if keys else ()):
        if not any(name == key or fnmatchcase(name, key) for key in keys):
            continue
        told = await reader.points(run, name)
        if told.value:
            known = [value for value in told.value if math.isfinite(value)]
            low, high = min(known, default=None), max(known, default=None)
            mean = math.fsum(known) / len(known) if known else None
            latest = Latest(told.value[-1], told.step[-1], told.ts[-1], low, high, mean, len(told.value))
            found.append((SeriesInfo(name, rank, "system", latest), told))
    return found


def _document(read: _Read) -> dict[str, Any]:
    from mlws_tui.cli.documents import series_document

    told = zip(read.infos, read.points, strict=True)
    return {"run": read.run.id, "series": {info.name: series_document(info, points) for info, points in told}}


def _print(read: _Read, *, several: bool) -> None:
    """A line for each point; whose it is first, where there are several runs."""
    whose = f"{read.run.id}\t" if several else ""
    for info, told in zip(read.infos, read.points, strict=True):
        for step, value in zip(told.step, told.value, strict=True):
            click.echo(f"{whose}{safe_text(info.name)}\t{_exactly(step)}\t{_exactly(value)}")


def _heading(run: Run, *, several: bool) -> list[str]:
    return [f"{safe_text(run.name)}  {run.id}"] if several else []


def _choose(infos: Sequence[SeriesInfo], rank: int, keys: Sequence[str]) -> list[SeriesInfo]:
    """By importance; a name that the SDK logged is the SDK's only, though a log may tell of it too."""
    named = {info.name: info for info in infos if info.rank == rank and info.source != "sdk"}
    named |= {info.name: info for info in infos if info.rank == rank and info.source == "sdk"}
    return [
        named[name]
        for name in by_importance(named)
        if not keys or any(name == key or fnmatchcase(name, key) for key in keys)
    ]


async def _points(runs: RunsService, run_id: str, info: SeriesInfo, most: int | None) -> Points:
    if most is None or info.latest.count <= most:
        return await runs.points(run_id, info.name, info.rank)
    return _thinned(await runs.curve(run_id, info.name, rank=info.rank, width=max(1, most // 4)))


def _thinned(curve: Curve) -> Points:
    """The low and the high of each bucket, that last which the bucket ends nearer to: no spike is lost."""
    points = Points([], [], [])
    for bucket in curve.buckets:
        ends = _ends(bucket)
        points.value.extend(ends)
        points.step.extend([bucket.step_first, bucket.step_last][-len(ends) :])
        points.ts.extend([bucket.ts_first, bucket.ts_last][-len(ends) :])
    return points


def _ends(bucket: Bucket) -> list[float]:
    if bucket.low is None or bucket.high is None or bucket.last is None:
        return [math.nan]
    if bucket.low == bucket.high:
        return [bucket.low]
    rises = bucket.high - bucket.last <= bucket.last - bucket.low
    return [bucket.low, bucket.high] if rises else [bucket.high, bucket.low]


def _summary(infos: Sequence[SeriesInfo], width: int) -> list[str]:
    if not infos:
        return []
    figures = [info.latest for info in infos]
    return table(
        [
            Column("METRIC", [safe_text(info.name) for info in infos]),
            Column("LAST", [figure(one.last, 5) for one in figures], right=True),
            Column("MIN", [figure(one.min, 5) for one in figures], drop=1, right=True),
            Column("MAX", [figure(one.max, 5) for one in figures], drop=2, right=True),
            Column("MEAN", [figure(one.mean, 5) for one in figures], drop=3, right=True),
            Column("STEP", [figure(one.step, 5) for one in figures], drop=4, right=True),
            Column("POINTS", [str(one.count) for one in figures], drop=5, right=True),
        ],
        width,
    )


def _exactly(value: float) -> str:
    """A number in full; whole ones without a point."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(float(value))
