"""The index file from nothing to the newest schema: creation, migrations, a damaged file set aside.

Everything here blocks and runs in a thread, before the connections open.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from mlws_tui.domain.errors import StoreError
from mlws_tui.store import ballast, renewal
from mlws_tui.store.errors import DamagedError, FullError, explain
from mlws_tui.store.foreign import foreign_parts
from mlws_tui.store.origin import check_origin
from mlws_tui.store.presence import Presence, alone, beside, in_use, setup_lock
from mlws_tui.store.recovery import Identity, drop, identity, set_aside, take_condemned

#: What no statement can do.
_AFTER: dict[int, Callable[[sqlite3.Connection], None]] = {8: renewal.renew}
#: "mlws" in ASCII: what ``PRAGMA application_id`` says of our files.
APPLICATION_ID = 0x6D6C7773
_UNWRITABLE = frozenset({errno.EACCES, errno.EROFS, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: the version it leads to, its statements, and what is done after them."""

    version: int
    sql: str
    after: Callable[[sqlite3.Connection], None] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the index may be opened.

    Attributes:
        presence: This process's place among those that have it open; to be left after closing.
        read_only: It may only be read.
        frozen: It may be read only as if nobody wrote to it, its journal left aside.
        unclean: Whoever had it open last did not close it.
        notice: One sentence for the person where it is not as usual.
        kept: Where the file went that was set aside, if one was.
    """

    presence: Presence
    read_only: bool = False
    frozen: bool = False
    unclean: bool = False
    notice: str = ""
    kept: Path | None = None


def shipped_migrations() -> tuple[Migration, ...]:
    """The numbered ``.sql`` files of this package, in order."""
    folder = resources.files("mlws_tui.store") / "migrations"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return tuple(
        Migration(int(name[:4]), (folder / name).read_text(encoding="utf-8"), _AFTER.get(int(name[:4])))
        for name in names
    )


def prepare(
    path: Path,
    migrations: Sequence[Migration] | None = None,
    *,
    condemned: Identity | None = None,
    why: str = "damaged",
) -> Prepared:
    """Make the index file ready to be opened: there, sound, ours and of the newest schema.

    Args:
        path: The index.
        migrations: The steps of the schema; the shipped ones by default.
        condemned: The file that is to be set aside, should it still be the one at the path.
        why: ``damaged`` or ``replaced``: part of the name that it gets.

    Raises:
        StoreError: if it can be neither used nor made.
    """
    steps = tuple(migrations) if migrations is not None else shipped_migrations()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with setup_lock(path):
            presence = Presence(path)
            try:
                prepared = _with_room(
                    path, steps, presence, lambda: _prepare_locked(path, steps, presence, condemned, why)
                )
                presence.enter()
            except BaseException:
                presence.leave()
                raise
            return prepared
    except OSError as error:
        if error.errno in _UNWRITABLE and path.exists():
            notice = f"The index {path} cannot be written: it is shown as it is"
            return Prepared(Presence(path), read_only=True, notice=notice)
        raise explain(error, path) from error


def _with_room(
    path: Path, steps: tuple[Migration, ...], presence: Presence, work: Callable[[], Prepared]
) -> Prepared:
    """Where there is no room even to open it, the reserve is given back; without one it is shown as it was."""
    try:
        return work()
    except FullError:
        if ballast.release(path):
            return work()
        if not _made(path, steps[-1].version):
            raise
        notice = (
            f"There is no room left on the disk of {path}: the runs are shown as they were when there was"
        )
        return Prepared(presence, read_only=True, frozen=True, notice=notice)


def _made(path: Path, version: int) -> bool:
    """Whether there is an index of that schema, and not one that was begun and found no room. Nothing is locked."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            return int(_scalar(connection, "PRAGMA user_version")) >= version
    except sqlite3.Error:
        return False


