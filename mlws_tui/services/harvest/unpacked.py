"""The text of archived logs, one at a time, while it is read."""

from __future__ import annotations

import logging
from pathlib import Path

from mlws_tui.sources.packed import Unpacking

log = logging.getLogger(__name__)


class Unpacked:
    """Unpacks an archive beside all else. It must be closed."""

    def __init__(self) -> None:
        self._archive: Path | None = None
        self._unpacking: Unpacking | None = None

    @property
    def busy(self) -> bool:
        """Whether there is an archive that is being unpacked, or read."""
        return self._unpacking is not None

    def text_of(self, archive: Path) -> Path | None:
        """Where the text of an archive can be read; None while it is not all there, or another one's turn.

        Raises:
            OSError: if there is no place for it.
        """
        if self._unpacking is None:
            self._archive, self._unpacking = archive, Unpacking(archive)
            self._unpacking.start()
        if self._archive != archive or not self._unpacking.done:
            return None
        if self._unpacking.problem:
            log.warning("%s: %s", archive, self._unpacking.problem)
        return self._unpacking.path

    def close(self, archive: Path | None = None) -> None:
        """Give the space back: of this archive, or of any. Safe to call twice."""
        if self._unpacking is not None and archive in (None, self._archive):
            self._unpacking.close()
            self._archive = self._unpacking = None
