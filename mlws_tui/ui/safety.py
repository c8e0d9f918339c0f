"""The last barrier before the terminal: whatever a widget lets through, no control character leaves the app."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from mlws_tui.domain.text import safe_text

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class ControlBarrier(LineFilter):
    """Makes control characters in rendered text visible; the app's own control segments pass."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments, those with control characters in their text rewritten."""
        search = _CONTROL.search
        if not any(search(text) for text, _style, control in segments if not control):
            return segments
        return [
            segment if segment.control else Segment(safe_text(segment.text, tab=" "), segment.style)
            for segment in segments
        ]
