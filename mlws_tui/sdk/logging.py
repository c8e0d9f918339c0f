"""Execution logs: the classic helper, and the logger of a run."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

from mlws_tui.domain.events import KINDS, run_id, slug
from mlws_tui.sdk.notice import warn
from mlws_tui.sdk.place import nearest

FORMAT = "%(asctime)s - %(levelname)s - %(message)s"
DATE = "%Y-%m-%d %H:%M:%S"


def setup_experiment_logging(
    name: str, log_dir: str | os.PathLike[str] = "logs/experiments"
) -> tuple[logging.Logger, Path]:
    """Make a logger that writes to the terminal and to ``LOG_DIR/YYYYMMDD-HHMMSS-NAME.log``.

    Where that file lies in a workspace, the run shows up in the app: its kind is the folder's name.

    Args:
        name: The experiment's name; becomes part of the file's name.
        log_dir: Folder of the log, made if missing; relative to the current folder.

    Returns:
        The logger and the path of its file.

    Raises:
        OSError: if the file cannot be made.
    """
    folder = Path(log_dir)
    folder.mkdir(parents=True, exist_ok=True)
    path = _new_log(folder, name)
    logger = _logger(
        f"mlws.{path.stem}", [logging.FileHandler(path, encoding="utf-8"), logging.StreamHandler(sys.stdout)]
    )
    _show_in_app(name, path.resolve())
    return logger, path


def run_logger(run: str, log_file: str, *, to_stdout: bool) -> logging.Logger:
    """The logger of a run: to stderr and its log file, if it has one; or to stdout alone, for the wrapper to log."""
    if to_stdout:
        return _logger(f"mlws.run.{run}", [logging.StreamHandler(sys.stdout)])
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if not log_file:
        return _logger(f"mlws.run.{run}", handlers)
    try:
        Path(log_file).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log_file, encoding="utf-8"))
    except OSError as error:
        warn(f"no log file {log_file}: {error.strerror}")
    return _logger(f"mlws.run.{run}", handlers)


def close(logger: logging.Logger) -> None:
    """Give back the files of a logger made here."""
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def _logger(name: str, handlers: list[logging.Handler]) -> logging.Logger:
    logger = logging.getLogger(name)
    close(logger)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    formatter = logging.Formatter(FORMAT, DATE)
    for handler in handlers:
        handler.setFormatter(formatter)
        logger.addHandler(handler)
    return logger


def _new_log(folder: Path, name: str) -> Path:
    when = time.time()
    for taken in range(1, 1000):
        path = folder / f"{run_id(name, when, taken)}.log"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise OSError(f"no free log name for {slug(name)!r} in {folder}")


def _show_in_app(name: str, path: Path) -> None:
    root = nearest(str(path.parent))
    if root is None or path.parent.parent != Path(root, "logs").resolve() or path.parent.name not in KINDS:
        return
    from mlws_tui.sdk.run import begin_with_log

    begin_with_log(name, root, path.parent.name, path)
