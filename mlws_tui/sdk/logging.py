"""Execution logs: the classic helper, and the logger of a run."""

from __future__ import annotations

import logging
import os
import stat
import sys
import time
from pathlib import Path

from mlws_tui.domain.events import KINDS, STREAMS_DIR, run_id, shared_modes, slug
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
    _make_folder(folder)
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
        _make_folder(Path(log_file).parent)
        try:
            _make(Path(log_file))
        except FileExistsError:  # of another rank, or of an attempt before this one
            pass
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
            _make(path)
        except FileExistsError:
            continue
        return path
    raise OSError(f"no free log name for {slug(name)!r} in {folder}")


def _make(path: Path) -> None:
    """Make a log that is not there yet, as private as the streams of its workspace; outside of one by the umask."""
    modes = _modes(path.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, modes[1] if modes else 0o666)
    try:
        if modes and stat.S_IMODE(os.fstat(descriptor).st_mode) != modes[1]:
            os.fchmod(descriptor, modes[1])
    except PermissionError:  # a file system without modes
        pass
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """As `_make`, for a folder and those above it that are missing."""
    if folder.is_dir():
        return
    modes = _modes(folder)
    _make_folder(folder.parent)
    folder.mkdir(modes[0] if modes else 0o777, exist_ok=True)


def _modes(folder: Path) -> tuple[int, int] | None:
    root = nearest(str(folder))
    try:
        return shared_modes(os.stat(os.path.join(root, STREAMS_DIR)).st_mode) if root else None
    except OSError:  # not made yet: then it will be private
        return shared_modes(0)


def _show_in_app(name: str, path: Path) -> None:
    root = nearest(str(path.parent))
    if root is None or path.parent.parent != Path(root, "logs").resolve() or path.parent.name not in KINDS:
        return
    from mlws_tui.sdk.run import begin_with_log

    begin_with_log(name, root, path.parent.name, path)
