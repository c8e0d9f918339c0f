"""Opens an index with a migration that takes a while, for tests that kill it in the middle."""

from __future__ import annotations

import sys
from pathlib import Path

from mlws_tui.store.schema import Migration, prepare

#: How the old index is made, and what the migration makes of it: each row of `t` gets a second column.
ROWS = 20_000
OLD = Migration(
    1,
    f"""CREATE TABLE t (n INTEGER PRIMARY KEY);
INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT {ROWS}) SELECT n FROM c;""",
)
NEW = Migration(
    2,
    """ALTER TABLE t ADD COLUMN twice INTEGER;
UPDATE t SET twice = 2 * n;
CREATE TABLE copies AS SELECT n, twice, hex(randomblob(40)) AS filler FROM t;
CREATE INDEX copies_by_filler ON copies (filler);""",
)


def main(path: Path) -> None:
    print("begun", flush=True)
    prepare(path, [OLD, NEW])
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
