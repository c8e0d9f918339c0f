"""``mlws-tui metrics``: the points of a run's series."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Sequence

import click

from mlws_tui.cli.behind import warn_if_behind
from mlws_tui.cli.output import Session, bench, emit_json, run_async, say
from mlws_tui.cli.tables import Column, table
from mlws_tui.domain.figures import figure
from mlws_tui.domain.metricnames import by_importance
from mlws_tui.domain.runs import Bucket, Curve, Points, Run, SeriesInfo
from mlws_tui.domain.text import safe_text
from mlws_tui.services.runs import RunsService


@click.command("metrics")
@click.argument("ref", metavar="RUN")
@click.argument("key", required=False)
@click.option(
    "--points",
    "most",
    type=click.IntRange(min=4),
    help="At most so many points a series; lows and highs stay.",
)
@click.option(
    "--rank", type=click.IntRange(min=0), help="Whose series; the lowest rank that logged if not given."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_obj
def command(
    session: Session, ref: str, key: str | None, most: int | None, rank: int | None, as_json: bool
) -> None:
    """Print the metrics of RUN (an id, its beginning, a name, or @last), all or only KEY.

    On a terminal all of them are summed up; one of them, or the output in a pipe, is point by point.
    """
    summed = key is None and most is None and not as_json and sys.stdout.isatty()
    run, infos, points = run_async(_read(session, ref, key, most, rank, with_points=not summed))
    if as_json:
        from mlws_tui.cli.documents import series_document

        series = {info.name: series_document(info, told) for info, told in zip(infos, points, strict=True)}
        emit_json({"run": run.id, "series": series})
    elif summed:
        for line in _summary(infos, shutil.get_terminal_size().columns):
            click.echo(line)
    else:
        for info, told in zip(infos, points, strict=True):
            for step, value in zip(told.step, told.value, strict=True):
                click.echo(f"{safe_text(info.name)}\t{_exactly(step)}\t{_exactly(value)}")


async def _read(
    session: Session, ref: str, key: str | None, most: int | None, rank: int | None, *, with_points: bool
) -> tuple[Run, list[SeriesInfo], list[Points]]:
    async with bench(session) as opened:
        warn_if_behind(await opened.ingest.catch_up())
        run = await opened.runs.get(ref)
        infos = await opened.runs.series(run.id)
        if rank is None:
            rank = min((info.rank for info in infos), default=0)
        chosen = _choose(infos, rank, key)
        if not chosen:
            logged = ", ".join(by_importance(info.name for info in infos if info.rank == rank)[:8])
            what = "no metrics" if key is None else f"no metric {key!r}"
            say(f"run {run.id} logged {what}" + (f"; there is {logged}" if logged else ""))
        points = [await _points(opened.runs, run.id, info, most) for info in chosen] if with_points else []
        return run, chosen, points


def _choose(infos: Sequence[SeriesInfo], rank: int, key: str | None) -> list[SeriesInfo]:
    """By importance; a name that the SDK logged is the SDK's only, though a log may tell of it too."""
    named = {info.name: info for info in infos if info.rank == rank and info.source != "sdk"}
    named |= {info.name: info for info in infos if info.rank == rank and info.source == "sdk"}
    return [named[name] for name in by_importance(named) if key is None or name == key]


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
