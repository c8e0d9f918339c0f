"""What is recorded of files: where they are, how long, their hash."""

from __future__ import annotations

import os

#: Entries of a folder beyond which its size is not added up: training would wait for that.
MOST = 1000
_CHUNK = 1 << 20


def resolved(path: str | os.PathLike[str]) -> str:
    """The absolute path, its folders' links followed but not a link at its end: `latest.pt` stays that."""
    folder, name = os.path.split(os.path.abspath(os.fspath(path)))
    return os.path.join(os.path.realpath(folder), name)


def size(path: str) -> int | None:
    """Bytes of a file, or of all files in a folder; None where there is neither, or too many to count."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    if not os.path.isdir(path):
        return None
    total = seen = 0
    for folder, _, names in os.walk(path):
        seen += len(names) + 1
        if seen > MOST:
            return None
        total += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
    return total


def sha256(path: str) -> str:
    """The hash of a file as hexadecimal digits, read piece by piece.

    Raises:
        OSError: if it cannot be read.
    """
    import hashlib  # no run needs it that records no hash

    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()
