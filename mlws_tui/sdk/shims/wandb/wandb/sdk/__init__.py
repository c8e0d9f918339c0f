"""Where libraries look for some of the names."""
