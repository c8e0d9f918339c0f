"""Recovery files: what was typed and not yet saved, kept beside the document until it is."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlws_tui.domain.markdown import decode, encode
from mlws_tui.services.pages import as_lent, last_end
from mlws_tui.sources import files
from mlws_tui.sources.modes import make_folder

log = logging.getLogger(__name__)

#: Seconds after which a recovery file of another host is offered too: its app cannot be seen from here.
_FOREIGN_AFTER = 3600.0
_ABOUT = "about.json"
#: A path of more characters does not fit beside what an editor says of its file on a screen of 80 columns.
_WIDE = 44


def state_folder() -> Path:
    """``$XDG_STATE_HOME/mlws-tui``."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "mlws-tui"


@dataclass(frozen=True, slots=True)
class Draft:
    """Text that was typed and not saved.

    Attributes:
        key: The page it belongs to.
        base: The page's text when the typing began; empty as well where the page was still to come.
        text: The text as it was typed.
        cursor: Line and column of the cursor.
        saved_at: Unix seconds when it was kept.
        path: Its recovery file, or the folder of the file that another program was given.
    """

    key: str
    base: str
    text: str
    cursor: tuple[int, int]
    saved_at: float
    path: Path


@dataclass(frozen=True, slots=True)
class Lent:
    """A page that another program edits in a file of its own.

    Attributes:
        path: The file, alone in a folder that nobody else may look into.
        key: The page.
        base: Its text on disk when it was lent.
        text: The text that was lent; it may hold what was not saved.
        newline: How its lines end.
        short: A shorter path of the file, for the program; the file itself is where a reboot leaves it.
    """

    path: Path
    key: str
    base: str
    text: str
    newline: str
    short: Path

    def read(self) -> str:
        """The text as the program left it; see `as_lent`.

        Raises:
            FileError: if the file is gone, cannot be read or is no text.
        """
        snapshot = files.read(self.path)
        if not snapshot.exists:
            raise files.FileError(f"{self.path} is gone")
        return _given_back(self.text, snapshot.data, self.newline)


class Drafts:
    """The recovery files in one folder. Each open page of each app has one of its own. All methods block.

    Args:
        folder: Where they are.
        spare: Where they go when the disk of that folder is full or may not be written; by default a folder of the
            person's own among the temporary files.
    """

    def __init__(self, folder: Path, spare: Path | None = None) -> None:
        self.folder = folder
        self._given_spare = spare
        self._owner = f"{os.getpid()}-{secrets.token_hex(3)}"

    @cached_property
    def _spare(self) -> Path:
        import tempfile  # a command that only appends a line must not wait for it

        return self._given_spare or Path(tempfile.gettempdir()) / f"mlws-tui-{os.geteuid()}" / "recovery"

    def keep(self, key: str, base: str, text: str, cursor: tuple[int, int], part: str = "") -> Path:
        """Write the recovery file of a page; it is on the disk at return.

        Args:
            key: The page.
            base: Its text on disk.
            text: What was typed.
            cursor: Line and column of the cursor.
            part: Tells several recovery files of one page apart.

        Raises:
            OSError: if it can be written neither in its folder nor in the spare one.
        """
        record = _record(key, base, text=text, cursor=list(cursor))
        data = json.dumps(record).encode("ascii")
        path = self._path(self.folder, key, part)
        try:
            files.replace_private(path, data)
        except OSError as error:
            path = self._path(self._spare, key, part)
            try:
                make_folder(path.parent, 0o700)
                if not _private(path.parent):
                    raise error
                files.replace_private(path, data)
            except OSError:
                raise error from None
            log.warning("the recovery file goes to %s: %s", path, error)
        return path

    def drop(self, key: str, part: str = "") -> None:
        """Remove this app's own recovery file of a page."""
        for folder in (self.folder, self._spare):
            with suppress(NotADirectoryError):  # a file in its place holds none of ours
                self._path(folder, key, part).unlink(missing_ok=True)

    def discard(self, draft: Draft) -> None:
        """Remove a recovery file that was offered."""
        if draft.path.is_dir():
            _remove(draft.path)
        else:
            draft.path.unlink(missing_ok=True)

    def find(self, key: str) -> Draft | None:
        """The newest recovery file of a page whose app is gone."""
        found = [draft for draft in self._abandoned() if draft.key == key]
        return max(found, key=lambda draft: draft.saved_at, default=None)

    def pages(self, prefix: str) -> list[Draft]:
        """All recovery files of pages whose key begins so and whose app is gone, the newest first."""
        found = [draft for draft in self._abandoned() if draft.key.startswith(prefix)]
        return sorted(found, key=lambda draft: -draft.saved_at)

    # pages that another program edits

    def lend(self, key: str, base: str, text: str, name: str, newline: str) -> Lent:
        """Put a text into a file for another program, in a folder of its own that only the person may look into.

        Should our app end meanwhile, what that program saved is offered like a recovery file.

        Args:
            key: The page.
            base: Its text on disk.
            text: The text to edit.
            name: Name of the file.
            newline: How lines of it end where none before tells.

        Raises:
            OSError: if it cannot be written.
        """
        folder = self.folder / f"{_name(key)}-{self._owner}-{secrets.token_hex(3)}.lent"
        make_folder(folder, 0o700)
        newline = last_end(text) or newline
        link = _short_link(folder, len(name))
        more = {"text": text, "name": name, "newline": newline, "link": str(link or ""), "cursor": [0, 0]}
        files.create_private(folder / _ABOUT, json.dumps(_record(key, base, **more)).encode("ascii"))
        files.create_private(folder / name, encode(text + newline if text else ""))
        return Lent(folder / name, key, base, text, newline, (link or folder) / name)

    def give_back(self, lent: Lent) -> None:
        """Remove the file of a page whose text is in the document, or is not wanted.

        Raises:
            OSError: if it stays.
        """
        _remove(lent.path.parent)

    def _path(self, folder: Path, key: str, part: str) -> Path:
        return folder / f"{_name(key)}-{self._owner}{part and f'.{part}'}.json"

    def _abandoned(self) -> Iterator[Draft]:
        for folder in (self.folder, self._spare):
            if folder is self._spare and not _private(folder):  # others may have put something there
                continue
            for path in (*folder.glob("*.json"), *folder.glob(f"*.lent/{_ABOUT}")):
                # One that is not ours, or that is gone meanwhile, is none; it stays where it is.
                with suppress(OSError, files.FileError, ValueError, KeyError, TypeError, IndexError):
                    record: dict[str, Any] = json.loads(path.read_bytes())
                    if not _lives(record):
                        yield _draft(record, path)


