"""Which logs a workspace has, whose they are, and which of them there is something to do with.

Everything here blocks on files and runs in a thread, one call at a time.
"""

from __future__ import annotations

import heapq
import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.chunks import LOG, LOG_END, LogClaim, LogMark, StreamChunk, StreamPosition
from mlws_tui.services.harvest.companions import companions
from mlws_tui.services.harvest.finding import FoundLog, base_of, find_logs, look_at, stem_of
from mlws_tui.store.logrows import LogStanding

if TYPE_CHECKING:  # it would load the rules' engine, which a process that only follows does not need
    from mlws_tui.services.harvest.reading import LogReading

_FRESH = 600.0  # a log that grew within these seconds is looked at each time …
_MOST_LIVE = 200  # … but no more than the newest so many
_SWEEP = 2.0  # all are looked at this often (s) …
_SWEEP_SHARE = 200  # … or less often, so that it takes no more than a 200th of the time
_QUEUE = 0.5  # whose turn it is, of thousands, is found out again after so many seconds at the latest
_CALM = 10.0  # after so many seconds without a line it is looked at whether the text tells that it has ended
_BRIEF = 30.0  # a log that nobody saw grow counts as growing for so many seconds after it was written
_MUCH = 1024 * 1024  # a log with more to read than this has to wait for others
_JUST_WRITTEN = 0.3  # a run that has ended may still be writing its last line for so many seconds
_RECENT = 60.0  # a log that was written within these seconds is one that a person may just ask about
LIVE = 5.0  # a log that grew within so many seconds grows on
_UNREADABLE = 5.0  # what a process failed to read is tried again after these seconds
_NEVER = math.inf
#: Why a log is passed over: it is not there; what it was is packed; it is none; its text tells nothing.
GONE, PACKED, BINARY, MUTE = "gone", "archived", "no text", "tells nothing"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is done at once.

    Attributes:
        slice: Seconds of reading until others have their turn.
        share: Of a core, in the long run, where nobody waits for it …
        burst: … after so many seconds of work at once.
        large: Bytes still to be read from which on a log is read by a process of its own, for one who waits for it.
        beside: The same where nobody waits …
        live: … and of a log that grows: what comes within half a second where it does so too fast.
        end: Bytes at the end of such a log that are read first.
        quiet: Seconds without a line after which a program counts as ended of which nothing else is known than that
            its log was seen to grow.
        final: Seconds without a line after which the last one is taken as it is.
    """

    slice: float = 0.04
    share: float = 0.1
    burst: float = 2.0
    large: int = 32 * 1024 * 1024
    beside: int = 2 * 1024 * 1024
    live: int = 256 * 1024
    end: int = 4 * 1024 * 1024
    quiet: float = 300.0
    final: float = 3600.0


@dataclass(slots=True)
class Log:
    """A log and how far it is read."""

    path: str
    base: str = field(init=False)
    stem: str = field(init=False)
    found: FoundLog | None = None
    mark: LogMark | None = None
    position: StreamPosition | None = None
    reading: LogReading | None = None
    problem: str = ""
    retry_at: float = 0.0
    judged: int = -1  # its size when it was last looked at whether the text tells an end
    grew: bool = False  # it was seen to grow, as far as is known in this process
    hasty: bool = False  # what was taken for its last line was not whole
    suspect: bool = False  # a process that was to read it failed

    def __post_init__(self) -> None:
        self.base, self.stem = base_of(self.path), stem_of(self.path)

    @property
    def unread(self) -> int:
        """Bytes that wait."""
        if self.found is None or (self.mark is not None and self.mark.passed):
            return 0
        if self.found.packed:
            return self.found.size if self.mark is None else 0
        return max(0, self.found.size - (self.mark.size if self.mark is not None else 0))


class Roll:
    """The logs of one workspace, beginning with what the index knows of them.

    Attributes:
        logs: All of them by path, also such as are gone.
        ends: Logs of which the end was read first, and from which byte on.
        busy: The log that a process of its own reads, else empty.
        version: A checksum of the rules: what was read by others is read anew.

    Args:
        workspace: Whose logs.
        standing: What the index knows of them.
        limits: How much is done at once.
        clock: Unix seconds.
        version: See above; None where no text is to be read for figures.
    """

    def __init__(
        self,
        workspace: Workspace,
        standing: LogStanding,
        limits: Limits,
        clock: Callable[[], float],
        version: str | None = "",
    ) -> None:
        self.version = version
        self._workspace = workspace
        self._limits = limits
        self._clock = clock
        self._claims: dict[str, set[str]] = {}
        self._named: dict[str, set[str]] = {}
        self._speaking: set[str] = set()
        self._ended: set[str] = set()
        self._bases: dict[str, str] = {}
        self.logs = {
            path: Log(path, mark=mark, position=standing.positions.get(path))
            for path, mark in standing.marks.items()
        }
        self.ends = dict(standing.ends)
        self.busy = ""
        self._open: set[str] = set()
        self._live: set[str] = set()
        self._rotated: dict[str, set[str]] = {}
        self._companions: set[str] = set()
        self._patient = False
        self._queue: list[str] = []
        self._queued_at = -_QUEUE
        self._sweep_at = 0.0
        for log in self.logs.values():
            self._own(log)
            if log.base != log.path:
                self._rotated.setdefault(log.base, set()).add(log.path)
        self.heard(standing.claims)

    @property
    def behind(self) -> int:
        """Bytes that wait."""
        logs = (self.logs[path] for path in self._open)
        if self.version is None:
            return 0
        return sum(self._left(log) for log in logs if log.retry_at != _NEVER and not log.problem)

    def heard(self, claims: Iterable[LogClaim]) -> None:
        """This is all that these runs say of their logs now."""
        named: dict[str, set[str]] = {}
        for claim in claims:
            self._speaking.add(claim.run)
            (self._ended.add if claim.ended else self._ended.discard)(claim.run)
            named.setdefault(claim.run, set()).update(filter(None, [claim.path]))
        for run, paths in named.items():
            before = self._named.get(run, set())
            for path in before - paths:
                self._claims[path].discard(run)
            for path in paths - before:
                self._claims.setdefault(path, set()).add(run)
            if paths != before:
                self._named[run] = paths
                self._sweep_at = 0.0  # it may be a second name of a log that is known

    def look(self, *, everything: bool = False) -> None:
        """See which logs there are and which have grown."""
        now = time.monotonic()
        if everything or now >= self._sweep_at:
            self._sweep()
            self._sweep_at = now + max(_SWEEP, (time.monotonic() - now) * _SWEEP_SHARE)
        else:
            for path in self._live:
                log = self.logs[path]
                if log.found is not None:  # else it may be another name of a log, which a sweep tells
                    self._note(log, look_at(self._workspace, path))

    def waiting(self, most: int = 64) -> list[Log]:
        """The logs to be read next: those that grow, then those with little to read, new ones before old ones."""
        now = time.monotonic()
        live = self._ready(self._live)
        rest = self._ready(self._queue[:most])
        if not rest or now - self._queued_at > _QUEUE:
            rest = self._ready(self._open - self._live)
            self._queued_at = now
        else:
            rest += map(self.logs.__getitem__, self._queue[most:])
        self._queue = [log.path for log in rest]
        return (live + rest)[:most]

    @staticmethod
    def asked(logs: Iterable[Log]) -> list[str]:
        """Paths of those of these logs that cannot be read on without what the index remembers of them."""
        return [log.path for log in logs if log.reading is None and log.position is not None]

    def large(self) -> Log | None:
        """The newest of the logs that are so long that a process of their own is to read them, but for the busy one."""
        long = (log for path in self._open if self._is_large(log := self.logs[path]))
        due = (log for log in long if log.path != self.busy and self._is_due_now(log))
        return max(due, key=_age_mark, default=None)

    def wait_for(self, *, patient: bool) -> None:
        """Whether somebody waits for what is read now: then little is worth a process of its own."""
        self._patient = patient

    def is_companion(self, log: Log) -> bool:
        """Whether it goes with the log of a run: then it is not read, and no run of its own."""
        return log.path in self._companions

    def is_stale(self, log: Log) -> bool:
        """Whether it was read by other rules than those that hold."""
        mark = log.mark
        return (
            mark is not None
            and self.version is not None
            and mark.rules != self.version
            and mark.passed not in (GONE, BINARY)
        )

    def is_wrong(self, path: str) -> bool:
        """Whether reading this log on would be wrong: it is another run's, or there are other rules."""
        log = self.logs[path]
        return self.is_companion(log) or self.is_anothers(log) or self.is_stale(log) or self.version is None

    def committed(
        self, chunks: Iterable[StreamChunk], again: Iterable[str], passed: Iterable[LogMark]
    ) -> None:
        """This is in the index."""
        for file in again:
            if file.startswith(LOG_END):
                self.ends.pop(file.removeprefix(LOG_END), None)
            elif self.is_companion(log := self.logs[file.removeprefix(LOG)]):
                log.mark = log.position = None
        for mark in passed:
            self.logs[mark.path].mark = mark
        for chunk in chunks:
            if chunk.log is None:
                continue
            log = self.logs[chunk.log.path]
            if chunk.before.file.startswith(LOG_END):
                self.ends[log.path] = chunk.after.offset
                continue
            before = log.position
            began = any(record["type"] == "run" for _, record in chunk.records)
            went_on = began or chunk.after.offset > chunk.before.offset
            ended = any(record["type"] == "end" for _, record in chunk.records)
            still_ended = before is not None and before.ended and not went_on
            log.mark = replace(chunk.log, state=None)  # it is in the index: there may be thousands
            log.position = replace(chunk.after, ended=ended or still_ended)
            self._own(log)

    def done(self, path: str, *, failed: bool) -> None:
        """The process that read this log has ended; where it failed, a piece is read here first to see why."""
        self.busy = ""
        if failed:
            self.logs[path].suspect = True
            self.logs[path].retry_at = time.monotonic() + _UNREADABLE

    def give_up(self, path: str) -> None:
        """Read this log no more as long as this process runs."""
        self.logs[path].retry_at = _NEVER

    def targets(self) -> dict[str, int]:
        """How many bytes each log has that was written just now, by its path: what its reader is about to have."""
        logs = (log for log in self._ready(self._open) if log.found and self.still(log.found) < _RECENT)
        soon = (log for log in logs if 0 < log.unread <= self._limits.large)
        root = self._workspace.root
        return {log.path: log.found.size for log in soon if log.found and os.access(root / log.path, os.R_OK)}

    def owner(self, log: Log) -> str | None:
        """The run that names the log, or whose id it bears; None where no process tells of it."""
        claims = self._claims.get(log.path) or self._claims.get(log.base)
        if claims:
            return log.stem if log.stem in claims else min(claims)
        return log.stem if log.stem in self._speaking else None

    def is_anothers(self, log: Log) -> bool:
        """Whether what was read of it is in the index as a run's that it is not of (any more)."""
        if log.mark is None or log.mark.run is None:
            return False
        owner = self.owner(log)
        return log.mark.run in self._speaking if owner is None else owner != log.mark.run

    def reserve(self, run: str, path: str) -> None:
        """The id is that of the run of this log from now on."""
        self._bases.setdefault(run, base_of(path))

    def is_taken(self, run: str, path: str) -> bool:
        """Whether another run than that of this log has the id."""
        base = base_of(path)
        return run in self._speaking or self._bases.get(run, base) != base

    def parts(self, log: Log) -> list[Log]:
        """The log and what was set aside of it, the oldest part first."""
        paths = {log.base, *self._rotated.get(log.base, ())}
        parts = [
            part for path in paths if (part := self.logs.get(path)) is not None and part.found is not None
        ]
        return sorted(parts, key=lambda part: (len(part.path), part.path), reverse=True)

    def may_close(self, log: Log) -> bool:
        """Whether the last line can be taken as it is: nothing more is expected."""
        if log.found is None:
            return False
        still = self.still(log.found)
        told = not log.hasty and still >= _JUST_WRITTEN and self.owner(log) in self._ended
        return told or still >= self._limits.final

    def may_end(self, log: Log, *, went_on: bool = False) -> bool:
        """Whether it is time to look if the program has ended, as nobody but the log tells.

        Args:
            log: Which.
            went_on: Whether more of it was just read: what was known of its end holds no more.
        """
        whole = log.mark is not None and log.mark.mtime > 0  # else its end was told before all of it was read
        known = whole and log.position is not None and log.position.ended and not went_on
        if log.found is None or known or self.owner(log) is not None:
            return False
        if log.judged != log.found.size:
            return self.still(log.found) >= _CALM
        return self.is_quiet(log)

    def is_quiet(self, log: Log) -> bool:
        """Whether so much time has gone by without a line that its program counts as ended."""
        if log.found is None:
            return False
        return self.still(log.found) >= (self._limits.quiet if log.grew else min(_BRIEF, self._limits.quiet))

    def still(self, found: FoundLog) -> float:
        """Seconds since it was last written; an archive never is."""
        if found.packed:
            return math.inf
        return self._clock() - found.mtime / 1e9

    def new_name(self, log: Log) -> str | None:
        """The path under which a log is to be found that is not at its own any more; None where it is gone."""
        mark = log.mark
        if mark is None:
            return None
        file = mark.device, mark.inode
        others = (other for other in self.logs.values() if other is not log and other.found is not None)
        return next((other.path for other in others if other.found and other.found.identity == file), None)

    def _ready(self, paths: Iterable[str]) -> list[Log]:
        """Those of these logs that there is something to do with now, but for the long ones, in their order."""
        logs = [log for path in paths if self._is_due_now(log := self.logs[path])]
        ready = [log for log in logs if log.path != self.busy and not self._is_large(log)]
        return sorted(ready, key=lambda log: (log.unread > _MUCH, -_age_mark(log), log.path))

    def _is_due_now(self, log: Log) -> bool:
        return time.monotonic() >= log.retry_at and self._is_due(log)

    def _left(self, log: Log) -> int:
        return log.found.size if log.found is not None and self.is_stale(log) else log.unread

    def _is_due(self, log: Log) -> bool:
        """Whether there is anything to do with it."""
        found, mark = log.found, log.mark
        if self.is_companion(log):
            return mark is not None
        if found is None:
            return mark is not None and not mark.passed
        if self.version is None:
            return self._has_news(log, found)
        if mark is None:
            return found.size > 0
        if self.is_stale(log):
            return True
        if found.packed:  # what was read of it before it was archived is the same
            return not mark.passed and (not mark.final or self.may_end(log))
        if (found.size, found.mtime, found.inode, found.device) != (
            mark.size,
            mark.mtime,
            mark.inode,
            mark.device,
        ):
            return True
        if mark.passed:
            return mark.passed == MUTE and self.owner(log) is not None
        return self.is_anothers(log) or self.may_end(log) or (not mark.final and self.may_close(log))

    def _has_news(self, log: Log, found: FoundLog) -> bool:
        """The same where no text is read: what its times tell of a run that nobody else tells of."""
        mark = log.mark
        if self.is_anothers(log):
            return True
        if self.owner(log) is not None or found.packed:
            return False
        if mark is None:
            return found.size > 0
        changed = (found.mtime, found.inode, found.device) != (mark.mtime, mark.inode, mark.device)
        return changed or (not mark.passed and self.may_end(log))

    def _is_large(self, log: Log) -> bool:
        """Not before a piece of it was read here: that tells whether it is a log, and whose."""
        begun = log.position is not None and log.position.offset > 0
        if not begun or log.suspect or log.found is None or log.found.packed or self.version is None:
            return False
        return not self.is_stale(log) and log.unread > self._most(log.found)

    def _most(self, found: FoundLog) -> int:
        """Bytes of it that are read here."""
        limits = self._limits
        if self._patient:
            return limits.large
        return min(limits.large, limits.live if self.still(found) < LIVE else limits.beside)

    def _sweep(self) -> None:
        found = find_logs(self._workspace, self._claims)
        passed = {path for path, log in self.logs.items() if log.mark is not None and log.mark.passed}
        self._companions = companions(found.keys() - passed, self._named, self._speaking)
        for path in found.keys() - self.logs.keys():
            log = self.logs[path] = Log(path)
            if log.base != path:
                self._rotated.setdefault(log.base, set()).add(path)
        self._open.clear()
        for path, log in self.logs.items():
            self._note(log, found.get(path))
            grew = log.found is not None and self.still(log.found) < _FRESH
            if self._is_due(log) or (grew and not self.is_companion(log)):
                self._open.add(path)
            else:
                log.reading = None
        fresh = (log for path in self._open if (log := self.logs[path]).found is not None)
        newest = heapq.nlargest(_MOST_LIVE, fresh, key=_age_mark)
        self._live = {log.path for log in newest if log.found and self.still(log.found) < _FRESH}

    def _note(self, log: Log, found: FoundLog | None) -> None:
        if found != log.found and log.retry_at != _NEVER:
            log.retry_at = 0.0
        log.found = found

    def _own(self, log: Log) -> None:
        if log.mark is not None and log.mark.run is not None:
            self.reserve(log.mark.run, log.path)


def _age_mark(log: Log) -> int:
    return log.found.mtime if log.found is not None else 0
