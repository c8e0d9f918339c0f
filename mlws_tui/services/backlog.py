"""What waits to be ingested: the stream files that may have grown, and whose turn it is.

Everything here blocks on files and runs in a thread, one call at a time.
"""

from __future__ import annotations

import errno
import heapq
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlws_tui.domain.chunks import StreamChunk, StreamFolder, StreamPosition
from mlws_tui.sources.streams import (
    CALM,
    RACY,
    changed_folders,
    complete_bytes,
    file_state,
    folder_mtime,
    list_edits,
    list_folder,
    list_runs,
    read_chunk,
)
from mlws_tui.store.requests import Standing

#: Bytes per file (more where few files wait) and per pass: the commit of a pass takes about 50 to 100 ms.
FILE_BYTES = 128 * 1024
PASS_BYTES = 512 * 1024
_FRESH = 600.0  # a file that grew within these seconds is looked at on every scan
_IDLE_SHARE = 0.01  # an older one after this share of the time that it has been still …
_IDLE_MOST = 30.0  # … but at least this often (s)
_SWEEP = 5.0  # all folders are looked at this often (s) …
_SWEEP_SHARE = 200  # … or less often, so that it takes no more than a 200th of the time
_RECENT = 50  # folders of runs that ended, newest first, that are looked at …
_RECENT_EVERY = 1.0  # … this often (s)
_RETRY = 5.0  # a file that could not be read is tried again after this (s)


@dataclass(slots=True)
class _File:
    """A stream file that may still grow."""

    position: StreamPosition
    size: int = 0
    looked_at: int = -1  # its size when it held no whole line after the position
    calm: bool = False  # nothing has come for a while
    check_at: float = 0.0
    turn: int = 0

    @property
    def waiting(self) -> int:
        """Bytes that may hold whole lines."""
        if self.size < self.position.offset:  # it shrank: to be looked at once
            return 1
        new = self.size - self.position.offset if self.size != self.looked_at else 0
        return new or int(self.over)

    @property
    def over(self) -> bool:
        """Whether it can be left alone from now on."""
        return self.position.ended and self.calm


