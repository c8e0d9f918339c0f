"""Follows a log by its name, whatever becomes of the file: nothing is lost in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from mlws_tui.domain.logs import LogLine, LogState, Place
from mlws_tui.sources.logfile import LogFile, Look
from mlws_tui.sources.logparts import ERRORS, OpenedFile, Part, begins_error_at, lines_after, lines_before
from mlws_tui.sources.logscan import Accept, Going, Words, last_line, next_line

_MOST_OPEN = 4  # files that are held open: of older ones the last lines are remembered
_MOST_PARTS = 200
_DELETED = "deleted"


class LogTail:
    """A log under a name, with all that came to that name since it was opened. Its methods block.

    `look`, `count` and `close` are for one thread; what reads may be called from others at the same time.

    Args:
        path: The log; it need not exist yet, and may be a symbolic link that moves.
        clock: Gives Unix seconds for the dividers.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._parts: tuple[Part, ...] = ()
        self._next = 0
        self._files: list[OpenedFile] = []
        self._live: OpenedFile | None = None
        self._gone = ""
        self._waited = False  # for a file that was not there when the log was opened
        self._target = ""
        self._revision = 0
        self._appended = 0  # in files that are no longer the live one
        self._counting = threading.Lock()
        self.look()

    def look(self) -> bool:
        """Look what became of the file; whether there is anything new to show."""
        changed = self._look_at_file()
        changed = self._look_at_path() or changed
        self._revision += changed
        return changed

    def count(self) -> bool:
        """Count the lines and errors of one more piece of the file; whether there was one."""
        live = self._live
        if live is None:
            return False
        with self._counting:
            return live.count()

    def state(self) -> LogState:
        """How the log is doing as of the last look."""
        live, parts = self._live, self._parts
        end = Place(parts[-1].number, parts[-1].size) if parts else Place(0, 0)
        if live is None:
            return LogState(end, self._revision, self._appended, self._why_missing(), None, None, 0.0, 0)
        with self._counting:
            size, index = live.file.size, live.index
            complete = index.complete(size)
            return LogState(
                end,
                self._revision,
                self._appended + index.appended,
                "",
                index.total if complete else None,
                live.errors if complete else None,
                index.share(size),
                size,
            )

    def after(self, place: Place, count: int) -> list[LogLine]:
        """Up to `count` lines from the place on."""
        return lines_after(self._parts, place, count)

    def before(self, place: Place, count: int) -> list[LogLine]:
        """The last `count` lines before the place, in order."""
        return lines_before(self._parts, place, count)

    def number_of(self, place: Place) -> int | None:
        """Number of the line in its file, from 1; None where it is not counted yet or is a divider."""
        part = self._part(place.part)
        if part is None or place.offset < 0 or part.opened is not self._live:
            return None
        with self._counting:
            ends = part.opened.index.ends_before(place.offset, part.read)
        return None if ends is None else ends + 1

    def find(
        self, words: Words, place: Place, *, forward: bool, accept: Accept, going: Going
    ) -> Place | None:
        """The nearest line from the place on, or before it, that holds one of the words and is accepted.

        Args:
            words: What the line must hold.
            place: Where to begin; forwards the line at it is the first that counts, backwards the one before it.
            forward: Which way.
            accept: Has the last word.
            going: Asked now and then; once it says no, None is returned.
        """
        return self._search(words, place, forward, lambda _part: accept, going)

    def find_error(self, place: Place, *, forward: bool, going: Going) -> Place | None:
        """The nearest line from the place on, or before it, with which an error begins."""

        def judge(part: Part) -> Accept:
            return lambda line: begins_error_at(part, line)

        return self._search(ERRORS, place, forward, judge, going)

    def close(self) -> None:
        """Close all files; what reads then gives nothing."""
        for opened in self._files:
            opened.file.close()

    def _search(
        self, words: Words, place: Place, forward: bool, judge: Callable[[Part], Accept], going: Going
    ) -> Place | None:
        parts = self._parts if forward else self._parts[::-1]
        for part in parts:
            here = part.number == place.part
            if (part.number < place.part) if forward else (part.number > place.part):
                continue
            if forward:
                offset = max(place.offset, part.start) if here else part.start
                found = next_line(part, part.reader, words, offset, judge(part), going)
            else:
                offset = place.offset if here else part.size
                found = last_line(part, part.reader, words, offset, judge(part), going)
            if found is not None:
                return Place(part.number, found.start)
        return None

    def _part(self, number: int) -> Part | None:
        return next((part for part in self._parts if part.number == number), None)

    def _look_at_file(self) -> bool:
        live = self._live
        if live is None or not isinstance(live.file, LogFile):
            return False
        found = live.file.look(self._path)
        if found in (Look.TRUNCATED, Look.REWRITTEN):
            self._freeze(live)
            fresh = LogFile.try_open(self._path)
            if fresh is not None:
                self._begin(fresh, found.value)
        return found is not Look.SAME

    def _look_at_path(self) -> bool:
        live = self._live
        try:
            found = self._path.stat()
            if live is not None and live.identity == (found.st_dev, found.st_ino):
                return self._is_back()
            fresh = LogFile(self._path)
        except (OSError, ValueError) as error:
            return self._is_gone(_why(error))
        if live is not None and isinstance(live.file, LogFile):
            live.file.look(self._path)  # the last lines of the old file come before the new one
        self._begin(fresh, self._what_came())
        return True

    def _is_gone(self, why: str) -> bool:
        if why == self._gone:
            return False
        self._gone = why
        if self._live is not None:
            self._add(self._live, why, self._live.file.size)
        else:
            self._waited = True
        return True

    def _is_back(self) -> bool:
        if not self._gone or self._live is None:
            return False
        self._gone = ""
        self._add(self._live, "readable again", self._live.file.size)
        return True

    def _what_came(self) -> str:
        target = str(self._path.resolve())
        moved = bool(self._target) and target != self._target and self._path.is_symlink()
        if moved:
            return f"now a link to {target}"
        return "made anew" if self._gone else "replaced by a new file"

    def _begin(self, file: LogFile, note: str) -> None:
        live = self._live
        opened = OpenedFile(file, known=file.size if live is None and not self._waited else 0)
        if live is not None:
            while live.index.behind(live.file.size) and self.count():  # its last lines count as new ones, too
                continue
            self._appended += live.index.appended
        self._files.append(opened)
        for old in self._files[:-_MOST_OPEN]:
            self._freeze(old)
        del self._files[:-_MOST_OPEN]
        self._target = str(self._path.resolve())
        self._gone = ""
        self._add(opened, note if self._parts else "", 0)
        self._live = opened

    def _add(self, opened: OpenedFile, note: str, begin: int) -> None:
        if self._parts:
            last = self._parts[-1]
            last.end = last.size
        said = f"{note} at {time.strftime('%H:%M:%S', time.localtime(self._clock()))}" if note else ""
        part = Part(self._next, said, opened, begin)
        self._next += 1
        self._parts = (*self._parts, part)[-_MOST_PARTS:]

    def _freeze(self, opened: OpenedFile) -> None:
        with self._counting:
            opened.freeze()

    def _why_missing(self) -> str:
        return "there is no such file yet" if self._gone == _DELETED else self._gone


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _DELETED
    if isinstance(error, PermissionError):
        return "permission lost"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
