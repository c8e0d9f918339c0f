"""Programs that `mlws-tui demo` runs: they train, fail and act for real, on the standard library alone."""
