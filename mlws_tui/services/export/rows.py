"""The rows of each table, from a snapshot of the index and what can be seen of its processes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from mlws_tui.domain.liveness import derive
from mlws_tui.services.export.tables import Row, experiment_row, run_row
from mlws_tui.services.export.writing import in_thread
from mlws_tui.services.workbench import Workbench
from mlws_tui.sources.processes import presence
from mlws_tui.store.snapshots import Selection, Snapshot, SnapshotRun


async def rows_of(
    table: str, snapshot: Snapshot, selection: Selection, bench: Workbench
) -> AsyncGenerator[Sequence[Row], None]:
    """The rows of one of TABLES, in batches."""
    match table:
        case "runs":
            async for runs in snapshot.runs(selection):
                yield await in_thread(_run_rows, runs, bench)
        case "metrics":
            async for points in snapshot.metrics(selection):
                yield points
        case "events":
            async for events in snapshot.events(selection):
                yield events
        case "experiments":
            async for experiments in snapshot.experiments(selection):
                yield await in_thread(_experiment_rows, experiments)


def _run_rows(runs: Sequence[SnapshotRun], bench: Workbench) -> list[Row]:
    """With the states that the processes tell, as lists show them."""
    now, lost_after = bench.runs.now(), bench.settings.runs.lost_after
    rows = []
    for found in runs:
        run = found.run
        if run.state.live:
            run = derive(run, [presence(process) for process in run.processes], now, lost_after)
        rows.append(run_row(found, run, now))
    return rows


def _experiment_rows(experiments: Sequence[Row]) -> list[Row]:
    return [experiment_row(found) for found in experiments]
