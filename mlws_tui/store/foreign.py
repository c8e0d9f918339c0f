"""What in an index is none of ours: an index file may have been prepared by somebody else.

A trigger or a view runs when our own statements touch its tables. With ``trusted_schema=OFF`` it can call nothing
that reaches beyond the file, but it can still change what we store or never come to an end.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from functools import lru_cache

_PARTS = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


def foreign_parts(connection: sqlite3.Connection, statements: Iterable[str]) -> list[str]:
    """Names of the tables, indexes, views and triggers that are not as these statements make them.

    Args:
        connection: The index; its schema is read, and nothing of it is run.
        statements: What the schema of its version is made by, in order.

    Raises:
        sqlite3.Error: if the schema cannot be read.
    """
    ours = _made_by(tuple(statements))
    return sorted(name for kind, name, sql in connection.execute(_PARTS) if (kind, name, sql) not in ours)


@lru_cache(maxsize=4)
def _made_by(statements: tuple[str, ...]) -> frozenset[tuple[str, str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        return frozenset(connection.execute(_PARTS))
