-- By which rules a log was read: where they are others now it is read anew.
ALTER TABLE logs ADD COLUMN rules TEXT NOT NULL DEFAULT '';