def _short_link(folder: Path, name: int) -> Path | None:
    """Another name of a folder where its own is long: a link among the files that are the person's until they leave.

    Only its name is short-lived: what an editor writes through it is in the folder, and stays over a reboot.
    """
    if len(str(folder)) + 1 + name <= _WIDE:
        return None
    import tempfile  # as above

    for place in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        link = Path(place) / f"mlws-{secrets.token_hex(3)}"
        if link.is_absolute() and len(str(link)) < len(str(folder)):
            with suppress(OSError):  # then the long one must do
                link.symlink_to(folder)
                return link
    return None


def _remove(folder: Path) -> None:
    """Remove the folder of a page that was lent, and the link to it."""
    from shutil import rmtree  # as above

    # A record that is no longer whole names no link; one that leads elsewhere is not ours.
    with suppress(OSError, ValueError, KeyError, TypeError):
        link = Path(json.loads((folder / _ABOUT).read_bytes())["link"])
        if link.readlink() == folder:
            link.unlink()
    rmtree(folder)


def _draft(record: dict[str, Any], path: Path) -> Draft:
    text, saved_at = str(record["text"]), float(record["saved_at"])
    if path.name == _ABOUT:
        file = path.parent / str(record["name"])
        text = _given_back(text, files.read(file).data, str(record["newline"]))
        saved_at, path = file.stat().st_mtime, path.parent
    cursor = (int(record["cursor"][0]), int(record["cursor"][1]))
    return Draft(str(record["key"]), str(record["base"]), text, cursor, saved_at, path)


def _given_back(lent: str, data: bytes, newline: str) -> str:
    text = as_lent(lent + newline if lent else "", decode(data), newline)
    return text.removesuffix("\n").removesuffix("\r")


def _record(key: str, base: str, **more: object) -> dict[str, object]:
    return {
        "v": 1,
        "key": key,
        "base": base,
        **more,
        "saved_at": time.time(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "pid_start": _process_start(os.getpid()),
    }


def _lives(record: dict[str, Any]) -> bool:
    """Whether the app that wrote it still runs."""
    if record["host"] != socket.gethostname():
        return time.time() - float(record["saved_at"]) < _FOREIGN_AFTER
    start = _process_start(int(record["pid"]))
    return start is not None and start == record["pid_start"]


def _private(folder: Path) -> bool:
    """Whether a folder is the person's own, and only theirs."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not stat.S_IMODE(status.st_mode) & 0o077
    )


def _name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _process_start(pid: int) -> str | None:
    """Start of a process in clock ticks (proc(5), field 22) with the boot's id; None where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{fields[19].decode()}"
    except (OSError, IndexError):
        return None
