"""Tables as CSV and as JSON lines, written batch by batch."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Protocol

import msgspec

from mlws_tui.services.export.tables import Column, Row, special


class TableWriter(Protocol):
    """Writes one table into a file that it does not close. Every method may raise an `OSError`."""

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""

    def close(self) -> None:
        """Write what is still held back; nothing may follow."""

    def abort(self) -> None:
        """Let go of everything: the file is not wanted any more. Raises nothing."""


class CsvWriter:
    """RFC 4180 in UTF-8: a line of names, lines ended by CR LF. Cells are as they are, formulas too."""

    def __init__(self, out: BinaryIO, columns: Sequence[Column]) -> None:
        self._out = out
        self._odd = _odd_cells(columns)
        self._put([[column.name for column in columns]])

    def write(self, rows: Sequence[Row]) -> None:
        odd = self._odd
        self._put([[_csv_cell(cell) for cell in row] if odd(row) else row for row in rows])

    def close(self) -> None:
        """Nothing is held back."""

    def abort(self) -> None:
        """Nothing is held."""

    def _put(self, rows: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        self._out.write(text.getvalue().encode("utf-8", "replace"))


class JsonLinesWriter:
    """One JSON object a line, with every column by its name."""

    def __init__(self, out: BinaryIO, columns: Sequence[Column]) -> None:
        self._out = out
        self._names = [column.name for column in columns]
        self._kinds = [column.kind for column in columns]
        self._odd = _odd_cells(columns)
        self._encode = msgspec.json.Encoder().encode_lines

    def write(self, rows: Sequence[Row]) -> None:
        names, odd = self._names, self._odd
        objects = [dict(zip(names, self._cells(row) if odd(row) else row, strict=True)) for row in rows]
        self._out.write(self._encode(objects))

    def close(self) -> None:
        """Nothing is held back."""

    def abort(self) -> None:
        """Nothing is held."""

    def _cells(self, row: Row) -> list[Any]:
        return [_json_cell(cell, kind) for cell, kind in zip(row, self._kinds, strict=True)]


def _odd_cells(columns: Sequence[Column]) -> Callable[[Row], bool]:
    """Whether a row holds what cannot be written as Python has it. Of millions of points hardly one does."""
    if any(column.kind in ("json", "boolean") for column in columns):
        return lambda _row: True
    numbers = [number for number, column in enumerate(columns) if column.kind == "number"]

    def odd(row: Row) -> bool:
        for number in numbers:
            cell = row[number]
            if cell is None or cell - cell != 0:  # NaN and the infinities; None is looked at with them
                return True
        return False

    return odd


def _csv_cell(cell: Any) -> Any:
    if type(cell) is float:
        return cell if cell - cell == 0 else special(cell)
    if type(cell) is bool:
        return "true" if cell else "false"
    return cell


def _json_cell(cell: Any, kind: str) -> Any:
    if type(cell) is float:
        return cell if cell - cell == 0 else special(cell)
    return msgspec.Raw(cell.encode()) if kind == "json" and cell is not None else cell


def _parquet(out: BinaryIO, columns: Sequence[Column]) -> TableWriter:
    from mlws_tui.services.export.parquet import ParquetTable

    return ParquetTable(out, columns)


#: How a table of each format is written; the name is the ending of its files, too.
FORMATS: dict[str, Callable[[BinaryIO, Sequence[Column]], TableWriter]] = {
    "csv": CsvWriter,
    "jsonl": JsonLinesWriter,
    "parquet": _parquet,
}
