"""Callbacks and loggers that let training frameworks record their runs. Each module imports its framework."""
