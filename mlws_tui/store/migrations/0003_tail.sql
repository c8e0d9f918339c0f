-- `tail`: checksum of the bytes before `offset`, by which a file that was written anew is known.
ALTER TABLE streams ADD COLUMN tail INTEGER;

-- `names`: how many series the file has in the index; `left_out`: values under further names, which it has not.
ALTER TABLE streams ADD COLUMN names INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
UPDATE streams SET names = (SELECT count(*) FROM series WHERE series.stream = streams.id);

-- The smaller, the more people look at it: where a run has more names than a list carries, these are the ones it does.
ALTER TABLE series ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;
CREATE INDEX series_by_weight ON series (stream, weight, name);
