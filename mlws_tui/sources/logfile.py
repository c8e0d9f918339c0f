"""One log file, held open by its descriptor: reads any place of it and notices what becomes of it."""

from __future__ import annotations

import os
import stat
import threading
from enum import Enum
from pathlib import Path
from typing import Self

_KEPT = 16 * 1024  # bytes of its end that are kept, so that they outlive a truncation
_HEAD = 256
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class Look(Enum):
    """What a look at an open file found."""

    SAME = "same"
    GREW = "grew"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"


class LogFile:
    """A plain file, open for reading. Its methods block; they may be called from several threads.

    Raises:
        OSError: if it cannot be opened; `FileNotFoundError` and `PermissionError` among them.
        ValueError: if it is no plain file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._descriptor: int | None = os.open(path, _OPEN)
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise ValueError("is no plain file")
        self.identity = (found.st_dev, found.st_ino)
        self.start = 0
        self._size = found.st_size
        self._modified = found.st_mtime_ns
        self._head = self.read(0, _HEAD)
        self._keep()

    @classmethod
    def try_open(cls, path: Path) -> Self | None:
        """The file, or None where it cannot be opened."""
        try:
            return cls(path)
        except (OSError, ValueError):
            return None

    @property
    def size(self) -> int:
        """Bytes that it had at the last look."""
        return self._size

    @property
    def modified(self) -> float:
        """When it was last written, as of the last look (Unix seconds)."""
        return self._modified / 1e9

    def read(self, offset: int, count: int) -> bytes:
        """Bytes from the offset on; fewer at the end, none once it is closed or the disk fails."""
        with self._lock:
            if self._descriptor is None or count <= 0:
                return b""
            try:
                return os.pread(self._descriptor, count, offset)
            except (
                OSError
            ):  # a dying disk or a stale network handle: what is there is shown, and looked at again
                return b""

    def look(self, path: Path) -> Look:
        """Compare with the last look, and take note of the new size.

        Args:
            path: Where it was opened, to ask once more before it is believed that it shrank: a network filesystem
                may answer with an old size.
        """
        found = self._stat()
        if found is None:
            return Look.SAME
        size, modified = found.st_size, found.st_mtime_ns
        if size == self._size and modified == self._modified:
            return Look.SAME
        if size < self._size and self._shrank(path):
            return Look.TRUNCATED
        if size < self._size:
            return Look.SAME
        if not self._goes_on():
            return Look.REWRITTEN
        grew = size > self._size
        self._size, self._modified = size, modified
        if len(self._head) < _HEAD:
            self._head = self.read(0, _HEAD)
        self._keep()
        return Look.GREW if grew else Look.SAME

    def freeze(self) -> Remembered:
        """Close it and keep what is remembered of its end, from the beginning of a line on."""
        self.close()
        data, start = self._kept, self._kept_from
        if start > 0:
            cut = data.find(b"\n") + 1
            data, start = data[cut:], start + cut
        return Remembered(data, start)

    def close(self) -> None:
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _stat(self) -> os.stat_result | None:
        with self._lock:
            if self._descriptor is None:
                return None
            try:
                return os.fstat(self._descriptor)
            except OSError:
                return None

    def _shrank(self, path: Path) -> bool:
        again = LogFile.try_open(path)
        if again is None or again.identity != self.identity:
            found = self._stat()
            shrunk = found is not None and found.st_size < self._size
        else:
            shrunk = again.size < self._size
        if again is not None:
            again.close()
        return shrunk

    def _goes_on(self) -> bool:
        """Whether what was read before is still there: the beginning, and the bytes before the former end."""
        if self.read(0, len(self._head)) != self._head:
            return False
        return self.read(self._kept_from, len(self._kept)) == self._kept

    def _keep(self) -> None:
        self._kept_from = max(0, self._size - _KEPT)
        self._kept = self.read(self._kept_from, self._size - self._kept_from)


class Remembered:
    """The last bytes of a file that are kept in memory because it is gone."""

    def __init__(self, data: bytes = b"", start: int = 0) -> None:
        self._data = data
        self.start = start

    @property
    def size(self) -> int:
        """The offset after the last byte."""
        return self.start + len(self._data)

    def read(self, offset: int, count: int) -> bytes:
        """Bytes from the offset on."""
        begin = max(0, offset - self.start)
        return self._data[begin : max(begin, offset - self.start + count)]

    def close(self) -> None:
        """Nothing to close: what is kept stays."""
