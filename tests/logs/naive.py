"""What a naive reader finds in a log: all of it in memory, split at each line break."""

from __future__ import annotations

from hypothesis import strategies as st

from mlws_tui.domain.logs import LogLine, Place

ALL = 100_000  # more lines than any log of these tests has
#: What a log is made of: odd bytes, all ends of lines, words that are looked for.
ENDS = (b"\n", b"\n\n", b"\r\n", b"\r")
ODD = (b"\0", b"\0\0\0\0\0", b"\xff", b"\x1b[31mred\x1b[0m", b"\x1b[2K", b"\x08", b"\t", "日本語🚀".encode())
WORDS = (
    b"ERROR x\n",
    b"WARNING: y\n",
    b"loss 0.5\n",
    b"Loss\n",
    b"lo",
    b"ss ",
    b'{"msg": "loss"}\n',
    b"a" * 40,
)
PIECES = st.one_of(st.binary(max_size=10), st.sampled_from([*ENDS, *ODD, *WORDS]))
TEXTS = st.lists(PIECES, max_size=20).map(b"".join)


def split(data: bytes) -> list[bytes]:
    """The lines of a text, with their ends."""
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + [piece for piece in pieces[-1:] if piece]


def content(line: bytes) -> bytes:
    """A line without its end."""
    return line[:-2] if line.endswith(b"\r\n") else line.removesuffix(b"\n")


def naive(data: bytes) -> list[LogLine]:
    """The lines of a log that was never anything else."""
    found: list[LogLine] = []
    at = 0
    for line in split(data):
        found.append(LogLine(Place(0, at), Place(0, at + len(line)), content(line), line.endswith(b"\n")))
        at += len(line)
    return found
