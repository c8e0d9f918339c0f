"""Pictures, sounds and tables as other trackers log them: files are recorded by their path, tables by their rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from mlws_tui.domain.events import plain
from mlws_tui.sdk.agents import shown
from mlws_tui.sdk.files import resolved
from mlws_tui.sdk.notice import never_raise, warn
from mlws_tui.sdk.running import Run

#: Rows of a table that are recorded.
ROWS = 50


class Media:
    """Something that is no number. Where it is a file, that is recorded; what is only in memory is not kept."""

    kind = "file"

    def __init__(self, data: Any = None, *args: Any, caption: str | None = None, **options: Any) -> None:
        self.caption = caption
        is_path = isinstance(data, str | os.PathLike) and _is_file(data)
        self.path: str | None = resolved(data) if is_path else None

    def record(self, run: Run, name: str) -> None:
        """Record it in a run under a metric's name."""
        if self.path is not None:
            run.artifact(self.path, kind=self.kind)
        else:
            what = type(self).__name__
            warn(f"{what} {name!r:.60} is not kept: only numbers are; save it to a file and log {what}(path)")


class Image(Media):
    kind = "image"


class Video(Media):
    kind = "video"


class Audio(Media):
    kind = "audio"


class Html(Media):
    kind = "html"


class Object3D(Media):
    pass


class Molecule(Media):
    pass


class Plotly(Media):
    pass


class Histogram(Media):
    pass


class Table(Media):
    """Rows below named columns; the first of them are recorded as an event of the run."""

    kind = "table"

    def __init__(
        self,
        columns: Sequence[Any] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.columns: list[str] = []
        self.data: list[list[Any]] = []
        self._fill(columns, data if data is not None else rows, dataframe)

    @never_raise
    def _fill(self, columns: Sequence[Any] | None, data: Any, dataframe: Any) -> None:
        if dataframe is None and hasattr(data, "columns"):
            dataframe = data
        if dataframe is not None:
            columns, data = list(dataframe.columns), dataframe.values.tolist()
        self.data = [list(row) for row in (data if data is not None else ())]
        width = len(self.data[0]) if self.data else 0
        self.columns = [str(name) for name in (columns if columns is not None else range(width))]

    def add_data(self, *row: Any) -> None:
        """Add a row."""
        self.data.append(list(row))

    def add_column(self, name: str, data: Iterable[Any]) -> None:
        """Add a column, a value for each row."""
        values = list(data)
        self.data = self.data or [[] for _ in values]
        self.columns.append(str(name))
        for row, value in zip(self.data, values, strict=False):
            row.append(value)

    def get_column(self, name: str, **options: Any) -> list[Any]:
        """The values of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.data]

    def record(self, run: Run, name: str) -> None:
        rows = [[shown(_cell(value)) for value in row] for row in self.data[:ROWS]]
        run.event("table", {"table": name, "columns": self.columns, "rows": rows, "count": len(self.data)})


def media_in(value: object) -> list[Media]:
    """The media in a logged value: itself, or a list of some; nothing where it is something else."""
    if isinstance(value, Media):
        return [value]
    if isinstance(value, list | tuple) and value and all(isinstance(item, Media) for item in value):
        return list(value)
    return []


def _is_file(path: str | os.PathLike[str]) -> bool:
    try:
        return os.path.isfile(path)
    except (OSError, ValueError):  # a text that is no path: too long, or with a zero byte
        return False


def _cell(value: object) -> object:
    return (value.path or type(value).__name__) if isinstance(value, Media) else plain(value)
