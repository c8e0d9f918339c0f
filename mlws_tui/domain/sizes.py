"""Bytes as people say them."""

from __future__ import annotations


def size_words(count: float) -> str:
    """Bytes with the unit that leaves few digits: ``512 B``, ``1.5 MB``; a MB is a million of them."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} TB"
