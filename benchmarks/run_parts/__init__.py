"""The parts of `benchmarks/runs.py`."""
