"""Reading event streams: which files there are, and whole records from where the last read ended.

Streams are written by other processes while they are read, on disks that may fill up or lose power: a last
line without ``\\n`` waits, a line that does not parse is counted, a file that shrank or was replaced is left.
"""

from __future__ import annotations

import os
import stat
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mlws_tui.domain.chunks import StreamChunk, StreamFolder, StreamPosition
from mlws_tui.domain.events import EDITS_DIR, LONGEST_LINE, is_run_id
from mlws_tui.sources.streamlines import parse_lines

SUFFIX = ".jsonl"
_HEAD = 256
#: Bytes before the offset by which it is known that the file still holds what was read of it.
_TAIL = 256
#: A folder that changed less than this (ns) before it was listed may change again at the same time stamp.
RACY = 2_000_000_000
#: For so long (s) after a file grew more is expected, also behind an ``end``: another thread may have been logging.
CALM = 5.0
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class FileState:
    """What a stat tells of a stream file: size in bytes, inode, modification time in seconds."""

    size: int
    inode: int
    mtime: float


def list_runs(streams: Path) -> list[str]:
    """Ids of all runs that have a folder, newest first; links and foreign names are passed over.

    Raises:
        OSError: if the folder exists and cannot be read.
    """
    try:
        with os.scandir(streams) as entries:
            found = [
                entry.name
                for entry in entries
                if is_run_id(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except FileNotFoundError:
        return []
    return sorted(found, reverse=True)


def list_folder(streams: Path, run: str, now_ns: int) -> StreamFolder | None:
    """The stream files of a run; None if the folder is gone or cannot be read.

    Args:
        streams: The streams folder.
        run: The run's id.
        now_ns: The time (ns): a folder that changed just now is marked as one that may change again.
    """
    folder = streams / run
    try:
        mtime = folder.stat(follow_symlinks=False).st_mtime_ns
        files = tuple(sorted(_stream_files(folder, run)))
    except OSError:
        return None
    return StreamFolder(run, 0 if now_ns - mtime < RACY else mtime, files)


def folder_mtime(folder: Path) -> int | None:
    """Modification time (ns) of a folder: it changes when an entry comes. None if there is no such folder."""
    try:
        return folder.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return None


def changed_folders(streams: Path, known: Iterable[tuple[str, int]]) -> list[str]:
    """Of these runs, with the modification time (ns) that is known of each, the ones whose folder has another one."""
    base = f"{streams}/"
    changed = []
    for run, mtime in known:
        try:
            now = os.stat(base + run, follow_symlinks=False).st_mtime_ns  # noqa: PTH116 - twice as fast; there may be 10,000
        except OSError:
            continue
        if now != mtime:
            changed.append(run)
    return changed


def list_edits(streams: Path) -> list[str]:
    """The files of edits, relative to the streams folder."""
    try:
        return sorted(_stream_files(streams / EDITS_DIR, EDITS_DIR))
    except OSError:
        return []


def _stream_files(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False):
                yield f"{prefix}/{entry.name}"


def file_state(streams: Path, file: str, *, fresh: bool = False) -> FileState | None:
    """Size and identity of a stream file; None if it is gone, a link, or no plain file.

    With `fresh` it is opened first: a network filesystem answers a bare stat from a cache for seconds, but
    asks its server again at each open (close-to-open consistency, nfs(5)).
    """
    try:
        if fresh:
            descriptor = os.open(streams / file, _OPEN)
            try:
                found = os.fstat(descriptor)
            finally:
                os.close(descriptor)
        else:
            found = (streams / file).stat(follow_symlinks=False)
    except OSError:
        return None
    return FileState(found.st_size, found.st_ino, found.st_mtime) if stat.S_ISREG(found.st_mode) else None


def read_chunk(
    streams: Path, position: StreamPosition, limit: int, *, longest: int = LONGEST_LINE
) -> StreamChunk:
    """The whole records after the position, in about `limit` bytes (more only for a single long line).

    A file that does not hold what was read of it any more (it is shorter, another one of its name, or written
    anew) gives a `problem`.

    Args:
        streams: The streams folder.
        position: Where the last read ended.
        limit: Bytes.
        longest: Bytes of a line; a longer one is passed over and counted as bad.

    Raises:
        OSError: if the file cannot be opened or read.
    """
    descriptor = os.open(streams / position.file, _OPEN)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return StreamChunk(position, position, problem=f"{position.file} is no plain file")
        before = os.pread(descriptor, min(_TAIL, position.offset), max(0, position.offset - _TAIL))
        problem = _problem(descriptor, found, position, before)
        if problem:
            return StreamChunk(position, position, problem=problem)
        data = _read_lines(descriptor, position.offset, limit, longest)
    finally:
        os.close(descriptor)
    at_end = position.offset + len(data) >= found.st_size and time.time() - found.st_mtime >= CALM
    chunk = _chunk(replace(position, inode=found.st_ino), position, data, at_end, longest)
    taken = chunk.after.offset - position.offset
    tail = zlib.crc32((before + data[max(0, taken - _TAIL) : taken])[-_TAIL:])
    return replace(chunk, after=replace(chunk.after, tail=tail))


def complete_bytes(streams: Path, position: StreamPosition) -> int:
    """How many bytes wait after the position; 0 if they are but an unfinished line.

    Raises:
        OSError: if the file cannot be read.
    """
    descriptor = os.open(streams / position.file, _OPEN)
    try:
        waiting = os.fstat(descriptor).st_size - position.offset
        data = _read_lines(descriptor, position.offset, 1024 * 1024, LONGEST_LINE)
    finally:
        os.close(descriptor)
    return waiting if b"\n" in data or len(data) > LONGEST_LINE else 0


def _problem(descriptor: int, found: os.stat_result, position: StreamPosition, before: bytes) -> str:
    if found.st_size < position.offset:
        return (
            f"{position.file} is shorter ({found.st_size} bytes) than what was read of it ({position.offset})"
        )
    same = position.tail is None or position.tail == zlib.crc32(before)
    if position.head is not None and same:
        same = position.head == _head(os.pread(descriptor, _HEAD, 0))
    if same:  # also where the inode is another: a file that was copied back goes on
        return ""
    moved = position.inode is not None and position.inode != found.st_ino
    return f"{position.file} was {'replaced by another file' if moved else 'cut off and written anew'}"


def _head(data: bytes) -> int:
    """Checksum of the first line's beginning: it names process and time, so no two files have the same."""
    return zlib.crc32(data[:_HEAD].split(b"\n", 1)[0])


def _read_lines(descriptor: int, offset: int, limit: int, longest: int) -> bytes:
    """Bytes from the offset on: about `limit`, but enough for one whole line unless that is too long."""
    data = bytearray()
    want = limit
    while True:
        piece = os.pread(descriptor, want - len(data), offset + len(data))
        data += piece
        if not piece:
            return bytes(data)
        if len(data) < want:
            continue
        if b"\n" in piece or len(data) > longest:
            return bytes(data)
        want = min(2 * want, longest + 1)


def _chunk(
    position: StreamPosition, before: StreamPosition, data: bytes, at_end: bool, longest: int
) -> StreamChunk:
    if position.offset == 0 and b"\n" in data:
        position = replace(position, head=_head(data))
    start = 0
    if position.skipping:
        start = data.find(b"\n") + 1
        if start == 0:
            after = replace(position, offset=position.offset + len(data))
            return StreamChunk(before, after, complete=at_end)
        position = replace(position, skipping=False)
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) > longest:
        after = replace(position, offset=position.offset + len(data), skipping=True)
        return StreamChunk(before, after, bad=1, complete=at_end)
    records, bad = parse_lines(data[start:end], position.offset + start, longest)
    after = replace(position, offset=position.offset + max(start, end))
    return StreamChunk(before, after, records, bad, complete=at_end)
