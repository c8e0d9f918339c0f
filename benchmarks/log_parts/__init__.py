"""The parts of `benchmarks/logs.py`."""