class Backlog:
    """Knows the files of one streams folder, beginning with what the index knows of them."""

    def __init__(self, streams: Path, standing: Standing, *, network: bool = False) -> None:
        self._streams = streams
        self._network = network
        self._folders = dict(standing.folders)
        self._files = {position.file: _File(position) for position in standing.open}
        self._listings: dict[str, tuple[str, ...]] = {}
        self._listed: int | None = None
        self._sweep_at = 0.0
        self._recent_at = 0.0
        self._turn = 0
        self.problems = dict(standing.stuck)

    @property
    def behind(self) -> int:
        """Bytes that wait."""
        return sum(file.waiting for file in self._files.values())

    def scan(self, *, everything: bool = False) -> list[StreamFolder]:
        """Look for files that grew and for new ones.

        Args:
            everything: Look at all files and folders now, also those whose turn it is not.

        Returns:
            Folders with new files, for `registered` once the index knows them.
        """
        now = time.monotonic()
        folders = self._changed_folders(now, everything)
        for file in list(self._files.values()) if everything else self._due(now):
            self._check(file, now)
        return folders

    def look(self, *, everything: bool = False) -> tuple[list[StreamFolder], list[StreamChunk]]:
        """`scan`, and `take` where no new folder has to be registered first."""
        folders = self.scan(everything=everything)
        return folders, [] if folders else self.take()

    def registered(self, folders: Sequence[StreamFolder], positions: Iterable[StreamPosition]) -> None:
        """The index knows these folders: those of their files that may grow are followed from now on."""
        now = time.monotonic()
        for folder in folders:
            self._folders[folder.run] = folder.mtime
            self._listings[folder.run] = folder.files
        for position in positions:
            self._follow(position, now)

    def take(self) -> list[StreamChunk]:
        """Chunks for one commit: files with little to read first, then by turns, new runs before old ones."""
        waiting = sorted(
            (file for file in self._files.values() if file.waiting),
            key=lambda file: file.position.run or "~",
            reverse=True,
        )
        waiting.sort(key=lambda file: (file.waiting > FILE_BYTES, file.turn))
        self._turn += 1
        chunks: list[StreamChunk] = []
        room = PASS_BYTES
        share = max(FILE_BYTES, PASS_BYTES // max(1, len(waiting)))
        for file in waiting:
            if room <= 0:
                break
            file.turn = self._turn
            chunk = self._read(file, min(share, room))
            if chunk is not None:
                chunks.append(chunk)
                room -= chunk.after.offset - chunk.before.offset
        return chunks

    def committed(self, chunks: Sequence[StreamChunk]) -> None:
        """These chunks are in the index."""
        for chunk in chunks:
            file = self._files[chunk.before.file]
            if chunk.before.run is None:  # edits never end
                file.position = chunk.after
                if chunk.problem:
                    self.give_up(chunk.before.file, chunk.problem)
                continue
            ended = chunk.after.ended or any(record["type"] == "end" for _, record in chunk.records)
            file.position = replace(chunk.after, ended=ended)
            if chunk.problem or (ended and chunk.complete):
                self._forget(file)

    def give_up(self, file: str, problem: str) -> None:
        """Follow this file no more, until the backlog is made anew."""
        self._forget(self._files[file])
        self.problems[file] = problem

    def marks(self) -> dict[str, int]:
        """For each file that has more to read, its size as last seen."""
        return {file.position.file: file.size for file in self._files.values() if file.waiting}

    def reached(self, marks: Mapping[str, int]) -> bool:
        """Whether all these files are read that far, or hold no whole line more."""
        files = ((self._files.get(name), size) for name, size in marks.items())
        return all(file is None or not file.waiting or file.position.offset >= size for file, size in files)

    def targets(self) -> dict[str, int]:
        """For each file that holds whole lines still to be ingested, its size now."""
        found: dict[str, int] = {}
        for file in self._files.values():
            if file.waiting:
                try:
                    more = complete_bytes(self._streams, file.position)
                except OSError:
                    continue
                if more:
                    found[file.position.file] = file.position.offset + more
        return found

    def _due(self, now: float) -> list[_File]:
        return [file for file in self._files.values() if now >= file.check_at]

    def _changed_folders(self, now: float, everything: bool) -> list[StreamFolder]:
        sweep = everything or now >= self._sweep_at
        due = (file.position.run for file in self._due(now))
        look = set(self._folders) if sweep else {run for run in due if run is not None}
        if now >= self._recent_at:  # a run that is resumed is mostly a recent one
            self._recent_at = now + _RECENT_EVERY
            look.update(heapq.nlargest(_RECENT, self._folders))
        changed = set(changed_folders(self._streams, ((run, self._folders.get(run, 0)) for run in look)))
        if sweep:
            self._sweep_at = now + max(_SWEEP, (time.monotonic() - now) * _SWEEP_SHARE)
        now_ns = time.time_ns()
        listed = folder_mtime(self._streams)
        if listed is None and self._folders:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._streams))
        if listed != self._listed or everything:
            changed.update(run for run in list_runs(self._streams) if run not in self._folders)
            self._listed = listed if listed is not None and now_ns - listed > RACY else None
        for name in list_edits(self._streams):
            self._follow(StreamPosition(name, None), now)
        folders = (list_folder(self._streams, run, now_ns) for run in sorted(changed, reverse=True))
        return [folder for folder in folders if folder is not None and self._is_news(folder)]

    def _is_news(self, folder: StreamFolder) -> bool:
        """A folder that changed just now is listed again and again: mostly it holds nothing new."""
        return folder.mtime != self._folders.get(folder.run) or folder.files != self._listings.get(folder.run)

    def _follow(self, position: StreamPosition, now: float) -> None:
        if position.file in self._files or position.file in self.problems:
            return
        file = self._files[position.file] = _File(position)
        self._check(file, now)

    def _check(self, file: _File, now: float) -> None:
        state = file_state(self._streams, file.position.file, fresh=self._network)
        if state is None:  # gone with its folder: what was read of it stays
            self._forget(file)
            if file.position.run is not None:  # should it come back, it is news
                self._folders[file.position.run] = 0
                self._listings.pop(file.position.run, None)
            return
        file.size = state.size
        if file.position.file in self.problems:
            file.looked_at = -1
        still = time.time() - state.mtime
        file.calm = still >= CALM
        file.check_at = now if still < _FRESH else now + min(_IDLE_MOST, still * _IDLE_SHARE)

    def _read(self, file: _File, limit: int) -> StreamChunk | None:
        """The next chunk of a file; None if there is nothing to commit."""
        name = file.position.file
        try:
            chunk = read_chunk(self._streams, file.position, limit)
        except OSError as error:
            self.problems[name] = f"{name} cannot be read: {error.strerror or error}"
            file.looked_at = file.size
            file.check_at = time.monotonic() + _RETRY
            return None
        self.problems.pop(name, None)
        if chunk.after.offset == file.position.offset and not chunk.problem:
            file.looked_at = file.size
            return chunk if file.over and chunk.complete else None
        return chunk

    def _forget(self, file: _File) -> None:
        self._files.pop(file.position.file, None)
