"""Moves logs into the archive and out of it, one after another. Everything here blocks.

Each step leaves the log whole at one of its two places, or at both: what a kill left is taken up by the next who calls
`alone`.
"""

from __future__ import annotations

import errno
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.archive import Left, Moved, Outcome
from mlws_tui.domain.events import KINDS
from mlws_tui.services.archiveguard import Guard
from mlws_tui.services.logplaces import ARCHIVE, archive_of, archives_of, flat_archives_of, is_file
from mlws_tui.sources import files, packing
from mlws_tui.sources.aside import REMOVING, put_back
from mlws_tui.sources.packed import DamagedError
from mlws_tui.sources.packing import PARTIAL, ChangedError, Likeness, StoppedError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_WAIT = 0.2  # seconds for who archives just now

#: Is told how many bytes are done, and of how many.
Tell = Callable[[int, int], None]


class _KeptError(Exception):
    """A log stays as it is; the text says why, in a few words."""


class Job(ABC):
    """What the jobs share.

    Args:
        workspace: Whose logs.
        stop: Set where the work is to end early.
        tell: See `Tell`.
    """

    def __init__(self, workspace: Workspace, stop: threading.Event, tell: Tell | None = None) -> None:
        self._workspace = workspace
        self._stop = stop
        self._tell = tell
        self._done = self._everything = 0

    def show(self, logs: Iterable[Path]) -> Outcome:
        """What `do` would do."""
        return self._each(logs, self._shown)

    def do(self, logs: Sequence[Path]) -> Outcome:
        """Move each of the logs that may be moved; called within `alone`."""
        self._everything = sum(map(_size, logs))
        return self._each(logs, self._moved)

    @abstractmethod
    def _shown(self, log: Path) -> Moved:
        """What would become of a log."""

    @abstractmethod
    def _moved(self, log: Path) -> Moved:
        """Move a log."""

    def _each(self, logs: Iterable[Path], move: Callable[[Path], Moved]) -> Outcome:
        moved: list[Moved] = []
        left: list[Left] = []
        problem = ""
        for log in logs:
            try:
                moved.append(move(log))
            except StoppedError:
                problem = "It was stopped; all other logs are as they were"
                break
            except ChangedError:
                left.append(Left(log, "was changed or opened meanwhile"))
            except (_KeptError, DamagedError) as error:
                left.append(Left(log, str(error)))
            except FileExistsError as error:
                name = self._workspace.relative(Path(error.filename2 or error.filename or log))
                left.append(Left(log, f"{name} is there already"))
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                if error.errno in _NO_ROOM:
                    problem = f"Then the disk took no more ({reason}); all other logs are as they were"
                    break
                left.append(Left(log, reason))
        return Outcome(tuple(moved), tuple(left), problem)

    def _archive_now(self, log: Path) -> Path | None:
        return next(filter(is_file, archives_of(self._workspace, log)), None)

    def _flat_now(self, log: Path) -> Path | None:
        return next(filter(is_file, flat_archives_of(self._workspace, log)), None)

    def _going(self, count: int) -> bool:
        self._done += count
        if self._tell is not None:
            self._tell(min(self._done, self._everything), self._everything)
        return not self._stop.is_set()


