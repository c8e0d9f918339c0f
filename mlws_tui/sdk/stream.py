"""The append-only event stream of one process: one `write()` a record, so that what is logged survives a kill."""

from __future__ import annotations

import errno
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from mlws_tui.domain.events import LONGEST_LINE, STREAMS_DIR, encode, shared_modes, slug
from mlws_tui.sdk.facts import hostname
from mlws_tui.sdk.marks import open_new, wake
from mlws_tui.sdk.notice import say, warn

#: Records that are kept in memory while the disk takes none; older ones are counted and dropped.
KEPT = 1000
#: Seconds between two tries to write again.
RETRY = 1.0

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_writers: weakref.WeakSet[StreamWriter] = weakref.WeakSet()


class StreamWriter:
    """Writes the records of this process into a file of its own in a run's folder. Threads may share it.

    After a fork the child does not touch the parent's file: its first record opens one of its own, headed by what
    `header` gives there.

    Args:
        root: The workspace's folder.
        run: The run's id; its folder must exist.
        header: Makes the first record of a forked child's file.

    Raises:
        OSError: if the file cannot be made.
    """

    def __init__(self, root: str, run: str, header: Callable[[], Mapping[str, Any]] | None = None) -> None:
        self._root = root
        self._run = run
        self._header = header
        self._lock = threading.RLock()
        self._waiting: deque[bytes] = deque()
        self._lost = 0
        self._torn = False
        self._retry_at = 0.0
        self._warned = False
        self._closed = False
        self._ended = False
        self._fd = -1
        self.path = self._open()
        _writers.add(self)

    def _open(self) -> str:
        name = f"{slug(hostname())}-{os.getpid()}-{os.urandom(4).hex()}.jsonl"
        streams = os.path.join(self._root, STREAMS_DIR)
        path = os.path.join(streams, self._run, name)
        _, mode = shared_modes(os.stat(streams).st_mode)
        self._fd = open_new(path, os.O_APPEND | os.O_EXCL, mode)
        wake(self._root, self._run, mode)
        return path

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record; it is in the kernel when this returns, unless the disk is full. The disk never raises."""
        self.write_line(_encoded(record))

    def write_line(self, line: bytes) -> None:
        """Append an encoded record, ``\\n`` included; one that no reader would take is left out, with a warning."""
        if len(line) > LONGEST_LINE:
            warn(f"a record of more than {LONGEST_LINE >> 20} MB is left out")
            return
        with self._lock:
            if self._closed:
                if self._ended:
                    warn(f"what came after the end of run {self._run} was ignored")
                return
            if self._fd >= 0 and not self._waiting:
                if not self._append(line):
                    self._keep(line)
                return
            self._keep(line)
            if time.monotonic() >= self._retry_at:
                self._write_waiting()

    @property
    def waiting(self) -> int:
        """How many records the disk has not taken yet."""
        return len(self._waiting)

    def write_last(self, record: Mapping[str, Any]) -> None:
        """Append the last record and close: nothing that another thread writes comes after it."""
        with self._lock:
            self.write(record)
            self._ended = True
            self.close()

    def close(self) -> None:
        """Try once more to write what waits, then give back the file. Later records are dropped."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._waiting:
                self._write_waiting()
            if self._waiting:
                say(f"{len(self._waiting) + self._lost} records of {self.path} were lost: the disk took none")
            if self._fd >= 0:
                if self._torn:
                    self._finish_line()
                os.close(self._fd)
            self._fd = -1

    def _append(self, line: bytes) -> bool:
        data = b"\n" + line if self._torn else line
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            self._refused(error)
            return False
        self._torn = written != len(data) and (written > 0 or self._torn)
        if written < len(data) - 1:
            self._refused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            return False
        return True  # also where only its line end is lacking: once more, and it would be there twice

    def _finish_line(self) -> None:
        try:
            os.write(self._fd, b"\n")
        except OSError:  # still full: a reader waits for the rest of the line, as behind a kill
            return

    def _refused(self, error: OSError) -> None:
        self._retry_at = time.monotonic() + RETRY
        if self._warned:
            return
        self._warned = True
        reason = "the disk is full" if error.errno in _FULL else error.strerror
        say(f"cannot write to {self.path}: {reason}; training goes on, the newest {KEPT} records are kept")

    def _keep(self, line: bytes) -> None:
        if len(self._waiting) >= KEPT:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(line)

    def _write_waiting(self) -> None:
        if self._fd < 0 and not self._reopen():
            return
        if self._lost:  # said first: what comes after the end of a run may not be read
            alert = {
                "type": "alert",
                "ts": time.time(),
                "level": "warning",
                "title": "Records lost",
                "text": f"{self._lost} records were lost while the disk took none",
            }
            if not self._append(encode(alert)):
                return
            self._lost = 0
        while self._waiting:
            if not self._append(self._waiting[0]):
                return
            self._waiting.popleft()

    def _reopen(self) -> bool:
        """Begin a forked child's own file; whether there is one now. Its header goes before all that waits."""
        try:
            self.path = self._open()
        except OSError as error:
            self._refused(error)
            return False
        if self._header is not None:
            self._waiting.appendleft(_encoded(self._header()))
        return True

    def _forget_parent(self) -> None:
        # The lock may have been held by a thread that does not exist here, and the file is the parent's.
        self._lock = threading.RLock()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1
        self._retry_at = 0.0
        self._torn = False
        self._waiting.clear()
        self._lost = 0


def _encoded(record: Mapping[str, Any]) -> bytes:
    """The record's line; of the facts of a run that no reader would take, all but the config."""
    line = encode(record)
    if len(line) > LONGEST_LINE and record.get("type") == "run":
        warn(f"a config of more than {LONGEST_LINE >> 20} MB is not recorded")
        line = encode({name: value for name, value in record.items() if name != "config"})
    return line


def _after_fork_in_child() -> None:
    for writer in tuple(_writers):
        writer._forget_parent()


os.register_at_fork(after_in_child=_after_fork_in_child)
