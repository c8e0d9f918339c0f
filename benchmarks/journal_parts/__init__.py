"""Parts of the benchmark of the journal."""
