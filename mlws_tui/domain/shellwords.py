"""Words for a shell, safe to run and safe to look at whatever they hold."""

from __future__ import annotations

import shlex


def quote(word: str) -> str:
    """The word as bash and zsh read it back; bytes that a terminal would obey are written as escapes."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    data = character.encode("utf-8", "surrogateescape" if "\udc80" <= character <= "\udcff" else "replace")
    return "".join(f"\\{byte:03o}" for byte in data)
