"""Charts of metrics for a file, a pipe or a terminal without colours: SVG, CSV and braille text."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from mlws_tui.cli.output import say
from mlws_tui.domain.charts.model import View
from mlws_tui.domain.charts.places import Axis
from mlws_tui.domain.charts.table import points_csv
from mlws_tui.domain.errors import MlwsError, UsageError
from mlws_tui.domain.runs import Points, Run
from mlws_tui.domain.series import NO_SMOOTHING, SMOOTHINGS
from mlws_tui.domain.text import safe_text
from mlws_tui.services.chartreading import ChartReader
from mlws_tui.services.charts import as_csv, as_svg, as_text, title_of
from mlws_tui.services.workbench import Workbench

_STDOUT = "-"
#: Columns as fine as an SVG is read; rows of a chart in a pipe.
_SVG_COLUMNS, _PIPE_SIZE = 460, (100, 30)
_SMOOTH = {"none": NO_SMOOTHING, "light": SMOOTHINGS[0], "strong": SMOOTHINGS[1], "window": SMOOTHINGS[2]}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for beside the metrics: files, text, and how the curves are looked at."""

    svg: str | None
    csv: str | None
    text: bool
    view: View

    def __bool__(self) -> bool:
        return self.svg is not None or self.csv is not None or self.text


def chart_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `Wanted`, as arguments of the command: ``svg csv text axis log_x log_y smooth``."""
    for option in reversed(
        [
            click.option("--svg", metavar="FILE", help="Draw the curves into an SVG file (- for stdout)."),
            click.option(
                "--csv",
                metavar="FILE",
                help="All points as CSV (- for stdout); with --points what a chart would show.",
            ),
            click.option("--text", is_flag=True, help="Draw the curves in braille dots."),
            click.option(
                "--x",
                "axis",
                type=click.Choice([axis.value for axis in Axis]),
                default=Axis.STEP.value,
                show_default=True,
                help="What x counts in a chart: time is since the run began.",
            ),
            click.option("--log-x", is_flag=True, help="Logarithmic x."),
            click.option("--log-y", is_flag=True, help="Logarithmic y."),
            click.option(
                "--smooth",
                type=click.Choice(list(_SMOOTH)),
                default="light",
                show_default=True,
                help="How curves are smoothed before their raw values.",
            ),
        ]
    ):
        command = option(command)
    return command


def wanted(
    svg: str | None, csv: str | None, text: bool, axis: str, log_x: bool, log_y: bool, smooth: str
) -> Wanted:
    """What the options ask for.

    Raises:
        UsageError: if two things go to stdout.
    """
    if [svg, csv].count(_STDOUT) + text > 1:
        raise UsageError("Only one thing can go to stdout", hint="write the other one to a file")
    return Wanted(svg, csv, text, View(_SMOOTH[smooth], Axis(axis), log_x, log_y))


async def chart(
    bench: Workbench,
    runs: Sequence[Run],
    keys: Sequence[str],
    rank: int | None,
    most: int | None,
    told: Wanted,
) -> None:
    """Write what is asked for: curves of the metrics that the keys fit, of the first group without any.

    Raises:
        UsageError: if no run has such a metric.
        MlwsError: if a file cannot be written.
    """
    reader = bench.charts.reader(rank)
    names = await _names(reader, runs, keys)
    width = _SVG_COLUMNS if told.svg is not None else max(_size()[0], (most or 0) // 4)
    drawn = await reader.read(runs, names, told.view, width)
    for note in drawn.notes:
        say(note)
    if drawn.more:
        say(f"{drawn.more} more curves are not drawn")
    if told.svg is not None:
        _write(told.svg, [as_svg(drawn, told.view, title_of(names, runs))])
    if told.text:
        _write(_STDOUT, [as_text(drawn, told.view, *_size())])
    if told.csv is None:
        return
    if most is not None:
        fewer = await reader.read(runs, names, told.view, max(1, most // 4))
        _write(told.csv, [as_csv(fewer, told.view, runs)])
        return
    series: list[tuple[str, str, str, Points]] = [
        (run.id, run.name, name, await reader.points(run, name)) for run in runs for name in names
    ]
    _write(told.csv, points_csv(series))


async def _names(reader: ChartReader, runs: Sequence[Run], keys: Sequence[str]) -> list[str]:
    if not keys:
        known = await reader.groups(runs)
        if not known:
            raise UsageError("There is nothing to draw: no metrics were logged")
        return list(known[0].names)
    names = await reader.all_names(runs)
    found = {name: None for key in keys for name in names if name == key or fnmatchcase(name, key)}
    if not found:
        hint = f"there is {', '.join(names[:8])}" if names else "no metrics were logged"
        raise UsageError(f"There is no metric {' '.join(keys)}", hint=hint)
    return list(found)


def _size() -> tuple[int, int]:
    """Columns and rows for a chart in text."""
    if not sys.stdout.isatty():
        return _PIPE_SIZE
    size = shutil.get_terminal_size()
    return size.columns, max(10, size.lines - 2)


def _write(target: str, parts: Iterable[str]) -> None:
    if target == _STDOUT:
        for part in parts:
            click.echo(part, nl=False)
        return
    try:
        with Path(target).open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(parts)
    except OSError as error:
        raise MlwsError(
            f"{safe_text(target)} could not be written", hint=error.strerror or str(error)
        ) from error
