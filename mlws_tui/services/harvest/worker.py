"""The process that reads one long log, so that the app stays quick: ``python -m mlws_tui.services.harvest.worker``.

It is given a `Job` as one line of JSON on stdin and answers with `StreamChunk`s on stdout, each as MessagePack behind
its length: first what the log's end tells, then all of it from the beginning. A log that grows fast is followed until
it does no more. It ends with the process that began it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from mlws_tui.config.metricrules import load_rules
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.chunks import LOG_END, LogMark, PointColumn, StreamChunk, StreamPosition
from mlws_tui.domain.extraction import Extractor, RuleSet
from mlws_tui.services.harvest.batch import Job
from mlws_tui.services.harvest.large import LENGTH
from mlws_tui.services.harvest.reading import LogReading, ReplacedError, remembered
from mlws_tui.services.harvest.records import Memory, Records, ended_at, records_of
from mlws_tui.services.harvest.version import RulesVersion

_PIECE = 1024 * 1024
_STEP = 256 * 1024  # bytes of text whose points are committed together: no more, as typing waits for that
_LOOK = 0.25  # seconds between two looks at a log that grows
_WINDOW = 20  # such looks …
_FAST = 1024 * 1024  # … in which a log that is worth a process of its own grows by so many bytes
_PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>
#: The log was written anew while it was read.
REPLACED = 3


def main() -> int:
    """Do the job; the exit code."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.nice(10)
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    if os.getppid() != parent:  # it went before the kernel was told
        return 1
    workspace = Workspace(Path(job.root))
    try:
        if RulesVersion(workspace).now() != job.version:
            return REPLACED
        read(job, load_rules(workspace)[0], sys.stdout.buffer)
    except ReplacedError:
        return REPLACED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody is left to be told at exit
        return 1
    return 0


def read(job: Job, rules: RuleSet, out: BinaryIO) -> None:
    """Read the log to where it ended when the job was given.

    Raises:
        ReplacedError: if the log does not hold any more what was read of it.
        OSError: if it cannot be read, or nobody reads the answer.
    """
    memory = remembered(job.state) or Memory()
    if job.end is not None:
        _say(out, _end(job, job.end, rules, memory.begun))
    reading = LogReading(Path(job.root), job.path, job.position, memory, rules, version=job.version)
    looked_at = 0
    while looked_at < job.stop and not reading.at_end:
        looked_at = _tell(out, reading, job)
    while job.live:
        before = looked_at
        for _ in range(_WINDOW):
            time.sleep(_LOOK)
            looked_at = _tell(out, reading, job)
            while not reading.at_end:
                looked_at = _tell(out, reading, job)
        if looked_at - before < _FAST:
            return


def _tell(out: BinaryIO, reading: LogReading, job: Job) -> int:
    """Read a piece, and say it if there is any; how many bytes were looked at."""
    chunk = reading.take(_STEP)
    if chunk.after.offset != chunk.before.offset or chunk.records or chunk.points:
        if job.ending is not None and chunk.log is not None and chunk.log.size <= job.stop:  # else it goes on
            ts = ended_at(reading.memory, job.ending["ts"], whole=reading.at_end)
            chunk = replace(chunk, records=[*chunk.records, (job.stop, {**job.ending, "ts": ts})])
        _say(out, chunk)
    return chunk.log.size if chunk.log is not None else 0


def _say(out: BinaryIO, chunk: StreamChunk) -> None:
    data = msgspec.msgpack.encode(chunk)
    out.write(LENGTH.pack(len(data)) + data)
    out.flush()


def _end(job: Job, begin: int, rules: RuleSet, begun: float) -> StreamChunk:
    """What the end of the log tells of itself: values with a step, and how far the program is."""
    memory = Memory(begun=begun)
    extractor = Extractor(rules)
    points: dict[str, PointColumn] = {}
    told: Records = []
    with (Path(job.root) / job.path).open("rb") as file:
        file.seek(begin)
        file.readline(_PIECE)  # the rest of a line
        while file.tell() < job.stop and (data := file.read(_PIECE)):
            records, columns = records_of(extractor.feed(data), memory, None)
            told += [one for one in records if one[1]["type"] == "progress"]
            for column in columns:
                _add_steps(points.setdefault(column.name, PointColumn(column.name)), column)
    run = job.position.run
    header = (begin, {"type": "run", "ts": begun, "role": "log", "log": job.path})
    if job.ending is not None:
        ts = ended_at(memory, job.ending["ts"], whole=True)
        told.append((job.stop, {**job.ending, "ts": ts}))
    before = StreamPosition(LOG_END + job.path, run)
    # Of a log that is only begun nothing is to be remembered: the mark tells no more than that it is one.
    mark = LogMark(job.path, run, 0, 0, 0, 0)
    found = [column for column in points.values() if column.values]
    return StreamChunk(before, replace(before, offset=begin), [header, *told], log=mark, points=found)


def _add_steps(points: PointColumn, more: PointColumn) -> None:
    """Those of the points that have a step: the number of the others is not known."""
    for step, ts, value in zip(more.steps, more.ts, more.values, strict=True):
        if step is not None:
            points.steps.append(step)
            points.ts.append(ts)
            points.values.append(value)


if __name__ == "__main__":
    sys.exit(main())
