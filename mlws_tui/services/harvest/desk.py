"""Reads of the logs whose turn it is: what is to be committed of each, and how each begins and ends.

Everything here blocks on files and runs in a thread, one call at a time.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.chunks import LOG, LOG_END, LogMark, StreamChunk, StreamPosition
from mlws_tui.domain.events import begun
from mlws_tui.domain.extraction import RuleSet
from mlws_tui.services.harvest.batch import Batch, Job
from mlws_tui.services.harvest.ending import ending_of
from mlws_tui.services.harvest.finding import FoundLog, is_surely_log
from mlws_tui.services.harvest.naming import BEGINNING, LogName, first_time, name_log, tells_time
from mlws_tui.services.harvest.reading import HastyError, LogReading, ReplacedError, remembered
from mlws_tui.services.harvest.records import Memory, Records, ended_at
from mlws_tui.services.harvest.roll import BINARY, GONE, LIVE, MUTE, PACKED, Limits, Log, Roll
from mlws_tui.services.harvest.unpacked import Unpacked
from mlws_tui.services.logplaces import find_log

logger = logging.getLogger(__name__)
_UNPACKING = 0.1  # whether an archive is unpacked is looked at this often (s)
_UNREADABLE = 5.0  # a log that cannot be read is tried again after these seconds
_PIECE = 64 * 1024  # bytes read at once at first …
_SMALLEST, _LARGEST = 16 * 1024, 2 * 1024 * 1024  # … then as many as take half of a slice
_NULS = 20  # a beginning with more than one NUL byte in so many is of no text
_NO_TEXT = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"PK\x03\x04",
    b"\x7fELF",
    b"\x89PNG",
    b"%PDF",
)
_TRIES = 3
_DOUBTFUL = 64 * 1024  # bytes in which a file that need not be a log must tell a time or a figure


class Desk:
    """Reads the logs of one workspace.

    Args:
        workspace: Whose logs.
        roll: Which logs there are, and what is to be done with them.
        rules: What is recognised in their text.
        limits: How much is done at once.
    """

    def __init__(self, workspace: Workspace, roll: Roll, rules: RuleSet, limits: Limits) -> None:
        self._workspace = workspace
        self._roll = roll
        self._rules = rules
        self._limits = limits
        self._piece = _PIECE
        self._unpacked = Unpacked()
        self._judged: tuple[FoundLog, tuple[dict[str, Any], bool]] | None = None

    @property
    def unpacking(self) -> bool:
        """Whether an archive is being unpacked that is to be read then."""
        return self._unpacked.busy

    def close(self) -> None:
        """Stop unpacking archives. Safe to call twice."""
        self._unpacked.close()

    def read(self, logs: Sequence[Log], states: Mapping[str, str]) -> Batch:
        """Read of these logs, for about as long as a slice is.

        Args:
            logs: Those whose turn it is, the first ones first.
            states: Where their reading stands, as the index has it, by path.
        """
        batch = Batch()
        deadline = time.monotonic() + self._limits.slice
        for log in logs:
            self._read(log, states.get(log.path), batch)
            if time.monotonic() >= deadline:
                break
        return batch

    def job(self, log: Log, state: str | None) -> Job | None:
        """What a process of its own is to read of a long log; None where it must be begun here."""
        log.reading = None
        memory = remembered(state)
        if log.position is None or log.found is None or memory is None:
            log.suspect = True
            return None
        begin = log.found.size - self._limits.end
        end = begin if log.path not in self._roll.ends and begin > log.position.offset else None
        log.grew = memory.grew = memory.grew or _has_grown(log)
        told: Records = []
        if self._roll.may_end(log, went_on=True):
            text = self._workspace.root / log.path
            try:
                told = self._ending(log, log.found, text, log.found.mtime / 1e9)
            except OSError:  # whoever reads it here tells that
                log.suspect = True
                return None
        ending = told[0][1] if told else None
        self._roll.busy = log.path
        version = self._roll.version or ""
        live = self._roll.still(log.found) < LIVE
        size = log.found.size
        state = msgspec.json.encode(memory).decode()
        return Job(str(self._workspace.root), log.path, log.position, state, end, size, live, version, ending)

    def _read(self, log: Log, state: str | None, batch: Batch) -> None:
        """One piece of a log. What it turns out not to be is told rather than raised."""
        try:
            if self._roll.is_companion(log):
                self._begin_anew(log, batch)
                return
            if log.found is None:
                self._missed(log, batch)
                return
            for _ in range(_TRIES):
                try:
                    if self._roll.version is None:
                        self._look_only(log, log.found, batch)
                    else:
                        self._read_on(log, log.found, state, batch)
                    return
                except ReplacedError as error:
                    log.hasty = log.hasty or isinstance(error, HastyError)
                    self._begin_anew(log, batch)
        except OSError as error:
            self._troubled(log, error.strerror or str(error), batch)
        except Exception as error:
            # Whatever a text does to what reads it must not hold up the other logs.
            logger.exception("%s cannot be read for figures", log.path)
            self._troubled(log, f"{type(error).__name__}: {error}", batch)
            log.retry_at = math.inf

    def _read_on(self, log: Log, found: FoundLog, state: str | None, batch: Batch) -> None:
        owner = self._roll.owner(log)
        if self._roll.is_anothers(log) or self._roll.is_stale(log):
            raise ReplacedError(log.path)
        text = self._text(found)
        if text is None:
            log.retry_at = time.monotonic() + _UNPACKING
            return
        if owner is None and self._has_another_name(log, text):
            raise ReplacedError(log.path)
        reading = log.reading or self._begin(log, found, text, owner, state)
        if reading is None:
            self._pass_over(found, BINARY, batch)
            return
        began = time.monotonic()
        piece = _DOUBTFUL if log.position is None else self._piece
        chunk = reading.take(piece, final=self._roll.may_close(log))
        if owner is None and log.position is None and not self._tells(found, chunk, text):
            self._pass_over(found, MUTE, batch)
            return
        log.reading = reading
        self._pace(chunk, time.monotonic() - began)
        log.grew = reading.memory.grew
        went_on = _began(chunk) or chunk.after.offset > chunk.before.offset
        if self._roll.may_end(log, went_on=went_on):
            ts = ended_at(reading.memory, found.mtime / 1e9, whole=chunk.complete)
            chunk = replace(chunk, records=[*chunk.records, *self._ending(log, found, text, ts)])
        if found.packed and chunk.complete:
            self._unpacked.close(self._workspace.root / found.packed)
            log.reading = None
        log.problem, log.suspect = "", False
        batch.chunks.append(chunk)

    def _pass_over(self, found: FoundLog, why: str, batch: Batch) -> None:
        if found.packed:  # the next archive has its turn
            self._unpacked.close(self._workspace.root / found.packed)
        batch.passed.append(self._mark(found, None, passed=why))

    @staticmethod
    def _tells(found: FoundLog, chunk: StreamChunk, text: Path) -> bool:
        """Whether it is a log, by its name or by what its beginning tells: people keep notes beside logs."""
        return is_surely_log(found.path) or bool(chunk.points) or tells_time(_beginning(text, _DOUBTFUL))

    def _look_only(self, log: Log, found: FoundLog, batch: Batch) -> None:
        """Without reading it for figures: that there is a run of which only this log tells, and when it was written."""
        if self._roll.is_anothers(log):
            raise ReplacedError(log.path)
        if self._roll.owner(log) is not None:
            return
        position, records = log.position, []
        if position is None:
            beginning = _beginning(self._workspace.root / found.path, _DOUBTFUL)
            if not _is_text(beginning):
                batch.passed.append(self._mark(found, None, passed=BINARY))
                return
            if not is_surely_log(found.path) and not tells_time(beginning):
                batch.passed.append(self._mark(found, None, passed=MUTE))
                return
            name = self._name(log, beginning[:BEGINNING])
            position = StreamPosition(LOG + log.path, name.id)
            begun_at = found.mtime / 1e9 if name.begun is None else name.begun
            records.append((0, {"type": "run", "ts": begun_at, **_header(log.path, name)}))
        written = found.mtime / 1e9
        records.append((found.size, {"type": "run", "ts": written, "role": "log"}))
        log.grew = log.grew or (log.mark is not None and log.mark.mtime != found.mtime)
        if self._roll.is_quiet(log):
            records.append((found.size, {"type": "end", "ts": written, "status": "completed"}))
        log.judged = found.size
        # Its size is what was read of it: should text be read again, all that came meanwhile is.
        mark = replace(self._mark(found, position.run), size=position.offset)
        batch.chunks.append(StreamChunk(position, position, records, log=mark))

    def _text(self, found: FoundLog) -> Path | None:
        """Where the text of a log is; None while it is still being unpacked."""
        if found.packed:
            return self._unpacked.text_of(self._workspace.root / found.packed)
        return self._workspace.root / found.path

    def _begin(
        self, log: Log, found: FoundLog, text: Path, owner: str | None, state: str | None
    ) -> LogReading | None:
        """How a log is read on, or from its beginning; None for what is no text."""
        root, path = self._workspace.root, log.path
        if log.position is not None and log.position.offset:
            memory = remembered(state)
            if memory is None:
                raise ReplacedError(path)
            memory.grew = memory.grew or _has_grown(log)
            final = log.mark is not None and log.mark.final
            version = self._roll.version or ""
            return LogReading(
                root, path, log.position, memory, self._rules, final=final, text=text, version=version
            )
        beginning = _beginning(text)
        if not _is_text(beginning):
            return None
        header: dict[str, Any] = {"role": "log", "log": path}
        if owner is None:
            name = self._name(log, beginning)
            owner, when = name.id, first_time(beginning) or name.begun
            header = _header(path, name)
        else:
            when = first_time(beginning) or begun(owner) or None
        before = remembered(state)
        grew = log.grew or _has_grown(log) or (before is not None and before.grew)
        memory = Memory(begun=found.mtime / 1e9 if when is None else when, grew=grew)
        position = log.position or StreamPosition(LOG + path, owner)
        version = self._roll.version or ""
        return LogReading(root, path, position, memory, self._rules, header, text=text, version=version)

    def _has_another_name(self, log: Log, text: Path) -> bool:
        """Whether it was found so early that its first lines, which tell the time, were not all there."""
        position = log.position
        if position is None or log.mark is None or position.offset >= BEGINNING:
            return False
        return self._name(log, _beginning(text)).id != log.mark.run

    def _name(self, log: Log, beginning: bytes) -> LogName:
        """What a log of its own is called: a rotated one by the oldest of its parts."""
        oldest = self._roll.parts(log)[0]
        if oldest is not log and oldest.found is not None and not oldest.found.packed:
            beginning = _beginning(self._workspace.root / oldest.path)
        name = name_log(log.path, beginning, lambda run: self._roll.is_taken(run, log.path))
        self._roll.reserve(name.id, log.path)
        return name

    def _pace(self, chunk: StreamChunk, took: float) -> None:
        """The next piece is to take half a slice."""
        if chunk.log is not None and not chunk.complete and took > 0:
            fitting = self._piece * (self._limits.slice / 2) / took
            self._piece = int(min(max(fitting, _SMALLEST, self._piece / 4), _LARGEST, self._piece * 4))

    def _ending(self, log: Log, found: FoundLog, text: Path, ts: float) -> Records:
        """The record of how a program ended of which nobody tells but its log: also before all of it is read."""
        log.judged = found.size
        if self._judged is None or self._judged[0] != found:
            self._judged = found, ending_of(text)
        told, sure = self._judged[1]
        if not sure and not self._roll.is_quiet(log):
            return []
        return [(found.size, {"type": "end", "ts": ts, **told})]

    def _begin_anew(self, log: Log, batch: Batch) -> None:
        """It does not hold what was read of it, or belongs to another run: all that was read goes."""
        batch.chunks = [chunk for chunk in batch.chunks if chunk.log is None or chunk.log.path != log.path]
        batch.again += [LOG + log.path, LOG_END + log.path]
        log.reading = log.position = log.mark = None
        log.judged = -1

    def _missed(self, log: Log, batch: Batch) -> None:
        """It is not where it was: moved, archived or gone."""
        mark, position = log.mark, log.position
        log.reading = None
        if mark is None or position is None:
            return
        if self._roll.new_name(log) is not None:
            self._begin_anew(log, batch)
            return
        whole = self._workspace.root / log.path
        packed = find_log(self._workspace, whole) != whole
        passed = replace(mark, passed=PACKED if packed else GONE)
        problem = (
            "" if packed else f"{log.path} is gone: what was read of it stays until the index is made anew"
        )
        batch.chunks.append(StreamChunk(position, position, problem=problem, log=passed))

    def _troubled(self, log: Log, why: str, batch: Batch) -> None:
        """It cannot be read: told on its run, where it has one, and tried again."""
        log.reading = None
        log.retry_at = time.monotonic() + _UNREADABLE
        if log.found is not None and log.found.packed:
            self._unpacked.close(self._workspace.root / log.found.packed)
        run = self._roll.owner(log) if log.mark is None else log.mark.run
        problem = f"{log.path} cannot be read for figures: {why}"
        if log.found is None or log.problem == problem:
            return
        log.problem = problem
        if run is None:  # there is nowhere to tell it
            return
        position = log.position or StreamPosition(LOG + log.path, run)
        mark = (
            replace(log.mark, mtime=0)
            if log.mark is not None
            else replace(self._mark(log.found, run), size=0, mtime=0)
        )
        batch.chunks.append(StreamChunk(position, position, problem=problem, log=mark))

    def _mark(self, found: FoundLog, run: str | None, *, passed: str = "") -> LogMark:
        rules = self._roll.version or ""
        return LogMark(
            found.path, run, found.size, found.mtime, found.inode, found.device, passed, rules=rules
        )


def _header(path: str, name: LogName) -> dict[str, Any]:
    """Facts of a run of which nothing but a log tells."""
    return {"role": "log", "log": path, "name": name.name, "kind": name.kind}


def _began(chunk: StreamChunk) -> bool:
    return any(record["type"] == "run" for _, record in chunk.records)


def _has_grown(log: Log) -> bool:
    """Whether it has more than it had when all of it was read."""
    mark, found = log.mark, log.found
    return mark is not None and found is not None and mark.mtime > 0 and found.size > mark.size


def _beginning(text: Path, most: int = BEGINNING) -> bytes:
    with text.open("rb") as file:
        return file.read(most)


def _is_text(beginning: bytes) -> bool:
    # A hole before or behind the text is left by a crash, or by who emptied the file.
    solid = beginning.strip(b"\0")
    return not solid.startswith(_NO_TEXT) and solid.count(0) * _NULS <= len(solid)
