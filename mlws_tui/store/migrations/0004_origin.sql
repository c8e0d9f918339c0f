-- A word drawn at random when the index was made, which also stands beside it: a journal or a copy from elsewhere has
-- another. `commits` changes with each commit, so that this page is in every journal.
CREATE TABLE origin (token TEXT NOT NULL, commits INTEGER NOT NULL DEFAULT 0);
