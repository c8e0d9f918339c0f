"""What keys mean in vim's normal mode, once enough of them were pressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OPERATORS = frozenset({"d", "c", "y", ">", "<", "gu", "gU", "g~"})
#: Vim's other operators: nothing is done, but the motion behind them is theirs and no command.
_OTHER_OPERATORS = frozenset({"=", "!", "gq", "gw", "g?", "g@", "zf"})
#: Keys of which the next one makes another command.
_PREFIXES = frozenset({"g", "z", "Z", "[", "]", "ctrl+w"})
#: Keys that wait for one more sign.
_WAITING = frozenset({"f", "F", "t", "T", "'", "`", "r", "m", "q", "@", "g'", "g`", "gr"})
#: What an operator works on, and what moves the cursor.
MOTIONS = frozenset("hjklwWbBeE0^$G{}()fFtT;,%HML+-_|'`") | {
    "left", "right", "up", "down", "home", "end", "enter", "space", "backspace",
    "gg", "ge", "gE", "g_", "gj", "gk", "g0", "g^", "g$",
}  # fmt: skip
#: What begins a line that is typed elsewhere, also behind other keys: what is typed then must go there.
_LINES = frozenset({":", "/", "?"})


@dataclass(frozen=True, slots=True)
class Command:
    """A whole command.

    Attributes:
        name: Its key, or the operator's.
        count: What was said before it; None where nothing was.
        register: The register that was named, or empty.
        motion: What an operator works on: a motion, a text object, or the operator itself for whole lines.
        arg: The sign that ``f``, ``r``, ``m`` and the like were given.
    """

    name: str
    count: int | None = None
    register: str = ""
    motion: str = ""
    arg: str = ""

    @property
    def times(self) -> int:
        """The count, 1 where nothing was said."""
        return self.count or 1


class _Keys:
    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys
        self.at = 0

    def take(self) -> str | None:
        if self.at >= len(self.keys):
            return None
        self.at += 1
        return self.keys[self.at - 1]

    @property
    def names_register(self) -> bool:
        return self.at < len(self.keys) and self.keys[self.at] == '"'

    def count(self) -> int | None:
        digits = ""
        while (
            self.at < len(self.keys)
            and self.keys[self.at].isdigit()
            and (digits or self.keys[self.at] != "0")
        ):
            digits += self.keys[self.at]
            self.at += 1
        return min(int(digits), 99_999) if digits else None

    def name(self) -> str | None:
        key = self.take()
        if key in _PREFIXES:
            more = self.take()
            return None if more is None else key + more
        return key


def parse(keys: Sequence[str], *, visual: bool = False) -> Command | bool:
    """What the keys mean.

    Args:
        keys: The keys so far: signs, or names such as ``escape`` and ``ctrl+r``.
        visual: Whether something is selected; then operators wait for no motion, and ``i`` and ``a`` begin objects.

    Returns:
        The command; True where more keys must come; False where they mean nothing.
    """
    said = _Keys(keys)
    register = ""
    count = said.count()
    while said.names_register:
        said.take()
        register = said.take() or ""
        if not register:
            return True
        count = said.count() or count
    name = said.name()
    if name is None:
        return True
    if visual and name in ("i", "a"):
        what = said.take()
        return True if what is None else Command("object", count, register, name + what)
    if (name in OPERATORS or name in _OTHER_OPERATORS) and not visual:
        return _operator(said, name, count, register)
    arg = ""
    if name in _WAITING:
        sign = said.take()
        if sign is None:
            return True
        if name == "q" and sign in _LINES:  # who knows no macro was kept ends it, and goes on
            return Command(sign)
        arg = sign
    return Command(name, count, register, arg=arg)


def _operator(said: _Keys, name: str, count: int | None, register: str) -> Command | bool:
    more = said.count()
    if count is not None or more is not None:
        count = (count or 1) * (more or 1)
    motion = said.name()
    if motion is None:
        return True
    if motion in (name, name[-1]):
        return Command(name, count, register, name)
    if motion in ("i", "a"):
        what = said.take()
        return True if what is None else Command(name, count, register, motion + what)
    if motion in _LINES:
        return Command(motion)
    if motion not in MOTIONS:
        return False
    arg = ""
    if motion in _WAITING:
        sign = said.take()
        if sign is None:
            return True
        arg = sign
    return Command(name, count, register, motion, arg)
