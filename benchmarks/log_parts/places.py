"""Workspaces with the logs that are read: for our app the log of a run, for others a file."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mlws_tui
from mlws_tui.services.workspace import init

Fill = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Log:
    """A log in a workspace of its own, whose run goes on."""

    workspace: Path
    path: Path


@contextlib.contextmanager
def log_in_a_workspace(fill: Fill) -> Iterator[Log]:
    """A log that `fill` has written."""
    with tempfile.TemporaryDirectory(prefix="logs-bench-", ignore_cleanup_errors=True) as name:
        root = Path(name).resolve() / "workspace"
        init(root)
        with _run(root, "bench", fill) as path:
            yield Log(root, path)


@contextlib.contextmanager
def newer_run(log: Log, fill: Fill) -> Iterator[None]:
    """For a while, a newer run in the log's workspace, whose log `fill` has written: the app begins with that one."""
    with _run(log.workspace, "newer", fill):
        yield


@contextlib.contextmanager
def _run(root: Path, name: str, fill: Fill) -> Iterator[Path]:
    with mlws_tui.run(name, dir=root) as run:
        for handler in [each for each in run.logger.handlers if not isinstance(each, logging.FileHandler)]:
            run.logger.removeHandler(handler)
        run.logger.info("begun")  # from now on the run's records name its log
        path = Path(run.log_file)
        fill(path)
        yield path
