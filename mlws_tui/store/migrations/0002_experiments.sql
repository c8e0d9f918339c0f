-- Experiments as people change them. What was taken from files of edits is dropped and those are read again from their
-- beginnings: nothing else makes an experiment.
DELETE FROM assignments WHERE file IN (SELECT file FROM streams WHERE run IS NULL);
DELETE FROM ui_records WHERE stream IN (SELECT id FROM streams WHERE run IS NULL);
UPDATE streams SET offset = 0, skipping = 0, settled = 0, inode = NULL, head = NULL, bad = 0, problem = '',
    first_ts = NULL, last_ts = NULL, facts = '{}', ending = NULL, progress = NULL
WHERE run IS NULL;

-- `born`: the name it was made with, by which runs still find it after another was given. `implicit`: nobody made it,
-- runs name it. `deleted_at` is NULL where it is not deleted. `fields` is all that is set, as JSON.
DROP TABLE experiments;
CREATE TABLE experiments (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    born TEXT NOT NULL,
    base_model TEXT NOT NULL,
    method TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    tags TEXT NOT NULL,
    parent TEXT,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    deleted INTEGER NOT NULL,
    deleted_at REAL,
    implicit INTEGER NOT NULL,
    fields TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX experiments_listed ON experiments (deleted, created DESC, id DESC);
CREATE INDEX experiments_updated ON experiments (deleted, updated DESC, id DESC);
CREATE INDEX experiments_named ON experiments (name, created);
CREATE INDEX experiments_born ON experiments (born, created);
CREATE INDEX experiments_of_parent ON experiments (parent);

-- `deleted` of a run: it was deleted itself, or its experiment was; its facts tell which.
ALTER TABLE runs ADD COLUMN experiment_id TEXT;
CREATE INDEX runs_of_experiment ON runs (experiment_id, deleted, started DESC, id DESC);
CREATE INDEX runs_naming ON runs (experiment);
UPDATE runs SET experiment_id = 'name:' || experiment WHERE experiment IS NOT NULL;
INSERT INTO experiments
    SELECT experiment_id, experiment, experiment, '', '', '', 'created', '[]', NULL, coalesce(min(started), 0.0),
           coalesce(min(started), 0.0), 0, NULL, 1, '{}'
    FROM runs WHERE experiment_id IS NOT NULL AND deleted = 0 GROUP BY experiment_id, experiment;

-- Runs and experiments that were deleted for ever, and when: what is still found of them is passed over.
CREATE TABLE tombstones (
    subject TEXT PRIMARY KEY,
    ts REAL NOT NULL
) WITHOUT ROWID;
