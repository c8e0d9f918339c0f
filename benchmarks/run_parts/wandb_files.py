"""Writes offline runs of W&B as files, with its own interpreter: ``python wandb_files.py FOLDER RUNS POINTS``.

A ``.wandb`` file is a log of protocol buffers in blocks of 32 KiB, each piece with its checksum, length and kind.
"""

from __future__ import annotations

import json
import struct
import sys
import time
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wandb.proto import wandb_internal_pb2 as pb

sys.path.insert(0, str(Path(__file__).parent))
from workload import LONG, STEPS, long_values, many

_HEADER = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)
_BLOCK, _PIECE = 32768, 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class Log:
    """One file of records."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True)
        self._file = path.open("wb")
        self._file.write(_HEADER)
        self._at = len(_HEADER)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, record: Any) -> None:
        """Append a record, in pieces where it does not fit into the block."""
        self._count += 1
        record.num = self._count
        data, begun = record.SerializeToString(), False
        while True:
            room = _BLOCK - self._at % _BLOCK
            if room < _PIECE:
                self._put(b"\0" * room)
                continue
            part, data = data[: room - _PIECE], data[room - _PIECE :]
            kind = (_MIDDLE if data else _LAST) if begun else (_FIRST if data else _FULL)
            checksum = zlib.crc32(part, zlib.crc32(bytes([kind])))
            self._put(struct.pack("<IHB", checksum, len(part), kind) + part)
            begun = True
            if not data:
                return

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


def main() -> None:
    folder, runs, points = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for told in many(runs):
        with Log(_path(folder, told.began, f"r{told.number:07d}")) as log:
            log.write(_run(f"r{told.number:07d}", told.name, told.began, told.config, told.tags))
            for step in range(1, STEPS + 1):
                log.write(_history(step, told.began, told.values(step)))
            log.write(_exit(1 if told.status == "failed" else 0))
    if points:
        began = time.time() - points
        with Log(_path(folder, began, "long")) as log:
            log.write(_run("long", LONG, began, {"lr": 1e-4}, ()))
            for step in range(points):
                log.write(_history(step, began, {"loss": long_values(step)}))
            log.write(_exit(0))


def _path(folder: Path, began: float, run: str) -> Path:
    stamp = time.strftime("%Y%m%d_%H%M%S", time.gmtime(began))
    return folder / f"offline-run-{stamp}-{run}" / f"run-{run}.wandb"


def _run(run: str, name: str, began: float, config: dict[str, Any], tags: tuple[str, ...]) -> Any:
    record = pb.Record()
    record.run.run_id = run
    record.run.display_name = name
    record.run.project = "bench"
    record.run.tags.extend(tags)
    record.run.start_time.FromSeconds(int(began))
    for key, value in config.items():
        update = record.run.config.update.add()
        update.key, update.value_json = key, json.dumps(value)
    return record


def _history(step: int, began: float, values: dict[str, float]) -> Any:
    record = pb.Record()
    record.history.step.num = step
    for key, value in {**values, "_step": step, "_timestamp": began + step, "_runtime": step}.items():
        item = record.history.item.add()
        item.nested_key.append(key)
        item.value_json = json.dumps(value)
    return record


def _exit(code: int) -> Any:
    record = pb.Record()
    record.exit.exit_code = code
    return record


if __name__ == "__main__":
    main()
