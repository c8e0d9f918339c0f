"""The calls of other trackers, recorded in runs of ours: so that a script need not be changed."""