def _prepare_locked(
    path: Path, steps: tuple[Migration, ...], presence: Presence, condemned: Identity | None, why: str
) -> Prepared:
    told, there = take_condemned(path), identity(path)
    kept = _clear(path, why) if there is not None and there in (condemned, told) else None
    for attempt in (1, 2):
        unclean = _left_open(path)
        if not path.exists():
            _create(path)
        try:
            with contextlib.closing(_connect(path)) as connection:
                found = _bring_up(connection, path, steps, presence)
            return replace(found, unclean=unclean, kept=kept)
        except sqlite3.Error as error:
            told_error = explain(error, path)
            if not isinstance(told_error, DamagedError) or attempt == 2:
                raise told_error from error
        except DamagedError:
            if attempt == 2:
                raise
        kept = _clear(path, "damaged")
    raise AssertionError("unreachable")


def _clear(path: Path, why: str) -> Path:
    """Set the file aside once nobody has it open any more: whoever closes a renamed one removes the new journal."""
    with alone(path):
        return set_aside(path, why)


def _left_open(path: Path) -> bool:
    """Whether there is a journal with something in it, although nobody has the index open."""
    try:
        return beside(path, "-wal").stat().st_size > 0 and not in_use(path)
    except OSError:
        return False


def _create(path: Path) -> None:
    """An empty file that only its owner may read. A journal left from one that is gone would damage it."""
    if any(beside(path, suffix).exists() for suffix in ("-wal", "-shm", "-journal")):
        set_aside(path)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=5
    )
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _bring_up(
    connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...], presence: Presence
) -> Prepared:
    version = int(_scalar(connection, "PRAGMA user_version"))
    tables = int(_scalar(connection, "SELECT count(*) FROM sqlite_master"))
    if (version or tables) and int(_scalar(connection, "PRAGMA application_id")) != APPLICATION_ID:
        raise DamagedError(f"{path} is not an index of mlws-tui")
    newest = steps[-1].version
    if 0 < version <= newest:
        made = [sql for step in steps if step.version <= version for sql in _statements(step.sql)]
        if parts := foreign_parts(connection, made):
            raise DamagedError(f"{path} holds {', '.join(parts)}, which no mlws-tui made")
    _keep_in_wal(connection)
    if version > newest:
        return Prepared(
            presence,
            read_only=True,
            notice=f"The index {path} is of a newer mlws-tui (schema {version}, this one has {newest}) "
            "and is only read: update mlws-tui to go on",
        )
    if version < newest:
        if version:
            back_up(connection, path, version)
        migrate(connection, [step for step in steps if step.version > version])
    check_origin(connection, path)
    return Prepared(presence)


def _keep_in_wal(connection: sqlite3.Connection) -> None:
    """WAL is part of the file, set here and never by a working connection: switching under others loses data.

    Another program may have switched it back. Where WAL is refused, SQLite's rollback journal does.
    """
    if str(_scalar(connection, "PRAGMA journal_mode")) == "wal":
        return
    try:
        if str(_scalar(connection, "PRAGMA journal_mode=WAL")) != "wal":
            connection.execute("PRAGMA journal_mode=TRUNCATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise  # else another program has it open just now: it is used as it is


def migrate(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Run the steps in one transaction: all of them, or nothing."""
    connection.execute("BEGIN EXCLUSIVE")
    try:
        for step in steps:
            for statement in _statements(step.sql):
                connection.execute(statement)
            if step.after is not None:
                step.after(connection)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={steps[-1].version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """A sound copy of the index beside it, as ``index.db.backup-v1``; one of the same version is replaced."""
    target = beside(path, f".backup-v{version}")
    partial = beside(path, ".backup-partial")
    drop(partial)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    try:
        connection.execute("VACUUM INTO ?", (str(partial),))
        partial.replace(target)
    except BaseException:
        drop(partial)  # it may have taken all the room that was left
        raise
    return target


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


def require(path: Path) -> None:
    """Check that there is an index to read.

    Raises:
        StoreError: if there is none.
    """
    if not path.exists():
        raise StoreError(f"There is no index at {path}", hint="open the workspace once with mlws-tui")
