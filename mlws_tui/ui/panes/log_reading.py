"""What can be read of a line besides its place in the window: all of it, its facts, a stretch of text to copy."""

from __future__ import annotations

import asyncio
from datetime import datetime

from mlws_tui.domain.ansi import styled
from mlws_tui.domain.jsonlines import detail, json_line
from mlws_tui.domain.levels import level_of
from mlws_tui.domain.logs import START, LogLine
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.widgets.logrows import text_of

#: Lines that are read at once, and characters at which copying ends.
_AT_ONCE = 500
_MOST = 4_000_000
#: The beginning of a log that tells whether it is text: bytes, and the lines that are read for them; and the share of
#: bytes that are no text from which on it is none.
_HEAD, _HEAD_LINES, _NO_TEXT = 4096, 20, 0.1


async def facts_of(port: Viewport, line: LogLine, name: str) -> tuple[str, list[tuple[str, str]]]:
    """A title for a line, and what is known of it: names and values."""
    number = await port.feed.number_of(line.place)
    ts = await port.feed.time_at(line.place)
    level = level_of(text_of(line))
    size = len(line.data) + line.cut
    facts = [("log", name)]
    if ts is not None:
        facts.append(("time", datetime.fromtimestamp(ts).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]))
    if level is not None:
        facts.append(("level", level.name.lower()))
    facts.append(("offset", f"{line.place.offset:,}"))
    facts.append(("length", f"{size:,} bytes" + ("" if line.whole else ", unfinished")))
    if line.cut:
        facts.append(("shown", f"{len(line.data):,} bytes: the line is too long to be shown whole"))
    return ("Line" if number is None else f"Line {number:,}"), facts


async def whole_text(port: Viewport, line: LogLine) -> str:
    """All that the line says; of a JSON object one field a line; of a cut line what is around what is looked for."""
    piece = await port.feed.piece_at(line.place, port.query) if line.cut else None
    if piece is not None:
        after = f" … {piece.after:,} bytes more" if piece.after else ""
        return f"{piece.before:,} bytes before … {styled(piece.data).text}{after}"
    return detail(line.data) if json_line(line.data) is not None else text_of(line)


async def is_binary(port: Viewport) -> bool:
    """Whether the log seems to be no text: many NULs, or bytes that are no UTF-8, where it begins."""
    lines = await port.feed.after(START, _HEAD_LINES)
    head = b"\n".join(line.data for line in lines if not line.divider)[:_HEAD]
    odd = head.count(0) + head.decode("utf-8", "replace").count("\ufffd")
    return odd > _NO_TEXT * len(head)


async def is_match(port: Viewport) -> bool:
    """Whether the line with the cursor has what is looked for, as far as can be told: of a cut line a piece is read."""
    line = await port.take()
    if line is None or line.divider:
        return False
    return bool(line.cut) or bool(await asyncio.to_thread(port.query.spans, text_of(line)))


async def text_to_copy(port: Viewport) -> tuple[str, int]:
    """The selected lines as text, or the one with the cursor; and how many they are."""
    stretch = port.stretch
    if stretch is None:
        line = await port.take()
        return ("", 0) if line is None else (text_of(line), 1)
    texts: list[str] = []
    at, length = stretch[0], 0
    end = await port.records.end_of(stretch[1])
    while length < _MOST:
        lines = await port.feed.after(at, _AT_ONCE)
        wanted = [text_of(line) for line in lines if line.place < end and not line.divider]
        texts += wanted
        length += sum(map(len, wanted))
        if not lines or lines[-1].next >= end:
            break
        at = lines[-1].next
    return "\n".join(texts), len(texts)
