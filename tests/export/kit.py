"""What the tests of exports share: streams read plainly, exports read back, the command as a process."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import decode_number, encode
from mlws_tui.services.export import Exported, Request, export_folder
from mlws_tui.services.workbench import Workbench

FORMATS = ("csv", "jsonl", "parquet")
#: The run of the large workspace.
LARGE = "20241019-143000-large"
Point = tuple[str, int, str, float, float, str]


async def exported(workspace: Workspace, target: Path, request: Request) -> Exported:
    """An export of all that the streams hold, as the command makes it."""
    async with await Workbench.open(workspace, Settings()) as bench:
        await bench.ingest.catch_up()
        return await export_folder(bench, request, target)


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """A table of an export as the manifest describes it, whatever its format: values as Python has them."""
    manifest = json.loads((folder / "manifest.json").read_text())
    described = manifest["tables"][table]
    path = folder / described["file"]
    found = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}[manifest["files"]](path, described["columns"])
    assert len(found) == described["rows"]
    assert all(list(row) == list(described["columns"]) for row in found)
    return found


def _csv(path: Path, columns: dict[str, str]) -> list[dict[str, Any]]:
    data = path.read_bytes()
    assert data.endswith(b"\r\n")
    first, *lines = csv.reader(_lines(data.decode()), strict=True)
    assert first == list(columns)
    read: dict[str, Callable[[str], Any]] = {
        "text": str,
        "integer": lambda cell: int(cell) if cell else None,
        "number": lambda cell: float(cell) if cell else None,
        "boolean": lambda cell: {"true": True, "false": False}[cell],
        "json": lambda cell: json.loads(cell) if cell else None,
    }
    return [
        {name: read[kind](cell) for (name, kind), cell in zip(columns.items(), line, strict=True)}
        for line in lines
    ]


def _lines(text: str) -> Iterator[str]:
    """Lines as RFC 4180 has them; `splitlines` would split at other characters, too."""
    for line in text.split("\r\n")[:-1]:
        yield line + "\r\n"


def _jsonl(path: Path, columns: dict[str, str]) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    numbers = [name for name, kind in columns.items() if kind == "number"]
    return [row | {name: _number(row[name]) for name in numbers} for row in found]


def _number(value: object) -> float | None:
    return None if value is None else decode_number(value)


def _parquet(path: Path, columns: dict[str, str]) -> list[dict[str, Any]]:
    import pytest

    parquet = pytest.importorskip("pyarrow.parquet")
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    nested = [name for name, kind in columns.items() if kind == "json"]
    return [
        row | {name: None if row[name] is None else json.loads(row[name]) for name in nested} for row in found
    ]


def points(found: Sequence[dict[str, Any]]) -> Counter[Point]:
    """The rows of `metrics` as a bag. NaN is no equal of itself: values are compared by how they are written."""
    return Counter(
        (row["run"], row["rank"], row["name"], float(row["step"]), row["ts"], repr(row["value"]))
        for row in found
    )


def logged(streams: Path) -> Counter[Point]:
    """The same from the streams, read plainly."""
    found: Counter[Point] = Counter()
    for path in streams.glob("[0-9]*/*.jsonl"):
        rank = 0
        for line in path.read_bytes().split(b"\n")[:-1]:
            record = json.loads(line)
            if record["type"] == "run":
                rank = record.get("rank", 0)
            elif record["type"] == "metrics":
                for name, value in record["values"].items():
                    key = (path.parent.name, rank, name, float(record["step"]), record["ts"])
                    found[*key, repr(decode_number(value))] += 1
    return found


def many_points(workspace: Workspace, run: str, steps: int) -> None:
    """A finished run with five series of that many points."""
    path = workspace.streams / run / "gpu1-1-aa.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("wb") as stream:
        stream.write(
            encode({"type": "run", "v": 1, "ts": 1.0, "id": run, "name": run[16:], "kind": "training"})
        )
        for step in range(steps):
            values = {f"train/figure-{i}": step * 0.37 + i for i in range(5)}
            stream.write(encode({"type": "metrics", "ts": 1.0 + step, "step": step, "values": values}))
        stream.write(encode({"type": "end", "ts": 2.0 + steps, "status": "completed"}))


def command(workspace: Workspace, *args: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """``mlws-tui export`` as a process of its own; `before` is a command that it is an argument of."""
    return subprocess.Popen(
        [*before, sys.executable, "-m", "mlws_tui", "--workspace", str(workspace.root), "export", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
