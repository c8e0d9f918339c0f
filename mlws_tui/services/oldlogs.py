"""Which logs are old enough to be archived, and when a person should be told so."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import KINDS
from mlws_tui.domain.sizes import size_words
from mlws_tui.services.drafts import state_folder
from mlws_tui.sources.files import replace_private

DAY = 86_400.0

#: From so many logs, or bytes of them, on it is worth a word.
_MANY, _MUCH = 100, 200_000_000
#: What is a log by its name; a rotated one has a number at its end. Checkpoints may lie beside them.
_LOG = re.compile(r"[^.].*\.(?:log|txt|out|err|jsonl)(?:\.\d+)?\Z", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OldLog:
    """A log that was last written long ago: `size` in bytes, `modified` in Unix seconds."""

    path: Path
    size: int
    modified: float


def is_log_name(name: str) -> bool:
    """Whether a file is a log by its name."""
    return _LOG.match(name.rpartition("/")[2]) is not None


def old_logs(workspace: Workspace, before: float) -> Sequence[OldLog]:
    """The logs below ``logs/{experiments,training,agents}`` that were last written before a time, oldest first.

    Links, packed and empty files are passed over. It blocks.
    """
    found: list[OldLog] = []
    for kind in KINDS:
        for folder, folders, names in os.walk(workspace.logs / kind):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if not is_log_name(name):
                    continue
                path = Path(folder, name)
                try:
                    status = path.stat(follow_symlinks=False)
                except OSError:  # removed since
                    continue
                if stat.S_ISREG(status.st_mode) and status.st_size and status.st_mtime < before:
                    found.append(OldLog(path, status.st_size, status.st_mtime))
    return sorted(found, key=lambda log: (log.modified, str(log.path)))


def worth_telling(workspace: Workspace, days: float, now: float) -> str:
    """One sentence where many logs, or much of them, are older than so many days; else empty. It blocks."""
    if days <= 0:
        return ""
    found = old_logs(workspace, now - days * DAY)
    size = sum(log.size for log in found)
    if len(found) <= _MANY and size <= _MUCH:
        return ""
    return (
        f"{len(found):,} logs older than {days:g} days take {size_words(size)}: mlws-tui archive packs them, "
        "and they can be read as before"
    )


def offer_today(workspace: Workspace, days: float, now: float) -> str:
    """As `worth_telling`, but only at the first time on a day. It blocks."""
    if days <= 0:
        return ""
    digest = hashlib.blake2b(os.fsencode(workspace.root), digest_size=6).hexdigest()
    mark = state_folder() / "archive" / digest
    today = time.strftime("%Y-%m-%d", time.localtime(now)).encode()
    try:
        if mark.read_bytes() == today:
            return ""
    except OSError:  # never told yet
        pass
    try:
        replace_private(mark, today)
    except OSError:  # it could not be remembered: better no word than one at each start
        return ""
    return worth_telling(workspace, days, now)
