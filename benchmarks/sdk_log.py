"""What the SDK costs a training script: ``python benchmarks/sdk_log.py [--calls N] [--imports N]``.

Prints the time that importing takes in fresh processes, and how long ``run.log`` of a few metrics takes, call by call,
into a workspace in a temporary folder (``--dir`` chooses the disk).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

IMPORT = """
import time
begin = time.perf_counter()
import mlws_tui
bare = time.perf_counter()
mlws_tui.run
print(bare - begin, time.perf_counter() - begin)
"""
METRICS = {"loss": 0.452, "val/loss": 0.389, "accuracy": 0.873, "lr": 1e-4, "grad_norm": 1.25}


def imports(times: int) -> None:
    """Time the imports in processes of their own; the first warms the caches and does not count."""
    bare, whole = [], []
    for _ in range(times + 1):
        done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
        first, second = map(float, done.stdout.split())
        bare.append(first * 1e3)
        whole.append(second * 1e3)
    print(f"import mlws_tui            median {statistics.median(bare[1:]):6.1f} ms")
    print(f"… and the first mlws.run   median {statistics.median(whole[1:]):6.1f} ms")


def calls(times: int, folder: str) -> None:
    """Time each call of `Run.log` by itself."""
    import mlws_tui

    begin = time.perf_counter()
    run = mlws_tui.run("benchmark", dir=folder)
    print(f"mlws.run()                        {(time.perf_counter() - begin) * 1e3:6.1f} ms")
    clock = time.perf_counter_ns
    taken = []
    for step in range(times):
        begin_ns = clock()
        run.log(METRICS, step=step)
        taken.append(clock() - begin_ns)
    run.finish()
    taken.sort()
    figures = {"median": taken[times // 2], "p99": taken[times * 99 // 100], "max": taken[-1]}
    shown = "  ".join(f"{name} {value / 1e3:.1f} µs" for name, value in figures.items())
    print(f"run.log({len(METRICS)} metrics) × {times}:  {shown}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=50_000, help="calls of run.log (default: %(default)s)")
    parser.add_argument(
        "--imports", type=int, default=10, help="processes that import (default: %(default)s)"
    )
    parser.add_argument("--dir", help="folder on the disk to measure (default: the system's temporary one)")
    options = parser.parse_args()
    imports(max(1, options.imports))
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        calls(max(1, options.calls), folder)


if __name__ == "__main__":
    main()
