"""The stream of what people and programs change: the one kind that many processes append to."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlws_tui.domain.errors import StoreError
from mlws_tui.domain.events import EDITS_DIR, encode, slug


class EditsLog:
    """Appends records to ``_edits/<host>.jsonl``; each is on the disk when `append` returns."""

    def __init__(self, streams: Path) -> None:
        self._streams = streams
        self._file = f"{EDITS_DIR}/{slug(socket.gethostname().partition('.')[0])}.jsonl"

    def append(self, record: Mapping[str, Any]) -> tuple[str, int]:
        """Append one record. It blocks: call it in a thread.

        Returns:
            The file, relative to the streams folder, and its size after the record.

        Raises:
            StoreError: if it cannot be written; then nothing of it is in the file. Also if the disk does not
                confirm it; then it is in the file and holds, but a power cut may take it away.
        """
        path = self._streams / self._file
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(path, flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                size = _append(descriptor, encode(record))
                _make_sure(descriptor, path)
                return self._file, size
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StoreError(
                f"The change could not be saved to {path}: {error.strerror or error}",
                hint="nothing was changed; check the disk and try again",
            ) from error


def _append(descriptor: int, line: bytes) -> int:
    """All of the line or nothing; after a line that a power cut left unfinished it begins a new one.

    Only what no reader takes is ever cut off again: a line without its end.
    """
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        size += os.write(descriptor, b"\n")
    rest = memoryview(line)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    return size + len(line)


def _make_sure(descriptor: int, path: Path) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise StoreError(
            f"The change is in {path}, but the disk did not confirm it: {error.strerror or error}",
            hint="a power cut may take it away; check the disk",
        ) from error
