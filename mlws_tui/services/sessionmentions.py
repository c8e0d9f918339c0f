"""Which experiments the session logs tell of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mlws_tui.domain.errors import MlwsError
from mlws_tui.services.sessions import SessionsService


@dataclass(frozen=True, slots=True)
class Subject:
    """An experiment as a session log may name it: by its id, its name, or the id of one of its runs."""

    key: str
    name: str
    runs: frozenset[str]


def told_of(sessions: SessionsService, subjects: Iterable[Subject]) -> frozenset[str]:
    """The keys of the experiments that any session log names. It reads files: call it in a thread."""
    left = list(subjects)
    found = set()
    for session in sessions.list():
        if not left:
            break
        named = frozenset(session.facts.runs)
        text: str | None = None
        for subject in tuple(left):
            if subject.runs.isdisjoint(named):
                text = _text(sessions, session.name) if text is None else text
                if not _names(text, subject):
                    continue
            found.add(subject.key)
            left.remove(subject)
    return frozenset(found)


def _text(sessions: SessionsService, name: str) -> str:
    try:
        return sessions.page(name).text.casefold()
    except MlwsError:  # it went, or cannot be read just now: it tells of nothing
        return ""


def _names(text: str, subject: Subject) -> bool:
    return any(
        re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
        for word in {subject.key.casefold(), subject.name.casefold()}
        if word.strip()
    )
