"""A line of a log as a person sees it, whatever it is in the file."""

from __future__ import annotations

from functools import lru_cache

from mlws_tui.domain.ansi import StyledText, styled
from mlws_tui.domain.jsonlines import json_line

#: Bytes up to which a line is a usual one. Of longer ones few are kept at hand, as they would fill the memory.
_USUAL = 1000


def shown(data: bytes) -> StyledText:
    """The text and the colours of a raw line: of a JSON object time, level, message and fields, else as it is."""
    return _usual(data) if len(data) <= _USUAL else _long(data)


def _shown(data: bytes) -> StyledText:
    line = json_line(data) if data[:1] in (b"{", b" ") else None
    return styled(line.text()) if line is not None else styled(data)


_usual = lru_cache(maxsize=2048)(_shown)
_long = lru_cache(maxsize=32)(_shown)
