-- Folders of runs whose files are listed in `streams`; `mtime` (ns) tells whether a file came since.
CREATE TABLE folders (
    run TEXT PRIMARY KEY,
    mtime INTEGER NOT NULL
) WITHOUT ROWID;

-- One row per stream file: how far it is read, and what it says of its run. `run` is NULL for edits.
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    file TEXT NOT NULL UNIQUE,
    run TEXT,
    offset INTEGER NOT NULL DEFAULT 0,
    skipping INTEGER NOT NULL DEFAULT 0,
    settled INTEGER NOT NULL DEFAULT 0,
    inode INTEGER,
    head INTEGER,
    bad INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL DEFAULT 'rank',
    rank INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 1,
    first_ts REAL,
    last_ts REAL,
    facts TEXT NOT NULL DEFAULT '{}',
    ending TEXT,
    progress TEXT
);
CREATE INDEX streams_of_run ON streams (run, rank);
CREATE INDEX streams_open ON streams (settled) WHERE settled = 0;

-- What each run comes to: a pure function of its streams and assignments, made again when they change.
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    experiment TEXT,
    model TEXT,
    tags TEXT NOT NULL,
    started REAL,
    ended REAL,
    last_seen REAL,
    unfinished INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    facts TEXT NOT NULL,
    diff TEXT,
    metrics TEXT NOT NULL
);
CREATE INDEX runs_newest ON runs (started DESC, id DESC);
CREATE INDEX runs_listed ON runs (deleted, archived, started DESC, id DESC);
CREATE INDEX runs_unfinished ON runs (started DESC, id DESC) WHERE unfinished = 1;

-- Fields that a person or a program set: the latest by (ts, file, pos) wins. `author` 1 is _edits, 0 a run's own stream.
CREATE TABLE assignments (
    subject TEXT NOT NULL,
    author INTEGER NOT NULL,
    field TEXT NOT NULL,
    key TEXT NOT NULL,
    ts REAL NOT NULL,
    file TEXT NOT NULL,
    pos INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (subject, author, field, key)
) WITHOUT ROWID;

CREATE TABLE experiments (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created REAL NOT NULL,
    fields TEXT NOT NULL
) WITHOUT ROWID;

-- A name in one stream file. What a person calls a series is all of them of one run, rank and name, one after another.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL DEFAULT 'sdk',
    n INTEGER NOT NULL DEFAULT 0,
    finite INTEGER NOT NULL DEFAULT 0,
    last REAL,
    last_step NUMERIC,
    last_ts REAL,
    low REAL,
    high REAL,
    total REAL NOT NULL DEFAULT 0,
    UNIQUE (stream, name, source)
);

-- `value` is NULL for NaN; infinities are kept.
CREATE TABLE points (
    series INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    step NUMERIC NOT NULL,
    ts REAL NOT NULL,
    value REAL,
    PRIMARY KEY (series, seq)
) WITHOUT ROWID;

-- Points seq / size = bucket taken together, for charts; low, high, total and last are of the finite values.
CREATE TABLE tiers (
    series INTEGER NOT NULL,
    size INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    step_first NUMERIC NOT NULL,
    step_last NUMERIC NOT NULL,
    step_low NUMERIC NOT NULL,
    step_high NUMERIC NOT NULL,
    ts_first REAL NOT NULL,
    ts_last REAL NOT NULL,
    low REAL,
    high REAL,
    total REAL NOT NULL,
    last REAL,
    finite INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (series, size, bucket)
) WITHOUT ROWID;

-- Events, alerts, notes and artifacts.
CREATE TABLE happenings (
    stream INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    run TEXT NOT NULL,
    type TEXT NOT NULL,
    ts REAL NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (stream, pos)
);
CREATE INDEX happenings_of_run ON happenings (run, ts);

CREATE TABLE gpu_samples (
    stream INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    run TEXT NOT NULL,
    ts REAL NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (stream, pos)
) WITHOUT ROWID;
CREATE INDEX gpu_samples_of_run ON gpu_samples (run, ts);

CREATE TABLE ui_records (
    stream INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    ts REAL NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (stream, pos)
) WITHOUT ROWID;
