"""A process that writes lines into a log at a steady rate: ``python writer.py PATH RATE SECONDS``.

Its last line holds the mark `LAST`. It prints how many lines it wrote and when it was done, on the monotonic clock.
"""

from __future__ import annotations

import os
import sys
import time

from texts import LAST, block_of, marked

_PIECE = 0.01  # seconds


def main(path: str, rate: int, seconds: float) -> None:
    size = max(1, round(rate * _PIECE))
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    began, written = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        due = int(now / _PIECE) - written // size
        for _ in range(due):
            os.write(file, block_of(written, size))
            written += size
        time.sleep(max(0.0, (written // size + 1) * _PIECE - (time.monotonic() - began)))
    os.write(file, marked(LAST, written))
    print(written + 1, time.monotonic(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
