"""SQL is the author's own words; what comes from outside goes in as a parameter."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlws_tui.store
from tests.security.sqlscan import Package

#: What the scan cannot follow, and why it is no text from outside.
KNOWN = {
    "checkpoints.py": "f'PRAGMA busy_timeout={patience}'",  # the number that SQLite gave for the same pragma
    "foreign.py": "statement",  # from the shipped .sql files
    "schema.py": "statement",  # from the shipped .sql files
}


def test_every_statement_of_the_store_is_made_of_words_in_its_source() -> None:
    told = list(Package(Path(mlws_tui.store.__file__).parent).problems())
    unknown = [one for one in told if not one.endswith(f": {KNOWN.get(one.partition(':')[0])}")]
    unknown = [one for one in unknown if "PRAGMA user_version={steps[-1].version}" not in one]
    assert unknown == []


@pytest.mark.parametrize(
    "body",
    [
        "connection.execute(f'SELECT * FROM runs WHERE id = {run}')",
        "connection.execute('SELECT * FROM runs WHERE id = ' + run)",
        "connection.execute('SELECT * FROM runs WHERE id = %s' % run)",
        "connection.execute('SELECT * FROM {}'.format(run))",
        "where = 'id = 1'\n    where = f'{where} AND name = {run}'\n    connection.execute(f'SELECT {where}')",
        "parts = ['a']\n    parts.append(run)\n    connection.execute(' AND '.join(parts))",
        "connection.execute(helper(run))",
        "connection.execute(run)",
        "connection.execute(self.text)",
        "connection.executescript(ORDERS.get(run, run))",
    ],
)
def test_the_scan_sees_text_from_outside(tmp_path: Path, body: str) -> None:
    source = "ORDERS = {'a': 'b'}\n\n\ndef helper(text):\n    return f'SELECT {text}'\n\n\n"
    (tmp_path / "module.py").write_text(f"{source}def ask(self, connection, run):\n    {body}\n")
    assert len(list(Package(tmp_path).problems())) == 1


@pytest.mark.parametrize(
    "body",
    [
        "connection.execute('SELECT * FROM runs WHERE id = ?', (run,))",
        "marks = ', '.join('?' * len(run))\n    connection.execute(f'SELECT * FROM runs WHERE id IN ({marks})', run)",
        "where, values = clauses(run)\n    connection.execute(f'{SELECT} WHERE {where}', values)",
        "for each in (SELECT, 'DELETE FROM runs'):\n        connection.execute(each)",
        "scalar(connection, SELECT)",
    ],
)
def test_the_scan_lets_our_own_words_pass(tmp_path: Path, body: str) -> None:
    source = (
        "SELECT = 'SELECT * FROM runs'\n\n\n"
        "def clauses(run):\n    parts = ['1']\n    if run:\n        parts.append('id = ?')\n"
        "    return ' AND '.join(parts), [run]\n\n\n"
        "def scalar(connection, sql):\n    return connection.execute(sql).fetchone()[0]\n\n\n"
        "def version(connection):\n    return scalar(connection, 'PRAGMA user_version')\n\n\n"
    )
    (tmp_path / "module.py").write_text(f"{source}def ask(connection, run):\n    {body}\n")
    assert list(Package(tmp_path).problems()) == []
