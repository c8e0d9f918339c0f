"""What keys mean in vim's normal mode, once enough of them were pressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OPERATORS = frozenset({"d", "c", "y", ">", "<", "gu", "gU", "g~"})
#: Keys that wait for one more sign.
_WAITING = frozenset({"f", "F", "t", "T", "'", "`", "r", "m"})
_MOTIONS = frozenset("hjklwWbBeE0^$G{}fFtT;,%HML+-_|'`") | {
    "gg", "left", "right", "up", "down", "home", "end", "enter", "space", "backspace",
}  # fmt: skip


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
        if key in ("g", "Z"):
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
    if keys and keys[0] == '"':
        said.take()
        register = said.take() or ""
        if not register:
            return True
    count = said.count()
    name = said.name()
    if name is None:
        return True
    if visual and name in ("i", "a"):
        what = said.take()
        return True if what is None else Command("object", count, register, name + what)
    if name in OPERATORS and not visual:
        return _operator(said, name, count, register)
    arg = ""
    if name in _WAITING:
        sign = said.take()
        if sign is None:
            return True
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
    if motion not in _MOTIONS:
        return False
    arg = ""
    if motion in _WAITING:
        sign = said.take()
        if sign is None:
            return True
        arg = sign
    return Command(name, count, register, motion, arg)
