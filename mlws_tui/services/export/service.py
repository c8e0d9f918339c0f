"""Exports what a workspace holds, all of one moment, while others go on writing."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from mlws_tui import __version__
from mlws_tui.domain.errors import MlwsError, NotFoundError, StoreError, UsageError
from mlws_tui.services.export.folder import MANIFEST, MARK, NewFolder, seal
from mlws_tui.services.export.formats import FORMATS
from mlws_tui.services.export.rows import rows_of
from mlws_tui.services.export.tables import TABLES
from mlws_tui.services.export.writing import in_thread, write_table
from mlws_tui.services.workbench import Workbench
from mlws_tui.store.snapshots import Selection, Snapshot

#: Hears the table that is written, its rows so far, and all of them.
Progress = Callable[[str, int, int], None]
#: Changes with the meaning of a table or column, not when one is added.
MANIFEST_VERSION = 1
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FILES = frozenset(f"{table}.{name}" for table in TABLES for name in FORMATS)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be exported.

    Attributes:
        format: One of FORMATS.
        tables: Some of TABLES, in any order.
        selection: Which runs.
        behind: Bytes of streams that the index is known to be behind; the manifest tells it.
    """

    format: str = "csv"
    tables: tuple[str, ...] = tuple(TABLES)
    selection: Selection = field(default_factory=Selection)
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of it: the folder (None for a single table) and the manifest, rows by table in it."""

    path: Path | None
    manifest: Mapping[str, Any]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        return {name: table["rows"] for name, table in self.manifest["tables"].items()}


def _silent(_table: str, _done: int, _total: int) -> None:
    """Progress that nobody hears of."""


def check(request: Request) -> None:
    """Find out before the work whether it can be done.

    Raises:
        UsageError: if there is no such format or table.
        MlwsError: if the format needs something that is not installed.
    """
    if request.format not in FORMATS:
        raise UsageError(f"There is no format {request.format!r}", hint=f"one of {', '.join(FORMATS)}")
    unknown = [name for name in request.tables if name not in TABLES]
    if unknown or not request.tables:
        raise UsageError(f"There is no table {(unknown or [''])[0]!r}", hint=f"one of {', '.join(TABLES)}")
    if request.format == "parquet":
        from mlws_tui.services.export.parquet import require

        require()


async def export_folder(
    bench: Workbench, request: Request, target: Path, *, force: bool = False, progress: Progress = _silent
) -> Exported:
    """Write the tables and a manifest into a new folder, which is there whole at the end or not at all.

    Args:
        bench: The open workspace, caught up with its streams.
        request: What to write.
        target: The folder to make.
        force: Whether an earlier export of that name is replaced.
        progress: Is told how far it is, many times a second.

    Raises:
        MlwsError: if something is in the way, there is no room, or the index cannot be read.
        UsageError: if the request cannot be met by anyone.
    """
    check(request)
    folder = NewFolder(target, _FILES, force=force)
    try:
        await in_thread(folder.begin)
        async with await _open(bench, request.selection) as snapshot:
            manifest = await _manifest(bench, request, snapshot)
            for name in (name for name in TABLES if name in request.tables):
                file_name = f"{name}.{request.format}"
                file = await in_thread(folder.file, file_name)
                rows = await _write(file, name, request, snapshot, bench, progress)
                await in_thread(seal, file)
                manifest["tables"][name] = _table(name, rows, file_name)
        await in_thread(_write_manifest, folder, manifest)
        await in_thread(folder.finish)
    except OSError as error:
        raise _told(error, folder.target) from error
    except asyncio.CancelledError:
        if not folder.finished:
            raise
        # it came too late: the export is there, and whoever asked for it should hear so
    finally:
        await in_thread(folder.abandon)
    return Exported(folder.target, manifest)


async def export_table(
    bench: Workbench, request: Request, out: BinaryIO, *, progress: Progress = _silent
) -> Exported:
    """Write one table to an open file, such as stdout. The file stays open.

    Raises:
        UsageError: if the request is for several tables, or for a format that is no text.
        StoreError: if the index cannot be read.
        OSError: if the file cannot be written: a broken pipe is the caller's matter.
    """
    check(request)
    if len(request.tables) != 1:
        raise UsageError(
            "One file can hold one table only", hint="name it: --what metrics, or --out a folder"
        )
    if request.format == "parquet":
        raise UsageError(
            "Parquet cannot be written to a pipe", hint="--format csv or jsonl, or --out a folder"
        )
    (name,) = request.tables
    async with await _open(bench, request.selection) as snapshot:
        manifest = await _manifest(bench, request, snapshot)
        rows = await _write(out, name, request, snapshot, bench, progress)
        await in_thread(out.flush)
    manifest["tables"][name] = _table(name, rows, None)
    return Exported(None, manifest)


async def _open(bench: Workbench, selection: Selection) -> Snapshot:
    """The moment that is exported; its experiment, if one is named, must be there."""
    snapshot = await Snapshot.open(bench.store.path, read_only=bench.store.read_only)
    try:
        name = selection.experiment
        if name is not None and not await snapshot.count(
            "experiments", Selection(experiment=name, deleted=True)
        ):
            raise NotFoundError(
                f"There is no experiment {name!r}", hint="mlws-tui experiments list names them"
            )
    except BaseException:
        await snapshot.close()
        raise
    return snapshot


async def _write(
    file: BinaryIO, name: str, request: Request, snapshot: Snapshot, bench: Workbench, progress: Progress
) -> int:
    """Write one table; how many rows it has."""
    total = await snapshot.count(name, request.selection)
    progress(name, 0, total)
    batches = rows_of(name, snapshot, request.selection, bench)
    rows = await write_table(
        file, request.format, TABLES[name], batches, lambda done: progress(name, done, total)
    )
    if rows != total:  # one moment counted in two ways: only a damaged index gives two answers
        raise StoreError(
            f"The index {bench.store.path} tells of {total} rows of {name} and holds {rows}",
            hint="mlws-tui doctor --rebuild makes it again from the streams",
        )
    return rows


async def _manifest(bench: Workbench, request: Request, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "format": MARK,
        "version": MANIFEST_VERSION,
        "mlws_tui": __version__,
        "taken": datetime.fromtimestamp(bench.runs.now(), UTC).isoformat(timespec="milliseconds"),
        "workspace": bench.workspace.root.name,
        "filters": asdict(request.selection),
        "behind": request.behind,
        "left_out": await snapshot.left_out(request.selection),
        "files": request.format,
        "tables": {},
    }


def _table(name: str, rows: int, file: str | None) -> dict[str, Any]:
    columns = {column.name: column.kind for column in TABLES[name]}
    return {"file": file, "rows": rows, "columns": columns}


def _write_manifest(folder: NewFolder, manifest: Mapping[str, Any]) -> None:
    file = folder.file(MANIFEST)
    file.write(json.dumps(manifest, indent=2).encode() + b"\n")
    seal(file)


def _told(error: OSError, target: Path) -> MlwsError:
    if error.errno in _NO_ROOM:
        return MlwsError(
            f"There is no room for the export {target}",
            detail=str(error),
            hint="free some space or --out another disk; nothing of it was left behind",
        )
    reason = error.strerror or str(error)
    return MlwsError(
        f"The export {target} cannot be written: {reason}", detail=str(error), hint="check its folder"
    )
