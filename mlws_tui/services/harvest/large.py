"""The side of the app that has a long log read by a process of its own."""

from __future__ import annotations

import asyncio
import logging
import struct
import subprocess
import sys
from typing import IO, Self

import msgspec

from mlws_tui.domain.chunks import LOG, StreamChunk
from mlws_tui.services.harvest.batch import Job

log = logging.getLogger(__name__)
_chunks = msgspec.msgpack.Decoder(StreamChunk)
#: What stands before each piece: how many bytes it has.
LENGTH = struct.Struct("<I")
_GRACE = 5.0


class LargeRead:
    """One log that is being read. It must be closed.

    Attributes:
        path: Of the log.
        over: Whether nothing more comes.
        failed: Whether it ended before its time.
        at_end: Whether all of the log that there was is read, and it waits for more.
    """

    def __init__(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        self.path = job.path
        self.over = False
        self.failed = False
        self.at_end = False
        self._process = process
        self._line: asyncio.Task[bytes] | None = None

    @classmethod
    async def start(cls, job: Job) -> Self:
        """Begin to read.

        Raises:
            OSError: if no process can be started.
        """
        return cls(job, await asyncio.to_thread(_start, job))

    async def poll(self, patience: float = 0.0) -> StreamChunk | None:
        """The next piece; None while there is none yet, and where it is over.

        Args:
            patience: Seconds to wait for it.
        """
        if self.over or self._process.stdout is None:
            return None
        if self._line is None:
            self._line = asyncio.create_task(asyncio.to_thread(_piece, self._process.stdout), name="long log")
        if not self._line.done():
            await asyncio.wait({self._line}, timeout=patience)
            if not self._line.done():
                return None
        line, self._line = self._line.result(), None
        try:
            if line:
                chunk = _chunks.decode(line)
                self.at_end = chunk.complete and chunk.before.file.startswith(LOG)
                return chunk
        except msgspec.DecodeError as error:
            log.error("what reads %s answers oddly: %s", self.path, error)
            self._process.kill()
        self.over = True
        self.failed = await asyncio.to_thread(self._process.wait) != 0
        return None

    async def close(self) -> None:
        """End it, wherever it is. Safe to call twice."""
        self.over = True
        self._process.kill()
        if self._line is not None:
            await asyncio.wait({self._line}, timeout=_GRACE)
            self._line = None
        await asyncio.to_thread(self._reap)

    def abandon(self) -> None:
        """End it where the event loop was closed under it."""
        self.over = True
        self._process.kill()
        self._reap()

    def _reap(self) -> None:
        self._process.wait(_GRACE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _piece(pipe: IO[bytes]) -> bytes:
    """The next piece; nothing where there is none, or not all of one."""
    length = pipe.read(LENGTH.size)
    if len(length) < LENGTH.size:
        return b""
    data = pipe.read(*LENGTH.unpack(length))
    return data if len(data) == LENGTH.unpack(length)[0] else b""


def _start(job: Job) -> subprocess.Popen[bytes]:
    # -P: a file of the folder that the person is in must not be taken for a module of ours.
    command = [sys.executable, "-P", "-m", "mlws_tui.services.harvest.worker"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        if process.stdin is not None:
            with process.stdin as pipe:
                pipe.write(msgspec.json.encode(job) + b"\n")
    except OSError:
        process.kill()
        process.wait()
        raise
    return process
