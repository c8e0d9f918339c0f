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

from mlws_tui.domain.events import STREAMS_DIR, encode, slug
from mlws_tui.sdk.facts import hostname
from mlws_tui.sdk.notice import say
from mlws_tui.sdk.place import wake

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
        self._fd = -1
        self._pid = os.getpid()
        self.path = self._open()
        _writers.add(self)

    def _open(self) -> str:
        name = f"{slug(hostname())}-{os.getpid()}-{os.urandom(4).hex()}.jsonl"
        path = os.path.join(self._root, STREAMS_DIR, self._run, name)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd = os.open(path, flags, 0o600)
        wake(self._root, self._run)
        return path

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record; it is in the kernel when this returns, unless the disk is full. The disk never raises."""
        self.write_line(encode(record))

    def write_line(self, line: bytes) -> None:
        """Append an encoded record, ``\\n`` included."""
        with self._lock:
            if self._fd < 0:
                if self._closed or self._pid == os.getpid():
                    return
                self._reopen()
            if self._waiting:
                self._keep(line)
                if time.monotonic() >= self._retry_at:
                    self._write_waiting()
            elif not self._append(line):
                self._keep(line)

    def close(self) -> None:
        """Try once more to write what waits, then give back the file. Later records are dropped."""
        with self._lock:
            self._closed = True
            if self._fd < 0:
                return
            if self._waiting:
                self._write_waiting()
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
        if written != len(data):
            self._refused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            return False
        return True

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
        while self._waiting:
            if not self._append(self._waiting[0]):
                return
            self._waiting.popleft()
        if self._lost:
            text = f"{self._lost} records were lost while the disk took none"
            record = {
                "type": "alert",
                "ts": time.time(),
                "level": "warning",
                "title": "Records lost",
                "text": text,
            }
            if self._append(encode(record)):
                self._lost = 0

    def _reopen(self) -> None:
        self._pid = os.getpid()
        try:
            self.path = self._open()
        except OSError as error:
            self._refused(error)
            return
        if self._header is not None:
            self._append(encode(self._header()))

    def _forget_parent(self) -> None:
        # The lock may have been held by a thread that does not exist here, and the file is the parent's.
        self._lock = threading.RLock()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1
        self._torn = False
        self._waiting.clear()
        self._lost = 0


def _after_fork_in_child() -> None:
    for writer in tuple(_writers):
        writer._forget_parent()


os.register_at_fork(after_in_child=_after_fork_in_child)
