"""The process that reads one long log, so that the app stays quick: ``python -m mlws_tui.services.harvest.worker``.

It is given a `Job` as one line of JSON on stdin and answers with `StreamChunk`s, one a line, on stdout: first what
the log's end tells, then all of it from the beginning. It ends with the process that began it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from mlws_tui.config.metricrules import load_rules
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.chunks import LOG_END, LogMark, StreamChunk, StreamPosition
from mlws_tui.domain.extraction import Extractor, RuleSet
from mlws_tui.services.harvest.batch import Job
from mlws_tui.services.harvest.reading import LogReading, ReplacedError, remembered
from mlws_tui.services.harvest.records import Memory, records_of

_PIECE = 1024 * 1024
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
    try:
        read(job, load_rules(Workspace(Path(job.root)))[0], sys.stdout.buffer)
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
    reading = LogReading(Path(job.root), job.path, job.position, memory, rules)
    looked_at = 0
    while looked_at < job.stop and not reading.at_end:
        chunk = reading.take(_PIECE)
        looked_at = chunk.log.size if chunk.log is not None else job.stop
        _say(out, chunk)


def _say(out: BinaryIO, chunk: StreamChunk) -> None:
    out.write(msgspec.json.encode(chunk) + b"\n")
    out.flush()


def _end(job: Job, begin: int, rules: RuleSet, begun: float) -> StreamChunk:
    """What the end of the log tells of itself: values with a step, and how far the program is."""
    memory = Memory(begun=begun)
    extractor = Extractor(rules)
    records = []
    with (Path(job.root) / job.path).open("rb") as file:
        file.seek(begin)
        file.readline(_PIECE)  # the rest of a line
        while file.tell() < job.stop and (data := file.read(_PIECE)):
            records += records_of(extractor.feed(data), memory, None)
    run = job.position.run
    told = [one for one in records if one[1]["type"] == "progress" or "step" in one[1]]
    header = (begin, {"type": "run", "ts": begun, "role": "log", "log": job.path})
    before = StreamPosition(LOG_END + job.path, run)
    # Of a log that is only begun nothing is to be remembered: the mark tells no more than that it is one.
    mark = LogMark(job.path, run, 0, 0, 0, 0)
    return StreamChunk(before, replace(before, offset=begin), [header, *told], log=mark)


if __name__ == "__main__":
    sys.exit(main())
