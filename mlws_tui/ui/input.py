"""Bytes from the keyboard that are not UTF-8: a Latin-1 paste, an 8-bit meta key, noise on a line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.drivers import linux_driver

from mlws_tui.ui.paste import GuardedDecoder


def _forgiving_decoder(encoding: str) -> Callable[[], GuardedDecoder]:
    return partial(GuardedDecoder, encoding)


def forgive_broken_bytes() -> None:
    """Let Textual's driver read such bytes as U+FFFD.

    It decodes strictly (``textual/drivers/linux_driver.py``, 8.2.8) and has no setting for it: one wrong byte ends the
    app with a traceback.
    """
    linux_driver.getincrementaldecoder = _forgiving_decoder  # type: ignore[attr-defined, assignment]  # an import of its own
