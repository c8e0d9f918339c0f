"""Which files are logs: what lies below ``logs/``, and what runs name. Everything here blocks on files."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import WorkspaceError
from mlws_tui.services.logplaces import archived, log_of, unpacked_name
from mlws_tui.sources.packed import SUFFIXES

#: Names below ``logs/`` that are none unless a run says so: what lies beside logs.
_NO_LOG = re.compile(
    r"\.(?:gz|bz2|xz|zst|zip|tar|tgz|py|pyc|ya?ml|toml|ini|cfg|md|csv|tsv|html?|png|jpe?g|svg|pdf|lock|pid|tmp|swp"
    r"|pt|pth|ckpt|bin|safetensors|npy|npz|pkl|h5|onnx|parquet|db|sqlite3?|(?<!\.log\.)(?<!\.log)json)\Z|~\Z",
    re.IGNORECASE,
)
#: A part that was set aside when the log was begun anew: ``train.log.1``.
_ROTATED = re.compile(r"(?P<base>.*\.(?:log|txt|out|err))\.\d{1,3}\Z")
_SUFFIX = re.compile(r"(?:\.log\.json|\.(?:log|txt|out|err|jsonl))\Z", re.IGNORECASE)
#: Ends of names that tell by themselves that a file is a log.
_SURELY = re.compile(r"(?:\.log\.json|\.(?:log|out|err|jsonl|[oe]\d+))\Z", re.IGNORECASE)
_ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class FoundLog:
    """A log as it is on the disk.

    Attributes:
        path: Relative to the workspace, ``/`` between its parts.
        size: Bytes.
        mtime: Modification time (ns).
        inode: Of the file, also where the path is a link to it.
        device: Of the file.
        link: Whether the path is a link.
        packed: Where it is packed: the archive, relative to the workspace; all else is of that.
    """

    path: str
    size: int
    mtime: int
    inode: int
    device: int
    link: bool = False
    packed: str = ""

    @property
    def identity(self) -> tuple[int, int]:
        """What two names of one file have in common."""
        return self.device, self.inode


def find_logs(workspace: Workspace, named: Iterable[str]) -> dict[str, FoundLog]:
    """All logs by their path, each file under one name: one that a run names, rather than any other.

    Args:
        workspace: Whose logs.
        named: Paths that runs name, relative to the workspace.
    """
    claimed = {path: found for path in named if (found := look_at(workspace, path)) is not None}
    by_file = {found.identity: found for found in reversed(claimed.values())}
    below = [found for found in _below(str(workspace.logs), workspace.logs.name) if found.path not in claimed]
    others = [found for found in below if not found.packed]
    for found in sorted(others, key=lambda found: (found.link, found.path)):
        by_file.setdefault(found.identity, found)
    logs = {found.path: found for found in by_file.values()}
    for packed in (*(found for found in below if found.packed), *_archived(workspace)):
        logs.setdefault(packed.path, packed)
    return logs


def look_at(workspace: Workspace, path: str) -> FoundLog | None:
    """The log of that path; None where there is none inside the workspace."""
    try:
        whole = workspace.inside(path)
        itself = whole.stat(follow_symlinks=False)
        link = stat.S_ISLNK(itself.st_mode)
        return _found(path, whole.stat() if link else itself, link)
    except (OSError, WorkspaceError):
        return None


def _found(path: str, status: os.stat_result, link: bool) -> FoundLog | None:
    """None for what is no plain file: a pipe would wait for its writer."""
    if not stat.S_ISREG(status.st_mode):
        return None
    return FoundLog(path, status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev, link)


def base_of(path: str) -> str:
    """The log that a rotated part is of, by its name; any other is its own."""
    found = _ROTATED.match(path)
    return path if found is None else found["base"]


def is_surely_log(path: str) -> bool:
    """Whether a name alone tells that a file is a log; of others the text must tell something."""
    return _SURELY.search(base_of(path)) is not None


def stem_of(path: str) -> str:
    """The name of a log without what tells that it is one: the id of a run, where it is named after that."""
    name = base_of(path).rpartition("/")[2]
    return _SUFFIX.sub("", name) or name


def _below(folder: str, where: str, *, top: bool = True) -> Iterator[FoundLog]:
    """What looks like a log below a folder, packed ones too, but for the archive; there may be thousands.

    Args:
        folder: Its path on the disk.
        where: Its path relative to the workspace.
        top: Whether it is the ``logs`` folder itself.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(".") or not _is_text(name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if not (top and name == _ARCHIVE):
                        yield from _below(entry.path, f"{where}/{name}", top=False)
                    continue
                plain = unpacked_name(name)
                if _SUFFIX.search(plain) if plain != name else not _NO_LOG.search(name):
                    with contextlib.suppress(OSError):  # gone since, or a link that leads nowhere
                        found = _found(f"{where}/{plain}", entry.stat(), entry.is_symlink())
                        if found is not None:
                            yield found if plain == name else replace(found, packed=f"{where}/{name}")
    except OSError:  # no logs yet, or a folder that may not be read: what is in it is nobody's news
        return


def _archived(workspace: Workspace) -> Iterator[FoundLog]:
    """The logs that are packed in the archive, under the paths that they had."""
    for entry in archived(workspace):
        plain = log_of(workspace, entry.path)
        if entry.path.suffix in SUFFIXES.values() and _is_text(str(entry.path)):
            packed = workspace.relative(entry.path)
            found = look_at(workspace, packed)
            if found is not None:
                yield replace(found, path=workspace.relative(plain), packed=packed)


def _is_text(name: str) -> bool:
    """Whether the index can hold it: names on a disk may be bytes that are no text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
