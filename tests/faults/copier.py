"""A process that copies an index again and again while it writes to it, for a test that kills it."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
from pathlib import Path

from mlws_tui.store.schema import back_up


def main(index: Path) -> None:
    threading.Thread(target=_write, args=(index,), daemon=True).start()
    with contextlib.closing(sqlite3.connect(index, isolation_level=None, timeout=30)) as connection:
        while True:
            back_up(connection, index, 1)


def _write(index: Path) -> None:
    with contextlib.closing(sqlite3.connect(index, isolation_level=None, timeout=30)) as connection:
        while True:
            connection.execute("UPDATE t SET x = randomblob(1000) WHERE rowid % 100 = abs(random()) % 100")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
