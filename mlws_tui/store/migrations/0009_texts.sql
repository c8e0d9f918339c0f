-- What people wrote and what runs say of themselves, line by line, to be searched; made again from the files and from
-- `runs` whenever it is not there. A day of the journal is a document of its own, with the line that it begins at, so
-- that a change of one day writes that day alone.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    tier INTEGER NOT NULL,
    path TEXT NOT NULL,
    line INTEGER NOT NULL,
    name TEXT NOT NULL,
    run TEXT,
    day TEXT,
    model TEXT NOT NULL,
    experiment TEXT NOT NULL,
    tags TEXT NOT NULL,
    digest TEXT NOT NULL
);

-- `id` grows with the day: newest first is the order of the ids. `line` counts from the document's first line, 0.
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL,
    line INTEGER NOT NULL,
    title TEXT NOT NULL,
    tags TEXT NOT NULL,
    text TEXT NOT NULL,
    path TEXT NOT NULL
);
CREATE INDEX passages_of_document ON passages (document, line);
CREATE VIRTUAL TABLE passages_found USING fts5 (
    title, tags, text, path,
    content = 'passages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE text_links (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL,
    line INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX text_links_to ON text_links (kind, target);
CREATE INDEX text_links_of ON text_links (document);
