"""Packs a file into an archive and back, so that no kill, no full disk and no writer costs a line.

What is written is called ``.NAME.partial`` until it is whole, on the disk and read back; what is removed is set aside
first. All functions block.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Protocol

from mlws_tui.sources.aside import put_back, rename_new, set_aside
from mlws_tui.sources.files import sync_folder
from mlws_tui.sources.modes import folder_mode, make_folder
from mlws_tui.sources.openfiles import is_written
from mlws_tui.sources.packed import DamagedError, packing_of, unpack

#: How the name of a file ends while it is written.
PARTIAL = ".partial"

_PIECE = 1 << 20
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_ZSTD_LEVEL, _GZIP_LEVEL = 6, 6  # a tenth less would take twice the time, on machines that train

#: Is told the bytes of each piece that was worked through; False stops the work.
Going = Callable[[int], bool]


class StoppedError(Exception):
    """The work was stopped; all is as it was before."""


class ChangedError(Exception):
    """The file changed, or somebody opened it, while it was worked on; it stays.

    Attributes:
        place: Where it lies now, if that may be elsewhere than before.
    """

    def __init__(self, place: Path | None = None) -> None:
        super().__init__()
        self.place = place


class Likeness(Enum):
    """How the text of an archive stands to a file."""

    SAME = "same"
    BEGINNING = "beginning"  # the file went on after it was packed
    OTHER = "other"


def _partial_of(path: Path) -> Path:
    """What a file is called while it is being written."""
    return path.with_name(f".{path.name}{PARTIAL}")


def pack(source: Path, archive: Path, packing: str, going: Going, *, replace: bool = False) -> os.stat_result:
    """Write the archive of a file, read it back and compare. The file itself stays.

    Args:
        source: The file.
        archive: The archive, which takes over mode and time of the file.
        packing: ``zstd`` or ``gzip``.
        going: See `Going`.
        replace: Whether an archive that is there already is replaced.

    Returns:
        The file's status while it was packed: what `remove` compares with.

    Raises:
        ChangedError: if the file changed meanwhile, or has a second name. Nothing is left of the archive then, nor
            after any other error.
        FileExistsError: if there is an archive of that name that is not to be replaced.
        StoppedError: if `going` says so.
        DamagedError: if what is read back is not what was written.
        OSError: if the file cannot be read or the archive not be written.
    """
    _make_folder(archive.parent, source.parent)
    with _opened(source) as file, _partial(archive, os.fstat(file.fileno()), replace) as partial:
        status = os.fstat(file.fileno())
        if status.st_nlink != 1:  # who writes it may know it by the other name
            raise ChangedError
        digest = hashlib.blake2b()
        compressor = _compressor(packing)
        size = 0
        while data := file.read(_PIECE):
            _go_on(going, len(data))
            digest.update(data)
            size += len(data)
            partial.write(compressor.compress(data))
        partial.write(compressor.flush())
        _finish(partial, status)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # leave the memory to the training
        os.posix_fadvise(partial.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # and read back what the disk has
        if _digest(_partial_of(archive), packing, going) != (size, digest.digest()):
            raise DamagedError(f"what was written to {archive.name} is not what is read back")
        if size != status.st_size or not _is_still(source, status):
            raise ChangedError
    return status


def restore(archive: Path, target: Path, going: Going) -> os.stat_result:
    """Write the text of an archive as a file, which takes over its mode and time. The archive itself stays.

    Returns:
        The archive's status while it was read: what `remove` compares with.

    Raises:
        FileExistsError: if there is such a file by then, which stays.
        DamagedError: if the archive is not whole. Nothing is left of the file then, nor after any other error.
        ChangedError, StoppedError, OSError: as `pack`.
    """
    packing = packing_of(archive)
    if packing is None:
        raise DamagedError("the file is no archive that is known")
    _make_folder(target.parent, archive.parent)
    with _opened(archive) as file, _partial(target, os.fstat(file.fileno())) as partial:
        status = os.fstat(file.fileno())
        for piece in unpack(file, packing):
            _go_on(going, len(piece))
            partial.write(piece)
        _finish(partial, status)
        if not _is_still(archive, status):
            raise ChangedError
    return status


def remove(path: Path, status: os.stat_result, allowed: Callable[[Path], bool]) -> None:
    """Remove a file that is held elsewhere now.

    It is set aside, so that a writer that comes now begins a new file, and looked at once more: one that came before
    has written to it, or is seen to have it open. A kill in between leaves it aside, for `put_back`.

    Args:
        path: The file.
        status: What it was when it was read.
        allowed: Asked where the kernel cannot tell whether somebody writes it; is given where it lies just then.

    Raises:
        ChangedError: if it is no longer as it was, or somebody has it open for writing; it stays.
        OSError: if it cannot be removed.
    """

    def look(file: BinaryIO, place: Path) -> None:
        written = is_written(file.fileno())
        if written or (written is None and not allowed(place)) or not _is_still(place, status):
            raise ChangedError

    with _opened(path) as file:
        look(file, path)
        hidden = set_aside(path)
        try:
            look(file, hidden)
            hidden.unlink()
        except ChangedError:
            raise ChangedError(put_back(hidden)) from None
        except BaseException:
            put_back(hidden)
            raise
    sync_folder(path.parent)


def compare(archive: Path, file: Path, going: Going) -> Likeness:
    """Compare the text of an archive with a file.

    Raises:
        DamagedError: if the archive is not whole.
        StoppedError, OSError: as `pack`.
    """
    packing = packing_of(archive)
    if packing is None:
        raise DamagedError("the file is no archive that is known")
    with _opened(archive) as packed, _opened(file) as text:
        for piece in unpack(packed, packing):
            _go_on(going, len(piece))
            if text.read(len(piece)) != piece:
                return Likeness.OTHER
        return Likeness.BEGINNING if text.read(1) else Likeness.SAME


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _compressor(packing: str) -> _Compressor:
    if packing == "gzip":
        return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    import zstandard

    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True).compressobj()


def _make_folder(folder: Path, like: Path) -> None:
    if not folder.is_dir():
        make_folder(folder, folder_mode(like))
        sync_folder(folder.parent)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(path, _OPEN)
    with os.fdopen(descriptor, "rb", buffering=_PIECE) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ChangedError
        yield file


@contextmanager
def _partial(path: Path, like: os.stat_result, replace: bool = False) -> Iterator[BinaryIO]:
    """A file that bears the name of `path` once the block ends well, and else is gone."""
    partial = _partial_of(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(partial, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _belong(descriptor, like)
            yield file
        if replace:
            partial.replace(path)
        else:
            rename_new(partial, path)
        sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def _belong(descriptor: int, like: os.stat_result) -> None:
    """Give owner, group and mode; where the group cannot be given, another one must not read in its place."""
    mode = stat.S_IMODE(like.st_mode)
    try:
        os.fchown(descriptor, like.st_uid, like.st_gid)
    except PermissionError:
        mode &= ~0o077
    with suppress(PermissionError):  # a file system without modes keeps its own
        os.fchmod(descriptor, mode)


def _finish(file: BinaryIO, like: os.stat_result) -> None:
    file.flush()
    os.utime(file.fileno(), ns=(like.st_atime_ns, like.st_mtime_ns))
    os.fsync(file.fileno())


def _digest(archive: Path, packing: str, going: Going) -> tuple[int, bytes]:
    digest = hashlib.blake2b()
    size = 0
    with archive.open("rb", buffering=_PIECE) as file:
        for piece in unpack(file, packing):
            _go_on(going, 0)
            digest.update(piece)
            size += len(piece)
    return size, digest.digest()


def _go_on(going: Going, count: int) -> None:
    if not going(count):
        raise StoppedError


def _is_still(path: Path, status: os.stat_result) -> bool:
    """Whether the path leads to the same file, and that is as it was."""
    try:
        now = path.stat(follow_symlinks=False)
    except OSError:
        return False
    return _nature(now) == _nature(status)


def _nature(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_nlink
