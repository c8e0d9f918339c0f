"""Where the supervisor of a run listens, so that any terminal of the same person can show the run again.

One socket a run in a folder that is the person's alone: below ``/tmp``, and in ``$XDG_RUNTIME_DIR`` only where that
cannot be had, as the latter is removed when the person's last session ends, which is when the socket is needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
import struct
from pathlib import Path

#: Environment variable that names the folder of the sockets.
ENV_SOCKETS = "MLWS_RUNTIME_DIR"
_LONGEST = 100  # bytes of a socket's path; the kernel takes 107
_MOST_SWEPT = 200
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: see unix(7)


class Listener:
    """Takes connections of the same user at a path, until it is closed.

    Args:
        bound: The listening socket.
        path: Where it is.
    """

    def __init__(self, bound: socket.socket, path: Path) -> None:
        bound.setblocking(False)
        self._socket = bound
        self.path = path
        self._inode = path.stat().st_ino

    def fileno(self) -> int:
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """The next connection, or None: there is none, or it was of another user and is closed."""
        try:
            connection, _ = self._socket.accept()
        except OSError:  # it went again before it was taken, or there is no descriptor left for it
            return None
        if not of_us(connection):
            connection.close()
            return None
        return connection

    def close(self) -> None:
        """Listen no more and take the socket away, if it still is ours."""
        self._socket.close()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()


def listen(root: str, run: str) -> Listener:
    """Listen for those who want to see a run again.

    Args:
        root: The workspace's folder.
        run: The run's id.

    Raises:
        OSError: if there is no folder in which that can be done.
    """
    refused: OSError | None = None
    for folder in _folders():
        try:
            _make_own(folder)
            _sweep(folder)
            return _bind(folder / _name(root, run))
        except OSError as error:
            refused = refused or error
    raise refused or OSError("there is no folder for sockets")


def connect(root: str, run: str) -> socket.socket | None:
    """A connection to the supervisor of a run; None where none of the same user listens on this host."""
    for folder in _folders():
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(folder / _name(root, run)))
            if of_us(connection):
                return connection
        except OSError:  # nobody listens there
            pass
        connection.close()
    return None


def of_us(connection: socket.socket) -> bool:
    """Whether the process at the other end is of the same user."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return bool(_CREDENTIALS.unpack(told)[1] == os.geteuid())


def _folders() -> list[Path]:
    """Where sockets may be, the one to try first first."""
    given = os.environ.get(ENV_SOCKETS)
    if given:
        return [Path(given)]
    places = [Path(f"/tmp/mlws-tui-{os.geteuid()}")]  # noqa: S108 - only used where it is a folder of ours alone
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return [*places, Path(runtime, "mlws-tui")] if runtime else places


def _name(root: str, run: str) -> str:
    return hashlib.sha256(f"{os.path.realpath(root)}\0{run}".encode()).hexdigest()[:24]


def _make_own(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a folder of this user alone")


def _sweep(folder: Path) -> None:
    """Take away the sockets of supervisors that were killed."""
    bound = _bound()
    for path in list(folder.iterdir())[:_MOST_SWEPT]:
        # One that is bound but does not listen yet would refuse, too; and one that is bound in another network
        # namespace is not listed, but answers.
        if str(path) in bound or not path.is_socket():
            continue
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
            trial.setblocking(False)
            try:
                trial.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()


def _bound() -> set[str]:
    """Paths of all sockets that a process of this network namespace holds: see proc(5)."""
    try:
        lines = Path("/proc/net/unix").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    return {line.split(" ", 7)[-1] for line in lines if "/" in line}


def _bind(path: Path) -> Listener:
    if len(os.fsencode(path)) > _LONGEST:
        raise OSError(f"the path {path} is too long for a socket")
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        bound.listen(16)
        return Listener(bound, path)
    except OSError:
        bound.close()
        raise
