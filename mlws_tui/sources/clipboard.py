"""Ways to a clipboard from a terminal: OSC 52, through tmux and GNU screen. Text goes as base64 only."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from enum import Enum

_PATIENCE = 5.0  # seconds that tmux has
#: GNU screen hands on short device control strings only (bytes of base64 in each).
_SCREEN_PIECE = 240


class Multiplexer(Enum):
    """What stands between the program and the terminal."""

    NONE = "none"
    TMUX = "tmux"
    SCREEN = "screen"


def multiplexer(environ: Mapping[str, str]) -> Multiplexer:
    """Which multiplexer the program runs in, by its environment."""
    if environ.get("TMUX"):
        return Multiplexer.TMUX
    return Multiplexer.SCREEN if environ.get("STY") else Multiplexer.NONE


def osc52(data: bytes, inside: Multiplexer = Multiplexer.NONE) -> str:
    """The control sequence with which a terminal takes data into its clipboard.

    Args:
        data: What to copy.
        inside: What must hand it on; tmux does so only where ``allow-passthrough`` is on, or before version 3.3.
    """
    text = base64.b64encode(data).decode()
    if inside is Multiplexer.TMUX:
        return f"\x1bPtmux;\x1b\x1b]52;c;{text}\x07\x1b\\"
    if inside is Multiplexer.SCREEN:
        pieces = [text[at : at + _SCREEN_PIECE] for at in range(0, len(text), _SCREEN_PIECE)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in ("\x1b]52;c;", *pieces, "\x07"))
    return f"\x1b]52;c;{text}\x07"


def load_tmux(data: bytes, environ: Mapping[str, str], *, hand_on: bool) -> bool:
    """Load data into a buffer of the tmux that the program runs in; whether it did. It blocks for a moment.

    Args:
        data: What to copy.
        environ: The environment of the program.
        hand_on: Also to the clipboard of its terminal, which tmux can since version 3.2.
    """
    command = ["tmux", "load-buffer", *(["-w"] if hand_on else []), "-"]
    try:
        done = subprocess.run(
            command, input=data, env=dict(environ), capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):  # it is not installed here, or its server hangs
        return False
    return done.returncode == 0
