"""Three trackers behind one small face, each used as its documentation tells its users to.

Only the standard library is imported here: this module is run by the interpreter that has the tracker in question.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

NAMES = ("loss", "val/loss", "lr", "grad_norm", "tokens_per_second")
CONFIG = {"lr": 1e-4, "batch": 32, "layers": 12, "hidden": 768, "heads": 12}
PROJECT = "bench"
Going = Callable[[], bool]


class Tracker(Protocol):
    """Records runs. `load` comes before a fork, `begin`, `log` and `finish` after it."""

    def load(self) -> str:
        """Import what is needed; the version."""
        ...

    def begin(self, name: str) -> None:
        """Begin a run."""
        ...

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Record metrics."""
        ...

    def finish(self) -> None:
        """End the run; what was logged is stored then."""
        ...

    def stored(self) -> int:
        """Points that are there, of all runs."""
        ...


class Reader(Protocol):
    """What is asked of the other trackers besides: a long series, and a list of many runs."""

    def write_series(self, points: int, going: Going) -> int:
        """Write one run with one series; how many points there was time for."""
        ...

    def read_points(self) -> int:
        """Read all points of it; how many came."""
        ...

    def read_chart(self, width: int) -> int:
        """Read it as so many points as a chart of that width shows."""
        ...

    def write_runs(self, runs: int, going: Going) -> int:
        """Write runs with settings and five metrics; how many there was time for."""
        ...

    def list_runs(self, limit: int) -> int:
        """List that many runs with their settings; how many came."""
        ...


class Ours:
    """mlws-tui, by its SDK."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / ".mlws" / "streams").mkdir(parents=True, exist_ok=True)

    def load(self) -> str:
        import mlws_tui

        self._begin = mlws_tui.run
        return mlws_tui.__version__

    def begin(self, name: str) -> None:
        self._run = self._begin(name, dir=self._folder)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._run.log(values, step=step)

    def finish(self) -> None:
        self._run.finish()

    def stored(self) -> int:
        return asyncio.run(self._stored())

    async def _stored(self) -> int:
        from mlws_tui.config.schema import Settings
        from mlws_tui.config.workspace import Workspace
        from mlws_tui.domain.runs import RunQuery
        from mlws_tui.services.workbench import Workbench

        async with await Workbench.open(Workspace(self._folder), Settings()) as bench:
            await bench.ingest.catch_up()
            page = await bench.runs.list(RunQuery(limit=10_000))
            count = 0
            for run in page.runs:
                count += sum(info.latest.count for info in await bench.runs.series(run.id))
            return count


class Trackio:
    """trackio, with its own local SQLite file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        os.environ |= {"TRACKIO_DIR": str(folder / "trackio"), "TRACKIO_STORAGE_MODE": "sqlite"}

    def load(self) -> str:
        import trackio
        from trackio.sqlite_storage import SQLiteStorage

        self._trackio, self._storage = trackio, SQLiteStorage
        return str(trackio.__version__)

    def begin(self, name: str) -> None:
        self._trackio.init(project=PROJECT, name=name, auto_log_cpu=False, auto_log_gpu=False)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._trackio.log(dict(values), step=step)

    def finish(self) -> None:
        self._trackio.finish()

    def stored(self) -> int:
        return len(NAMES) * sum(
            _count(path, "SELECT COUNT(*) FROM metrics") for path in (self._folder / "trackio").glob("*.db")
        )

    def write_series(self, points: int, going: Going) -> int:
        written = 0
        while written < points and going():
            steps = list(range(written, min(points, written + 10_000)))
            metrics = [{"loss": 1.0 / (step + 1)} for step in steps]
            self._storage.bulk_log("series", "long", metrics, steps=steps)
            written += len(steps)
        return written

    def read_points(self) -> int:
        return len(self._storage.get_metric_values("series", "long", "loss"))

    def read_chart(self, width: int) -> int:
        return len(self._storage.get_logs("series", "long", max_points=2 * width))  # what its web page asks

    def write_runs(self, runs: int, going: Going) -> int:
        values = [dict.fromkeys(NAMES, 0.5)] * 3
        written = 0
        while written < runs and going():
            self._storage.bulk_log("runs", f"run-{written}", values, steps=[0, 1, 2], config=dict(CONFIG))
            written += 1
        return written

    def list_runs(self, limit: int) -> int:
        runs = list(self._trackio.Api().runs("runs"))[:limit]
        return len([run.config for run in runs])


class Mlflow:
    """MLflow, with ``sqlite:///`` as its tracking URI."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "mlflow.db"
        self._uri = f"sqlite:///{self._path}"

    def load(self) -> str:
        import mlflow

        self._mlflow = mlflow
        mlflow.set_tracking_uri(self._uri)
        return str(mlflow.__version__)

    def begin(self, name: str) -> None:
        self._mlflow.set_experiment(PROJECT)
        self._mlflow.start_run(run_name=name)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._mlflow.log_metrics(dict(values), step=step)

    def finish(self) -> None:
        self._mlflow.end_run()

    def stored(self) -> int:
        return _count(self._path, "SELECT COUNT(*) FROM metrics") if self._path.exists() else 0

    def write_series(self, points: int, going: Going) -> int:
        client, metric = self._mlflow.MlflowClient(), self._mlflow.entities.Metric
        self._series = client.create_run(client.create_experiment("series")).info.run_id
        written = 0
        while written < points and going():
            now = int(time.time() * 1000)
            steps = range(written, min(points, written + 1000))  # as many as one batch may have
            client.log_batch(self._series, [metric("loss", 1.0 / (step + 1), now, step) for step in steps])
            written += len(steps)
        return written

    def read_points(self) -> int:
        return len(self._mlflow.MlflowClient().get_metric_history(self._series, "loss"))

    def read_chart(self, width: int) -> int:
        store: Any = self._mlflow.MlflowClient()._tracking_client.store  # what its web page asks
        return len(store.get_metric_history_bulk_interval([self._series], "loss", 2 * width, None, None))

    def write_runs(self, runs: int, going: Going) -> int:
        client, entities = self._mlflow.MlflowClient(), self._mlflow.entities
        experiment = client.create_experiment("runs")
        params = [entities.Param(name, str(value)) for name, value in CONFIG.items()]
        written = 0
        while written < runs and going():
            now = int(time.time() * 1000)
            metrics = [entities.Metric(name, 0.5, now, step) for name in NAMES for step in range(3)]
            run = client.create_run(experiment, run_name=f"run-{written}")
            client.log_batch(run.info.run_id, metrics=metrics, params=params)
            client.set_terminated(run.info.run_id)
            written += 1
        self._listed = experiment
        return written

    def list_runs(self, limit: int) -> int:
        order = ["attributes.start_time DESC"]
        return len(self._mlflow.MlflowClient().search_runs([self._listed], max_results=limit, order_by=order))


def _count(path: Path, question: str) -> int:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        return int(connection.execute(question).fetchone()[0])


KINDS: dict[str, Callable[[Path], Tracker]] = {"mlws-tui": Ours, "trackio": Trackio, "mlflow": Mlflow}
