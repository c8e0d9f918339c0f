"""What makes the text of a log where it cannot be read as it is: of an archive, or of several logs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, NotFoundError
from mlws_tui.services.logplaces import find_log
from mlws_tui.sources.merged import Merging
from mlws_tui.sources.packed import Unpacking, packing_of
from mlws_tui.sources.spool import Spool

log = logging.getLogger(__name__)

_WAIT = 0.02  # seconds between two looks at what is being unpacked


class Filler(Protocol):
    """Fills a temporary file with the text that is to be read, in a thread of its own."""

    @property
    def path(self) -> Path: ...
    @property
    def share(self) -> float: ...
    @property
    def problem(self) -> str: ...
    @property
    def done(self) -> bool: ...
    def start(self) -> None: ...
    def close(self) -> None: ...


def text_of(workspace: Workspace, path: Path) -> tuple[Path, Filler | None]:
    """Where a log lies now, and what unpacks it where it is packed; that is to be closed. It blocks.

    Raises:
        NotFoundError: if there is no place for its text.
    """
    place = find_log(workspace, path)
    if packing_of(place) is None:
        return place, None
    try:
        return place, Unpacking(place)
    except OSError as error:
        raise NotFoundError(
            f"{place} cannot be unpacked: {error.strerror or error}", hint="make room for temporary files"
        ) from error


def wait_for(fillers: Sequence[Filler], going: Callable[[], bool] = lambda: True) -> None:
    """Return once all of them are done, or `going` says no. It blocks."""
    pause = threading.Event()
    while going() and not all(filler.done for filler in fillers):
        pause.wait(_WAIT)


class MergedLogs:
    """Merges logs; what is packed is unpacked whole first, as its lines have to come at their times.

    Its text can be read from the beginning on; all that takes long is done in a thread of its own.

    Args:
        workspace: Whose logs they are.
        logs: A tag and the file of each, be it packed or archived.

    Raises:
        MlwsError: if there is no place for the text.
    """

    def __init__(self, workspace: Workspace, logs: Sequence[tuple[str, Path]]) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="unpack to merge", daemon=True)
        self._failure = ""
        self._unpacking: list[Filler] = []
        try:
            texts = [(tag, self._text_of(workspace, path)) for tag, path in logs]
            self._spool = _spool()
        except BaseException:
            for filler in self._unpacking:
                filler.close()
            raise
        self._merging = Merging(texts, spool=self._spool)

    @property
    def path(self) -> Path:
        return self._spool.path

    @property
    def share(self) -> float:
        """Half of it is the unpacking, where there is any."""
        if not self._unpacking:
            return self._merging.share
        unpacked = sum(filler.share for filler in self._unpacking) / len(self._unpacking)
        return (unpacked + self._merging.share) / 2

    @property
    def problem(self) -> str:
        problems = (self._failure, *(one.problem for one in (self._merging, *self._unpacking)))
        return next((problem for problem in problems if problem), "")

    @property
    def done(self) -> bool:
        return self._merging.done or bool(self._failure)

    def start(self) -> None:
        """Begin. It does not wait for what is to be unpacked."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and give the space back. Readers of the path close before."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._merging.close()
        for filler in self._unpacking:
            filler.close()

    def _text_of(self, workspace: Workspace, path: Path) -> Path:
        place, filler = text_of(workspace, path)
        if filler is None:
            return place
        self._unpacking.append(filler)
        return filler.path

    def _work(self) -> None:
        try:
            for filler in self._unpacking:
                filler.start()
            wait_for(self._unpacking, lambda: not self._stop.is_set())
            if not self._stop.is_set():
                self._merging.start()
        except Exception as error:  # a thread has nobody above it who would hear of it
            log.exception("merging %s failed", self._spool.path)
            self._failure = f"The logs are not merged ({type(error).__name__}: {error})"


def _spool() -> Spool:
    try:
        return Spool()
    except OSError as error:
        raise MlwsError(
            f"The logs cannot be merged: no temporary file can be made ({error.strerror or error})",
            hint="set TMPDIR to a folder with room in it",
        ) from error
