-- `eta` was what was left when the run told so; `due` is the moment at which it will be done, which stays true. Whole
-- notes and more keys of a config are kept from now on: the rows are made anew. `paused` is the time between attempts.
ALTER TABLE finder RENAME COLUMN eta TO due;
ALTER TABLE finder ADD COLUMN paused REAL;
DELETE FROM finder;
DELETE FROM params;
