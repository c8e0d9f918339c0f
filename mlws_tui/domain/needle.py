"""What a person looks for in a log."""

from __future__ import annotations

import re


class Needle:
    """Plain text to find. Case counts only if the text has a capital letter."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ignore_case = text == text.lower()
        self._pattern = re.compile(re.escape(text), re.IGNORECASE if self.ignore_case else 0)

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def raw(self) -> bytes:
        """The bytes that a line with a match holds; in lower case if case does not count."""
        return self.text.encode("utf-8", "replace")

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a line as it is shown."""
        return [match.span() for match in self._pattern.finditer(text)] if self.text else []
