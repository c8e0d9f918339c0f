"""A terminal that is gone ends the app in order: it neither holds it up nor keeps it alive.

The system sends a hang-up only to the session that the terminal belongs to. Elsewhere the end shows in reading and
writing alone, and Textual's threads (``textual/drivers``, 8.2.8) then read nothing for ever, or end with a traceback
and leave the app waiting until their queue has room. Here they send the hang-up.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable
from functools import partial, wraps
from queue import Full

from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread

from mlws_tui.ui.paste import GuardedDecoder

#: Seconds between two looks whether the thread that writes still lives, and between two readings of nothing.
_LOOK = 0.2


def _hang_up() -> None:
    os.kill(os.getpid(), signal.SIGHUP)


class Writer(WriterThread):
    """Textual's, for a terminal that may go away while it is written to."""

    def run(self) -> None:
        """Write until the end, or until the terminal is gone."""
        try:
            super().run()
        except OSError:
            # What is still in a buffer goes nowhere, too: Python would exit with 120 because it cannot be written.
            null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(null, self.fileno())
            os.close(null)
            _hang_up()

    def write(self, text: str) -> None:
        """Have a text written; nowhere where there is no terminal any more."""
        self._put(text)

    def stop(self) -> None:
        """As Textual's; a thread that has ended is not waited for."""
        self._put(None)
        self.join()

    def _put(self, text: str | None) -> None:
        while self.is_alive():
            try:
                self._queue.put(text, timeout=_LOOK)
                return
            except Full:  # a slow terminal, or one that is gone
                continue


class Decoder(GuardedDecoder):
    """Decodes what comes from a terminal that may go away."""

    def decode(self, data: bytes, final: bool = False) -> str:
        """As of an incremental decoder; nothing at all is what a terminal gives that is gone."""
        if not data and not final:
            _hang_up()
            time.sleep(_LOOK)
        return super().decode(data, final)


def _decoder(encoding: str) -> Callable[[], Decoder]:
    return partial(Decoder, encoding)


def _reading(read: Callable[[linux_driver.LinuxDriver], None]) -> Callable[[linux_driver.LinuxDriver], None]:
    @wraps(read)
    def until_gone(driver: linux_driver.LinuxDriver) -> None:
        try:
            read(driver)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            _hang_up()

    return until_gone


def outlive_the_terminal() -> None:
    """Let Textual's driver read and write so; it has no setting for that.

    What it reads is decoded forgivingly, too: it decodes strictly, and one wrong byte ends the app with a traceback.
    """
    linux_driver.WriterThread = Writer  # type: ignore[attr-defined]  # an import of its own
    linux_driver.getincrementaldecoder = _decoder  # type: ignore[attr-defined, assignment]  # as above
    linux_driver.LinuxDriver.run_input_thread = _reading(  # type: ignore[method-assign, assignment]
        linux_driver.LinuxDriver.run_input_thread
    )
