"""Names of runs that are made from others: the same name with the next number that is free."""

from __future__ import annotations

import re
from collections.abc import Collection

#: A number at the end; in ``lr-1e-3`` the 3 is an exponent.
_NUMBERED = re.compile(r"(.*\S)(?<!\de)-([1-9]\d{0,3})", re.DOTALL)


def stem(name: str) -> str:
    """The name without the number at its end: ``beta`` of ``beta-2``."""
    found = _NUMBERED.fullmatch(name)
    return found[1] if found else name


def next_name(name: str, taken: Collection[str]) -> str:
    """What a run made from one of that name is called: ``beta-2`` after ``beta``, ``beta-3`` after ``beta-2``.

    Args:
        name: The name of the run that it is made from.
        taken: Names that other runs have.
    """
    found = _NUMBERED.fullmatch(name)
    number = int(found[2]) + 1 if found else 2
    while f"{stem(name)}-{number}" in taken:
        number += 1
    return f"{stem(name)}-{number}"
