"""Follows a log by its name, whatever becomes of the file: nothing is lost in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from mlws_tui.domain.logquery import Query, Sieve, TooSlowError
from mlws_tui.domain.logs import Density, LogLine, LogPiece, LogState, Place, Trace
from mlws_tui.sources import logfind
from mlws_tui.sources.lineindex import start_by_counting
from mlws_tui.sources.logfile import LogFile, Look
from mlws_tui.sources.logparts import OpenedFile, Part, lines_after, lines_before
from mlws_tui.sources.sift import ERRORS, WARNINGS, Condition, Filtered, Going, around, matches
from mlws_tui.sources.tally import Tally

_MOST_OPEN = 4  # files that are held open: of older ones the last lines are remembered
_MOST_PARTS = 200
#: Bytes of a file whose lines are counted from its beginning in about half a second, where the index is not there yet.
_QUICK = 1024 * 1024 * 1024
_DELETED = "deleted"


class LogTail:
    """A log under a name, with all that came to that name since it was opened. Its methods block.

    `look`, `count` and `close` are for one thread; what reads may be called from others at the same time.

    Args:
        path: The log; it need not exist yet, and may be a symbolic link that moves.
        name: What it is called, where it is read from another place; its name may tell the day.
        clock: Gives Unix seconds for the dividers.
    """

    def __init__(
        self, path: Path, *, name: Path | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._name = path if name is None else name
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
        self._query = Query()
        self._seeks: Condition | None = None
        self._shows: Filtered | None = None
        self._problem = ""
        self.look()

    def look(self) -> bool:
        """Look what became of the file; whether there is anything new to show."""
        changed = self._look_at_file()
        changed = self._look_at_path() or changed
        self._revision += changed
        return changed

    def count(self, *, everything: bool = True) -> bool:
        """Count one more piece of the file: what is looked for, what is shown, then lines and errors.

        Args:
            everything: Also what nobody asked for.

        Returns:
            Whether there was a piece.
        """
        with self._counting:
            for opened in reversed(self._files):
                try:
                    if opened.count(everything=everything and opened is self._live):
                        return True
                except TooSlowError as error:
                    self._too_slow(error)
                    return True
            return False

    def state(self) -> LogState:
        """How the log is doing as of the last look."""
        live, parts = self._live, self._parts
        end = Place(parts[-1].number, parts[-1].size) if parts else Place(0, 0)
        if live is None:
            return LogState(end, self._revision, self._appended, self._why_missing(), None, None, 0.0, 0)
        with self._counting:
            size, index, sifted, sought = live.file.size, live.index, live.sifted, live.sought
            complete = index.complete(size)
            return LogState(
                end,
                self._revision,
                self._appended + index.appended,
                "",
                index.total if complete else None,
                live.known_errors if live.errors.complete() else None,
                index.share(size),
                size,
                warnings=live.known_warnings if live.warnings.complete() else None,
                visible=self._visible(sifted),
                sifted=sifted.share() if sifted is not None and not sifted.complete() else 1.0,
                matches=sought.total if sought is not None else 0,
                sought=sought.share() if sought is not None and not sought.complete() else 1.0,
                problem=self._problem,
            )

    # what is shown, and what is looked for

    def sift(self, sieve: Sieve) -> None:
        """Show only lines that pass, from now on; an empty sieve lets all through."""
        with self._counting:
            self._shows = Filtered(sieve) if sieve else None
            for opened in self._files:
                opened.sift(self._shows)
            self._problem = ""
            self._revision += 1

    def seek(self, query: Query) -> None:
        """Count the lines with this from now on; an empty query counts none."""
        with self._counting:
            self._query = query
            self._seeks = matches(query) if query else None
            for opened in self._files:
                opened.seek(self._seeks)
            self._problem = ""
            self._revision += 1

    def after(self, place: Place, count: int) -> list[LogLine]:
        """Up to `count` lines from the place on that are shown."""
        return self._guarded(lambda: lines_after(self._parts, place, count, self._shows))

    def before(self, place: Place, count: int) -> list[LogLine]:
        """The last `count` lines before the place that are shown, in order."""
        return self._guarded(lambda: lines_before(self._parts, place, count, self._shows))

    # places

    def number_of(self, place: Place) -> int | None:
        """Number of the line in its file, from 1; None where it is not counted yet or is a divider."""
        part = self._part(place.part)
        if part is None or place.offset < 0 or part.opened is not self._live:
            return None
        with self._counting:
            ends = part.opened.index.ends_before(place.offset, part.read)
        return None if ends is None else ends + 1

    def place_of(self, number: int) -> Place | None:
        """Where the line with this number begins; None where that is not known yet or there is none.

        Args:
            number: From 1; a negative one counts from the end, -1 being the last line.
        """
        live = self._live
        if live is None:
            return None
        size = live.file.size
        with self._counting:
            complete = live.index.complete(size)
            offset = live.index.start_of(number, size, live.file.read)
        if offset is None and number > 0 and not complete and size <= _QUICK:
            offset = start_by_counting(number, size, live.file.read)
        return None if offset is None else self._place(live, offset)

    def place_at(self, share: float) -> Place:
        """The line that stands at this share (0-1) of the file's bytes."""
        live = self._live
        if live is None or not live.file.size:
            return Place(0, 0)
        offset = min(live.file.size - 1, int(live.file.size * max(0.0, share)))
        return self._place(live, live.whole.reader.at(offset).start)

    def time_at(self, place: Place) -> float | None:
        """When the line was written (Unix seconds), else the nearest one before it that tells."""
        part = self._part(place.part)
        if part is None:
            return None
        return logfind.time_at(part, max(place.offset, part.start))

    def place_at_time(self, ts: float, going: Going) -> Place | None:
        """The first line that was written then or later; None where the lines tell no times."""
        live = self._live
        offset = logfind.offset_at_time(live.whole, ts, going) if live is not None else None
        return None if live is None or offset is None else self._place(live, offset)

    def trace_at(self, place: Place) -> Trace | None:
        """The traceback that the line belongs to; None where it belongs to none."""
        part = self._part(place.part)
        return logfind.trace_at(part, place.offset) if part is not None and place.offset >= 0 else None

    # searches

    def find(self, query: Query, place: Place, *, forward: bool, going: Going) -> Place | None:
        """The nearest line from the place on, or before it, that is shown and has what is looked for.

        Args:
            query: What to look for.
            place: Where to begin; forwards the line at it is the first that counts, backwards the one before it.
            forward: Which way.
            going: Asked now and then; once it says no, None is returned.
        """
        if not query:
            return None
        test = self._seeks if query == self._query and self._seeks is not None else matches(query)
        return self._search(test, place, forward, going)

    def find_error(self, place: Place, *, forward: bool, going: Going) -> Place | None:
        """The nearest line from the place on, or before it, with which an error begins."""
        return self._search(ERRORS, place, forward, going)

    def find_warning(self, place: Place, *, forward: bool, going: Going) -> Place | None:
        """The nearest line from the place on, or before it, that is a warning."""
        return self._search(WARNINGS, place, forward, going)

    def piece_at(self, place: Place, query: Query) -> LogPiece | None:
        """The piece of a long line that has this; None where that stands in what is shown of it, or nowhere."""
        part = self._part(place.part)
        if part is None or place.offset < 0 or not query:
            return None
        try:
            return around(part, part.reader.at(place.offset), query)
        except TooSlowError as error:
            self._too_slow(error)
            return None

    def ordinal(self, place: Place) -> int | None:
        """The how-manieth line (from 1) with what is looked for it is; None where that is not known yet."""
        part = self._part(place.part)
        if part is None or place.offset < 0 or part.opened is not self._live:
            return None
        with self._counting:
            sought = part.opened.sought
            before = sought.before(place.offset) if sought is not None else None
        return None if before is None else before + 1

    def density(self, columns: int) -> Density:
        """How many errors, warnings and matches begin in each of so many equal stretches of the file."""
        live = self._live
        if live is None:
            none = (0,) * columns
            return Density(none, none, none, 1.0)
        with self._counting:
            tallies = (live.errors, live.warnings, live.sought)
            told = [tuple(one.density(columns)) if one is not None else (0,) * columns for one in tallies]
            share = 1.0 if live.known_errors is None else live.errors.share()
            return Density(told[0], told[1], told[2], share)

    def close(self) -> None:
        """Close all files; what reads then gives nothing."""
        for opened in self._files:
            opened.file.close()

    def _search(self, test: Condition, place: Place, forward: bool, going: Going) -> Place | None:
        parts, shows = self._parts, self._shows
        try:
            return logfind.find(parts, place, test, shows, ahead=forward, going=going)
        except TooSlowError as error:
            self._too_slow(error)
            return None

    def _guarded(self, read: Callable[[], list[LogLine]]) -> list[LogLine]:
        try:
            return read()
        except TooSlowError as error:
            self._too_slow(error)
            return read()

    def _visible(self, sifted: Tally | None) -> int | None:
        """How many lines are shown; None without filters, or while they are not counted."""
        if sifted is None or not sifted.complete():
            return None
        try:
            return sifted.with_rest()
        except TooSlowError:  # the next count meets it, too, and tells
            return None

    def _too_slow(self, error: TooSlowError) -> None:
        """An expression tries too many ways to match: what looks for it does so no more."""
        self._problem = f"the expression {error.query.text:.40} takes too long on this log: make it simpler"
        self._revision += 1
        if self._query == error.query:
            self._seeks = None
            for opened in self._files:
                opened.seek(None)
        if self._shows is not None and self._shows.sieve.has(error.query):
            self._shows = None
            for opened in self._files:
                opened.sift(None)

    def _place(self, opened: OpenedFile, offset: int) -> Place:
        """A place in the part of the file that has this byte."""
        parts = [part for part in self._parts if part.opened is opened and part.begin <= offset]
        return Place(parts[-1].number if parts else 0, offset)

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
        known = file.size if live is None and not self._waited else 0
        opened = OpenedFile(file, self._name, known, self._shows, self._seeks)
        if live is not None:
            while live.index.behind(live.file.size) and self._count_lines(
                live
            ):  # its last lines count as new ones, too
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

    def _count_lines(self, opened: OpenedFile) -> bool:
        with self._counting:
            return opened.index.step(opened.file.size, opened.file.read) is not None

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
