"""Tables as Parquet, by pyarrow, which is not installed with mlws-tui unless it is asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, BinaryIO

from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.export.tables import Column, Row

_GROUP_ROWS = 131_072
_GROUP_BYTES = 64 * 2**20


def require() -> tuple[ModuleType, ModuleType]:
    """pyarrow and its Parquet part.

    Raises:
        MlwsError: if it is not installed; the hint says how it is.
    """
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise MlwsError(
            "Parquet needs pyarrow, which is not installed here",
            detail=str(error),
            hint="pip install 'mlws-tui[parquet]', or export as csv or jsonl",
        ) from error


class ParquetTable:
    """Row groups of bounded size, compressed with zstd; what repeats is kept as a dictionary."""

    def __init__(self, out: BinaryIO, columns: Sequence[Column]) -> None:
        self._arrow, parquet = require()
        arrow = self._arrow
        types = {
            "text": arrow.string(),
            "json": arrow.string(),
            "integer": arrow.int64(),
            "number": arrow.float64(),
            "boolean": arrow.bool_(),
        }
        self._schema = arrow.schema([(column.name, types[column.kind]) for column in columns])
        repeating = [column.name for column in columns if column.repeats]
        self._writer = parquet.ParquetWriter(out, self._schema, compression="zstd", use_dictionary=repeating)
        self._waiting: list[Any] = []
        self._rows = self._bytes = 0

    def write(self, rows: Sequence[Row]) -> None:
        """Take rows; they are written once there are enough of them for a row group."""
        cells = zip(*rows, strict=True)
        arrays = [self._array(column, field.type) for column, field in zip(cells, self._schema, strict=True)]
        batch = self._arrow.record_batch(arrays, schema=self._schema)
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._write_group()

    def close(self) -> None:
        """Write the last row group and the footer, without which the file is none."""
        if self._waiting:
            self._write_group()
        self._writer.close()

    def abort(self) -> None:
        """Close the writer, which would do so when it is collected, on a file that is gone by then."""
        self._waiting = []
        with contextlib.suppress(OSError, ValueError):  # the footer of a file that is thrown away
            self._writer.close()

    def _array(self, cells: Sequence[Any], kind: Any) -> Any:
        try:
            return self._arrow.array(cells, type=kind)
        except self._arrow.ArrowInvalid:
            if kind != self._arrow.float64():
                raise
            # a step beyond 2**53, which no float is exactly: the nearest one
            return self._arrow.array([None if cell is None else float(cell) for cell in cells], type=kind)

    def _write_group(self) -> None:
        table = self._arrow.Table.from_batches(self._waiting, schema=self._schema)
        self._waiting = []
        self._rows = self._bytes = 0
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
