"""Searching the passages: by the index of words where it knows them, else letter by letter."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date

from mlws_tui.domain.searchquery import SearchQuery, Term, fold
from mlws_tui.store.passages import DAY_BITS

_COLUMNS = "d.kind, d.tier, d.path, d.line + p.line, d.day, p.title, d.name, d.run, p.text, p.tags"
_OF_PASSAGE = "CROSS JOIN documents d ON d.id = p.document"
#: Headings count more than tags, tags more than text, text more than paths.
_RANK = "bm25(passages_found, 10.0, 5.0, 1.0, 0.5)"
_ALL_TEXT = "p.text || char(10) || p.tags || char(10) || p.path"
#: If the documents that are asked for have no more passages than that, only these are looked at.
_FEW = 20_000
_ESCAPED = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that fits. `line` counts from 0 in its file; `name` is that of the session or the run."""

    kind: str
    tier: int
    path: str
    line: int
    day: date | None
    title: str
    name: str
    run: str | None
    text: str
    tags: str


def find(
    connection: sqlite3.Connection, query: SearchQuery, limit: int, ranked: bool
) -> tuple[list[FoundPassage], bool]:
    """The passages that fit, the newest first or the best, and whether there are more."""
    fits, narrow = _few(connection, query)
    if not fits:
        return [], False
    words = [term for term in query.terms if not term.anywhere]
    rows = _ask(connection, query, narrow, limit + 1, ranked)
    if not rows and any(not term.negative for term in words):
        rows = _ask(connection, query.loose, narrow, limit + 1, ranked)
    return [_found(row) for row in rows[:limit]], len(rows) > limit


def _passages_asked_for(query: SearchQuery) -> tuple[str, list[object]]:
    """The passages of the documents that are asked for; empty where all are."""
    where: list[str] = []
    values: list[object] = []
    _filter_documents(query, where, values)
    if not where:
        return "", values
    documents = f"SELECT d.id FROM documents d WHERE {' AND '.join(where)}"  # noqa: S608
    return f"SELECT id FROM passages WHERE document IN ({documents})", values  # noqa: S608


def _few(connection: sqlite3.Connection, query: SearchQuery) -> tuple[bool, bool]:
    """Whether any passage can fit at all, and whether so few can that they alone are looked at."""
    wanted, values = _passages_asked_for(query)
    if not wanted:
        return True, False
    counted = f"SELECT count(*) FROM (SELECT 1 FROM ({wanted}) LIMIT {_FEW + 1})"  # noqa: S608
    count = connection.execute(counted, values).fetchone()[0]
    return count > 0, count <= _FEW


def _ask(
    connection: sqlite3.Connection, query: SearchQuery, narrow: bool, limit: int, ranked: bool
) -> list[tuple[object, ...]]:
    where: list[str] = []
    values: list[object] = []
    match = _match(query.terms)
    row_id = "f.rowid" if match else "p.id"
    tables = f"passages p {_OF_PASSAGE}"
    order = f"{row_id} DESC"
    if match:
        tables = f"passages_found f CROSS JOIN passages p ON p.id = f.rowid {_OF_PASSAGE}"
        where.append("passages_found MATCH ?")
        values.append(match)
        order = f"{_RANK}, {order}" if ranked else order
    if narrow:
        wanted, asked = _passages_asked_for(query)
        # With the plus the words are looked up once, and not once for each of these passages.
        where.append(f"{'+' if match else ''}{row_id} IN ({wanted})")
        values += asked
    for term in query.terms:
        if term.anywhere or (term.negative and not match):
            sign = "NOT " if term.negative else ""
            if term.text.isascii() or term.text.upper() == term.text.lower():
                where.append(f"{sign}({_ALL_TEXT} LIKE ? ESCAPE '\\')")
                values.append(_like(term.text))
            else:  # SQLite knows the case of ASCII alone
                connection.create_function("folded", 1, fold, deterministic=True)
                where.append(f"{sign}(folded({_ALL_TEXT}) LIKE ? ESCAPE '\\')")
                values.append(_like(fold(term.text)))
    _filter(query, row_id, where, values)
    sql = f"SELECT {_COLUMNS} FROM {tables} WHERE {' AND '.join(where) or '1'} ORDER BY {order} LIMIT ?"  # noqa: S608
    return connection.execute(sql, [*values, limit]).fetchall()


def _match(terms: tuple[Term, ...]) -> str:
    """The terms for FTS5, each a quoted string, so that nothing in them is grammar; empty where it can find none."""
    wanted = [_quoted(term) for term in terms if not term.anywhere and not term.negative]
    if not wanted:
        return ""
    unwanted = [_quoted(term) for term in terms if not term.anywhere and term.negative]
    # What fits by its heading alone is told by the heading: all lines below it would be too many.
    own = f"{{tags text path}} : ({' OR '.join(wanted)})"
    return f"(({' AND '.join(wanted)}) AND {own})" + "".join(f" NOT {term}" for term in unwanted)


def _quoted(term: Term) -> str:
    text = term.text.replace('"', " ").replace("\0", " ")
    return f'"{text}"' + ("*" if term.prefix else "")


def _filter(query: SearchQuery, row_id: str, where: list[str], values: list[object]) -> None:
    if query.since is not None:
        where.append(f"{row_id} >= ?")
        values.append(query.since.toordinal() << DAY_BITS)
    if query.until is not None:
        where.append(f"{row_id} < ? AND {row_id} >= ?")
        values += [(query.until.toordinal() + 1) << DAY_BITS, 1 << DAY_BITS]
    _filter_documents(query, where, values)
    linked = (
        "(p.document, p.line) IN (SELECT t.document, t.line FROM text_links t "
        "WHERE t.kind = ? AND t.target LIKE ? ESCAPE '\\')"
    )
    if query.run:
        start = _like(query.run)[1:]
        where.append(
            f"(d.run LIKE ? ESCAPE '\\' OR (d.run IS NOT NULL AND d.name LIKE ? ESCAPE '\\') OR {linked})"
        )
        values += [start, _like(query.run), "run", start]
    if query.model:
        where.append(f"(d.model LIKE ? ESCAPE '\\' OR {linked})")
        values += [_like(query.model), "model", _like(query.model)]
    if query.section:
        where.append("d.run IS NULL AND p.title LIKE ? ESCAPE '\\'")
        values.append(_like(query.section))


def _filter_documents(query: SearchQuery, where: list[str], values: list[object]) -> None:
    """The conditions that a document fulfils as a whole."""
    for column, chosen in (("d.kind", sorted(query.kinds)), ("d.tier", sorted(query.tiers))):
        if chosen:
            where.append(f"{column} IN ({', '.join('?' * len(chosen))})")
            values += chosen
    if query.experiment:
        where.append("d.experiment LIKE ? ESCAPE '\\'")
        values.append(_like(query.experiment))
    if query.tag:
        where.append("char(10) || d.tags || char(10) LIKE ? ESCAPE '\\'")
        values.append(f"%\n{query.tag.translate(_ESCAPED)}\n%")


def _like(text: str) -> str:
    return f"%{text.translate(_ESCAPED)}%"


def _found(row: tuple[object, ...]) -> FoundPassage:
    kind, tier, path, line, day, title, name, run, text, tags = row
    when = date.fromisoformat(day) if isinstance(day, str) else None
    return FoundPassage(
        str(kind), int(str(tier)), str(path), int(str(line)), when, str(title), str(name),
        None if run is None else str(run), str(text), str(tags),
    )  # fmt: skip
