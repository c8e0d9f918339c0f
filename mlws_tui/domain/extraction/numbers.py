"""Numbers as programs print them: with units, per cent signs, running means and separators of thousands."""

from __future__ import annotations

import re
from enum import Enum

#: One number, as a piece of a regular expression without groups.
NUMBER = (
    r"[-+]?(?:\d+(?:,\d+)+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
    r"|[-+]?(?:nan|NaN|NAN|inf|Inf|INF|[iI]nfinity)(?![A-Za-z])"
)
_PER = r"(?:s|sec|it|iter|step|epoch|batch|gpu|device|img|GPU|sample)(?![A-Za-z])"
#: Units that may be glued to a number and are cut off. A ``k`` alone is a thousand.
UNIT = (
    r"(?:(?:(?:[numµμ]?s|secs?|min|h|hrs?|[KkMGTP]i?B?|B|x|W|°?C|MHz|[KMGT]?FLOPS?)(?:/" + _PER + r")*"
    r"|(?:it|iters?|img|tok|tokens|samples|[TG]FLOP)(?:/" + _PER + r")+))"
)
_WRAP = r"(?:(?:tensor|[aA]rray|DeviceArray|(?:np|numpy|jnp|torch)\.\w+)\()"
#: What may follow a value: nothing that would make it a part of something else.
_END = (
    r"(?=[^\S\x1f]|$|[;|)\]}'\"]|,(?=[^\S\x1f]|$)"
    # "78,Epoch: 1" may have been 78,123 before another line was glued to it
    r"|(?:(?<=[.\-]0)|(?<=[%A-Za-z)\]'\"])),(?=['\"]?[A-Za-z_][\w./@-]*['\"]?\s?[=:])"
    r"|(?:(?<=[%A-Za-z])|(?<=\.\d))\.(?=\s|$))"
)
#: A value with what belongs to it. Of ``9100/10000 (91%)`` the per cent are the value; of ``6.94 (6.95)`` the first is.
VALUE = (
    r"(?P<open>['\"]|\[\s*)?(?P<wrap>" + _WRAP + r"\[?)?"
    r"(?:(?P<of>\d+(?:\.\d+)?/\d+)\s+\((?:(?P<share>\d+(?:\.\d+)?)\s?%)\)"
    r"|(?P<value>" + NUMBER + r")(?:(?P<percent>\s?%)|(?P<thousand>[kK](?![A-Za-z/]))|" + UNIT + r")?"
    r"(?:\s?\(\s*(?P<mean>" + NUMBER + r")\s*(?P<meanpercent>%)?[^()0-9]{0,12}\))?)"
    r"(?(wrap)[^()]{0,80}\))(?(open)\s*['\"\]])" + _END
)


class Scale(Enum):
    """How a number is to be read."""

    PLAIN = 1.0
    PERCENT = 0.01
    THOUSAND = 1000.0


_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z")


def number(text: str, scale: Scale = Scale.PLAIN) -> float | None:
    """The number of such a text; None where it is none, or its commas do not part thousands.

    ``87.3`` per cent are 0.873 and not 0.8730000000000001, so it is the decimal point that moves.
    """
    if "," in text:
        if not _THOUSANDS.match(text):
            return None
        text = text.replace(",", "")
    try:
        if scale is Scale.PLAIN:
            return float(text)
        if "e" in text or "E" in text or not text.strip("+-")[:1].isdigit():
            return float(text) * float(scale.value)
        return float(text + ("e-2" if scale is Scale.PERCENT else "e3"))
    except ValueError:  # a person's rule may take a word for a number
        return None


def whole(text: str) -> int | None:
    """A counter such as ``1,200``; None for what is none, or is longer than any counter."""
    value = text.replace(",", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else None


_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)\s*d(?:ays?)?,?\s*)?(?:(\d+(?:\.\d+)?)\s*h(?:ours?|rs?)?,?\s*)?"
    r"(?:(\d+(?:\.\d+)?)\s*m(?:in(?:ute)?s?)?,?\s*)?(?:(\d+(?:\.\d+)?)\s*s(?:ec(?:ond)?s?)?)?\s*\Z"
)
_CLOCK = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?\s*\Z")


def seconds(text: str) -> float | None:
    """Seconds of ``22m 44s``, ``1:02:03``, ``12.5 seconds`` or ``2 hours``; None for anything else."""
    clock = _CLOCK.match(text)
    if clock:
        days, first, second, third = (float(part or 0) for part in clock.groups())
        return 86400 * days + (3600 * first + 60 * second + third if clock[4] else 60 * first + second)
    found = _DURATION.match(text)
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + rest
