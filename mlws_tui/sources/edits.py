"""The stream of what people and programs change: the one kind that many processes append to."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.events import EDITS_DIR, encode, slug
from mlws_tui.sources.modes import file_mode, folder_mode, make_folder, set_mode

_PATIENCE = 10.0


class EditsLog:
    """Appends records to ``_edits/<host>.jsonl``; each is on the disk when `append` returns."""

    def __init__(self, streams: Path) -> None:
        self._streams = streams
        self._file = f"{EDITS_DIR}/{slug(socket.gethostname().partition('.')[0])}.jsonl"

    def append(self, record: Mapping[str, Any]) -> tuple[str, int]:
        """Append one record: see `append_all`."""
        return self.append_all([record])

    def append_all(self, records: Iterable[Mapping[str, Any]]) -> tuple[str, int]:
        """Append records, all of them or none. It blocks: call it in a thread.

        Returns:
            The file, relative to the streams folder, and its size after them.

        Raises:
            StoreError: if it cannot be written; then nothing of them is in the file. Also if the disk does not
                confirm it; then they are in the file and hold, but a power cut may take them away.
        """
        path = self._streams / self._file
        try:
            make_folder(path.parent, folder_mode(self._streams))
            mode = file_mode(self._streams)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(path, flags, mode)
            try:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode):
                    raise OSError(errno.EINVAL, "it is no plain file")
                if found.st_size == 0:
                    set_mode(descriptor, mode)
                _lock(descriptor, path)
                size = _append(descriptor, b"".join(map(encode, records)))
                _make_sure(descriptor, path)
                if found.st_size == 0:
                    _make_sure_of_name(path)
                return self._file, size
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StoreError(
                f"The change could not be saved to {path}: {error.strerror or error}",
                hint="nothing was changed; check the disk and try again",
            ) from error


def _lock(descriptor: int, path: Path) -> None:
    """Wait for whoever appends just now, but not for ever for one that was stopped in the middle of it."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"Another process has held {path} locked for {_PATIENCE:.0f} s",
                    hint="nothing was changed; it may be stopped: fg or kill it, then try again",
                ) from None
        time.sleep(0.002)


def _append(descriptor: int, lines: bytes) -> int:
    """All of the lines or nothing; after a line that a power cut left unfinished it begins a new one.

    What is cut off again was never confirmed to anybody.
    """
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        size += os.write(descriptor, b"\n")
    rest = memoryview(lines)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    return size + len(lines)


def _make_sure(descriptor: int, path: Path) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise StoreError(
            f"The change is in {path}, but the disk did not confirm it: {error.strerror or error}",
            hint="a power cut may take it away; check the disk",
        ) from error


def _make_sure_of_name(path: Path) -> None:
    """A new file is only found again after a power cut if its folder is on the disk, too."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _make_sure(folder, path)
    finally:
        os.close(folder)