class Archiving(Job):
    """Packs logs.

    Args:
        workspace: Whose logs.
        guard: Says which must stay.
        pack_with: ``zstd`` or ``gzip``.
        stop: See `Job`.
        tell: See `Tell`.
    """

    def __init__(
        self, workspace: Workspace, guard: Guard, pack_with: str, stop: threading.Event, tell: Tell | None
    ) -> None:
        super().__init__(workspace, stop, tell)
        self._guard = guard
        self._pack_with = pack_with

    def _shown(self, log: Path) -> Moved:
        self._allow(log)
        return Moved(log, archive_of(self._workspace, log, self._pack_with), _size(log), None)

    def _moved(self, log: Path) -> Moved:
        self._allow(log)
        status = log.stat(follow_symlinks=False)
        archive = self._archive_now(log)
        if archive is None:
            target = self._pack(log)
        elif self._likeness(archive, log) is Likeness.SAME:
            target = archive  # made by a job that was killed before it removed the log
            packing.remove(log, status, self._guard.is_still_unused)
        else:  # the log went on since that archive was made, and holds all that is in it
            target = self._pack(log, archive)
            if target != archive:
                archive.unlink()
        return Moved(log, target, status.st_size, _size(target))

    def _allow(self, log: Path) -> None:
        if not any(log.is_relative_to(self._workspace.logs / kind) for kind in KINDS):
            raise _KeptError("lies in logs/archive already")
        if not os.path.lexists(log) and (self._archive_now(log) or self._flat_now(log)):
            raise _KeptError("is archived already")
        if reason := self._guard.reason(log):
            raise _KeptError(reason)

    def _pack(self, log: Path, before: Path | None = None) -> Path:
        """Pack the log and remove it; an archive that was made of its beginning before may be replaced."""
        target = archive_of(self._workspace, log, self._pack_with)
        status = packing.pack(log, target, self._pack_with, self._going, replace=target == before)
        try:
            packing.remove(log, status, self._guard.is_still_unused)
        except ChangedError as error:
            self._take_back(target, error.place or log)
            raise
        return target

    def _take_back(self, archive: Path, log: Path) -> None:
        """Remove an archive of a log that came into use, where the log still holds all of its text."""
        with suppress(DamagedError, ChangedError, OSError):  # then it stays, and nothing is lost
            if packing.compare(archive, log, self._going) is not Likeness.OTHER:
                archive.unlink()

    def _likeness(self, archive: Path, log: Path) -> Likeness:
        name = self._workspace.relative(archive)
        try:
            likeness = packing.compare(archive, log, self._going)
        except DamagedError as error:
            raise _KeptError(f"{name} is there already, but {error}") from error
        if likeness is Likeness.OTHER:
            raise _KeptError(f"{name} is there already, and holds another text")
        return likeness


class Restoring(Job):
    """Unpacks logs to where they were."""

    def _shown(self, log: Path) -> Moved:
        archive = self._archive(log)
        return Moved(archive, log, _size(archive), None)

    def _moved(self, log: Path) -> Moved:
        archive = self._archive(log)
        status = archive.stat(follow_symlinks=False)
        if not os.path.lexists(log):
            status = packing.restore(archive, log, self._going)
        elif packing.compare(archive, log, self._going) is not Likeness.SAME:
            raise _KeptError("is there already, and holds another text than its archive")
        if archive in archives_of(self._workspace, log):  # else it may be another log's, too
            packing.remove(archive, status, _yes)
        return Moved(archive, log, status.st_size, _size(log))

    def _archive(self, log: Path) -> Path:
        archive = self._archive_now(log) or (None if os.path.lexists(log) else self._flat_now(log))
        if archive is None:
            raise _KeptError("is not archived")
        return archive


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """Let no other process archive or bring back meanwhile, and first take up what a killed one left. It blocks.

    Raises:
        FileError: if another process does the same just now.
    """
    with files.locked(workspace.marker / "archive.lock", _WAIT):
        for hidden in set_asides(workspace):
            with suppress(OSError):  # then it stays where it is, and the doctor names it
                put_back(hidden)
        for partial in partials(workspace):
            with suppress(OSError):  # then the log that it is for says so, where that is to be moved
                partial.unlink()
        yield


def partials(workspace: Workspace) -> Iterator[Path]:
    """What a killed job left half written; the logs that it was made of are whole."""
    for path in _hidden(workspace, PARTIAL):
        meant = path.with_name(path.name[1:].removesuffix(PARTIAL))
        # Below the other folders only what is being brought back: the rest is somebody else's.
        sources = (*archives_of(workspace, meant), *flat_archives_of(workspace, meant))
        if meant.is_relative_to(workspace.logs / ARCHIVE) or any(map(is_file, sources)):
            yield path


def set_asides(workspace: Workspace) -> Iterator[Path]:
    """What a killed job was about to remove; its text lies at the other place, too."""
    return _hidden(workspace, REMOVING)


def _hidden(workspace: Workspace, suffix: str) -> Iterator[Path]:
    for top in (*KINDS, ARCHIVE):
        for folder, folders, found in os.walk(workspace.logs / top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            names = (file for file in found if file.startswith(".") and file.endswith(suffix))
            yield from (Path(folder, name) for name in names)


def _yes(_: Path) -> bool:
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
