-- Versions of packages, GPUs and hashes of data as they were when it began: long, and read for one run at a time.
ALTER TABLE runs ADD COLUMN environment TEXT;

-- What a list of runs is filtered, sorted and grouped by, so that no list reads the facts of every run. It follows from
-- `runs` alone. `words` is all that a bare word of a filter looks in, case folded. Long texts come last.
CREATE TABLE finder (
    run TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    kind TEXT,
    started REAL,
    ended REAL,
    last_seen REAL,
    eta REAL,
    progress REAL,
    step REAL,
    epoch REAL,
    gpus INTEGER,
    ranks INTEGER,
    attempt INTEGER,
    exit INTEGER,
    name TEXT,
    host TEXT,
    sha TEXT,
    branch TEXT,
    reason TEXT,
    parent TEXT,
    best TEXT,
    model TEXT,
    dataset TEXT,
    experiment TEXT,
    tag TEXT,
    error TEXT,
    command TEXT,
    note TEXT,
    words TEXT NOT NULL
) WITHOUT ROWID;

-- One row for each key of a run's config and summary (nested ones joined by dots), and for each metric that a person set.
CREATE TABLE params (
    section TEXT NOT NULL,
    key TEXT NOT NULL,
    run TEXT NOT NULL,
    value,
    PRIMARY KEY (section, key, run)
) WITHOUT ROWID;
CREATE INDEX params_of_run ON params (run);

-- All runs' series of one name.
CREATE INDEX series_named ON series (name, stream);
