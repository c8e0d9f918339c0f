"""Stand-ins for other trackers: one line of a script changes, its import."""
