-- Logs whose text is read for figures, by their path relative to the workspace: as each was when it was last read, so
-- that one that did not change is not opened again. `run` is NULL where it is passed over, and `passed` says why.
-- `state`: where its reading stands, as JSON. How far it is read is in `streams`, under `log:` and the path.
CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    run TEXT,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    device INTEGER NOT NULL,
    passed TEXT NOT NULL,
    final INTEGER NOT NULL,
    state TEXT
);

-- A series that was read from a log counts as not there where the SDK logged the same quantity.
ALTER TABLE series ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
