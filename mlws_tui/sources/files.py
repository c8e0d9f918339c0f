"""Files that people write: read with their identity, saved so that no crash and no full disk costs a word.

All functions block: call them in a thread.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.domain.errors import MlwsError
from mlws_tui.sources.modes import file_mode, folder_mode, lock_mode, make_folder, set_mode

#: More than this is no text that a person edits.
MAX_BYTES = 256 * 1024 * 1024
#: If one byte of so many is NUL it is no UTF-8 text; a few are shown and kept like other control characters.
_FULL_OF_NUL = 8

_NO_FILE = "move what stands there out of the way"
#: What a person can do about an error of the system.
_WAYS_OUT = {
    errno.EACCES: "you lack the right to; see who owns it, and its folder, with: ls -ld",
    errno.EPERM: "you lack the right to; see who owns it with ls -l, and its attributes with lsattr",
    errno.EROFS: "its disk is mounted read-only",
    errno.ENOSPC: "make room on the disk, then try again",
    errno.EDQUOT: "make room within your quota, then try again",
    errno.EISDIR: _NO_FILE,
    errno.ENOTDIR: "something on the way to it is no folder",
    errno.ELOOP: "it is a symbolic link, or one that leads to itself; see where with: ls -l",
    errno.ENXIO: _NO_FILE,
    errno.EFBIG: "a limit on the size of files is in force; see: ulimit -f",
    errno.EIO: "the disk reports an error; copy what is on it somewhere else",
}
_NEEDS_LINK = {errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMLINK}


class FileError(MlwsError):
    """A file could not be read or saved; what was on disk before is still there."""


class ChangedError(FileError):
    """The file is no longer as it was when it was read."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file as it was read.

    Attributes:
        data: Its bytes; empty where there is no file.
        exists: Whether there is a file.
    """

    data: bytes = b""
    exists: bool = False


def stamp(path: Path) -> tuple[int, int, int, int] | None:
    """What tells a changed file cheaply: device, inode, size, time of change (ns); None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def read(path: Path) -> Snapshot:
    """Read a file; one that does not exist is an empty snapshot.

    Raises:
        FileError: if it cannot be read or is no text.
    """
    try:
        # Not blocking: a pipe in the place of the file would keep us waiting for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileError(f"{path} is no regular file", hint=_NO_FILE)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(MAX_BYTES + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return Snapshot()
    except OSError as error:
        raise FileError(f"{path} could not be read: {_words(error)}", hint=_way_out(error)) from error
    if len(data) > MAX_BYTES:
        raise FileError(
            f"{path} is larger than {MAX_BYTES // 2**20} MB", hint="nobody has written that by hand"
        )
    if data.count(0) * _FULL_OF_NUL > len(data):
        raise FileError(
            f"{path} is not UTF-8 text: much of it is NUL bytes",
            hint="convert it with iconv, or take them out where a power cut left them",
        )
    return Snapshot(data, exists=True)


@contextmanager
def locked(path: Path, timeout: float = 5.0) -> Iterator[None]:
    """Hold the lock file against other programs that edit the same document.

    Args:
        path: The lock file; made where it is missing, for those who may write in its folder.
        timeout: Seconds to wait for who holds it.

    Raises:
        FileError: if the lock cannot be had.
    """
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, lock_mode(path.parent))
    except OSError as error:
        raise FileError(f"{path} could not be opened: {_words(error)}", hint=_way_out(error)) from error
    try:
        _take(descriptor, path, time.monotonic() + timeout)
        yield
    finally:
        os.close(descriptor)  # gives the lock up as well


def _take(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise FileError(f"Another program holds {path}", hint="try again when it is done") from None
            time.sleep(0.01)
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP):  # a network file system without locks
                return  # whoever saves still compares the file with what it read
            raise FileError(f"{path} could not be locked: {_words(error)}", hint=_way_out(error)) from error


def create(path: Path, data: bytes, like: Path | None = None) -> None:
    """Write a file that does not exist yet.

    Args:
        path: The file; folders that are missing above it are made.
        data: Its bytes.
        like: A folder whose privacy it takes; by default the umask decides.

    Raises:
        FileExistsError: if it exists.
        FileError: if it cannot be written; then nothing is left of it.
    """
    mode = file_mode(like) if like is not None else 0o666
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        _make_place(path.parent, like)
        descriptor = os.open(path, flags, mode)
    except FileExistsError:
        raise
    except OSError as error:
        raise FileError(f"{path} could not be made: {_words(error)}", hint=_way_out(error)) from error
    try:
        try:
            if like is not None:
                set_mode(descriptor, mode)
            _write(descriptor, data)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise FileError(f"{path} could not be written: {_words(error)}", hint=_hint(error)) from error


def _make_place(folder: Path, like: Path | None) -> None:
    try:
        if like is not None:
            make_folder(folder, folder_mode(like))
        else:
            folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise FileError(f"{error.filename} is a file, where a folder is needed") from error


