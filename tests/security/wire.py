"""What a program sent to its terminal, taken apart: everything that is neither text nor a sequence that ours may send.

The parser knows what is allowed, not what is forbidden: colours, the cursor set to a place on the screen, the modes
that the app switches, its questions to the terminal. All the rest counts, whatever it means to which terminal.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

_TOKEN = re.compile(
    rb"(?P<csi>\x1b\[[0-?]*[ -/]*[@-~])"
    rb"|(?P<osc>\x1b\][^\x07\x1b]*(?:\x07|\x1b\\))"
    rb"|(?P<string>\x1b[PX^_][^\x1b]*\x1b\\)"
    rb"|(?P<escape>\x1b[ -/]*[0-~])"
    rb"|(?P<newline>\r*\n)"
    rb"|(?P<progress>\r(?:reading [0-9]{1,3}% |\x20+\r))"  # what `logs metrics` says while it reads, and takes back
    rb"|(?P<text>[^\x00-\x1f\x7f]+)"
    rb"|(?P<control>[\x00-\x1f\x7f])"
)
_PLACE = re.compile(rb"\x1b\[(\d*);?(\d*)H")
_COLOURS = re.compile(rb"\x1b\[([0-9;]*)m")
_MODES = re.compile(rb"\x1b\[\?(7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]")
_ASKED = re.compile(rb"\x1b\[(>[0-9]+u|<u|\?2026\$p|\?2048\$p)")
_POINTER = re.compile(rb"\x1b\]22;[a-z-]*(\x07|\x1b\\)")
_CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
#: Blinking and hidden text: nothing of ours has it.
_UNSEEN = {5, 6, 8}
#: C1, zero-width, bidi controls and line separators; what is not drawn but acts.
_ACTING = re.compile("[\x80-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


@dataclass
class Sent:
    """What was sent.

    Attributes:
        wrong: All that is not allowed, as it was sent.
        copied: What OSC 52 put into the clipboard, in base64, in order.
        modes: How often each mode was switched.
    """

    wrong: list[bytes] = field(default_factory=list)
    copied: list[bytes] = field(default_factory=list)
    modes: Counter[bytes] = field(default_factory=Counter)


def sent(raw: bytes, *, columns: int, rows: int) -> Sent:
    """Take apart what a program wrote to a terminal of that size."""
    found = Sent()
    at = 0
    for token in _TOKEN.finditer(raw):
        if token.start() != at:
            found.wrong.append(raw[at : token.start()])
        at = token.end()
        kind, data = token.lastgroup, token[0]
        if kind == "osc" and (clipboard := _CLIPBOARD.fullmatch(data)):
            found.copied.append(clipboard[1])
        elif kind == "csi" and _MODES.fullmatch(data):
            found.modes[data] += 1
        elif not _allowed(kind or "", data, columns, rows):
            found.wrong.append(data)
    found.wrong += [raw[at:]] if at < len(raw) else []
    return found


def _allowed(kind: str, data: bytes, columns: int, rows: int) -> bool:
    if kind in ("newline", "progress"):
        return True
    if kind == "text":
        return _is_quiet(data)
    if kind == "osc":
        return _POINTER.fullmatch(data) is not None
    if kind != "csi":
        return False
    if place := _PLACE.fullmatch(data):
        return int(place[1] or 1) <= rows and int(place[2] or 1) <= columns
    if colours := _COLOURS.fullmatch(data):
        return not _UNSEEN & set(_codes([int(number or 0) for number in colours[1].split(b";")]))
    return _ASKED.fullmatch(data) is not None


def _is_quiet(data: bytes) -> bool:
    try:
        return _ACTING.search(data.decode()) is None
    except UnicodeDecodeError:
        return False


def _codes(numbers: list[int]) -> list[int]:
    """The attributes among the parameters, without the numbers that make up a colour."""
    codes: list[int] = []
    while numbers:
        code = numbers.pop(0)
        codes.append(code)
        if code in (38, 48) and numbers:
            del numbers[: 4 if numbers[0] == 2 else 2]
    return codes
