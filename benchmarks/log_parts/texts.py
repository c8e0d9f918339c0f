"""The text of logs: lines as training writes them, and marks that a screen can be searched for."""

from __future__ import annotations

import time
from pathlib import Path

#: Marks of capitals that no other line has at the same columns: a program that sends only the cells that changed
#: sends such a mark whole.
FIRST, LAST, FAILED, BESIDE = b"VWKYVWKY", b"QXZJQXZJ", b"HUOGHUOG", b"PNRCPNRC"
_LETTERS = b"ABCDFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BEGAN = 1_729_348_000  # Unix seconds
_A_SECOND = 50  # lines
_BLOCK = 10_000


def follow_mark(number: int) -> bytes:
    """A mark that differs from those before and after it in each of its characters, and from sixty more as a whole."""
    count = len(_LETTERS)
    return bytes((_LETTERS[number % count], _LETTERS[(number + count // 2) % count])) * 4


def marked(mark: bytes, number: int, *, level: bytes = b"INFO", text: bytes = b"a line to wait for") -> bytes:
    """The line with that number, with a mark in it."""
    return b"%s - %s - %s %s\n" % (_stamp(number // _A_SECOND), level, mark, text)


def ordinary(number: int) -> bytes:
    """The line with that number: of ten, nine tell a step's figures."""
    stamp = _stamp(number // _A_SECOND)
    if number % 1000 == 500:
        return b"%s - WARNING - data loader is slow: batch %09d took 1.27 s\n" % (stamp, number)
    if number % 10 == 5:
        return b"%s - DEBUG - cache of batch %09d: hits 911 of 1024, 12.4 MB\n" % (stamp, number)
    loss = 0.2 + 300_000 / (number + 100_000)
    return b"%s - INFO - step %09d loss %.4f lr 1.0e-04 grad 1.27 tokens/s 12345.6 mem 71.2GB\n" % (
        stamp,
        number,
        loss,
    )


def block_of(start: int, count: int) -> bytes:
    """So many ordinary lines."""
    return b"".join(map(ordinary, range(start, start + count)))


def write_log(path: Path, lines: int, *, error_at: float | None = None) -> None:
    """Write a log of that many lines with a mark in its first and last one.

    Args:
        path: The file; what it has is replaced.
        lines: How many.
        error_at: Share of the lines before the only error; none is written without it.
    """
    failing = -1 if error_at is None else max(1, int(lines * error_at))
    with path.open("wb") as file:
        file.write(marked(FIRST, 0))
        done = 1
        for stop in sorted({max(1, failing), lines - 1}):
            while done < stop:
                count = min(_BLOCK, stop - done)
                file.write(block_of(done, count))
                done += count
            if done == failing:
                file.write(marked(FAILED, done, level=b"ERROR", text=b"CUDA out of memory"))
                done += 1
        file.write(marked(LAST, lines))


_stamps: dict[int, bytes] = {}


def _stamp(second: int) -> bytes:
    found = _stamps.get(second)
    if found is None:
        _stamps.clear()
        found = _stamps[second] = time.strftime("%F %T", time.gmtime(_BEGAN + second)).encode()
    return found
