"""Writing documents, their passages and their links: all of one document, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mlws_tui.domain.passages import ERROR, TIERS, TextDocument, clean
from mlws_tui.store.codec import dumps, loads
from mlws_tui.store.origin import mark_commit
from mlws_tui.store.resolve import mapping

#: Ids of passages are the number of their day, then so many bits that tell them apart within it.
DAY_BITS = 32
#: So far back into what happened in a run its alerts and notes are looked for: an agent may do a million things.
_HAPPENINGS = 500
_LATEST = "SELECT type, data FROM happenings WHERE run = ? ORDER BY ts DESC LIMIT ?"
_FOUND = "passages_found (passages_found, rowid, title, tags, text, path)"
_INSERT = """
INSERT INTO documents (key, kind, tier, path, line, name, run, day, model, experiment, tags, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A document as the index has it: its digest, and the line at which it begins."""

    digest: str
    line: int


def standing(connection: sqlite3.Connection) -> dict[str, Standing]:
    """What the index has, by key."""
    rows = connection.execute("SELECT key, digest, line FROM documents")
    return {key: Standing(digest, line) for key, digest, line in rows}


def filled(connection: sqlite3.Connection) -> bool:
    """Whether the index has any document."""
    return connection.execute("SELECT 1 FROM documents LIMIT 1").fetchone() is not None


def told(connection: sqlite3.Connection, runs: Sequence[str]) -> dict[str, list[str]]:
    """What the latest alerts and notes of these runs say, in order of time; runs without any are left out."""
    found: dict[str, list[str]] = {}
    for run in runs:
        rows = connection.execute(_LATEST, (run, _HAPPENINGS)).fetchall()
        lines = [
            _line(kind, mapping(loads(data))) for kind, data in reversed(rows) if kind in ("alert", "note")
        ]
        if lines:
            found[run] = lines
    return found


def _line(kind: str, data: Mapping[str, Any]) -> str:
    return ": ".join((kind, *(str(data[key]) for key in ("title", "text") if data.get(key))))


@dataclass(frozen=True, slots=True)
class KeepTexts:
    """Write documents anew, forget some, and move those that begin at another line than before.

    Attributes:
        documents: New ones and changed ones.
        gone: Keys of those that are no more.
        moved: By key the line at which a document begins now, from 0.
    """

    documents: Sequence[TextDocument] = ()
    gone: Sequence[str] = ()
    moved: Mapping[str, int] = field(default_factory=dict)

    def apply(self, connection: sqlite3.Connection) -> None:
        mark_commit(connection)
        for key in (*self.gone, *(one.key for one in self.documents)):
            _forget(connection, key)
        # Passages go in by ids that grow: the index of words is written anew at each that does not.
        for one in sorted(self.documents, key=lambda one: _ordinal(one.day)):
            _write(connection, one)
        connection.executemany(
            "UPDATE documents SET line = ? WHERE key = ?", [(line, key) for key, line in self.moved.items()]
        )


def _forget(connection: sqlite3.Connection, key: str) -> None:
    row = connection.execute("SELECT id FROM documents WHERE key = ?", (key,)).fetchone()
    if row is None:
        return
    connection.execute(
        f"INSERT INTO {_FOUND} SELECT 'delete', id, title, tags, text, path FROM passages "  # noqa: S608
        "WHERE document = ? ORDER BY id",
        row,
    )
    for statement in (
        "DELETE FROM passages WHERE document = ?",
        "DELETE FROM text_links WHERE document = ?",
        "DELETE FROM documents WHERE id = ?",
    ):
        connection.execute(statement, row)


def _write(connection: sqlite3.Connection, one: TextDocument) -> None:
    tags = "\n".join(one.tags)
    day = None if one.day is None else one.day.isoformat()
    values = (
        one.key, one.kind, TIERS[one.kind], clean(one.path), one.line, clean(one.name), one.run, day,
        clean(one.model), clean(one.experiment), clean(tags), one.digest,
    )  # fmt: skip
    document = connection.execute(_INSERT, values).lastrowid
    # Within a day its first line has the largest id: by ids from the largest down a day reads from top to bottom.
    top = _free(connection, one.day) + len(one.passages)
    # An error is found by what it says and by the name of its run: all else is found with the run itself.
    names = "" if one.kind == ERROR else "\n".join(filter(None, (tags, one.model, one.experiment)))
    # The path stands with the first line alone: else all lines of a file would fit what it is called.
    rows = [
        (top - i, document, part.line, *map(clean, (part.title, names, part.text, "" if i else one.path)))
        for i, part in enumerate(one.passages)
    ][::-1]
    connection.executemany(
        "INSERT INTO passages (id, document, line, title, tags, text, path) VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    connection.executemany(
        "INSERT INTO passages_found (rowid, title, tags, text, path) VALUES (?, ?, ?, ?, ?)",
        [(row[0], *row[3:]) for row in rows],
    )
    connection.executemany(
        "INSERT INTO text_links (document, line, kind, target, text) VALUES (?, ?, ?, ?, ?)",
        [(document, link.line, link.kind, clean(link.target), clean(link.text)) for link in one.links],
    )


def _ordinal(day: date | None) -> int:
    return 0 if day is None else day.toordinal()


def _free(connection: sqlite3.Connection, day: date | None) -> int:
    """The id before the first one that is free at the end of a day."""
    first = _ordinal(day) << DAY_BITS
    row = connection.execute(
        "SELECT max(id) FROM passages WHERE id >= ? AND id < ?", (first, first + (1 << DAY_BITS))
    ).fetchone()
    return first if row[0] is None else int(row[0])


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as the index has it. `line` counts from 1 in its file."""

    kind: str
    target: str
    path: str
    line: int
    day: date | None
    source: str
    text: str


_LINKS = """
SELECT t.kind, t.target, d.path, d.line + t.line + 1, d.day, d.kind, t.text
FROM text_links t JOIN documents d ON d.id = t.document WHERE {where}
ORDER BY d.day DESC, d.path, d.line + t.line LIMIT ?
"""


def links_to(connection: sqlite3.Connection, wanted: Sequence[tuple[str, str]], limit: int) -> list[LinkRow]:
    """The links that lead to any of these (kind, target), the newest day first."""
    where = "(t.kind, t.target) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"
    rows = connection.execute(_LINKS.format(where=where), (dumps([list(one) for one in wanted]), limit))
    return list(map(_link, rows))


def links_of(connection: sqlite3.Connection, kind: str, limit: int) -> list[LinkRow]:
    """All links of a kind, the newest day first."""
    return list(map(_link, connection.execute(_LINKS.format(where="t.kind = ?"), (kind, limit))))


def _link(row: tuple[str, str, str, int, str | None, str, str]) -> LinkRow:
    kind, target, path, line, day, source, text = row
    return LinkRow(kind, target, path, line, date.fromisoformat(day) if day else None, source, text)
