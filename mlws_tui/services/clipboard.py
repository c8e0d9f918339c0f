"""Copying text to the clipboard of the person's own machine, over SSH and out of tmux."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mlws_tui.sources.clipboard import Multiplexer, load_tmux, multiplexer, osc52

#: Bytes of text that are sent to a terminal: some take no more, and it is sent over the line at once.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Copied:
    """How a text was copied.

    Attributes:
        way: ``tmux`` where tmux has all of it in a buffer; ``terminal`` where only the terminal may have it.
        sequence: What is to be written to the terminal as it is; empty where that is done.
        cut: Whether only the beginning of it goes to the terminal.
    """

    way: Literal["tmux", "terminal"]
    sequence: str
    cut: bool


async def copy(text: str, environ: Mapping[str, str] = os.environ) -> Copied:
    """Copy a text of any kind: nothing of it is ever sent to the terminal as it is.

    Inside of tmux (3.2 or later) tmux hands it to its terminal; else the terminal is asked by `Copied.sequence`, which
    holds at most `MOST` bytes of the text. No terminal answers whether it took it.

    Args:
        text: What to copy.
        environ: The environment of the program.
    """
    data = text.encode("utf-8", "replace")
    inside = multiplexer(environ)
    loaded = False
    if inside is Multiplexer.TMUX:
        if await asyncio.to_thread(load_tmux, data, environ, hand_on=True):
            return Copied("tmux", "", False)
        loaded = await asyncio.to_thread(load_tmux, data, environ, hand_on=False)
    sent = data[:MOST].decode("utf-8", "ignore").encode()
    return Copied("tmux" if loaded else "terminal", osc52(sent, inside), len(data) > MOST)
