"""Runs that a program records through the experiment store: each gets a stream file of this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.events import STREAM_VERSION, plain
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.sdk.facts import hostname, process_facts, utc_offset
from mlws_tui.sdk.place import claim
from mlws_tui.sdk.stream import StreamWriter
from mlws_tui.sdk.values import flatten, number

#: How a run can end.
STATUSES = (RunState.COMPLETED, RunState.FAILED, RunState.STOPPED)
_BEGUN = (RunState.CREATED, RunState.RUNNING, RunState.LOST)

#: A stream file, relative to the streams folder, and its size (bytes).
Place = tuple[str, int]


class Recording:
    """The streams that this process has open. Every method blocks on files: call it in a thread, one at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._root = str(workspace.root)
        self._writers: dict[str, StreamWriter] = {}

    def create(self, name: str, fields: Mapping[str, Any], now: float) -> tuple[str, Place]:
        """Make a run that no process has begun yet; returns its id.

        Args:
            name: What it is called.
            fields: Further fields of its ``run`` record.
            now: Unix seconds.

        Raises:
            StoreError: if it cannot be written.
        """
        try:
            run = claim(self._root, name, "experiments", now)
            header = {"type": "run", "v": STREAM_VERSION, "ts": now, "id": run, "name": name, **fields}
            writer = StreamWriter(self._root, run)
            try:
                writer.write({**header, "host": hostname(), "pid": None, "tz": utc_offset(now)})
                return run, self._written(writer, 0)
            finally:
                writer.close()
        except OSError as error:
            raise self._refused(error) from error

    def log(self, run: Run, step: float, metrics: Mapping[str, Any], now: float) -> Place:
        """Append metrics to a run; the first time, this process joins it. What the disk does not take waits for it.

        Raises:
            ValueError: if the step or a metric is no number.
            StoreError: if no stream can be opened, or the run was deleted meanwhile.
        """
        record = metrics_record(step, metrics, now)
        writer = self._writer(run, now)
        writer.write(record)
        return self._place(writer)

    def end(self, run: Run, ending: Mapping[str, Any], now: float) -> Place:
        """Record how a run ended, and close its stream.

        Raises:
            StoreError: if it cannot be written.
        """
        writer = self._writer(run, now)
        before = self._place(writer)[1]
        writer.write({"type": "end", "ts": now, **ending})
        place = self._written(writer, before)
        self._writers.pop(run.id).close()
        return place

    def close(self) -> None:
        """Close what is open. The runs go on as long as this process lives: another store may log to them."""
        while self._writers:
            self._writers.popitem()[1].close()

    def _writer(self, run: Run, now: float) -> StreamWriter:
        """This process's stream of the run. One that has ended goes on as a new attempt."""
        writer = self._writers.get(run.id)
        if writer is not None:
            return writer

        attempt = run.attempt + (run.state not in _BEGUN)
        try:
            writer = StreamWriter(self._root, run.id, lambda: _header(run.id, attempt, time.time(), "child"))
        except OSError as error:
            raise self._refused(error) from error
        writer.write(_header(run.id, attempt, now, "rank"))
        self._writers[run.id] = writer
        return writer

    def _place(self, writer: StreamWriter) -> Place:
        path = Path(writer.path)
        try:
            return path.relative_to(self._workspace.streams).as_posix(), path.stat().st_size
        except OSError as error:
            raise StoreError(f"The run was deleted: its stream {path} is gone") from error

    def _written(self, writer: StreamWriter, before: int) -> Place:
        place = self._place(writer)
        if writer.waiting or place[1] <= before:
            raise StoreError(
                f"{writer.path} takes no more records", hint="make room on the disk, then try again"
            )
        return place

    def _refused(self, error: OSError) -> StoreError:
        return StoreError(
            f"No run can be written in {self._workspace.streams}: {error.strerror or error}",
            hint="check the folder",
        )


def _header(run: str, attempt: int, now: float, role: str) -> dict[str, Any]:
    """The record with which this process joins a run; `role` is ``child`` in one that was forked from it."""
    facts = {**process_facts(now), "attempt": attempt, "rank": 0, "role": role}
    return {"type": "run", "v": STREAM_VERSION, "ts": now, "id": run, **facts}


def metrics_record(step: float, metrics: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The record of metrics of a step. Nested mappings are joined by ``/``; scalars of other libraries are taken.

    Raises:
        ValueError: if the step or a metric is no number.
    """
    at = number(step)
    if isinstance(at, str) or at is None or isinstance(step, bool):
        raise ValueError(f"step {step!r:.60} is no number")
    values = {str(name): number(value) for name, value in flatten(metrics)}
    for name, value in flatten(metrics):
        if values[str(name)] is None:
            raise ValueError(f"metric {name!r:.60} is no number, but {type(value).__name__}")
    return {"type": "metrics", "ts": now, "step": at, "values": values}


def ending(status: str, error: object) -> dict[str, Any]:
    """The fields of an ``end`` record.

    Args:
        status: One of STATUSES.
        error: Why: an exception, a text, a mapping (`type`, `message`, `traceback`), or None.

    Raises:
        ValueError: if a run cannot end so.
    """
    if status not in STATUSES:
        raise ValueError(f"a run does not end as {status!r:.40}; one of {', '.join(STATUSES)}")
    told: Any = error
    if isinstance(error, BaseException):
        told = {"type": type(error).__name__, "message": str(error)}
    return {"status": str(status), "error": plain(told)}
