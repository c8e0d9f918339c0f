"""A folder that is there whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from mlws_tui.domain.errors import MlwsError, UsageError

MANIFEST = "manifest.json"
#: What a manifest says of itself, by which a folder is known as an export.
MARK = "mlws-tui export"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_BUFFER = 1 << 20


class NewFolder:
    """Files written beside the place where they shall be: `<name>.partial-<random>`, then renamed.

    Everything here blocks: call it in a thread.

    Args:
        target: The folder that is to be; its parent must exist.
        known: Names that files of an export may have: only such a one is ever replaced.
        force: Whether an export that is there may be replaced.

    Attributes:
        target: The folder, absolute.
        finished: Whether it is there.
    """

    def __init__(self, target: Path, known: frozenset[str], *, force: bool = False) -> None:
        self.target = Path(os.path.abspath(target))  # noqa: PTH100 - `resolve` would follow the last link
        self._known = known | {MANIFEST}
        self._force = force
        self._partial = self._beside("partial")
        self._made = False
        self._files: list[BinaryIO] = []
        self.finished = False

    def begin(self) -> None:
        """Make the partial folder.

        Raises:
            MlwsError: if something is in the way that may not be replaced.
            OSError: if it cannot be made.
        """
        if not self.target.parent.is_dir():
            raise UsageError(f"There is no folder {self.target.parent}", hint="make it first")
        self._check_target()
        self._partial.mkdir(mode=0o700)
        self._made = True

    def file(self, name: str) -> BinaryIO:
        """A new file in the folder, for this person alone. Whoever asked for it seals it."""
        file = os.fdopen(os.open(self._partial / name, _NEW, 0o600), "wb", buffering=_BUFFER)
        self._files.append(file)
        return file

    def finish(self) -> None:
        """Give the folder its name. After this it is there, and `abandon` does nothing more.

        Raises:
            MlwsError: if something came in the way meanwhile.
            OSError: if it cannot be renamed.
        """
        _sync(self._partial)
        self._check_target()
        old: Path | None = None
        if os.path.lexists(self.target):
            old = self._beside("replaced")
            self.target.rename(old)
        try:
            self._partial.rename(self.target)
        except OSError:
            if old is not None:
                old.rename(self.target)
            raise
        self._made = False
        self.finished = True
        _sync(self.target.parent)
        if old is not None:
            try:
                _remove(old)
            except OSError as error:
                raise MlwsError(
                    f"{self.target} is written, but the export that it replaces could not be removed: it is {old} now",
                    detail=str(error),
                ) from error

    def abandon(self) -> None:
        """Remove what was written so far, as far as that is possible. Safe to call at any time."""
        for file in self._files:
            _discard(file)
        if self._made:
            self._made = False
            with contextlib.suppress(OSError):  # it bears a name that says what it is
                _remove(self._partial)

    def _beside(self, word: str) -> Path:
        return self.target.parent / f"{self.target.name}.{word}-{secrets.token_hex(4)}"

    def _check_target(self) -> None:
        if not os.path.lexists(self.target):
            return
        if not self._force:
            raise MlwsError(
                f"{self.target} exists already", hint="--force replaces an export, --out names another place"
            )
        if not self._is_export():
            raise MlwsError(
                f"{self.target} is no export and is not replaced", hint="--out names another place"
            )

    def _is_export(self) -> bool:
        """Whether nothing is lost with the folder but what an export wrote; an empty one counts too."""
        if self.target.is_symlink() or not self.target.is_dir():
            return False
        found = {entry.name: entry for entry in os.scandir(self.target)}
        if not found:
            return True
        if not found.keys() <= self._known or MANIFEST not in found:
            return False
        if not all(entry.is_file(follow_symlinks=False) for entry in found.values()):
            return False
        try:
            manifest = json.loads((self.target / MANIFEST).read_bytes())
        except (ValueError, RecursionError):
            return False
        return isinstance(manifest, dict) and manifest.get("format") == MARK


def seal(file: BinaryIO) -> None:
    """Bring all of the file to the disk and close it."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _discard(file: BinaryIO) -> None:
    """Close a file that is not wanted any more, if it is open."""
    try:
        file.close()
    except OSError:  # it tried to write what waits, and there is no room; now it closes
        file.close()


def _remove(folder: Path) -> None:
    """Only files are in it: what an export never made is in the way and stays."""
    for entry in list(os.scandir(folder)):
        os.unlink(entry.path)  # noqa: PTH108
    folder.rmdir()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
