"""The person's own editor: which program it is, how it is told the line, and its time at the terminal."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from mlws_tui.domain.errors import MlwsError

#: What is looked for where neither variable is set.
_USUAL = ("editor", "nano", "vi")
#: Editors that take ``+LINE`` before the file.
_PLUS = frozenset(
    (
        *("vi", "vim", "nvim", "view", "gvim", "nvi", "elvis", "nano", "rnano", "pico"),
        *("emacs", "emacsclient", "zile", "mg", "jed", "joe", "micro", "kak", "ne"),
    )
)
#: Editors that take ``FILE:LINE``, with the words that they need for it, and to stay until the file is closed.
_COLON: dict[str, tuple[str, ...]] = {
    "hx": (),
    "helix": (),
    "code": ("--wait", "--goto"),
    "codium": ("--wait", "--goto"),
    "code-insiders": ("--wait", "--goto"),
    "cursor": ("--wait", "--goto"),
    "zed": ("--wait",),
    "subl": ("--wait",),
}
_HANGING_UP = 1.0  # seconds that an editor has to keep its text when the app must end


@dataclass(frozen=True, slots=True)
class Ended:
    """How an editor ended.

    Attributes:
        code: Its exit status, negative for a signal; None where it could not be started.
        problem: Why it could not be started.
    """

    code: int | None
    problem: str = ""

    @property
    def words(self) -> str:
        """How it ended, to be said of an editor: ``ended with 1``."""
        return (
            f"was killed (signal {-self.code})" if self.code and self.code < 0 else f"ended with {self.code}"
        )


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The words of ``$VISUAL`` or ``$EDITOR``; where neither is set, of an editor that is there. Blocks.

    Raises:
        MlwsError: if there is none, or the one that is named cannot be run.
    """
    path = environ.get("PATH")
    for name in ("VISUAL", "EDITOR"):
        value = environ.get(name, "").strip()
        if not value:
            continue
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise MlwsError(f"${name} is no command: {error}", hint=f"it says: {value}") from error
        if not words or shutil.which(words[0], path=path) is None:
            raise MlwsError(f"${name} names an editor that is not there: {value}", hint=f"export {name}=nano")
        return words
    for usual in _USUAL:
        if shutil.which(usual, path=path):
            return [usual]
    raise MlwsError("No editor was found", hint="say which one you want: export EDITOR=nano")


def at_line(words: Sequence[str], path: Path, line: int) -> list[str]:
    """The command that opens a file, at a line (from 1) where the editor is known to take one. Blocks."""
    name = _plain_name(words[0])
    if name in _PLUS:
        stays = ["-f"] if name == "gvim" else []
        return [*words, *stays, f"+{line}", str(path)]
    if name in _COLON:
        needed = [word for word in _COLON[name] if word not in words]
        if "-w" in words and "--wait" in needed:
            needed.remove("--wait")
        if "-g" in words and "--goto" in needed:
            needed.remove("--goto")
        return [*words, *needed, f"{path}:{line}"]
    return [*words, str(path)]


def _plain_name(program: str) -> str:
    """What an editor is called: ``vim`` for a link to ``/usr/bin/vim.basic``, too."""
    found = Path(program).name
    if found in _PLUS or found in _COLON:
        return found
    real = Path(os.path.realpath(shutil.which(program) or program)).name
    return real if real in _COLON else re.split(r"[.\d-]", real, maxsplit=1)[0]


async def run(words: Sequence[str]) -> Ended:
    """Run an editor at our terminal until it ends. Keys that the terminal makes signals of are for it alone."""
    with _signals_left_to_it():
        try:
            process = await asyncio.create_subprocess_exec(*words)
        except OSError as error:
            return Ended(None, f"{words[0]} could not be started: {(error.strerror or str(error)).lower()}")
        try:
            return Ended(await process.wait())
        except asyncio.CancelledError:  # the app must end: editors keep their text when the terminal goes
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGHUP)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _HANGING_UP)
            raise


@contextmanager
def _signals_left_to_it() -> Iterator[None]:
    """Take no notice of ctrl+c and ctrl+\\; unlike ignored ones, signals with a handler are the child's as usual."""
    if threading.current_thread() is not threading.main_thread():  # signals can be set by no other
        yield
        return

    def nothing(_number: int, _frame: FrameType | None) -> None:
        """Not for us."""

    before = {number: signal.signal(number, nothing) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
