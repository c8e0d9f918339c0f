"""The index file from nothing to the newest schema: creation, migrations, a damaged file set aside.

Everything here blocks and runs in a thread, before the connections open.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from mlws_tui.domain.errors import StoreError
from mlws_tui.store.errors import BusyError, DamagedError, explain

#: "mlws" in ASCII: what ``PRAGMA application_id`` says of our files.
APPLICATION_ID = 0x6D6C7773
_LOCK_WAIT = 10.0
_UNWRITABLE = frozenset({errno.EACCES, errno.EROFS, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: the version it leads to and its statements."""

    version: int
    sql: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the index may be opened, and one sentence for the person where that is not as usual."""

    read_only: bool = False
    notice: str = ""


def shipped_migrations() -> tuple[Migration, ...]:
    """The numbered ``.sql`` files of this package, in order."""
    folder = resources.files("mlws_tui.store") / "migrations"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return tuple(Migration(int(name[:4]), (folder / name).read_text(encoding="utf-8")) for name in names)


def prepare(path: Path, migrations: Sequence[Migration] | None = None) -> Prepared:
    """Make the index file ready to be opened: there, sound, ours and of the newest schema.

    Raises:
        StoreError: if it can be neither used nor made.
    """
    steps = tuple(migrations) if migrations is not None else shipped_migrations()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _setup_lock(path):
            return _prepare_locked(path, steps)
    except OSError as error:
        if error.errno in _UNWRITABLE and path.exists():
            return Prepared(
                read_only=True, notice=f"The index {path} cannot be written: it is shown as it is"
            )
        raise explain(error, path) from error


def _prepare_locked(path: Path, steps: tuple[Migration, ...]) -> Prepared:
    for attempt in (1, 2):
        if not path.exists():
            _create(path)
        try:
            with contextlib.closing(_connect(path)) as connection:
                return _bring_up(connection, path, steps)
        except sqlite3.Error as error:
            told = explain(error, path)
            if not isinstance(told, DamagedError) or attempt == 2:
                raise told from error
        except DamagedError:
            if attempt == 2:
                raise
        set_aside(path)
    raise AssertionError("unreachable")


def _create(path: Path) -> None:
    """An empty file that only its owner may read. A journal left from one that is gone would damage it."""
    if any(_beside(path, suffix).exists() for suffix in ("-wal", "-shm", "-journal")):
        set_aside(path)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=5
    )
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _bring_up(connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...]) -> Prepared:
    version = int(_scalar(connection, "PRAGMA user_version"))
    tables = int(_scalar(connection, "SELECT count(*) FROM sqlite_master"))
    if version or tables:
        if int(_scalar(connection, "PRAGMA application_id")) != APPLICATION_ID:
            raise DamagedError(f"{path} is not an index of mlws-tui")
    else:
        # Once, here, and never by a connection: switching under others is how databases got lost.
        if str(_scalar(connection, "PRAGMA journal_mode=WAL")) != "wal":
            connection.execute("PRAGMA journal_mode=TRUNCATE")
    newest = steps[-1].version
    if version > newest:
        return Prepared(
            read_only=True,
            notice=f"The index {path} is of a newer mlws-tui (schema {version}, this one has {newest}) "
            "and is only read: update mlws-tui to go on",
        )
    if version < newest:
        if version:
            back_up(connection, path, version)
        migrate(connection, [step for step in steps if step.version > version])
    return Prepared()


def migrate(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Run the steps in one transaction: all of them, or nothing."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        for step in steps:
            for statement in _statements(step.sql):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={steps[-1].version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """A sound copy of the index beside it, as ``index.db.backup-v1``; one of the same version is replaced."""
    target = _beside(path, f".backup-v{version}")
    partial = _beside(path, ".backup-partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection.execute("VACUUM INTO ?", (str(partial),))
    partial.replace(target)
    return target


def set_aside(path: Path) -> Path:
    """Rename the index and its journals together to ``index.db.damaged-<time>`` and return that name."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    base = _beside(path, f".damaged-{stamp}")
    number = 1
    while base.exists():
        number += 1
        base = _beside(path, f".damaged-{stamp}-{number}")
    for suffix in ("", "-wal", "-shm", "-journal"):
        part = _beside(path, suffix)
        if part.exists():
            part.rename(_beside(base, suffix))
    return base


def _statements(sql: str) -> Iterator[str]:
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _scalar(connection: sqlite3.Connection, sql: str) -> int | str:
    value: int | str = connection.execute(sql).fetchone()[0]
    return value


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextlib.contextmanager
def _setup_lock(path: Path) -> Iterator[None]:
    """Of all processes only one at a time creates, migrates or sets aside an index."""
    lock = os.open(_beside(path, ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        deadline = time.monotonic() + _LOCK_WAIT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise BusyError(
                        f"Another process is still preparing the index {path}", hint="try again in a moment"
                    ) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(lock)


def require(path: Path) -> None:
    """Check that there is an index to read.

    Raises:
        StoreError: if there is none.
    """
    if not path.exists():
        raise StoreError(f"There is no index at {path}", hint="open the workspace once with mlws-tui")