def save(path: Path, data: bytes, before: Snapshot, like: Path | None = None) -> Snapshot:
    """Put new bytes in the place of a file's old ones: all of them or none.

    The file keeps its mode, owner, extended attributes, and the symbolic and hard links that lead to it. Where
    a new file cannot take all of that over, the old one is rewritten, its space reserved and a copy beside it.

    Args:
        path: The file.
        data: Its new bytes.
        before: What it was when it was read.
        like: A folder whose privacy a new file takes; by default the umask decides.

    Returns:
        The file as it is now.

    Raises:
        ChangedError: if the file is no longer as it was read; nothing is written.
        FileError: if it cannot be saved; the old bytes are still there.
    """
    real = Path(os.path.realpath(path))
    if not before.exists:
        try:
            create(real, data, like)
        except FileExistsError:
            raise ChangedError(f"{path} was made by another program meanwhile") from None
        return Snapshot(data, exists=True)
    try:
        if not _replace(real, data, before):
            _rewrite(real, data, before)
    except OSError as error:
        raise FileError(f"{path} could not be saved: {_words(error)}", hint=_hint(error)) from error
    return Snapshot(data, exists=True)


def _check(path: Path, before: Snapshot) -> None:
    if read(path) != before:
        raise ChangedError(f"{path} was changed by another program meanwhile")


def _replace(path: Path, data: bytes, before: Snapshot) -> bool:
    """Save through a new file beside the old one; False where that would lose what the old file is."""
    status = path.stat()
    if status.st_nlink > 1 or status.st_uid != os.geteuid() or not os.access(path, os.W_OK):
        return False
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
    except OSError as error:
        if error.errno in _NEEDS_LINK:
            return False
        raise
    try:
        try:
            if not _take_over(path, descriptor, status):
                return False
            _write(descriptor, data)
        finally:
            os.close(descriptor)
        _check(path, before)
        temporary.replace(path)
        sync_folder(path.parent)
        return True
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _take_over(path: Path, descriptor: int, status: os.stat_result) -> bool:
    """Give the new file the old one's mode, group and attributes; False where one cannot be given."""
    try:
        if os.fstat(descriptor).st_gid != status.st_gid:
            os.fchown(descriptor, -1, status.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        for name in os.listxattr(path):
            if not name.startswith(
                ("security.", "trusted.")
            ):  # the system's own; it sets them on the new file
                os.setxattr(descriptor, name, os.getxattr(path, name))
    except OSError as error:
        return error.errno in (errno.ENOTSUP, errno.ENOSYS)  # a file system without such attributes
    return True


def _rewrite(path: Path, data: bytes, before: Snapshot) -> None:
    """Save into the file itself. Its space is reserved first: a full disk is met before a byte changes."""
    copy = path.with_name(f".{path.name}.{os.urandom(4).hex()}.bak")
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    whole = True
    try:
        # A folder that one may not write: then without the copy, which only a crash would need. It comes before
        # the check, as it takes the longest, and others may write until the check.
        with suppress(OSError):
            create_private(copy, before.data)
        _check(path, before)
        size = os.fstat(descriptor).st_size
        _reserve(descriptor, size, len(data))
        try:
            _write(descriptor, data)
            os.ftruncate(descriptor, len(data))
            os.fsync(descriptor)
        except BaseException:
            whole = False
            _put_back(descriptor, before.data, size)
            whole = True
            raise
    finally:
        os.close(descriptor)
        if whole:  # else the copy is all that is left of the old bytes
            with suppress(OSError):
                copy.unlink()


def _put_back(descriptor: int, data: bytes, size: int) -> None:
    """Undo a save that failed; a file in which no byte was written yet loses only what was reserved."""
    if os.lseek(descriptor, 0, os.SEEK_CUR):
        os.lseek(descriptor, 0, os.SEEK_SET)
        _write(descriptor, data)
    if os.fstat(descriptor).st_size > size:
        os.ftruncate(descriptor, size)


def _reserve(descriptor: int, size: int, wanted: int) -> None:
    if wanted <= size:
        return
    try:
        os.posix_fallocate(descriptor, size, wanted - size)
    except OSError as error:
        os.ftruncate(descriptor, size)
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise


def create_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read, and have it on the disk at return.

    Raises:
        OSError: if it exists or cannot be written; then nothing is left of it.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _write(descriptor, data)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(descriptor)


def replace_private(path: Path, data: bytes) -> None:
    """As `create_private`, in the place of what is there; a crash leaves the old or the new, never half.

    Raises:
        OSError: if it cannot be written; the old file is still there.
    """
    make_folder(path.parent, 0o700)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    create_private(temporary, data)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink()
        raise
    sync_folder(path.parent)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk at return.

    Raises:
        OSError: if the disk fails.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(descriptor)


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _hint(error: OSError) -> str:
    """What to do after a save that failed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the file on disk is as it was; make room, then save again"
    what = _WAYS_OUT.get(error.errno or 0)
    return "the file on disk is as it was" + (f"; {what}" if what else "")


def _way_out(error: OSError) -> str:
    """What to do about a file that could not be opened; always something."""
    return _WAYS_OUT.get(error.errno or 0, "see what it is with: ls -ld")
